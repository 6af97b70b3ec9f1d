import Foundation
import Sync
import Testing

@testable import CrewApp

@Suite struct FilesTests {
  private static let folder = URL(filePath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    .appending(path: "Sources/CrewApp/Web")

  @Test func `the program holds every file of the folder, as it is there`() throws {
    let paths = try FileManager.default.subpathsOfDirectory(atPath: Self.folder.path)
    let inFolder = try Dictionary(
      uniqueKeysWithValues: paths.filter { $0.contains(".") }.map { path in
        (path, Array(try Data(contentsOf: Self.folder.appending(path: path))))
      })
    let inProgram = Dictionary(
      uniqueKeysWithValues: CrewApp.embedded.map { ($0.path, $0.bytes) })

    #expect(inProgram.keys.sorted() == inFolder.keys.sorted())
    let different = inFolder.filter { inProgram[$0.key] != $0.value }.keys.sorted()
    #expect(different == [])
  }

  @Test func `a change of any file is another version, and other paths`() throws {
    let before = CrewApp(sources: [.init(path: "a.js", bytes: [1]), .init(path: "b.js", bytes: [])])
    let moved = CrewApp(sources: [.init(path: "a.js", bytes: []), .init(path: "b.js", bytes: [1])])

    #expect(before.version != moved.version)
    #expect(before.files.keys.sorted() != moved.files.keys.sorted())
    #expect(before.files["/app/\(before.version)/a.js"]?.isImmutable == true)
  }

  @Test func `the page and the worker name the files of their own version`() throws {
    let app = CrewApp.shared
    for path in [CrewApp.page, CrewApp.worker] {
      let file = try #require(app.files[path])
      let text = String(decoding: file.bytes, as: UTF8.self)
      let named = text.matches(of: /\/app\/[^'"]+/).map { String($0.output) }

      #expect(!file.isImmutable)
      #expect(!text.contains("{{"))
      #expect(!named.isEmpty)
      for name in named { #expect(app.files[name] != nil, "\(name) in \(path)") }
    }
  }

  @Test func `what is sent packed is the file`() throws {
    for file in CrewApp.shared.files.values {
      guard let gzipped = file.gzipped else { continue }
      let isWhole = try Gzip.inflated(gzipped, limit: 1 << 20) == file.bytes
      #expect(isWhole, "\(file.path)")
      #expect(gzipped.count < file.bytes.count)
    }
    #expect(CrewApp.shared.files["/app/\(CrewApp.shared.version)/app.css"]?.gzipped != nil)
  }

  /// The budget of a first visit: the worker keeps all languages, so all are sent.
  @Test func `a first visit stays under 150 kB`() {
    let sent = CrewApp.shared.files.values
      .reduce(0) { $0 + ($1.gzipped?.count ?? $1.bytes.count) + 400 }
    #expect(sent < 150_000)
  }

  @Test func `nothing in the app comes from elsewhere or stands inline`() {
    for source in CrewApp.embedded where !source.path.hasSuffix(".png") {
      let text = String(decoding: source.bytes, as: UTF8.self)
        .replacing("http://www.w3.org/2000/svg", with: "")
      #expect(!text.contains("http://") && !text.contains("https://"), "\(source.path)")
      #expect(!text.contains("innerHTML") && !text.contains("eval("), "\(source.path)")
      #expect(!text.contains("style=") && !text.contains("<script>"), "\(source.path)")
    }
  }

  @Test func `the page names what it needs at once, and not what is fetched when wanted`() {
    let page = String(decoding: CrewApp.shared.files["/"]?.bytes ?? [], as: UTF8.self)
    let named = page.matches(of: /modulepreload" href="\/app\/[0-9a-f]+\/([^"]+)"/)
      .map { String($0.1) }

    #expect(named.contains("core/store.js") && named.contains("screens/stock.js"))
    #expect(!named.contains("screens/tray.js") && !named.contains("core/words.js"))
    #expect(!named.contains("lang/de.js") && !named.contains("welcome.js"))
    #expect(
      named.allSatisfy { CrewApp.shared.files["/app/\(CrewApp.shared.version)/\($0)"] != nil })
  }

  @Test func `imports are followed from each module's own folder`() {
    let texts = [
      "app.js": """
      import { a } from './core/a.js'
      import {
        b,
      } from './screens/b.js'
      const later = () => import('./screens/later.js')
      """,
      "core/a.js": "import { c } from './c.js'", "core/c.js": "import { a } from './a.js'",
      "screens/b.js": "import '../core/c.js'", "screens/later.js": "",
    ]

    #expect(
      CrewApp.imported(by: "app.js", texts)
        == ["app.js", "core/a.js", "core/c.js", "screens/b.js"])
  }
}
