import CZlib

package enum GzipError: Error, Equatable {
  case tooLarge
  case malformed
  case outOfMemory
}

/// gzip (RFC 1952) over zlib, and never a byte more of output than the caller allows.
package enum Gzip {
  /// 15 bits of window, plus 16 for a gzip head instead of zlib's own (zlib.h, `deflateInit2`).
  private static let windowBits: Int32 = 15 + 16
  private static let chunk = 64 << 10

  /// Level 9: at sea a byte costs more than the hub's spare time.
  package static func deflated(_ bytes: [UInt8]) throws(GzipError) -> [UInt8] {
    var stream = z_stream()
    guard
      deflateInit2_(
        &stream, Z_BEST_COMPRESSION, Z_DEFLATED, windowBits, 9, Z_DEFAULT_STRATEGY, ZLIB_VERSION,
        Int32(MemoryLayout<z_stream>.size)) == Z_OK
    else { throw .outOfMemory }
    defer { deflateEnd(&stream) }
    let bound = Int(deflateBound(&stream, uLong(bytes.count)))
    var status = Z_OK
    // deflate() reads through `next_in` and never writes there; zlib's C type has no const.
    var input = bytes
    let output = [UInt8](unsafeUninitializedCapacity: bound) { buffer, count in
      input.withUnsafeMutableBufferPointer { source in
        stream.next_in = source.baseAddress
        stream.avail_in = uInt(source.count)
        stream.next_out = buffer.baseAddress
        stream.avail_out = uInt(buffer.count)
        status = deflate(&stream, Z_FINISH)
      }
      count = bound - Int(stream.avail_out)
    }
    guard status == Z_STREAM_END else { throw .malformed }
    // Without the room that it might have needed.
    return output.withUnsafeBufferPointer { Array($0) }
  }

  /// Exactly one gzip member, of at most `limit` bytes once inflated: stops at the byte after.
  package static func inflated(_ bytes: [UInt8], limit: Int) throws(GzipError) -> [UInt8] {
    var stream = z_stream()
    guard
      inflateInit2_(
        &stream, windowBits, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK
    else { throw .outOfMemory }
    defer { inflateEnd(&stream) }
    var output: [UInt8] = []
    var piece = [UInt8](repeating: 0, count: chunk)
    var input = bytes
    let failure: GzipError? = input.withUnsafeMutableBufferPointer { source in
      stream.next_in = source.baseAddress
      stream.avail_in = uInt(source.count)
      while true {
        let (status, count) = piece.withUnsafeMutableBufferPointer { target in
          stream.next_out = target.baseAddress
          stream.avail_out = uInt(target.count)
          let status = inflate(&stream, Z_NO_FLUSH)
          return (status, target.count - Int(stream.avail_out))
        }
        guard output.count + count <= limit else { return .tooLarge }
        output.append(contentsOf: piece[..<count])
        switch status {
        case Z_OK: continue
        case Z_STREAM_END: return stream.avail_in == 0 ? nil : .malformed
        case Z_MEM_ERROR: return .outOfMemory
        default: return .malformed
        }
      }
    }
    if let failure { throw failure }
    return output
  }
}
