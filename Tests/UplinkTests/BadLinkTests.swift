import Foundation
import HTTPTypes
import Hummingbird
import Inventory
import LinkRelay
import Shore
import ShoreFixtures
import Storage
import Sync
import Synchronization
import Testing
import Uplink

/// What a boat meets between its aerial and shore. Nothing that shore did not say moves a cursor, the
/// crew is told why the queue stands still, and it goes on by itself.
@Suite(.timeLimit(.minutes(2)))
struct BadLinkTests: AtBothEnds {
  let ends: BothEnds

  init() throws { ends = try BothEnds() }

  private func withRelay(
    _ conditions: LinkConditions = .perfect, exchangeTimeout: Duration = .seconds(60),
    patience: Duration = .seconds(900),
    body: @escaping @Sendable (Relay, Uplink) async throws -> Void
  ) async throws {
    try await withShore(shoreStore) { [hub, key] address in
      let port = try #require(address.split(separator: ":").last.flatMap { Int($0) })
      let relay = try await Relay(to: port, conditions)
      defer { relay.close() }
      relay.cut()
      try await hub.withUplink(
        to: "http://127.0.0.1:\(relay.port)", key: key, exchangeTimeout: exchangeTimeout,
        patience: patience
      ) { try await body(relay, $0) }
    }
  }

  private static func trouble(of uplink: Uplink, unlike earlier: String? = nil) async throws
    -> String
  {
    while true {
      if let trouble = uplink.status.lastError, trouble != earlier { return trouble }
      try await Task.sleep(for: .milliseconds(2))
    }
  }

  @Test(arguments: [
    (
      "HTTP/1.1 200 OK\r\nContent-Length: 21\r\n\r\n<html>Welcome aboard!",
      "Something other than shore"
    ),
    ("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}", "Something other than shore"),
    ("HTTP/1.1 204 No Content\r\n\r\n", "Shore answered with an error (204)"),
    (
      "HTTP/1.1 302 Found\r\nLocation: http://portal.example/\r\nContent-Length: 0\r\n\r\n",
      "Something other than shore"
    ),
    (
      "HTTP/1.1 307 Moved\r\nLocation: /v2\r\nContent-Length: 0\r\n\r\n",
      "Something other than shore"
    ),
    ("HTTP/1.1 511 Sign in\r\nContent-Length: 0\r\n\r\n", "Something other than shore"),
    ("HTTP/1.1 500 Oops\r\nContent-Length: 0\r\n\r\n", "Shore answered with an error (500)"),
    (
      "HTTP/1.1 429 Busy\r\nRetry-After: 3600\r\nContent-Length: 0\r\n\r\n",
      "Shore is busy"
    ),
    ("HTTP/1.1 503 Busy\r\nRetry-After: soon\r\nContent-Length: 0\r\n\r\n", "Shore is busy"),
    ("SSH-2.0-OpenSSH_9.2\r\n", "Shore can't be reached"),
    ("HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{\"cut", "Shore can't be reached"),
  ])
  func `whatever else answers, nothing counts as sent, and all goes when shore is back`(
    _ answer: String, _ words: String
  ) async throws {
    try hub.append(1...50)

    try await withRelay { [hub] relay, uplink in
      let down = try await Self.trouble(of: uplink)
      relay.answer(answer)
      uplink.syncNow()
      let trouble =
        words == "Shore can't be reached"
        ? down : try await Self.trouble(of: uplink, unlike: down)
      #expect(trouble.hasPrefix(words), "\(trouble)")
      #expect(try hub.store.shoreCursors()[.normal] == 0)
      relay.restore()
      uplink.syncNow()
      await hub.progress { $0[.normal] == 50 }
    }

    #expect(try shoreStore.exported == hub.exported)
  }

  @Test func `an answer that never ends is not read on, and is nobody's word`() async throws {
    try hub.append(1...5)
    let length = Limits.answer * 3
    let answer =
      "HTTP/1.1 200 OK\r\nContent-Length: \(length)\r\n\r\n" + String(repeating: " ", count: length)

    try await withRelay { [hub] relay, uplink in
      let down = try await Self.trouble(of: uplink)
      relay.answer(answer)
      uplink.syncNow()
      let trouble = try await Self.trouble(of: uplink, unlike: down)
      #expect(trouble.hasPrefix("Something other than shore"), "\(trouble)")
      #expect(uplink.status.bytesReceived < 2 * Int64(Limits.answer))
      #expect(try hub.store.shoreCursors()[.normal] == 0)
    }
  }

  @Test func `a shore that asks to be left alone is left alone for so long`() async throws {
    try hub.append(1...5)
    let questions = Mutex<[ContinuousClock.Instant]>([])

    try await withShore(shoreStore) { [hub, key] shore in
      try await withImpostor { request in
        let isFirst = questions.withLock { questions in
          questions.append(.now)
          return questions.count == 1
        }
        guard isFirst else { return try await relay(request, to: shore) }
        return Response(status: .tooManyRequests, headers: [.retryAfter: "1"])
      } body: { proxy in
        try await hub.withUplink(to: proxy, key: key, longestWait: .seconds(30)) { _ in
          await hub.progress { $0[.normal] == 5 }
        }
      }
    }

    let asked = questions.withLock { $0 }
    #expect(asked.count == 2)
    #expect(asked[1] - asked[0] >= .seconds(1))
  }

  @Test(arguments: ["", String(repeating: "HTTP/1.1 200 OK\r\n", count: 1000)])
  func `a server that says nothing, or drips, is given up in time`(_ answer: String) async throws {
    try hub.append(1...50)

    try await withRelay(exchangeTimeout: .milliseconds(200)) { [hub] relay, uplink in
      let down = try await Self.trouble(of: uplink)
      relay.answer(answer, every: .milliseconds(20))
      uplink.syncNow()
      let trouble = try await Self.trouble(of: uplink, unlike: down)
      #expect(trouble.hasPrefix("Shore did not answer in time"))
      relay.restore()
      uplink.syncNow()
      await hub.progress { $0[.normal] == 50 }
    }

    #expect(try shoreStore.exported == hub.exported)
  }

  @Test func `a connection that the way has forgotten is given up, and a new one is made`()
    async throws
  {
    try hub.append(1...50)

    try await withRelay(exchangeTimeout: .milliseconds(300)) { [hub] relay, uplink in
      relay.restore()
      uplink.syncNow()
      await hub.progress { $0[.normal] == 50 }
      let before = relay.connections
      relay.forget()
      try hub.append(51...60)
      uplink.nudge()
      await hub.progress { $0[.normal] == 60 }
      #expect(relay.connections > before)
      // The way down hears that its connection may be dead as well.
      #expect(hub.linkNews.withLock { $0.contains(.lost) })
    }

    #expect(try shoreStore.exported == hub.exported)
  }

  @Test func `a marina's Wi-Fi that flaps and signs people out lets all pass in the end, once`()
    async throws
  {
    try hub.append((1...1500).map { .sample($0, lane: [.first, .normal, .bulk][Int($0) % 3]) })

    try await withRelay(.marina) { [hub] relay, uplink in
      let weather = Task {
        while !Task.isCancelled {
          relay.restore()
          relay.cut(after: .random(in: 1...200_000))
          try await Task.sleep(for: .milliseconds(.random(in: 100...400)))
          relay.answer("HTTP/1.1 200 OK\r\nContent-Length: 13\r\n\r\nPlease log in")
          try await Task.sleep(for: .milliseconds(.random(in: 0...50)))
        }
      }
      defer { weather.cancel() }
      await hub.progress { $0 == [.first: 1500, .normal: 1498, .bulk: 1499] }
      #expect(relay.outages > 1)
    }

    #expect(try shoreStore.exported == hub.exported)
    #expect(try hub.tray.isEmpty)
  }

  @Test func `people are told that nothing gets ashore and why, and that it goes on`() async throws
  {
    try hub.append(1...5)

    try await withRelay(patience: .milliseconds(1)) { [hub] relay, uplink in
      _ = try await Self.trouble(of: uplink)
      var news: NoteUplinkStall.Change?
      while news == nil { news = try uplink.stallNews() }
      guard case .stalled(_, waiting: 5, let reason) = news else {
        Issue.record("\(String(describing: news))")
        return
      }
      #expect(reason.hasPrefix("Shore can't be reached"))
      #expect(try uplink.stallNews() == nil)

      relay.restore()
      uplink.syncNow()
      await hub.progress { $0[.normal] == 5 }
      news = nil
      while news == nil {
        try await Task.sleep(for: .milliseconds(20))
        news = try uplink.stallNews()
      }
      #expect(news == .resumed)
    }
  }

  @Test func `an untrusted certificate is told as such, and nothing is sent`() async throws {
    try hub.append(1...5)
    let (certificate, key) = (ashore.path + "/tls.crt", ashore.path + "/tls.key")
    try Self.openssl([
      "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj",
      "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", key, "-out",
      certificate,
    ]).waitUntilExit()
    // Behind a relay, which waits until the server listens, whatever port that is.
    let port = Int.random(in: 20_000..<30_000)
    let server = try Self.openssl([
      "s_server", "-quiet", "-accept", "127.0.0.1:\(port)", "-cert", certificate, "-key", key,
    ])
    // A child may have inherited that SIGTERM is ignored.
    defer { kill(server.processIdentifier, SIGKILL) }
    let relay = try await Relay(to: port)
    defer { relay.close() }

    try await hub.withUplink(to: "https://127.0.0.1:\(relay.port)", key: self.key) { uplink in
      var trouble = try await Self.trouble(of: uplink)
      while trouble.hasPrefix("Shore can't be reached") {
        trouble = try await Self.trouble(of: uplink, unlike: trouble)
      }
      #expect(trouble.hasPrefix("The secure connection to shore failed"))
    }

    #expect(try hub.store.shoreCursors()[.normal] == 0)
  }

  private static func openssl(_ arguments: [String]) throws -> Process {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = ["openssl"] + arguments
    process.standardOutput = FileHandle.nullDevice
    process.standardError = FileHandle.nullDevice
    try process.run()
    return process
  }
}
