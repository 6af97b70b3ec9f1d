import Foundation
import Testing
import Wire

extension WholeProcess {
  /// The two minutes of the README.
  @Suite(.serialized)
  struct FirstUse {
    @Test func `the demo prints where it is and how to sign in, and takes its folder along`()
      async throws
    {
      let folder = try Folder()
      let demo = try Program(
        "quartermaster", ["demo", "--listen", "127.0.0.1:0"], environment: ["TMPDIR": folder.path])
      let hub = try Hub()
      try await hub.listening(demo)
      let password = try await eventual("the password is printed") {
        demo.output.firstMatch(of: /with the password ([a-z]+)/).map { String($0.1) }
      }

      let signIn = try await hub.post(
        "/api/v1/sign-in", ["name": "staff", "password": .string(password)])
      let token = try #require(signIn.json["token"]?.text)
      let tablet = try await Device.connect(hub, token: token)
      try await tablet.subscribe("inventory")
      let products = try await hub.get("/api/v1/products?q=Impeller", token: token)
      let impeller = try #require(products.json["items"]?.elements?.first?["id"]?.integer)
      let stock = try await hub.get("/api/v1/stock?productId=\(impeller)", token: token)
      let place = try #require(stock.json["items"]?.elements?.first)
      let adjusted = try await hub.post(
        "/api/v1/stock/adjust",
        [
          "productId": .int(impeller), "locationId": place["locationId"] ?? .null, "quantity": -1,
          "reason": "use",
        ], token: token, key: "first-use")

      #expect(signIn.status == 200 && adjusted.status == 200)
      #expect(try await hub.get("/health").status == 200)
      try await eventually("the tablet hears of it") {
        tablet.events.contains {
          $0["type"]?.text == "inventory:updated" && $0["seq"] == adjusted.json["seq"]
            && $0["data"]?["difference"] == -1
        }
      }
      demo.signal(SIGINT)
      #expect(try await demo.end() == .exited(0))
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == [])
    }

    @Test func `a fresh hub is set up with the code that it prints, once`() async throws {
      let hub = try Hub()
      try await hub.start()
      let code = try await eventual("the set-up code is printed") {
        hub.program?.output.firstMatch(of: /Set-up code: (\S+)/).map { String($0.1) }
      }
      let person: JSON = ["name": "captain", "password": "a long password"]
      func setUp(_ code: String) async throws -> Hub.Answer {
        var body = person
        body["code"] = .string(code)
        return try await hub.post("/api/v1/setup", body)
      }

      let wrong = try await setUp("AAAA-AAAA")
      let right = try await setUp(code)
      let again = try await setUp(code)

      #expect(wrong.status == 401)
      #expect(right.status == 200 && right.json["user"]?["role"]?.text == "admin")
      #expect(again.status == 409 && again.json["code"]?.text == "wrong_state")
      #expect(try await hub.post("/api/v1/sign-in", person).status == 200)
      try await hub.stop()
      try await hub.start()
      #expect(hub.program?.output.contains("Set-up code") == false)
      try await hub.stop()
    }
  }
}
