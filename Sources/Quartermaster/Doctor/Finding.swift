import Wire

/// What one examination found, in words for whoever stands before the box.
struct Finding: Equatable, Sendable {
  enum Grade: String, Sendable { case well, warning, fault }

  var subject: String
  var grade: Grade
  var words: String

  static func well(_ subject: String, _ words: String) -> Finding {
    Finding(subject: subject, grade: .well, words: words)
  }

  static func warning(_ subject: String, _ words: String) -> Finding {
    Finding(subject: subject, grade: .warning, words: words)
  }

  static func fault(_ subject: String, _ words: String) -> Finding {
    Finding(subject: subject, grade: .fault, words: words)
  }

  var json: JSON {
    ["subject": .string(subject), "grade": .string(grade.rawValue), "words": .string(words)]
  }
}
