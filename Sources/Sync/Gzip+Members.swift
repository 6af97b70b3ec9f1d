import CZlib

extension Gzip {
  /// Inflates the first of several members (RFC 1952, section 2.2), to at most `limit` bytes.
  /// - Returns: its text, and what follows it.
  package static func firstMember(
    of bytes: ArraySlice<UInt8>, limit: Int
  ) throws(GzipError) -> (text: [UInt8], rest: ArraySlice<UInt8>) {
    var stream = z_stream()
    guard
      inflateInit2_(
        &stream, 15 + 16, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK
    else { throw .outOfMemory }
    defer { inflateEnd(&stream) }
    var text: [UInt8] = []
    var piece = [UInt8](repeating: 0, count: 64 << 10)
    var status = Z_OK
    bytes.withUnsafeBufferPointer { source in
      // inflate() reads through `next_in` and never writes there; zlib's C type has no const.
      stream.next_in = UnsafeMutablePointer(mutating: source.baseAddress)
      stream.avail_in = uInt(source.count)
      repeat {
        let count = piece.withUnsafeMutableBufferPointer { target in
          stream.next_out = target.baseAddress
          stream.avail_out = uInt(target.count)
          status = inflate(&stream, Z_NO_FLUSH)
          return target.count - Int(stream.avail_out)
        }
        text.append(contentsOf: piece[..<count])
      } while status == Z_OK && text.count <= limit
    }
    guard text.count <= limit else { throw .tooLarge }
    guard status == Z_STREAM_END else { throw .malformed }
    return (text, bytes.suffix(Int(stream.avail_in)))
  }
}
