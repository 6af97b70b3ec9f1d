import CCrewApp
import Crypto
import Sync

/// The crew's app: the files that browsers fetch, ready to be sent.
///
/// Owns the pages, styles and ES modules in `Web`, and what is told about each: type, tag, how long
/// it may be kept. There is no build step: `Web` holds what is served. The files are part of the
/// program, not a folder beside it, so that one binary is a whole hub and page and hub are always of
/// one version. All files but the two that a browser must ask for again lie under a path that holds a
/// digest of the whole app: relative imports stay within one version, and every answer may be kept
/// for good. Imports Sync for gzip; knows no HTTP.
package struct CrewApp: Sendable {
  package struct File: Sendable {
    /// Where it is served.
    package var path: String
    package var contentType: String
    package var bytes: [UInt8]
    /// The same in gzip, where that is smaller.
    package var gzipped: [UInt8]?
    /// A strong entity tag (RFC 9110, section 8.8.3), in its quotes.
    package var tag: String
    /// Whether the path names the content, so that it never changes.
    package var isImmutable: Bool
  }

  /// A digest of all files.
  package let version: String
  package let files: [String: File]

  package static let page = "/"
  package static let worker = "/sw.js"
  /// For devices that do not trust the hub yet.
  package static let welcome = "/welcome"

  /// Made once, when the first browser asks.
  package static let shared = CrewApp(sources: CrewApp.embedded)

  struct Source: Sendable {
    var path: String
    var bytes: [UInt8]
  }

  static var embedded: [Source] {
    (0..<crewapp_file_count()).map { index in
      let file = crewapp_file_at(index)
      return Source(
        path: String(cString: file.path),
        bytes: Array(UnsafeBufferPointer(start: file.bytes, count: Int(file.size))))
    }
  }

  init(sources: [Source]) {
    var digest = SHA256()
    for source in sources {
      digest.update(data: Array("\(source.path)\n\(source.bytes.count)\n".utf8))
      digest.update(data: source.bytes)
    }
    let version = Self.hex(digest.finalize())
    self.version = version
    let places = sources.map { (source: $0, path: Self.place(of: $0.path, version)) }
    let modules = places.filter { $0.path.hasSuffix(".js") && $0.path != Self.worker }
    // Named in the page, so that none waits until another has been read.
    let first = Self.imported(
      by: "app.js",
      Dictionary(
        uniqueKeysWithValues: modules.map {
          ($0.source.path, String(decoding: $0.source.bytes, as: UTF8.self))
        }))
    let preloads = modules.filter { first.contains($0.source.path) }.map {
      #"<link rel="modulepreload" href="\#($0.path)">"#
    }.joined(separator: "\n")
    let kept = places.filter { $0.path != Self.worker && $0.path != Self.welcome }
      .map { "'\($0.path)'" }.joined(separator: ", ")
    files = Dictionary(
      uniqueKeysWithValues: places.map { source, path in
        var bytes = source.bytes
        let isImmutable = ![Self.page, Self.worker, Self.welcome].contains(path)
        if !isImmutable {
          bytes = Array(
            String(decoding: bytes, as: UTF8.self)
              .replacing("{{version}}", with: version)
              .replacing("{{preloads}}", with: preloads)
              .replacing("{{files}}", with: "[\(kept)]").utf8)
        }
        let gzipped = try? Gzip.deflated(bytes)
        let file = File(
          path: path, contentType: Self.contentType(of: source.path), bytes: bytes,
          gzipped: gzipped.flatMap { $0.count < bytes.count ? $0 : nil },
          tag: "\"\(Self.hex(SHA256.hash(data: bytes)))\"", isImmutable: isImmutable)
        return (path, file)
      })
  }

  /// What `module` imports before it runs, and what that imports; not what is fetched when wanted.
  static func imported(by module: String, _ texts: [String: String]) -> Set<String> {
    var found: Set<String> = []
    var open = [module]
    while let path = open.popLast() {
      guard let text = texts[path], found.insert(path).inserted else { continue }
      for match in text.matches(of: /(?m)^import [^']*'([^'\n]+)'/) {
        var parts = path.split(separator: "/").dropLast()
        for step in match.1.split(separator: "/") where step != "." {
          if step == ".." { parts = parts.dropLast() } else { parts.append(step) }
        }
        open.append(parts.joined(separator: "/"))
      }
    }
    return found
  }

  private static func place(of path: String, _ version: String) -> String {
    switch path {
    case "index.html": page
    case "sw.js": worker
    case "welcome.html": welcome
    default: "/app/\(version)/\(path)"
    }
  }

  static func contentType(of path: String) -> String {
    switch path.split(separator: ".").last {
    case "html": "text/html; charset=utf-8"
    case "css": "text/css; charset=utf-8"
    case "js": "text/javascript; charset=utf-8"
    case "svg": "image/svg+xml"
    case "png": "image/png"
    case "webmanifest": "application/manifest+json"
    default: "application/octet-stream"
    }
  }

  /// 64 bits are plenty where nobody but us chooses the content.
  private static func hex(_ digest: SHA256.Digest) -> String {
    digest.prefix(8).map { byte in
      String(byte >> 4, radix: 16) + String(byte & 15, radix: 16)
    }.joined()
  }
}
