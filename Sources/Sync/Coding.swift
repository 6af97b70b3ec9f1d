/// How a batch's body is packed: gzip, which every shore reads, or what both ends have agreed on.
package enum Coding: Sendable, Hashable {
  case gzip
  /// Shore says in `Accept-Encoding` of its answers that it reads it (RFC 7694).
  case zstd(level: Int)

  /// What shore reads, as it says so in its answers.
  package static let accepted = "zstd, gzip"

  /// As in `Content-Encoding`.
  package var name: String {
    switch self {
    case .gzip: "gzip"
    case .zstd: "zstd"
    }
  }

  package init?(name: String) {
    switch name {
    case "gzip": self = .gzip
    case "zstd": self = .zstd(level: 3)
    default: return nil
    }
  }

  package func packed(_ text: [UInt8]) throws(BatchFault) -> [UInt8] {
    do {
      switch self {
      case .gzip: return try Gzip.deflated(text)
      case .zstd(let level): return try Zstd.compressed(text, level: level)
      }
    } catch {
      throw .unreadableBody
    }
  }

  package func unpacked(_ body: [UInt8]) throws(BatchFault) -> [UInt8] {
    do {
      switch self {
      case .gzip: return try Gzip.inflated(body, limit: Limits.inflated)
      case .zstd: return try Zstd.expanded(body, limit: Limits.inflated)
      }
    } catch GzipError.tooLarge, ZstdError.tooLarge {
      throw .tooLarge
    } catch {
      throw .unreadableBody
    }
  }
}
