import Foundation
import LinkRelay
import Testing
import Wire

/// The office ashore watches the fleet with a client that others wrote.
extension WholeProcess {
  @Suite(.enabled(if: Python.path != nil), .timeLimit(.minutes(3))) struct Office {
    @Test func `websockets' client hears a site's log from its beginning, and can change nothing`()
      async throws
    {
      let hub = try Hub()
      let shore = try await Shore()
      try await hub.start(shore.arguments)
      for name in ["Ben", "Eva", "Ida"] { _ = try await hub.person(name, "staff") }
      try await hub.allAshore()
      let python = try #require(Python.path)
      let token = try String(
        contentsOfFile: shore.folder.file("shore/operator-token"), encoding: .utf8
      ).trimmingCharacters(in: .whitespacesAndNewlines)

      let heard = try await run(
        python,
        ["-c", Self.script, "ws://operator:\(token)@127.0.0.1:\(shore.link.port)/api/ws"]
      ).succeeded().lines

      let log = try await shore.export().lines.map { try JSON(parsing: $0)["seq"]?.integer ?? 0 }
      #expect(log.count >= 3)
      #expect(heard.compactMap { Int64($0) }.sorted() == log)
    }

    private static let script = #"""
      import json, sys
      from websockets.sync.client import connect

      def say(socket, **message): socket.send(json.dumps(message))
      def hear(socket): return json.loads(socket.recv(timeout=20))

      with connect(sys.argv[1]) as socket:
          assert socket.protocol.extensions
          welcome = hear(socket)
          assert welcome["type"] == "welcome" and welcome["data"]["readOnly"], welcome
          epoch = welcome["data"]["sites"]["aurora"]["cursor"].rsplit(".", 3)[0]
          say(socket, type="subscribe", id="1", data={"after": {"aurora": epoch + ".0.0.0"}})
          cursor = None
          while (message := hear(socket))["type"] != "subscribed":
              print(message["seq"])
              cursor = message["cursor"]
          assert message["data"]["outcome"] == "replayed", message
          assert message["data"]["sites"]["aurora"]["cursor"] == cursor, message
          say(socket, type="command", id="2", command="stock.adjust", data={})
          refused = hear(socket)
          assert (refused["type"], refused["code"]) == ("refused", "forbidden"), refused
      """#
  }
}
