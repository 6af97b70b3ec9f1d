import Foundation
import Testing
import Wire

extension WholeProcess {
  /// Devices of other makers over HTTPS: OpenSSL judges the hub's chain, not we.
  @Suite(.serialized, .enabled(if: Python.path != nil))
  struct Trust {
    private func python(_ script: String, _ arguments: [String]) async throws -> String {
      let path = try #require(Python.path)
      return try await run(path, ["-c", script] + arguments).succeeded()
    }

    private func securePort(_ hub: Hub) async throws -> String {
      let program = try #require(hub.program)
      return try await eventual("the hub listens for HTTPS") {
        program.output.lines.first { $0.hasPrefix("Listening on https://") }
          .flatMap { $0.split(separator: ":").last.map(String.init) }
      }
    }

    @Test func `a device that trusts the hub's authority is served, and no other is`()
      async throws
    {
      let hub = try Hub()
      try await hub.start()
      _ = try await hub.command(
        "user", "add", "ana", "--role", "admin", "--password-stdin", input: "long enough words\n"
      ).succeeded()
      let authority = hub.data + "/tls/authority.pem"

      let said = try await python(Self.device, [try await securePort(hub), authority])

      #expect(said == "well\n")
      try await hub.stop()
    }

    @Test func `a WebSocket in TLS hears what a plain one hears`() async throws {
      let hub = try Hub()
      try await hub.start()
      let token = try await hub.person("ana", "admin")
      let said = try await python(
        Self.listener,
        [try await securePort(hub), "\(hub.port)", hub.data + "/tls/authority.pem", token])

      #expect(said == "well\n")
      try await hub.stop()
    }

    @Test func `SIGHUP brings the owner's new certificate, and cuts nobody off`() async throws {
      let hub = try Hub()
      let (certificate, key) = (hub.folder.file("c.pem"), hub.folder.file("k.pem"))
      func install(_ name: String) async throws {
        _ = try await run(
          "openssl",
          [
            "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
            "-keyout", key, "-out", certificate, "-days", "30", "-subj", "/CN=\(name)",
          ]
        ).succeeded()
      }
      try await install("first")
      try await hub.start(environment: [
        "QUARTERMASTER_TLS_CERTIFICATE": certificate, "QUARTERMASTER_TLS_KEY": key,
      ])
      let pid = try #require(hub.program?.pid)
      let said = try await python(
        Self.renewed, [try await securePort(hub), "\(pid)", certificate, key])

      #expect(said == "well\n")
      try await hub.stop()
    }

    @Test func `a restart under systemd refuses nobody, on neither port`() async throws {
      let folder = try Folder()
      let hub = try Hub(data: folder.file("data"))
      // The hub's own, for the path of the program and an authority to trust.
      try await hub.start()
      let program = try FileManager.default.destinationOfSymbolicLink(
        atPath: "/proc/\(try #require(hub.program).pid)/exe")
      try await hub.stop()

      let said = try await python(Self.held, [program, hub.data])

      #expect(said == "well\n")
    }

    @Test func `a torn authority keeps nobody from the stock, and is not replaced in silence`()
      async throws
    {
      let hub = try Hub()
      try await hub.start()
      try await hub.stop()
      let authority = hub.data + "/tls/authority.pem"
      try Data("torn".utf8).write(to: URL(filePath: authority))

      try await hub.start()
      #expect(try await hub.get("/health").status == 200)
      #expect(hub.program?.errors.contains("there is no HTTPS") ?? false)
      #expect(!(hub.program?.output.contains("https://") ?? true))
      #expect(try Data(contentsOf: URL(filePath: authority)) == Data("torn".utf8))
      try await hub.stop()

      let asked = try await hub.command(
        "serve", "--listen", "127.0.0.1:0", "--listen-tls", "127.0.0.1:0")
      #expect(asked.ending == .exited(1))
      #expect(asked.errors.contains("authority"))
    }

    @Test func `with HTTPS switched off there is one port`() async throws {
      let hub = try Hub()
      try await hub.start(["--listen-tls", "off"])
      #expect(try await hub.get("/health").status == 200)

      #expect(!(hub.program?.output.contains("https://") ?? true))
      #expect(!FileManager.default.fileExists(atPath: hub.data + "/tls"))
      try await hub.stop()
    }

    private static let device = #"""
      import http.client, json, socket, ssl, sys

      port, authority = int(sys.argv[1]), sys.argv[2]
      trusting = ssl.create_default_context(cafile=authority)
      trusting.set_alpn_protocols(["h2", "http/1.1"])

      def greet(context, name):
          with socket.create_connection(("127.0.0.1", port), timeout=60) as plain:
              with context.wrap_socket(plain, server_hostname=name) as line:
                  return line.version(), line.selected_alpn_protocol(), line.getpeercert()

      for name in ("127.0.0.1", "localhost", "quartermaster.local"):
          version, protocol, certificate = greet(trusting, name)
          assert version == "TLSv1.3" and protocol == "http/1.1", (version, protocol)

      for context, name in ((trusting, "bank.example"), (ssl.create_default_context(), "localhost")):
          try:
              greet(context, name)
              raise SystemExit(f"{name} was believed")
          except ssl.SSLCertVerificationError:
              pass

      old = ssl.create_default_context(cafile=authority)
      old.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
      old.maximum_version = ssl.TLSVersion.TLSv1_1
      try:
          greet(old, "localhost")
          raise SystemExit("TLS 1.1 was taken")
      except (ssl.SSLError, ConnectionError):
          pass

      def post(connection, path, body, headers={}):
          connection.request("POST", path, json.dumps(body), headers)
          answer = connection.getresponse()
          return answer.status, answer.headers, json.loads(answer.read())

      line = http.client.HTTPSConnection("localhost", port, context=trusting, timeout=60)
      status, headers, body = post(
          line, "/api/v1/sign-in", {"name": "ana", "password": "long enough words"})
      assert status == 200, body
      cookie = headers["Set-Cookie"]
      assert cookie.startswith("__Host-quartermaster_session=") and cookie.endswith("; Secure"), cookie
      line.request("GET", "/api/v1/me", headers={"Cookie": cookie.split(";")[0]})
      assert json.loads(line.getresponse().read())["name"] == "ana"

      # The cookie of plain HTTP may have been read or planted there: in TLS it is nobody's.
      plain = "quartermaster_session=" + body["token"]
      for headers, status in [({"Cookie": plain}, 401), ({"Authorization": "Bearer " + body["token"]}, 200)]:
          line.request("GET", "/api/v1/me", headers=headers)
          answer = line.getresponse()
          answer.read()
          assert answer.status == status, (headers, answer.status)

      # Larger than a TLS record and than any buffer on the way.
      line.request("GET", "/api/openapi.json")
      assert len(line.getresponse().read()) > 40_000
      print("well")
      """#

    private static let listener = #"""
      import json, ssl, sys, urllib.request
      from websockets.sync.client import connect

      secure, plain, authority, token = sys.argv[1:]
      context = ssl.create_default_context(cafile=authority)
      urls = [(f"wss://localhost:{secure}/api/ws", {"ssl": context}), (f"ws://127.0.0.1:{plain}/api/ws", {})]

      def post(path, **body):
          request = urllib.request.Request(
              f"https://localhost:{secure}/api/v1/{path}", json.dumps(body).encode(),
              {"Authorization": f"Bearer {token}"})
          return json.load(urllib.request.urlopen(request, timeout=60, context=context))["data"]

      # A cookie of plain HTTP signs nobody in at the secure door, and does at the plain one.
      for (url, more), knows in zip(urls, (False, True)):
          line = connect(url, additional_headers={"Cookie": f"quartermaster_session={token}"}, **more)
          greeting = {}
          while greeting.get("type") != "welcome":
              greeting = json.loads(line.recv(60))
          assert greeting["data"]["authenticated"] == knows, greeting
          line.close()

      lines = []
      for url, more in urls:
          line = connect(url, additional_headers={"Authorization": f"Bearer {token}"}, **more)
          line.send(json.dumps({"type": "subscribe", "data": {"namespace": "products"}}))
          while json.loads(line.recv(60))["type"] != "subscribed":
              pass
          lines.append(line)

      note = "x" * 60_000
      made = [post("products", name=f"Rope {number}", sku=f"R{number}", attributes={"note": note[:500]})
              for number in range(40)]

      heard = []
      for line in lines:
          events = []
          while len(events) < len(made):
              message = json.loads(line.recv(60))
              if message["type"] == "product:created":
                  events.append((message["seq"], message["data"]["productId"]))
          heard.append(events)
          line.close()
      assert heard[0] == heard[1], heard
      print("well")
      """#

    private static let held = #"""
      import os, signal, socket, ssl, sys

      program, data = sys.argv[1:]
      sockets = [socket.create_server(("127.0.0.1", 0), backlog=64) for _ in range(2)]
      plain, secure = (each.getsockname()[1] for each in sockets)
      trusting = ssl.create_default_context(cafile=data + "/tls/authority.pem")

      def start():
          pid = os.fork()
          if pid:
              return pid
          # As sd_listen_fds(3) describes it, in the order of quartermaster.socket.
          kept = [os.dup(each.fileno()) for each in sockets]
          for number, descriptor in enumerate(kept):
              os.dup2(descriptor, 100 + number)
          for number in range(2):
              os.dup2(100 + number, 3 + number, inheritable=True)
          null = os.open(os.devnull, os.O_RDWR)
          for number in range(3):
              os.dup2(null, number)
          os.execve(program, ["quartermaster", "serve", "--data", data],
                    {"LISTEN_FDS": "2", "LISTEN_PID": str(os.getpid()), "PATH": os.environ["PATH"]})

      def ask(line):
          line.sendall(b"GET /health HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
          assert line.recv(4096).startswith(b"HTTP/1.1 200"), "no answer"
          line.close()

      def dial(port):
          return socket.create_connection(("127.0.0.1", port), timeout=60)

      for _ in range(2):
          # While nobody serves, a device waits.
          waiting = [dial(plain), dial(secure)]
          pid = start()
          try:
              ask(waiting[0])
              ask(trusting.wrap_socket(waiting[1], server_hostname="localhost"))
              os.kill(pid, signal.SIGTERM)
              assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
          except BaseException:
              os.kill(pid, signal.SIGKILL)
              raise
      print("well")
      """#

    private static let renewed = #"""
      import os, signal, socket, ssl, subprocess, sys, time

      port, pid, certificate, key = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3], sys.argv[4]
      anybody = ssl.create_default_context()
      anybody.check_hostname, anybody.verify_mode = False, ssl.CERT_NONE

      def dial():
          return anybody.wrap_socket(socket.create_connection(("127.0.0.1", port), timeout=60))

      def ask(line):
          line.sendall(b"GET /health HTTP/1.1\r\nHost: a\r\n\r\n")
          answer = b""
          while not answer.endswith(b"}"):
              part = line.recv(4096)
              assert part, "the connection has ended"
              answer += part
          assert answer.startswith(b"HTTP/1.1 200"), answer

      before = dial()
      ask(before)
      first = before.getpeercert(binary_form=True)
      subprocess.run(
          ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
           "-nodes", "-keyout", key, "-out", certificate, "-days", "30", "-subj", "/CN=second"],
          check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
      os.kill(pid, signal.SIGHUP)
      deadline = time.time() + 60
      while dial().getpeercert(binary_form=True) == first:
          assert time.time() < deadline, "the old certificate is shown still"
          time.sleep(0.05)
      ask(before)
      print("well")
      """#
  }
}
