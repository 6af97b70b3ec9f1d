import Foundation
import Logging
import Testing

@testable import Supervision

struct JournalTests {
  @Test func `a record becomes fields that the journal can look for`() {
    let metadata: Logger.Metadata = ["remote address": "10.0.0.7", "MESSAGE_ID": "ab"]

    let fields = JournalLogHandler.fields(.warning, "refused", label: "hub", metadata)

    #expect(
      fields == [
        "MESSAGE=refused remote address=10.0.0.7", "PRIORITY=4", "SYSLOG_IDENTIFIER=hub",
        "MESSAGE_ID=ab", "QM_REMOTE_ADDRESS=10.0.0.7",
      ])
  }

  @Test(
    arguments: zip(
      [Logger.Level.trace, .debug, .info, .notice, .warning, .error, .critical],
      [7, 7, 6, 5, 4, 3, 2]))
  func `levels become syslog's`(level: Logger.Level, priority: Int) {
    #expect(level.priority == priority)
  }

  @Test func `every occasion has its own entry in the catalog, and no other stands there`() throws {
    let url = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().appending(path: "systemd/quartermaster.catalog")
    let lines = try String(contentsOf: url, encoding: .utf8).split(separator: "\n")

    let ids = lines.filter { $0.hasPrefix("-- ") }.map { String($0.dropFirst(3)) }

    #expect(ids == Occasion.allCases.map(\.rawValue))
    #expect(ids.allSatisfy { $0.count == 32 && $0.allSatisfy(\.isHexDigit) })
  }

  @Test func `the level of a logger can be changed while it is in use`() {
    let level = LogLevel(.error)
    let logger = Logger(supervised: "test", level: level)
    let copy = logger

    level.value = .debug

    #expect(logger.logLevel == .debug && copy.logLevel == .debug)
  }
}

struct ProgramPagesTests {
  @Test func `only what a file holds and nobody may change is given back`() throws {
    let lines = [
      "7f00-8f00 r-xp 00026000 fe:00 1234   /usr/bin/quartermaster\n",
      "7f00-8f00 r--p 00000000 fe:00 1234   /usr/bin/quartermaster\n",
      "7f00-8f00 rw-p 00026000 fe:00 1234   /usr/bin/quartermaster\n",
      "7f00-8f00 rw-s 00000000 fe:00 1234   /var/lib/quartermaster/quartermaster.sqlite-shm\n",
      "7f00-8f00 rw-p 00000000 00:00 0      [heap]\n",
      "7f00-8f00 r-xp 00000000 00:00 0      [vdso]\n",
    ]

    let isReadOnlyFile = lines.map { ProgramPages.Mapping($0)?.isReadOnlyFile }

    #expect(isReadOnlyFile == [true, true, false, false, false, false])
    #expect(ProgramPages.Mapping(lines[0])?.length == 0x1000)
    #expect(ProgramPages.Mapping("Size:    5600 kB\n") == nil)
    #expect(ProgramPages.Mapping.isZero("Anonymous:             0 kB\n"))
    #expect(!ProgramPages.Mapping.isZero("Anonymous:            48 kB\n"))
  }

  @Test func `a program that has given its pages back goes on`() {
    ProgramPages.release()

    #expect([3, 1, 2].sorted() == [1, 2, 3])
  }
}
