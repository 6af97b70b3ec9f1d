import Foundation
import Testing
import Wire

extension WholeProcess {
  /// The examples of seeds 000 and 001 as they are written there, replayed by a client that others
  /// wrote against a hub as it is installed. The users are signed in; nothing else is adapted.
  @Suite(.serialized, .enabled(if: Python.path != nil))
  struct Seeds {
    private func replay(_ script: String) async throws -> String {
      let hub = try Hub()
      try await hub.start()
      defer { hub.program?.signal(SIGKILL) }
      let admin = try await hub.person("captain", "admin")
      let python = try #require(Python.path)
      return try await run(
        python, ["-c", Self.common + script, "127.0.0.1:\(hub.port)", admin]
      ).succeeded()
    }

    @Test func `SommOS's clients find their examples`() async throws {
      #expect(try await replay(Self.sommOS) == "well\n")
    }

    @Test func `Omni Sales' clients find their examples`() async throws {
      #expect(try await replay(Self.omniSales) == "well\n")
    }

    private static let common = #"""
      import json, sys, time, urllib.request
      from websockets.sync.client import connect

      address, token = sys.argv[1], sys.argv[2]

      def http(path, body=None):
          request = urllib.request.Request(
              f"http://{address}{path}", json.dumps(body).encode() if body is not None else None,
              {"Authorization": f"Bearer {token}", "Content-Type": "application/json"})
          answer = json.load(urllib.request.urlopen(request, timeout=10))
          return answer.get("data", answer) if body is not None else answer

      class Client:
          def __init__(self, **how):
              self.socket = connect(f"ws://{address}/api/ws" + how.pop("query", ""), **how)
          def send(self, **message): self.socket.send(json.dumps(message))
          def wait(self, type, **members):
              """The next message of a type in which these members stand, whatever comes before."""
              deadline = time.time() + 10
              while True:
                  message = json.loads(self.socket.recv(timeout=deadline - time.time()))
                  if message["type"] == type and members.items() <= {
                      **message, **(message.get("data") or {})}.items():
                      return message


      """#

    private static let sommOS = #"""
      client = Client(additional_headers={"Cookie": f"quartermaster_session={token}"})
      welcome = client.wait("connection_established")
      assert welcome["serverInfo"]["version"] == "1.0.0", welcome
      assert welcome["serverInfo"]["heartbeatInterval"] == 30000, welcome
      client.wait("room_joined", room="inventory_updates")
      # The shipped client joins again what it was put into.
      for room in ("inventory_updates", "procurement_updates", "pairing_recommendations"):
          client.send(type="join_room", room=room)
          client.wait("room_joined", room=room)
      client.send(type="ping", timestamp=int(time.time() * 1000))
      assert isinstance(client.wait("pong")["timestamp"], int)

      cellar = http("/api/v1/locations", {"name": "Cellar A"})["locationId"]
      wine = http("/api/v1/products", {
          "sku": "WINE-45", "name": "Château Margaux 2015", "attributes": {"vintage": 2015}})["productId"]
      place = {"productId": wine, "locationId": cellar}
      http("/api/v1/stock/add", {**place, "quantity": 12})
      while True:
          added = client.wait("inventory_action")["data"]
          if added["item"]["location"]: break
      assert added["type"] == "add", added
      item = {"name": "Château Margaux 2015", "vintage_year": 2015, "location": "Cellar A",
              "quantity": 12, "wine_id": wine}
      assert item.items() <= added["item"].items(), added
      http("/api/v1/stock/remove", {**place, "quantity": 2})
      updated = client.wait("inventory_update")["data"]
      assert updated["type"] == "update" and updated["userId"], updated
      assert updated["changes"] == {"quantity": 10, "quantityChange": -2}, updated
      http("/api/v1/notifications", {
          "kind": "maintenance", "title": "Maintenance",
          "message": "Scheduled maintenance in 30 minutes", "scheduledAt": 1705316400000})
      notice = client.wait("system_notification")["data"]
      assert notice["type"] == "maintenance", notice
      assert notice["message"] == "Scheduled maintenance in 30 minutes", notice
      assert notice["scheduledTime"] == "2024-01-15T11:00:00.000Z", notice

      stats = http("/api/ws/stats")
      assert stats["totalClients"] == 1 and stats["totalRooms"] == 3, stats
      client.send(type="leave_room", room="procurement_updates")
      client.wait("room_left", room="procurement_updates")
      client.send(type="get_rooms")
      assert "procurement_updates" not in client.wait("rooms_list")["rooms"]
      client.socket.close(1000, "Client disconnecting")
      print("well")
      """#

    private static let omniSales = #"""
      client = Client(query=f"?access_token={token}")
      client.wait("system:notification", message="Connected to real-time server")
      # "Test WebSocket Connection": both at once, without waiting for an answer.
      client.send(type="auth", data={
          "userId": "test_user", "role": "admin", "sessionId": "test_session",
          "expiresAt": int(time.time() * 1000) + 3600000})
      client.send(type="subscribe", data={"namespace": "orders"})
      signed_in = client.wait("system:notification", message="Authentication successful")
      assert signed_in["data"]["role"] == "admin", signed_in
      client.wait("system:notification", message="Subscribed to orders", namespace="orders")
      client.send(type="subscribe", data={"namespace": "products"})
      client.wait("system:notification", message="Subscribed to products")

      customer = http("/api/v1/customers", {"name": "John Doe"})["customerId"]
      product = http("/api/v1/products", {"sku": "A-1", "name": "Anchor", "price": 9900})["productId"]
      client.wait("product:created", productId=str(product), productName="Anchor", price=99)
      order = http("/api/v1/orders", {
          "customerId": customer, "channel": "web",
          "lines": [{"productId": product, "quantity": 1}]})["orderId"]
      created = client.wait("order:created")
      assert created["namespace"] == "orders" and created["timestamp"] > 1700000000000, created
      assert {"orderId": str(order), "customerId": str(customer), "customerName": "John Doe", "total": 99,
              "status": "pending", "channel": "web"}.items() <= created["data"].items(), created
      http(f"/api/v1/orders/{order}/status", {"status": "processing"})
      client.wait("order:status_changed", orderId=str(order), customerName="John Doe",
                  oldStatus="pending", newStatus="processing")
      http("/api/v1/notifications", {
          "title": "System Update", "message": "New feature released", "severity": "info",
          "targetRoles": ["admin", "manager"]})
      client.wait("system:notification", title="System Update", message="New feature released",
                  severity="info")
      client.send(type="ping")
      assert isinstance(client.wait("pong")["timestamp"], int)

      info = http("/api/ws/info")
      assert info["status"] == "operational" and len(info["features"]["namespaces"]) == 6, info
      stats = http("/api/ws/stats")
      assert stats["totalConnections"] == 1 and stats["authenticatedConnections"] == 1, stats
      assert stats["connectionsByRole"] == {"admin": 1}, stats
      assert stats["connectionsByNamespace"] == {"orders": 1, "products": 1}, stats
      client.send(type="unsubscribe", data={"namespace": "orders"})
      client.wait("system:notification", message="Unsubscribed from orders")
      client.socket.close(1000, "Client disconnect")
      print("well")
      """#
  }
}
