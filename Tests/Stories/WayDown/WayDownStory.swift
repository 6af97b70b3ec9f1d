import LinkRelay
import Foundation
import LinkRelay
import Testing
import Wire

/// Shore and hub edit the same things while the link is cut, and agree once it is back.
extension WholeProcess {
  @Suite(.timeLimit(.minutes(5))) struct WayDown {
    private let hub: Hub
    private let shore: Shore
    private let token: String

    init() async throws {
      hub = try Hub()
      shore = try await Shore()
      try await hub.start(shore.arguments)
      _ = try await hub.person("Ben", "manager")
      token = try await hub.token("Ben")
    }

    private func product(_ sku: String, price: Int64) async throws -> Int64 {
      let receipt = try await hub.perform(
        "/api/v1/products", ["sku": .string(sku), "name": .string(sku), "price": .int(price)],
        token: token)
      return try #require(receipt["productId"]?.integer)
    }

    private func price(_ product: Int64) async throws -> Int64? {
      try await hub.sql("SELECT price FROM product WHERE id = \(product)").first.flatMap {
        Int64($0)
      }
    }

    private func priceAshore(_ product: Int64) async throws -> Int64? {
      try await shore.sql(
        """
        SELECT json_extract(data, '$.price') FROM document WHERE kind = 'product' AND id = '\(product)'
        """
      ).first.flatMap { Int64($0) }
    }

    private func update(_ product: Int64, _ price: Int64, by author: String) async throws {
      try await shore.send(
        "product.update", ["productId": .int(product), "price": .int(price)], by: author)
    }

    /// Aboard and ashore edit `product` without knowing of each other; the hub's is the later one.
    private func disagree(over product: Int64) async throws {
      try await eventually("shore knows the product") {
        try await priceAshore(product) == 100
      }
      shore.link.cut()
      try await update(product, 1290, by: "Ana")
      // The hub's clock goes in milliseconds, and its edit is to be the later one.
      try await Task.sleep(for: .milliseconds(50))
      _ = try await hub.perform(
        "/api/v1/products/\(product)/update", ["price": 1350], token: token)
      shore.link.restore()
    }

    @Test
    func `both sides edit while the link is cut; one stands, both are shown, a person settles`()
      async throws
    {
      let product = try await product("Impeller kit", price: 100)
      try await disagree(over: product)

      try await eventually("the conflict shows on both sides") {
        let aboard = try await hub.sql("SELECT words FROM conflict")
        let ashore = try await shore.sql("SELECT id FROM document WHERE kind = 'conflict'")
        return aboard.count == 1 && ashore.count == 1
      }
      #expect(
        try await hub.sql("SELECT words FROM conflict") == [
          "product Impeller kit: price: ashore 12.90 EUR by Ana, aboard 13.50 EUR by Ben; "
            + "the one made aboard stands"
        ])
      #expect(try await price(product) == 1350)

      // Ashore somebody takes the other value.
      try await shore.send("conflict.settle", ["conflictId": 1, "choice": "other"], by: "Cleo")
      try await eventually("both sides have the settled price") {
        let prices = [try await price(product), try await priceAshore(product)]
        return prices == [1290, 1290]
      }
      try await hub.allAshore()
      let state = try await shore.sql(
        """
        SELECT json_extract(data, '$.status'), json_extract(data, '$.settledBy')
        FROM document WHERE kind = 'conflict'
        """)
      #expect(state == ["settled|Cleo (ashore)"])
      #expect(try await shore.verify().hasPrefix("All is well"))
    }

    @Test func `a conflict is settled aboard, and shore hears of it`() async throws {
      let product = try await product("Anode", price: 100)
      try await disagree(over: product)
      try await eventually("the conflict shows aboard") {
        try await hub.sql("SELECT id FROM conflict").count == 1
      }

      _ = try await hub.perform(
        "/api/v1/conflicts/1/settle", ["choice": "custom", "value": "1300"], token: token)

      try await eventually("shore has the settled price") {
        let price = try await priceAshore(product)
        let status = try await shore.sql(
          "SELECT json_extract(data, '$.status') FROM document WHERE kind = 'conflict'")
        return price == 1300 && status == ["settled"]
      }
    }

    @Test func `either end is killed in the middle of a page; each change is carried out once`()
      async throws
    {
      let folder = try Folder()
      let lines = (1...600).map { "sku-\($0),Product \($0),1.00" }
      try folder.write("catalogue.csv", (["sku,name,price"] + lines).joined(separator: "\n"))
      shore.link.cut()
      _ = try await shore.push(folder.file("catalogue.csv"))
      let created = "SELECT COUNT(*) FROM event WHERE type = 'product:created'"
      let count = { try await hub.sql(created).first.flatMap { Int($0) } ?? 0 }

      shore.link.restore()
      try await eventually("the first changes are in") {
        try await count() > 0
      }
      try await hub.kill()
      try await shore.killAndRestart()
      try await hub.start(shore.arguments)
      try await eventually("all changes are in") { try await count() == 600 }

      #expect(try await hub.sql("SELECT COUNT(DISTINCT sku) FROM product") == ["600"])
      #expect(try await hub.sql("SELECT COUNT(*) FROM change_refusal") == ["0"])
      try await eventually("shore knows that all of it has arrived") {
        try await shore.summary()["pendingChanges"]?.integer == 0
      }
      try await hub.allAshore()
      #expect(try await shore.verify().hasPrefix("All is well"))
      #expect(
        try await shore.sql("SELECT COUNT(*) FROM document WHERE kind = 'product'") == ["600"])
    }

    @Test func `a hub put back to an older copy gets again what shore wanted of it`() async throws {
      let product = try await product("Zinc", price: 100)
      let folder = try Folder()
      _ = try await hub.command("backup", folder.file("old")).succeeded()
      try await update(product, 200, by: "Ana")
      try await eventually("the change is in") {
        try await price(product) == 200
      }
      try await hub.allAshore()

      try await hub.stop()
      _ = try await hub.command("restore", folder.file("old")).succeeded()
      #expect(try await price(product) == 100)
      try await hub.start(shore.arguments)

      try await eventually("the change is in again") {
        try await price(product) == 200
      }
      try await hub.allAshore()
      try await eventually("shore sees the new epoch") {
        try await priceAshore(product) == 200
      }
      #expect(try await hub.sql("SELECT COUNT(*) FROM conflict") == ["0"])
      #expect(try await shore.verify().hasPrefix("All is well"))
    }

    @Test func `what the hub refuses shows on both sides with the reason`() async throws {
      try await shore.send("stock.adjust", ["productId": 1], by: "Ana")
      try await shore.send("product.put", ["sku": "A", "name": "A"], by: "Ana")

      try await eventually("the second change is in, and the first one on both trays") {
        let products = try await hub.sql("SELECT sku FROM product")
        let refused = try await hub.sql("SELECT code FROM change_refusal")
        let ashore = try await shore.summary()["refusedChanges"]?.integer
        return products == ["A"] && refused == ["forbidden"] && ashore == 1
      }
    }
  }
}

extension Shore {
  func send(_ command: String, _ data: JSON, by author: String) async throws {
    _ = try await self.command("send", Self.site, command, data.encoded, "--by", author)
      .succeeded()
  }

  func push(_ file: String) async throws -> String {
    try await command("catalogue", "push", file).succeeded()
  }

  func verify() async throws -> String { try await command("verify").succeeded() }

  func summary() async throws -> JSON {
    let status = try JSON(parsing: try await command("status", "--json").succeeded())
    return try #require(status["sites"]?.elements?.first)
  }
}
