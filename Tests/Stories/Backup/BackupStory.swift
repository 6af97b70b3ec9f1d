import Foundation
import Testing
import Wire

extension WholeProcess {
  @Suite(.serialized)
  struct Copies {
    @Test func `backups rotate beside a running hub, and the doctor finds a torn one`() async throws
    {
      let hub = try Hub()
      try await hub.start()
      let cellar = try await Cellar.open(in: hub)
      let folder = hub.data + "/backups"
      for _ in 1...3 {
        _ = try await hub.post("/api/v1/stock/adjust", cellar.change(1), token: cellar.staff)
        _ = try await hub.command("backup", "--rotate", folder, "--keep", "2").succeeded()
      }
      let names = try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
      #expect(names.count == 2 && names[0].hasPrefix("quartermaster-000002-"))
      let well = try await hub.command("doctor", "--json")
      #expect(well.ending == .exited(0), "\(well.output)\(well.errors)")
      #expect(try JSON(parsing: well.output)["well"]?.boolean == true)

      let newest = try #require(FileHandle(forUpdatingAtPath: folder + "/" + names[1]))
      try newest.seek(toOffset: 8192)
      try newest.write(contentsOf: Data(repeating: 0x5A, count: 60_000))
      try newest.close()

      let torn = try await hub.command("doctor")
      #expect(torn.ending == .exited(1))
      #expect(
        torn.output.contains("WRONG   backups: The backup \(folder)/\(names[1]) does not restore"))
      try await hub.stop()
    }

    @Test func `a backup taken while devices write is whole, and a hub goes on from it`()
      async throws
    {
      let hub = try Hub()
      try await hub.start()
      let cellar = try await Cellar.open(in: hub, stock: 1_000_000)
      let writers = (0..<8).map {
        Writer(
          name: "device-\($0)", token: cellar.staff, products: cellar.products,
          location: cellar.location)
      }
      let copy = hub.folder.file("copy.sqlite")
      var before: Set<String> = []

      try await withThrowingTaskGroup(of: Void.self) { devices in
        for writer in writers { devices.addTask { await writer.work(at: hub) } }
        defer { for writer in writers { writer.leave() } }
        try await eventually("devices write") { writers.allSatisfy { $0.books.acks.count > 10 } }
        before = Set(writers.flatMap(\.books.acks.keys))
        _ = try await hub.command("backup", copy).succeeded()
        let then = writers.map(\.books.acks.count)
        try await eventually("devices go on") {
          zip(writers, then).allSatisfy { $0.books.acks.count > $1 }
        }
      }
      try await hub.stop()
      let attributes = try FileManager.default.attributesOfItem(atPath: copy)
      #expect(attributes[.posixPermissions] as? Int == 0o600)

      let other = try Hub()
      _ = try await other.command("restore", copy).succeeded()
      let verdict = try await other.command("verify")
      #expect(verdict.ending == .exited(0), "\(verdict.output)")
      let booked = Set(try await other.sql("SELECT note FROM movement WHERE note IS NOT NULL"))
      #expect(before.subtracting(booked) == [])
      try await other.start()
      #expect(try await other.get("/api/v1/movements", token: cellar.staff).status != 200)
      let token = try await other.token("hand")
      let receipt = try await other.post(
        "/api/v1/stock/adjust", cellar.change(1), token: token)
      #expect(receipt.status == 200)
      try await other.stop()
    }

    @Test func `a restore keeps what it replaces, and a file that is no backup replaces nothing`()
      async throws
    {
      let hub = try Hub()
      try await hub.start()
      _ = try await hub.person("captain", "admin")
      try await hub.stop()
      let log = try await hub.command("export", "events").succeeded()
      let nonsense = try hub.folder.write("nonsense", String(repeating: "no database ", count: 999))

      for file in [nonsense, hub.folder.file("absent")] {
        let refused = try await hub.command("restore", file)
        #expect(refused.ending == .exited(1) && refused.errors.lines.count == 1)
        #expect(try await hub.command("export", "events").succeeded() == log)
      }

      let copy = hub.folder.file("copy.sqlite")
      _ = try await hub.command("backup", copy).succeeded()
      _ = try await hub.command("restore", copy).succeeded()
      let replaced = hub.data + "/quartermaster.sqlite.replaced"
      #expect(FileManager.default.fileExists(atPath: replaced))
      #expect(try await hub.command("export", "events").succeeded().hasPrefix(log))
    }

    @Test func `an import names the line of every bad row and imports all or the good ones`()
      async throws
    {
      let hub = try Hub()
      try await hub.start()
      let file = try hub.folder.write(
        "products.csv",
        """
        sku,name,price,minimum,location,quantity
        GAL-1,Olive oil,12.90,4,Galley,9
        GAL-2,Rice,dear,2,Galley,5
        ,No sku,1.00,0,,
        GAL-1,Olive oil again,12.90,4,,
        GAL-3,Salt,0.90,1,Galley,3
        GAL-4,Too,many,fields,in,this,row
        GAL-5,"Capers, salted",3.10,1,Galley,many

        """)

      let refused = try await hub.command("import", "products", file)
      #expect(refused.ending == .exited(1))
      for line in [3, 4, 5, 7, 8] {
        #expect(refused.errors.contains("line \(line): "), "\(refused.errors)")
      }
      #expect(!refused.errors.contains("line 2: ") && !refused.errors.contains("line 6: "))
      #expect(try await hub.sql("SELECT COUNT(*) FROM product") == ["0"])
      #expect(try await hub.sql("SELECT COUNT(*) FROM event") == ["0"])

      let done = try await hub.command("import", "products", file, "--skip-bad-rows")
      #expect(done.ending == .exited(0) && done.errors.contains("line 3: "))
      let products = try await hub.sql(
        """
        SELECT p.sku, p.name, p.price, s.quantity FROM product p JOIN stock s ON s.product = p.id
        ORDER BY p.sku
        """)
      #expect(products == ["GAL-1|Olive oil|1290|9", "GAL-3|Salt|90|3"])
      let seq = try await hub.status()["seq"]
      let again = try await hub.command("import", "products", file, "--skip-bad-rows")
      #expect(again.ending == .exited(0))
      #expect(try await hub.status()["seq"] == seq)
      try await hub.stop()
    }
  }
}
