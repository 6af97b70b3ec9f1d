import CZlib

/// One gzip member made piece by piece, in a quarter of a megabyte however long it becomes.
///
/// For the LAN, where a byte costs little: the level that is a few times quicker than the uplink's and
/// a tenth larger.
package final class GzipStream {
  private var stream = z_stream()
  private static let windowBits: Int32 = 15 + 16

  package init() throws(GzipError) {
    guard
      deflateInit2_(
        &stream, 3, Z_DEFLATED, Self.windowBits, 8, Z_DEFAULT_STRATEGY, ZLIB_VERSION,
        Int32(MemoryLayout<z_stream>.size)) == Z_OK
    else { throw .outOfMemory }
  }

  deinit { deflateEnd(&stream) }

  /// Takes the next piece. Hands `give` what is ready, often nothing, and with `isLast` all the rest.
  package func deflate(
    _ bytes: UnsafeRawBufferPointer, isLast: Bool = false, give: (UnsafeRawBufferPointer) -> Void
  ) {
    // deflate() reads through `next_in` and never writes there; zlib's C type has no const.
    stream.next_in = UnsafeMutablePointer(
      mutating: bytes.assumingMemoryBound(to: UInt8.self).baseAddress)
    stream.avail_in = uInt(bytes.count)
    withUnsafeTemporaryAllocation(byteCount: 16 << 10, alignment: 1) { piece in
      repeat {
        stream.next_out = piece.assumingMemoryBound(to: UInt8.self).baseAddress
        stream.avail_out = uInt(piece.count)
        _ = CZlib.deflate(&stream, isLast ? Z_FINISH : Z_NO_FLUSH)
        let count = piece.count - Int(stream.avail_out)
        if count > 0 { give(UnsafeRawBufferPointer(rebasing: piece[..<count])) }
      } while stream.avail_out == 0
    }
    stream.next_in = nil
  }
}
