import CZstd

package enum ZstdError: Error, Equatable {
  case tooLarge
  case malformed
  case outOfMemory
}

/// Zstandard (RFC 8878) over libzstd, with the memory of both ends bounded.
package enum Zstd {
  /// Distances of at most 128 KiB: events repeat within a few, and tables that fit the window find
  /// them as well with 2 to 3 MB as those of 1 MiB do with 13 to 18.
  private static let windowLog: Int32 = 17
  /// What is read: hubs of the first release reach back 1 MiB.
  private static let widestWindowLog: Int32 = 23
  private static let chunk = 64 << 10

  package static func compressed(_ bytes: [UInt8], level: Int) throws(ZstdError) -> [UInt8] {
    guard let context = ZSTD_createCCtx() else { throw .outOfMemory }
    defer { ZSTD_freeCCtx(context) }
    ZSTD_CCtx_setParameter(context, ZSTD_c_compressionLevel, Int32(level))
    ZSTD_CCtx_setParameter(context, ZSTD_c_windowLog, windowLog)
    let bound = ZSTD_compressBound(bytes.count)
    var result = 0
    let output = [UInt8](unsafeUninitializedCapacity: bound) { buffer, count in
      result = bytes.withUnsafeBytes {
        ZSTD_compress2(context, buffer.baseAddress, buffer.count, $0.baseAddress, $0.count)
      }
      count = ZSTD_isError(result) == 0 ? result : 0
    }
    guard ZSTD_isError(result) == 0 else { throw .outOfMemory }
    // A batch on its way holds what it needs, and not what it might have needed.
    return output.withUnsafeBufferPointer { Array($0) }
  }

  /// Exactly one frame, of at most `limit` bytes once expanded: stops at the byte after.
  package static func expanded(_ bytes: [UInt8], limit: Int) throws(ZstdError) -> [UInt8] {
    guard let context = ZSTD_createDCtx() else { throw .outOfMemory }
    defer { ZSTD_freeDCtx(context) }
    ZSTD_DCtx_setParameter(context, ZSTD_d_windowLogMax, widestWindowLog)
    var output: [UInt8] = []
    var piece = [UInt8](repeating: 0, count: chunk)
    let failure: ZstdError? = bytes.withUnsafeBytes { source in
      var input = ZSTD_inBuffer(src: source.baseAddress, size: source.count, pos: 0)
      while true {
        let (left, count) = piece.withUnsafeMutableBytes { target in
          var out = ZSTD_outBuffer(dst: target.baseAddress, size: target.count, pos: 0)
          return (ZSTD_decompressStream(context, &out, &input), out.pos)
        }
        guard ZSTD_isError(left) == 0 else { return .malformed }
        guard output.count + count <= limit else { return .tooLarge }
        output.append(contentsOf: piece[..<count])
        if left == 0 { return input.pos == input.size ? nil : .malformed }
        // Nothing more to read, and nothing more to say: the frame was cut short.
        if input.pos == input.size, count < chunk { return .malformed }
      }
    }
    if let failure { throw failure }
    return output
  }
}
