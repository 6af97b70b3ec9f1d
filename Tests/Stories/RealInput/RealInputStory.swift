import LinkRelay
import Testing
import Wire

extension WholeProcess {
  /// A real warehouse's day, through a live hub, with a link that goes in the middle.
  @Suite(.serialized)
  struct RealInput {
    @Test(
      .enabled(
        if: Sample.file != nil,
        """
        NOT RUN: the sample of real invoices is not on this machine. Name the file with \
        QUARTERMASTER_SAMPLE_DATA, or put it at ../shared/data/online-retail-sample.csv.
        """),
      .timeLimit(.minutes(3)))
    func `a warehouse's day reaches every device and shore as the file says`() async throws {
      let file = try #require(Sample.file)
      let sums = try await InvoiceSums(file)
      let shore = try await Shore()
      let hub = try Hub()
      try await hub.start(shore.arguments)
      let cellar = try await Cellar.open(in: hub, products: 1, stock: 1000)
      var devices: [Device] = []
      for token in [cellar.admin, cellar.staff, cellar.staff] {
        let device = try await Device.connect(hub, token: token)
        for namespace in Self.namespaces { try await device.subscribe(namespace) }
        devices.append(device)
      }
      try await hub.allAshore()
      let start = try await head(of: hub)

      shore.link.cut(after: 2000)
      let importing = try Program(
        "quartermaster", ["import", "movements", file, "--data", hub.data])
      var changes = 0
      while importing.ended == nil {
        changes += 1
        let answer = try await devices[1].command(
          "stock.adjust", cellar.change(-1), id: "meanwhile-\(changes)")
        #expect(answer["type"]?.text == "ack")
      }
      #expect(importing.ended == .exited(0), "\(importing.errors)")
      let behind = try await hub.status()
      #expect(behind["safeOnShore"]?.integer ?? 0 < behind["seq"]?.integer ?? 0)
      #expect(shore.link.outages == 1)
      shore.link.restore()
      try await hub.allAshore()

      try await expectTables(hub, sums)
      try await expectShore(shore, sums)
      try await expectHeard(devices, hub, after: start)
      let log = try await hub.command("export", "events").succeeded()
      #expect(try await shore.export() == log)

      let again = try await hub.command("import", "movements", file)
      #expect(again.ending == .exited(0), "\(again.errors)")
      #expect(try await hub.command("export", "events").succeeded() == log)
      #expect(try await hub.command("verify").ending == .exited(0))
      #expect(try await hub.stop() == .exited(0))
    }

    private static let namespaces = ["products", "customers", "orders", "inventory"]

    private func head(of hub: Hub) async throws -> Int64 {
      try await hub.status()["seq"]?.integer ?? 0
    }

    /// The hub's tables against the file.
    private func expectTables(_ hub: Hub, _ sums: InvoiceSums) async throws {
      #expect(sums.orders.count == 68 && sums.products.count == 611)
      #expect(Set(try await hub.sql("SELECT reference, total FROM \"order\"")) == sums.orders)
      let customers = try await hub.sql(
        """
        SELECT o.reference, c.reference FROM "order" o JOIN customer c ON c.id = o.customer
        """)
      #expect(Set(customers) == sums.customers)
      let times = try await hub.sql("SELECT reference, device_time FROM \"order\"")
      #expect(Set(times) == sums.times)
      let products = try await hub.sql("SELECT sku FROM product WHERE \(Self.imported("sku"))")
      #expect(Set(products) == sums.products && products.count == 611)

      func moved(_ amount: String, _ sign: String) async throws -> Set<String> {
        Set(
          try await hub.sql(
            """
            SELECT p.sku, SUM(\(amount)) FROM movement m JOIN product p ON p.id = m.product
            WHERE \(Self.imported("p.sku")) AND m.quantity \(sign) 0 GROUP BY p.sku
            """))
      }
      #expect(try await moved("-m.quantity", "<") == sums.sold)
      #expect(try await moved("m.quantity", ">") == sums.returned)
      let movements = try await hub.sql(
        """
        SELECT COUNT(*), SUM(m.device_time) FROM movement m JOIN product p ON p.id = m.product
        WHERE \(Self.imported("p.sku"))
        """)
      #expect(Set(movements) == sums.movements)
    }

    /// Shore's log against the file.
    private func expectShore(_ shore: Shore, _ sums: InvoiceSums) async throws {
      let orders = try await shore.sql(
        "SELECT data ->> 'reference', data ->> 'total' FROM event WHERE type = 'order:created'")
      #expect(Set(orders) == sums.orders && orders.count == 68)
      func moved(_ amount: String, _ sign: String) async throws -> Set<String> {
        Set(
          try await shore.sql(
            """
            SELECT data ->> 'sku', SUM(\(amount)(data ->> 'difference')) FROM event
            WHERE type = 'inventory:updated' AND \(Self.imported("data ->> 'sku'"))
              AND data ->> 'difference' \(sign) 0 GROUP BY 1
            """))
      }
      #expect(try await moved("-", "<") == sums.sold)
      #expect(try await moved("+", ">") == sums.returned)
      let movements = try await shore.sql(
        """
        SELECT COUNT(*), SUM(deviceTime) FROM event
        WHERE type = 'inventory:updated' AND \(Self.imported("data ->> 'sku'"))
        """)
      #expect(Set(movements) == sums.movements)
    }

    /// Every device has heard every event of what it listens to once, in the order of the log.
    private func expectHeard(_ devices: [Device], _ hub: Hub, after start: Int64) async throws {
      let topics = Self.namespaces.map { "topics LIKE '[\"\($0)\"%'" }.joined(separator: " OR ")
      let log = try await hub.sql(
        "SELECT seq FROM event WHERE seq > \(start) AND (\(topics)) ORDER BY seq"
      ).compactMap { Int64($0) }
      #expect(log.count > 1600)
      for device in devices {
        try await eventually("a device hears the last event") { device.seqs.last == log.last }
        #expect(device.seqs == log)
      }
    }

    /// All but the product that a device changes meanwhile.
    private static func imported(_ column: String) -> String { "\(column) <> 'WINE-1'" }
  }
}
