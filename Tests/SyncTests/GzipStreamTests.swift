import Testing

@testable import Sync

@Suite struct GzipStreamTests {
  /// What does not compress, what does, and nothing at all; in pieces that divide neither evenly.
  @Test(arguments: [1, 4096, 70_000, 1_000_000])
  func `what is given in pieces is one gzip member of all of it`(piece: Int) throws {
    var random: UInt64 = 7
    let noise = (0..<150_000).map { _ in
      random = random &* 6_364_136_223_846_793_005 &+ 1
      return UInt8(random >> 56)
    }
    for text in [[], Array("x".utf8), noise, Array(repeating: UInt8(97), count: 300_000)] {
      let stream = try GzipStream()
      var packed: [UInt8] = []
      var rest = text[...]
      while !rest.isEmpty {
        rest.prefix(piece).withUnsafeBytes { stream.deflate($0) { packed += $0 } }
        rest = rest.dropFirst(piece)
      }
      [UInt8]().withUnsafeBytes { stream.deflate($0, isLast: true) { packed += $0 } }

      #expect(try Gzip.inflated(packed, limit: text.count) == text)
    }
  }
}
