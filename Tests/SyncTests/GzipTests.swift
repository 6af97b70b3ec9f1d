import Sync
import Testing

struct GzipTests {
  @Test(arguments: [0, 1, 65_536, 1_000_000])
  func `what is deflated inflates to the same`(count: Int) throws {
    let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* $0 / 7) }

    let inflated = try Gzip.inflated(try Gzip.deflated(bytes), limit: count)

    #expect(inflated == bytes)
  }

  @Test func `a bomb stops at the limit`() throws {
    let bomb = try Gzip.deflated([UInt8](repeating: 0, count: Limits.inflated + 1))

    #expect(bomb.count < 100_000)
    #expect(throws: GzipError.tooLarge) { try Gzip.inflated(bomb, limit: Limits.inflated) }
    #expect(throws: BatchFault.tooLarge) { try ReceivedBatch(body: bomb) }
  }

  @Test func `half a stream, more than one stream and no stream are malformed`() throws {
    let whole = try Gzip.deflated(Array("Once upon a time at sea".utf8))

    for bytes in [Array(whole.dropLast()), Array(whole.prefix(5)), whole + whole, [], [1, 2, 3]] {
      #expect(throws: GzipError.malformed) { try Gzip.inflated(bytes, limit: 1000) }
    }
  }

  @Test func `a damaged stream is malformed`() throws {
    var bytes = try Gzip.deflated(Array("Once upon a time at sea".utf8))
    bytes[bytes.count - 6] ^= 1

    #expect(throws: GzipError.malformed) { try Gzip.inflated(bytes, limit: 1000) }
  }
}
