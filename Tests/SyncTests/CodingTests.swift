import ShoreFixtures
import Sync
import Testing

struct CodingTests {
  @Test(arguments: [Coding.gzip, .zstd(level: 12), .zstd(level: 19)])
  func `a batch is the same in every coding`(coding: Coding) throws {
    let batch = Batch.sample(1...500)

    let received = try ReceivedBatch(body: try batch.body(coding), coding: coding)

    #expect(received.head == batch.head)
    #expect(received.events == batch.events)
  }

  @Test(arguments: [Coding.gzip, .zstd(level: 3)])
  func `a body that is cut, padded or foreign is told as such`(coding: Coding) throws {
    let body = try Batch.sample(1...100).body(coding)
    let bad: [[UInt8]] = [
      [], Array(body.dropLast()), body + [0], [1, 2, 3], Array(body.prefix(9)),
    ]

    for bytes in bad {
      #expect(throws: BatchFault.unreadableBody) { try coding.unpacked(bytes) }
    }
  }

  @Test func `a bomb is stopped at the limit, and a window too wide is not opened`() throws {
    let bomb = try Zstd.compressed(
      [UInt8](repeating: 0x20, count: Limits.inflated + 1), level: 3)
    #expect(bomb.count < 10_000)
    #expect(throws: BatchFault.tooLarge) { try Coding.zstd(level: 3).unpacked(bomb) }

    // A frame that says it wants a window of 2 GiB (RFC 8878, section 3.1.1.1.2).
    let wide: [UInt8] = [0x28, 0xB5, 0x2F, 0xFD, 0x00, 0xA8, 0x01, 0x00, 0x00]
    #expect(throws: BatchFault.unreadableBody) { try Coding.zstd(level: 3).unpacked(wide) }
  }

  @Test func `zstd is worth having: a batch of a thousand is smaller than under gzip`() throws {
    let text = Batch.sample(1...1000).text
    let (gzip, zstd) = (try Gzip.deflated(text), try Zstd.compressed(text, level: 19))

    #expect(zstd.count < gzip.count, "gzip \(gzip.count), zstd \(zstd.count)")
  }
}
