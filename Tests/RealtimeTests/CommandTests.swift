import Access
import HubFixtures
import Inventory
import Realtime
import Storage
import Testing
import Wire

/// Commands on the hub's own protocol: acks, refusals and their order.
@Suite struct CommandTests {
  @Test func `an ack names the place in the log and comes before its event`() async throws {
    try await LiveHub.with { live in
      let (product, location) = (try await live.product(), try await live.location())
      let client = try await WebSocketClient.open(live, as: try await live.person(.staff))
      let subscribed = try await client.subscribe("inventory")

      let ack = try await client.ask(
        WebSocketClient.command("stock.add", "op-1", LiveHub.adjustment(product, location, 5)))
      let event = try await client.receive("inventory:updated")

      #expect(ack["type"]?.text == "ack")
      #expect(ack["id"]?.text == "op-1")
      #expect(ack["epoch"]?.text == live.hub.epoch)
      #expect(ack["data"]?["locationStock"]?.integer == 5)
      // What was acknowledged is in the file by then.
      let position = try live.store.position()
      #expect(ack["seq"]?.integer == position.seq)
      #expect(try #require(event["seq"]?.integer) <= position.seq)
      #expect(event["seq"]?.integer == (subscribed["data"]?["seq"]?.integer ?? 0) + 1)
      #expect(event["namespace"]?.text == "inventory")
      #expect(event["epoch"]?.text == live.hub.epoch)
      #expect(event["data"]?["productId"]?.integer == product)
      #expect(event["timestamp"]?.integer != nil)
    }
  }

  @Test func `a retry gets the first answer, and changes nothing`() async throws {
    try await LiveHub.with { live in
      let (product, location) = (try await live.product(), try await live.location())
      let person = try await live.person(.staff)
      let client = try await WebSocketClient.open(live, as: person)
      let add = WebSocketClient.command("stock.add", "op", LiveHub.adjustment(product, location, 5))
      // The same members in another order are the same command.
      let again = try JSON(
        parsing: """
          {"data":{"quantity":5,"locationId":\(location),"productId":\(product)},
           "command":"stock.add","id":"op","type":"command"}
          """)

      let first = try await client.ask(add)
      let head = try live.store.position().seq
      let second = try await client.ask(again)
      await client.raw.close()
      let third = try await WebSocketClient.open(live, as: person).ask(add)

      #expect(first["type"]?.text == "ack")
      #expect(second == first)
      #expect(third == first)
      #expect(try live.store.position().seq == head)
    }
  }

  @Test func `an id that was used for another command is refused`() async throws {
    try await LiveHub.with { live in
      let (product, location) = (try await live.product(), try await live.location())
      let client = try await WebSocketClient.open(live, as: try await live.person(.staff))
      func add(_ quantity: Int64) -> JSON {
        WebSocketClient.command("stock.add", "op", LiveHub.adjustment(product, location, quantity))
      }

      _ = try await client.ask(add(5))
      let refused = try await client.ask(add(6))

      #expect(refused["type"]?.text == "refused")
      #expect(refused["code"]?.text == "operation_reused")
    }
  }

  @Test(
    arguments: [
      (#"{"type":"command"}"#, "malformed"),
      (#"{"type":"command","id":"a"}"#, "malformed"),
      (#"{"type":"command","id":7,"command":"stock.add","data":{}}"#, "malformed"),
      (#"{"type":"command","id":null,"command":"stock.add","data":{}}"#, "malformed"),
      (#"{"type":"command","id":"a","command":["stock.add"],"data":{}}"#, "malformed"),
      (#"{"type":"command","id":"a","command":"stock.add","data":[]}"#, "malformed"),
      (#"{"type":"command","id":"a","command":"stock.add","data":"x"}"#, "malformed"),
      (#"{"type":"command","id":"a","command":"stock.add","data":null}"#, "malformed"),
      (#"{"type":"command","id":"a","command":"stock.add"}"#, "invalid_field"),
      (#"{"type":"command","id":"","command":"stock.add","data":{}}"#, "invalid_field"),
      (#"{"type":"command","id":"a b","command":"stock.add","data":{}}"#, "invalid_field"),
      (#"{"type":"command","id":"a\n","command":"stock.add","data":{}}"#, "invalid_field"),
      (
        #"{"type":"command","id":"\#(String(repeating: "a", count: 65))","command":"stock.add"}"#,
        "invalid_field"
      ),
      (#"{"type":"command","id":"a","command":"stock.steal","data":{}}"#, "unknown_command"),
      (#"{"type":"command","id":"a","command":"session.start","data":{}}"#, "unknown_command"),
      (#"{"type":"command","id":"a","command":"hub.setup","data":{}}"#, "unknown_command"),
      (
        #"{"type":"command","id":"a","command":"stock.add","data":{"productId":"1"}}"#,
        "invalid_field"
      ),
      (
        #"{"type":"command","id":"a","command":"stock.add","data":{"productId":1.5}}"#,
        "invalid_field"
      ),
      (
        #"{"type":"command","id":"a","command":"stock.add","data":{"productId":1e400}}"#,
        "malformed"
      ),
      (
        """
        {"type":"command","id":"a","command":"stock.add","data":{"productId":1,"locationId":1,\
        "quantity":99999999999999999999}}
        """, "invalid_field"
      ),
      (
        """
        {"type":"command","id":"a","command":"stock.add","data":{"productId":77,"locationId":1,\
        "quantity":1}}
        """, "not_found"
      ),
      (#"{"type":"dance","id":"a"}"#, "unknown_command"),
      (#"{"type":7}"#, "malformed"), (#"{"id":"a"}"#, "malformed"), ("[]", "malformed"),
      ("7", "malformed"), ("null", "malformed"), ("", "malformed"), ("{", "malformed"),
      (#"{"type":"ping"} {"type":"ping"}"#, "malformed"), ("{\"type\":\"pi\u{0}ng\"}", "malformed"),
      (String(repeating: "[", count: 100_000), "malformed"),
      (
        #"{"type":"ping","id":\#(String(repeating: "[", count: 100))"#
          + String(repeating: "]", count: 100) + "}", "malformed"
      ),
      (#"{"type":"subscribe"}"#, "invalid_field"),
      (#"{"type":"subscribe","data":{"topic":7}}"#, "invalid_field"),
      (#"{"type":"subscribe","data":[]}"#, "invalid_field"),
      (#"{"type":"subscribe","data":{"topic":"products","after":7}}"#, "invalid_field"),
      (#"{"type":"subscribe","data":{"topic":"products","after":{"seq":1}}}"#, "invalid_field"),
      (
        #"{"type":"subscribe","data":{"topic":"products","after":{"epoch":"a","seq":-1}}}"#,
        "invalid_field"
      ),
      (#"{"type":"unsubscribe","data":{}}"#, "invalid_field"),
    ])
  func `a bad message is refused with its fault, and the connection goes on`(
    text: String, code: String
  ) async throws {
    try await LiveHub.with { live in
      let client = try await WebSocketClient.open(live, as: try await live.person(.admin))
      let head = try live.store.position().seq

      try await client.send(Frame(Frame.text, text))
      let refused = try await client.receive()

      #expect(refused["type"]?.text == "refused")
      #expect(refused["code"]?.text == code)
      #expect(refused["message"]?.text?.hasSuffix(".") ?? false, "\(refused.encoded)")
      #expect(try await client.heard().isEmpty)
      #expect(try live.store.position().seq == head)
    }
  }

  @Test func `a refusal names the field, and what was refused can be tried anew`() async throws {
    try await LiveHub.with { live in
      let location = try await live.location()
      let product = try await live.id(
        "productId", "product.create", ["sku": "R", "name": "Rum", "forbidsNegative": true])
      let client = try await WebSocketClient.open(live, as: try await live.person(.staff))
      let remove = LiveHub.adjustment(product, location, 1)

      let bad = try await client.ask(WebSocketClient.command("stock.remove", "1", ["productId": 0]))
      let short = try await client.ask(WebSocketClient.command("stock.remove", "2", remove))
      try await live.adjust(product, at: location, by: 1)
      let same = try await client.ask(WebSocketClient.command("stock.remove", "2", remove))
      let anew = try await client.ask(WebSocketClient.command("stock.remove", "3", remove))

      #expect(bad["field"]?.text == "productId")
      #expect(short["code"]?.text == "insufficient_stock")
      #expect(same == short)
      #expect(anew["type"]?.text == "ack")
    }
  }

  @Test func `commands of two devices at once are all done, each once`() async throws {
    try await LiveHub.with(loops: 2) { live in
      let (product, location) = (try await live.product(), try await live.location())
      let person = try await live.person(.staff)

      try await withThrowingTaskGroup(of: Void.self) { group in
        for device in 0..<4 {
          group.addTask {
            let client = try await WebSocketClient.open(live, as: person)
            for index in 0..<50 {
              try await client.send(
                WebSocketClient.command(
                  "stock.add", "\(device)-\(index)", LiveHub.adjustment(product, location, 1)))
            }
            for index in 0..<50 {
              #expect(try await client.receive("ack")["id"]?.text == "\(device)-\(index)")
            }
          }
        }
        try await group.waitForAll()
      }

      let level = try await live.perform("stock.add", LiveHub.adjustment(product, location, 1))
      #expect(level["locationStock"]?.integer == 201)
    }
  }
}
