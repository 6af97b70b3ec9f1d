import CZlib
import NIOCore
import Synchronization

/// The messages of permessage-deflate, each for itself (RFC 7692, section 7.2): raw DEFLATE
/// (RFC 1951) whose end is a flush, less the flush's last four bytes.
package enum Deflate {
  package enum Failure: Error, Equatable {
    case malformed
    case tooLarge
    case outOfMemory
  }

  private static let tail = ByteBuffer(bytes: [0, 0, 0xFF, 0xFF])

  /// zlib's working memory, a quarter of a megabyte, stands once for the process, from the first
  /// message that is deflated on.
  private static let deflater = Mutex<Deflater?>(nil)

  /// `nil` where the result would be no smaller.
  package static func deflated(_ message: [UInt8]) -> ByteBuffer? {
    deflater.withLock { deflater in
      if deflater == nil { deflater = Deflater() }
      return deflater?.deflated(message)
    }
  }

  /// - Parameter limit: bytes that the message may have; never more are kept.
  package static func inflated(
    _ message: ByteBuffer, limit: Int
  ) throws(Failure) -> ByteBuffer {
    var stream = z_stream()
    guard
      inflateInit2_(&stream, -15, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK
    else { throw .outOfMemory }
    defer { inflateEnd(&stream) }
    var output = ByteBuffer()
    output.reserveCapacity(min(limit, max(256, message.readableBytes * 4)))
    for input in [message, tail] {
      let failure = input.withUnsafeReadableBytes { bytes in
        inflate(bytes, &stream, into: &output, limit: limit)
      }
      if let failure { throw failure }
    }
    // zlib.h, `inflate`: 128 says that a block has just ended. Less is a message cut short.
    guard stream.data_type & 128 != 0 else { throw .malformed }
    return output
  }

  private static func inflate(
    _ bytes: UnsafeRawBufferPointer, _ stream: inout z_stream, into output: inout ByteBuffer,
    limit: Int
  ) -> Failure? {
    // inflate() reads through `next_in` and never writes there; zlib's C type has no const.
    stream.next_in = UnsafeMutablePointer(
      mutating: bytes.bindMemory(to: UInt8.self).baseAddress)
    stream.avail_in = uInt(bytes.count)
    var isFull = true
    while stream.avail_in > 0 || isFull {
      let room = limit - output.readableBytes
      if output.writableBytes == 0, room > 0 {
        output.reserveCapacity(minimumWritableBytes: min(room, output.capacity))
      }
      var status = Z_OK
      if room > 0 {
        output.writeWithUnsafeMutableBytes(minimumWritableBytes: 0) { target in
          let size = min(target.count, room)
          stream.next_out = target.bindMemory(to: UInt8.self).baseAddress
          stream.avail_out = uInt(size)
          status = CZlib.inflate(&stream, Z_SYNC_FLUSH)
          return size - Int(stream.avail_out)
        }
      } else {
        // Full to the limit: one byte more tells whether that was all.
        var spare: UInt8 = 0
        withUnsafeMutablePointer(to: &spare) { target in
          stream.next_out = target
          stream.avail_out = 1
          status = CZlib.inflate(&stream, Z_SYNC_FLUSH)
        }
        if stream.avail_out == 0 { return .tooLarge }
      }
      isFull = stream.avail_out == 0
      switch status {
      case Z_OK: break
      // Nothing was left to do.
      case Z_BUF_ERROR where stream.avail_in == 0: return nil
      // A final block ends no message: others may follow (section 7.2.3.5).
      case Z_STREAM_END: inflateReset(&stream)
      case Z_MEM_ERROR: return .outOfMemory
      default: return .malformed
      }
    }
    return nil
  }
}

/// A DEFLATE state that forgets each message before the next.
private final class Deflater {
  /// zlib remembers where it lies, so it may not move.
  private let stream: UnsafeMutablePointer<z_stream>

  init?() {
    stream = .allocate(capacity: 1)
    stream.initialize(to: z_stream())
    let status = deflateInit2_(
      stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY, ZLIB_VERSION,
      Int32(MemoryLayout<z_stream>.size))
    guard status == Z_OK else {
      stream.deallocate()
      return nil
    }
  }

  deinit {
    deflateEnd(stream)
    stream.deallocate()
  }

  func deflated(_ message: [UInt8]) -> ByteBuffer? {
    deflateReset(stream)
    // With the flush's end, which is taken off; it must not reach the message's own size.
    var output = ByteBuffer()
    let size = message.count + 4
    message.withUnsafeBufferPointer { source in
      _ = output.writeWithUnsafeMutableBytes(minimumWritableBytes: size) { target in
        // deflate() reads through `next_in` and never writes there; zlib's C type has no const.
        stream.pointee.next_in = UnsafeMutablePointer(mutating: source.baseAddress)
        stream.pointee.avail_in = uInt(source.count)
        stream.pointee.next_out = target.bindMemory(to: UInt8.self).baseAddress
        stream.pointee.avail_out = uInt(size)
        deflate(stream, Z_SYNC_FLUSH)
        return size - Int(stream.pointee.avail_out)
      }
    }
    guard stream.pointee.avail_out > 0 else { return nil }
    output.moveWriterIndex(to: output.writerIndex - 4)
    return output
  }
}
