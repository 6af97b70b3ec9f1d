import Foundation
import Testing

/// Set by provisioning/test, with the clients installed.
enum Python {
  static let path = ProcessInfo.processInfo.environment["QUARTERMASTER_PYTHON"]
}

extension WholeProcess {
  /// Clients that others wrote, against our protocol layers alone.
  @Suite(.serialized, .enabled(if: Python.path != nil))
  struct OtherClients {
    /// What a script prints that talks to `conformance-server` in `mode`.
    private func talk(
      _ mode: String, _ scheme: String, _ script: String, _ arguments: [String] = []
    ) async throws -> String {
      // The suites' own times are too short for a busy machine.
      let server = try Program(
        "conformance-server",
        [mode, "--listen", "127.0.0.1:0", "--ping-timeout", "20000", "--connect-timeout", "20000"])
      let address = try await eventual("the server listens") {
        server.output.firstMatch(of: /Listening on (.+)\./).map { String($0.1) }
      }
      defer { server.signal(SIGKILL) }
      let python = try #require(Python.path)
      return try await run(python, ["-c", script, "\(scheme)://\(address)"] + arguments).succeeded()
    }

    @Test(arguments: ["websocket", "polling", "polling+websocket"])
    func `python-socketio joins, sends, is acknowledged and stays`(transports: String) async throws
    {
      #expect(try await talk("socket-io", "http", Self.socketIO, [transports]) == "well\n")
    }

    @Test func `websockets' messages come back, deflated and plain`() async throws {
      #expect(try await talk("websocket", "ws", Self.webSockets) == "well\n")
    }

    private static let socketIO = #"""
      import socketio, sys, time

      url, transports = sys.argv[1], sys.argv[2].split("+")
      heard = []
      client = socketio.Client(reconnection=False)

      @client.on("auth")
      def auth(data): heard.append(("/", data))

      @client.on("auth", namespace="/custom")
      def custom_auth(data): heard.append(("/custom", data))

      @client.on("message-back")
      def back(*arguments): heard.append(arguments)

      def until(condition):
          deadline = time.time() + 60
          while not condition():
              assert time.time() < deadline, heard
              time.sleep(0.01)

      client.connect(url, auth={"token": "123"}, transports=transports, namespaces=["/", "/custom"])
      until(lambda: len(heard) == 2)
      assert ("/", {"token": "123"}) in heard and ("/custom", {"token": "123"}) in heard, heard
      assert client.transport() == ("websocket" if "websocket" in transports else "polling")
      client.emit("message", (1, "two", {"three": [True, None, "é"]}))
      until(lambda: (1, "two", {"three": [True, None, "é"]}) in heard)
      client.emit("message", b"\x00\xff" * 100)
      until(lambda: (b"\x00\xff" * 100,) in heard)
      assert client.call("message-with-ack", ("a", b"\x01")) == ("a", b"\x01")
      big = "x" * 200_000
      assert client.call("message-with-ack", big) == big
      # Several heartbeats long.
      time.sleep(1.2)
      assert client.connected and client.call("message-with-ack", 1) == 1
      client.disconnect()

      refusals = []
      stranger = socketio.Client(reconnection=False)
      stranger.on("connect_error", refusals.append, namespace="/nowhere")
      try:
          stranger.connect(url, transports=transports, namespaces=["/nowhere"])
          raise SystemExit("/nowhere was joined")
      except socketio.exceptions.ConnectionError:
          assert refusals == [{"message": "Invalid namespace"}], refusals
      print("well")
      """#

    private static let webSockets = #"""
      import sys
      from websockets.sync.client import connect

      url = sys.argv[1]
      texts = ["", "short", "é" * 1000, '{"type":"x","data":[1,2,3]}' * 20_000]
      for compression in ("deflate", None):
          with connect(url, compression=compression, max_size=None) as socket:
              assert bool(socket.protocol.extensions) == (compression == "deflate")
              # The same again: what context takeover would shorten is understood without it.
              for text in texts + texts:
                  socket.send(text)
                  assert socket.recv() == text
                  socket.send(text.encode())
                  assert socket.recv() == text.encode()
              socket.send(["in ", "pieces " * 10_000, "é"])
              assert socket.recv() == "in " + "pieces " * 10_000 + "é"
              assert socket.ping(b"there?").wait(60)
      print("well")
      """#
  }
}
