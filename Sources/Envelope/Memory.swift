import COpenSSL

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// OpenSSL's stream over memory.
final class Memory {
  let bio: OpaquePointer

  init(_ bytes: [UInt8] = []) throws(EnvelopeError) {
    guard let bio = BIO_new(BIO_s_mem()) else { throw .last("memory") }
    self.bio = bio
    guard bytes.isEmpty || BIO_write(bio, bytes, Int32(bytes.count)) == bytes.count else {
      throw .last("memory")
    }
  }

  deinit { BIO_free(bio) }

  var bytes: [UInt8] {
    var start: UnsafeMutablePointer<CChar>?
    let count = quartermaster_contents(bio, &start)
    guard count > 0, let start else { return [] }
    return Array(UnsafeRawBufferPointer(start: start, count: count))
  }
}

enum File {
  /// The bytes of `path`, unless there are more than `limit`.
  static func contents(of path: String, limit: Int) throws(EnvelopeError) -> [UInt8] {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw .cannotRead(path, String(cString: strerror(errno))) }
    defer { close(descriptor) }
    var bytes: [UInt8] = []
    var piece = [UInt8](repeating: 0, count: 64 << 10)
    while true {
      let count = read(descriptor, &piece, piece.count)
      guard count >= 0 || errno == EINTR else {
        throw .cannotRead(path, String(cString: strerror(errno)))
      }
      guard count != 0 else { return bytes }
      guard bytes.count + count <= limit else { throw .tooLarge(path, limit: limit) }
      bytes.append(contentsOf: piece.prefix(count))
    }
  }
}
