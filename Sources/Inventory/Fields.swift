import Wire

/// What a command's field may hold. Readers, the OpenAPI document and error texts all come from it.
package struct FieldShape: Sendable {
  package enum Kind: Sendable {
    case integer(ClosedRange<Int64>)
    case text(ClosedRange<Int>)
    /// A text of so many of the digits 0 to 9.
    case digits(ClosedRange<Int>)
    case boolean
    case choice([String])
    case attributes
    case integers
    case texts(ClosedRange<Int>)
    /// A list of these words.
    case choices([String])
    case list([FieldShape], ClosedRange<Int>)
    /// A thing by its id or by what others call it.
    case reference
    /// An object of whatever members.
    case object
  }

  package var name: String
  package var about: String
  package var kind: Kind
  package var isRequired: Bool
  /// Whether `null` is a value of its own: "take it away".
  package var isClearable = false
}

/// Reads a command's fields one by one, or, asked to describe, records what would be read.
///
/// A command reads its fields in its initialiser and nowhere else. Run on a message it checks types,
/// ranges and lengths; run in describing mode it yields the very same shapes for the API's
/// description, so the two cannot drift apart. Members that no field names are ignored: a device
/// may be newer than its hub.
package struct Fields {
  private let members: JSON.Members
  private let isDescribing: Bool
  package private(set) var shapes: [FieldShape] = []

  package init(_ members: JSON.Members) {
    self.members = members
    isDescribing = false
  }

  private init() {
    members = JSON.Members()
    isDescribing = true
  }

  /// The shapes that `read` asks for. `read` must ask for the same fields whatever their values.
  package static func describe(_ read: (inout Fields) throws -> Void) -> [FieldShape] {
    var fields = Fields()
    try? read(&fields)
    return fields.shapes
  }

  // What a field needs beside its name: how to say it, how to read it, what to show while describing.
  private mutating func value<Value>(
    _ name: String, _ about: String, _ kind: @autoclosure () -> FieldShape.Kind,
    required: Bool, clearable: Bool = false,
    sample: @autoclosure () -> Value, read: (JSON) throws(Refusal) -> Value
  ) throws(Refusal) -> Value? {
    if isDescribing {
      shapes.append(
        FieldShape(
          name: name, about: about, kind: kind(), isRequired: required, isClearable: clearable))
      return sample()
    }
    guard let value = members[name], !value.isNull else {
      if required { throw .invalid(name, "is missing") }
      return nil
    }
    return try read(value)
  }

  private func isCleared(_ name: String) -> Bool {
    members[name]?.isNull ?? false
  }
}

extension Fields {
  /// Quantities stay far from overflow: sums of a thousand million of them still fit.
  package static let quantityLimit: Int64 = 1_000_000_000
  package static let moneyLimit: Int64 = 1_000_000_000_000

  private mutating func integer(
    _ name: String, _ range: ClosedRange<Int64>, _ about: String, required: Bool,
    clearable: Bool = false
  ) throws(Refusal) -> Int64? {
    try value(
      name, about, .integer(range), required: required, clearable: clearable,
      sample: max(1, range.lowerBound)
    ) { value throws(Refusal) in
      guard let integer = value.integer else { throw .invalid(name, "must be a whole number") }
      guard range.contains(integer) else {
        throw .invalid(name, "must be from \(range.lowerBound) to \(range.upperBound)")
      }
      return integer
    }
  }

  private mutating func text(
    _ name: String, _ range: ClosedRange<Int>, _ about: String, required: Bool
  ) throws(Refusal) -> String? {
    try value(name, about, .text(range), required: required, sample: "") { value throws(Refusal) in
      guard let text = value.text else { throw .invalid(name, "must be a text") }
      return try Self.checked(text, range, name)
    }
  }

  package mutating func optionalDigits(
    _ name: String, _ range: ClosedRange<Int>, _ about: String
  ) throws(Refusal) -> String? {
    try value(name, about, .digits(range), required: false, sample: "") { value throws(Refusal) in
      guard let text = value.text, range.contains(text.utf8.count),
        text.utf8.allSatisfy({ (0x30...0x39).contains($0) })
      else { throw .invalid(name, "must be \(range.lowerBound) to \(range.upperBound) digits") }
      return text
    }
  }

  private static func checked(
    _ text: String, _ range: ClosedRange<Int>, _ name: String
  ) throws(Refusal) -> String {
    guard text.utf8.count <= range.upperBound * 4, range.contains(text.count) else {
      throw .invalid(name, "must have \(range.lowerBound) to \(range.upperBound) characters")
    }
    guard range.lowerBound == 0 || text.contains(where: { !$0.isWhitespace }) else {
      throw .invalid(name, "must not be blank")
    }
    let isPlain = text.unicodeScalars.allSatisfy {
      $0.value >= 0x20 && $0.value != 0x7F || $0 == "\n" || $0 == "\t"
    }
    guard isPlain else { throw .invalid(name, "must not hold control characters") }
    return text
  }

  package mutating func id(_ name: String, _ about: String) throws(Refusal) -> Int64 {
    try integer(name, 1...Int64.max, about, required: true) ?? 1
  }

  package mutating func optionalID(_ name: String, _ about: String) throws(Refusal) -> Int64? {
    try integer(name, 1...Int64.max, about, required: false)
  }

  /// A reference that an update may leave alone (outer `nil`), clear (inner `nil`) or set.
  package mutating func clearableID(_ name: String, _ about: String) throws(Refusal) -> Int64?? {
    let id = try integer(name, 1...Int64.max, about, required: false, clearable: true)
    return isCleared(name) ? .some(nil) : id.map { .some($0) }
  }

  /// A quantity in the product's unit.
  package mutating func quantity(
    _ name: String, _ about: String, atLeast minimum: Int64 = 1
  ) throws(Refusal) -> Int64 {
    try integer(name, minimum...Self.quantityLimit, about, required: true) ?? 1
  }

  package mutating func optionalQuantity(
    _ name: String, _ about: String, atLeast minimum: Int64 = 1
  ) throws(Refusal) -> Int64? {
    try integer(name, minimum...Self.quantityLimit, about, required: false)
  }

  /// A signed quantity that is not nought.
  package mutating func change(_ name: String, _ about: String) throws(Refusal) -> Int64 {
    let change = try quantity(name, about, atLeast: -Self.quantityLimit)
    guard change != 0 else { throw .invalid(name, "must not be 0") }
    return change
  }

  /// An amount in minor units (cents, pence).
  package mutating func money(_ name: String, _ about: String) throws(Refusal) -> Int64 {
    try integer(name, 0...Self.moneyLimit, about, required: true) ?? 0
  }

  package mutating func optionalMoney(_ name: String, _ about: String) throws(Refusal) -> Int64? {
    try integer(name, 0...Self.moneyLimit, about, required: false)
  }

  /// A three-letter code of ISO 4217.
  package mutating func currency(_ name: String = "currency") throws(Refusal) -> String? {
    let about = "Three-letter currency code (ISO 4217); the hub's own where left out."
    guard let code = try text(name, 3...3, about, required: false) else { return nil }
    guard isDescribing || code.utf8.allSatisfy({ (0x41...0x5A).contains($0) }) else {
      throw .invalid(name, "must be three capital letters, such as EUR")
    }
    return code
  }

  package mutating func optionalInteger(
    _ name: String, _ range: ClosedRange<Int64>, _ about: String
  ) throws(Refusal) -> Int64? {
    try integer(name, range, about, required: false)
  }

  package mutating func seq(_ name: String, _ about: String) throws(Refusal) -> Int64? {
    try integer(name, 0...Int64.max, about, required: false)
  }

  package mutating func seconds(
    _ name: String, _ range: ClosedRange<Int64>, _ about: String
  ) throws(Refusal) -> Duration? {
    try integer(name, range, about, required: false).map(Duration.seconds)
  }

  /// A moment in milliseconds since 1970.
  package mutating func moment(_ name: String, _ about: String) throws(Refusal) -> Int64? {
    try integer(name, 0...253_402_300_799_999, about, required: false)
  }

  package mutating func text(
    _ name: String, _ range: ClosedRange<Int>, _ about: String
  ) throws(Refusal) -> String {
    try text(name, range, about, required: true) ?? ""
  }

  package mutating func optionalText(
    _ name: String, _ range: ClosedRange<Int>, _ about: String
  ) throws(Refusal) -> String? {
    try text(name, range, about, required: false)
  }

  /// A name for programs.
  package mutating func word(
    _ name: String, _ range: ClosedRange<Int>, _ about: String
  ) throws(Refusal) -> String {
    let word = try text(name, range, about)
    let isPlain = word.utf8.allSatisfy {
      (0x30...0x3A).contains($0) || (0x41...0x5A).contains($0) || (0x61...0x7A).contains($0)
        || $0 == UInt8(ascii: "_") || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: ".")
    }
    guard isPlain else { throw .invalid(name, "may hold letters, digits, _ - . and : only") }
    return word
  }

  package mutating func flag(_ name: String, _ about: String) throws(Refusal) -> Bool? {
    try value(name, about, .boolean, required: false, sample: false) { value throws(Refusal) in
      guard let flag = value.boolean else { throw .invalid(name, "must be true or false") }
      return flag
    }
  }

  package mutating func choice<Choice: RawRepresentable & CaseIterable>(
    _ name: String, _ about: String, of: Choice.Type = Choice.self
  ) throws(Refusal) -> Choice where Choice.RawValue == String {
    guard let choice = try optionalChoice(name, about, required: true, of: Choice.self) else {
      throw .invalid(name, "is missing")
    }
    return choice
  }

  package mutating func optionalChoice<Choice: RawRepresentable & CaseIterable>(
    _ name: String, _ about: String, required: Bool = false, of: Choice.Type = Choice.self
  ) throws(Refusal) -> Choice? where Choice.RawValue == String {
    let names = Choice.allCases.map(\.rawValue)
    return try value(
      name, about, .choice(names), required: required, sample: Choice.allCases.first
    ) { value throws(Refusal) in
      guard let choice = value.text.flatMap(Choice.init(rawValue:)) else {
        throw .invalid(name, "must be one of \(names.joined(separator: ", "))")
      }
      return choice
    } ?? nil
  }

  package mutating func choices<Choice: RawRepresentable & CaseIterable>(
    _ name: String, _ about: String, of: Choice.Type = Choice.self
  ) throws(Refusal) -> [Choice]? where Choice.RawValue == String {
    let names = Choice.allCases.map(\.rawValue)
    return try value(name, about, .choices(names), required: false, sample: []) {
      value throws(Refusal) in
      guard let elements = value.elements, elements.count <= names.count else {
        throw .invalid(name, "must be a list of at most \(names.count) texts")
      }
      return try elements.map { element throws(Refusal) in
        guard let choice = element.text.flatMap(Choice.init(rawValue:)) else {
          throw .invalid(name, "may hold \(names.joined(separator: ", "))")
        }
        return choice
      }
    }
  }

  /// Free attributes of a thing, such as a wine's vintage: a flat object of texts, numbers and flags.
  package mutating func attributes(_ name: String, _ about: String) throws(Refusal) -> JSON? {
    try value(name, about, .attributes, required: false, sample: [:]) { value throws(Refusal) in
      guard let members = value.members, members.pairs.count <= 64 else {
        throw .invalid(name, "must be an object of at most 64 members")
      }
      for (key, member) in members.pairs {
        guard key.count <= 64, member.members == nil, member.elements == nil,
          member.text?.count ?? 0 <= 1000
        else { throw .invalid(name, "may hold texts, numbers, true and false only") }
      }
      return value
    }
  }

  package mutating func ids(_ name: String, _ about: String) throws(Refusal) -> [Int64]? {
    try value(name, about, .integers, required: false, sample: []) { value throws(Refusal) in
      guard let elements = value.elements, elements.count <= 1000 else {
        throw .invalid(name, "must be a list of at most 1000 ids")
      }
      return try elements.map { element throws(Refusal) in
        guard let id = element.integer, id > 0 else { throw .invalid(name, "must hold ids only") }
        return id
      }
    }
  }

  package mutating func texts(
    _ name: String, _ range: ClosedRange<Int>, _ about: String
  ) throws(Refusal) -> [String]? {
    try value(name, about, .texts(range), required: false, sample: []) { value throws(Refusal) in
      guard let elements = value.elements, range.contains(elements.count) else {
        throw .invalid(name, "must be a list of \(range.lowerBound) to \(range.upperBound) texts")
      }
      return try elements.map { element throws(Refusal) in
        guard let text = element.text else { throw .invalid(name, "must hold texts only") }
        return try Self.checked(text, 1...200, name)
      }
    }
  }

  /// A thing by its id or by a text that others know it by.
  package mutating func reference(
    _ name: String, _ about: String
  ) throws(Refusal) -> Reference {
    guard let reference = try optionalReference(name, about, required: true) else {
      throw .invalid(name, "is missing")
    }
    return reference
  }

  package mutating func optionalReference(
    _ name: String, _ about: String, required: Bool = false
  ) throws(Refusal) -> Reference? {
    try value(name, about, .reference, required: required, sample: .id(1)) {
      value throws(Refusal) in
      if let id = value.integer {
        guard id > 0 else { throw .invalid(name, "must be an id or a text") }
        return .id(id)
      }
      guard let text = value.text else { throw .invalid(name, "must be an id or a text") }
      return .text(try Self.checked(text, 1...200, name))
    }
  }

  /// An object that the hub passes on as it is.
  package mutating func object(_ name: String, _ about: String) throws(Refusal) -> JSON {
    try value(name, about, .object, required: true, sample: [:]) { value throws(Refusal) in
      guard value.members != nil else { throw .invalid(name, "must be an object") }
      return value
    } ?? [:]
  }

  /// Lines, each read by `read`; errors name the line: `lines[3].quantity is missing.`
  package mutating func lines<Line>(
    _ name: String = "lines", _ about: String, required: Bool = true, atLeast minimum: Int = 1,
    _ read: (inout Fields) throws(Refusal) -> Line
  ) throws(Refusal) -> [Line]? {
    let range = minimum...1000
    return try value(
      name, about, .list(Fields.describe { try _ = read(&$0) }, range), required: required,
      sample: []
    ) { value throws(Refusal) in
      guard let elements = value.elements, range.contains(elements.count) else {
        throw .invalid(name, "must be a list of \(minimum) to 1000 lines")
      }
      var lines: [Line] = []
      for (index, element) in elements.enumerated() {
        guard let members = element.members else { throw .invalid(name, "must hold objects only") }
        var fields = Fields(members)
        do throws(Refusal) {
          lines.append(try read(&fields))
        } catch {
          let place = "\(name)[\(index)]"
          throw Refusal(
            error.code, "\(place).\(error.message)", field: error.field.map { "\(place).\($0)" })
        }
      }
      return lines
    }
  }
}
