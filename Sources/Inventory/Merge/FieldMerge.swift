import Wire

/// One field's value as one side set it.
package struct FieldEdit: Sendable, Hashable {
  package var value: JSON
  package var stamp: Stamp
  /// What people call whoever did it.
  package var author: String

  package init(value: JSON, stamp: Stamp, author: String) {
    self.value = value
    self.stamp = stamp
    self.author = author
  }
}

/// What becomes of an edit that arrives where the field may have been edited meanwhile.
///
/// An edit made by someone who had seen the standing one replaces it, whatever the clocks say. Of
/// two that knew nothing of each other the later stamp wins, on whichever side the question is
/// asked; the other one is kept for a person to look at, unless both say the same.
package enum FieldMerge: Sendable, Hashable {
  case applies
  /// The field says so already.
  case agrees
  /// The arriving edit wins over one that its author did not know.
  case supersedes
  /// The arriving edit loses against one that its author did not know.
  case yields

  package init(of arriving: FieldEdit, on standing: FieldEdit?, hasSeen: Bool) {
    guard let standing else {
      self = .applies
      return
    }
    if arriving.value == standing.value {
      self = .agrees
    } else if hasSeen {
      self = .applies
    } else {
      self = arriving.stamp > standing.stamp ? .supersedes : .yields
    }
  }
}
