/// A JSON value (RFC 8259) whose whole numbers stay whole.
///
/// Quantities, money, ids and sequence numbers are 64-bit integers everywhere in the hub, and a
/// message is parsed under a depth limit before anything else looks at it. That is why this module
/// exists beside Foundation's coders: it knows integers from fractions, keeps the order of members,
/// and reads or writes a typical message in about a microsecond. It imports nothing.
package enum JSON: Sendable {
  case null
  case bool(Bool)
  case int(Int64)
  /// A number that is no 64-bit integer. Always finite.
  case number(Double)
  case string(String)
  case array([JSON])
  case object(Members)

  /// An object's members in the order they were written.
  package struct Members: Sendable {
    package var pairs: [(key: String, value: JSON)]

    package init(_ pairs: [(key: String, value: JSON)] = []) {
      self.pairs = pairs
    }

    /// The value under `key`; the last one counts where a key is repeated. Setting it leaves one
    /// member of that name, in the first one's place; setting `nil` leaves none.
    package subscript(key: String) -> JSON? {
      get { pairs.last { $0.key == key }?.value }
      set {
        let first = pairs.firstIndex { $0.key == key }
        guard let newValue else {
          if first != nil { pairs.removeAll { $0.key == key } }
          return
        }
        guard let first else { return pairs.append((key, newValue)) }
        pairs[first].value = newValue
        if let rest = pairs[(first + 1)...].firstIndex(where: { $0.key == key }) {
          let kept = pairs[rest...].filter { $0.key != key }
          pairs.replaceSubrange(rest..., with: kept)
        }
      }
    }
  }

  package subscript(key: String) -> JSON? {
    get { if case .object(let members) = self { members[key] } else { nil } }
    set {
      var members = self.members ?? Members()
      members[key] = newValue
      self = .object(members)
    }
  }

  package var members: Members? { if case .object(let members) = self { members } else { nil } }
  package var elements: [JSON]? { if case .array(let elements) = self { elements } else { nil } }
  package var text: String? { if case .string(let text) = self { text } else { nil } }
  package var integer: Int64? { if case .int(let integer) = self { integer } else { nil } }
  package var boolean: Bool? { if case .bool(let boolean) = self { boolean } else { nil } }
  package var isNull: Bool { if case .null = self { true } else { false } }

  /// The object without its absent members, so that an optional can be written where it stands.
  package static func compact(_ pairs: KeyValuePairs<String, JSON?>) -> JSON {
    var members: [(key: String, value: JSON)] = []
    members.reserveCapacity(pairs.count)
    for (key, value) in pairs where value != nil { members.append((key, value ?? .null)) }
    return .object(Members(members))
  }

  package static func text(_ text: String?) -> JSON? { text.map(JSON.string) }
  package static func integer(_ integer: Int64?) -> JSON? { integer.map(JSON.int) }
}

/// Objects are equal when they have the same members, in whatever order.
extension JSON: Hashable {
  package static func == (left: JSON, right: JSON) -> Bool {
    switch (left, right) {
    case (.null, .null): true
    case (.bool(let left), .bool(let right)): left == right
    case (.int(let left), .int(let right)): left == right
    case (.number(let left), .number(let right)): left == right
    case (.string(let left), .string(let right)): left == right
    case (.array(let left), .array(let right)): left == right
    case (.object(let left), .object(let right)):
      left.pairs.count == right.pairs.count
        && left.pairs.allSatisfy { right[$0.key] == left[$0.key] }
        && right.pairs.allSatisfy { right[$0.key] == left[$0.key] }
    default: false
    }
  }

  package func hash(into hasher: inout Hasher) {
    switch self {
    case .null: hasher.combine(0)
    case .bool(let bool): hasher.combine(bool)
    case .int(let int): hasher.combine(int)
    case .number(let number): hasher.combine(number)
    case .string(let string): hasher.combine(string)
    case .array(let array): hasher.combine(array)
    case .object(let members): hasher.combine(members.pairs.count)
    }
  }
}

extension JSON: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral,
  ExpressibleByBooleanLiteral,
  ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral
{
  package init(stringLiteral value: String) { self = .string(value) }
  package init(integerLiteral value: Int64) { self = .int(value) }
  package init(booleanLiteral value: Bool) { self = .bool(value) }
  package init(arrayLiteral elements: JSON...) { self = .array(elements) }
  package init(dictionaryLiteral elements: (String, JSON)...) {
    self = .object(Members(elements.map { (key: $0.0, value: $0.1) }))
  }
}
