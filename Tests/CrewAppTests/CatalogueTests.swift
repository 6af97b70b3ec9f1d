import Testing

@testable import CrewApp

/// The English sentences in the code are the keys of the catalogues.
@Suite struct CatalogueTests {
  private static let sources = Dictionary(
    uniqueKeysWithValues: CrewApp.embedded.map {
      ($0.path, String(decoding: $0.bytes, as: UTF8.self))
    }
  )

  /// What the code says: `t('…')`, and the second of a pair that counts.
  private static let sentences: Set<String> = {
    let code = sources.filter { $0.key.hasSuffix(".js") && !$0.key.hasPrefix("lang/") }
    var sentences: Set<String> = []
    for text in code.values {
      for match in text.matches(of: /\bt\('([^'\n]+)'/) { sentences.insert(String(match.1)) }
      for match in text.matches(of: /'[^'\n]*\{n\}[^'\n]*',\s*'([^'\n]*\{n\}[^'\n]*)'/) {
        sentences.insert(String(match.1))
      }
    }
    return sentences
  }()

  private static func entries(_ language: String) throws -> [String: [String]] {
    let text = try #require(sources["lang/\(language).js"])
    var entries: [String: [String]] = [:]
    for match in text.matches(of: /(?m)^  '([^'\n]+)': (.+),$/) {
      entries[String(match.1)] = match.2.matches(of: /'([^'\n]*)'/).map { String($0.1) }
    }
    return entries
  }

  @Test(arguments: ["es", "fr", "de"])
  func `every sentence stands in the catalogue, and nothing else`(language: String) throws {
    let keys = Set(try Self.entries(language).keys)

    #expect(Self.sentences.count > 350)
    #expect(Self.sentences.subtracting(keys).sorted() == [])
    #expect(keys.subtracting(Self.sentences).sorted() == [])
  }

  @Test(arguments: ["es", "fr", "de"])
  func `a translation has the places of its sentence`(language: String) throws {
    func places(_ text: String) -> [String] {
      text.matches(of: /\{\w+\}/).map { String($0.output) }.sorted()
    }
    for (key, forms) in try Self.entries(language) {
      for form in forms { #expect(places(form) == places(key), "\(language): \(key)") }
    }
  }
}
