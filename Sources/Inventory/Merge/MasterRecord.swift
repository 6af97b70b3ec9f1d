import Wire

/// A record that both sides may edit, field by field. Stock is not among them: it is the sum of its
/// movements and never merged.
package struct MasterRecord: Sendable, Hashable {
  package enum Kind: String, Sendable, CaseIterable {
    case product, location, customer, order, user

    /// The command that edits such a record, and its field that names the record.
    package var command: String { "\(rawValue).update" }
    package var idField: String { "\(rawValue)Id" }

    /// The lane that tells of an edit.
    package var lane: Lane { self == .order ? .first : .normal }
  }

  package var kind: Kind
  package var id: Int64

  package init(_ kind: Kind, _ id: Int64) {
    self.kind = kind
    self.id = id
  }
}

/// What a command sets in one master record: its fields as they are called on the wire.
package struct FieldEdits: Sendable {
  package var record: MasterRecord
  package var values: JSON.Members

  package init(_ record: MasterRecord, _ values: JSON) {
    self.record = record
    self.values = values.members ?? JSON.Members()
  }
}

/// Two edits of one field, of which one lost, in words for people.
package struct Disagreement: Sendable, Hashable {
  package var kind: MasterRecord.Kind
  package var name: String
  package var field: String
  package var aboard: FieldEdit
  package var ashore: FieldEdit
  /// The side whose value stands.
  package var kept: Side
  /// For prices.
  package var currency: String?

  package init(
    kind: MasterRecord.Kind, name: String, field: String, aboard: FieldEdit, ashore: FieldEdit,
    kept: Side, currency: String? = nil
  ) {
    self.kind = kind
    self.name = name
    self.field = field
    self.aboard = aboard
    self.ashore = ashore
    self.kept = kept
    self.currency = currency
  }

  /// `product Impeller kit: price: ashore 12.90 EUR by Ana, aboard 13.50 EUR by Ben; the one made
  /// ashore stands`
  package var words: String {
    "\(kind.rawValue) \(name): \(field): ashore \(text(ashore)) by \(ashore.author), "
      + "aboard \(text(aboard)) by \(aboard.author); the one made \(kept.rawValue) stands"
  }

  private func text(_ edit: FieldEdit) -> String {
    if field == "price", let currency, let amount = edit.value.integer {
      return Money.words(amount, currency)
    }
    return edit.value.text ?? edit.value.encoded
  }
}
