import Foundation
import Testing
import Wire

extension WholeProcess {
  @Suite(.serialized)
  struct Sticks {
    @Test func `a site without a link sends sticks, and the stock openssl command opens them`()
      async throws
    {
      let site = try await Enrolled()
      let hub = site.hub
      try await hub.start()
      let cellar = try await Cellar.open(in: hub, stock: 5)
      let device = try await Device.connect(hub, token: cellar.staff)
      try await device.subscribe("inventory")
      let stick = hub.folder.file("stick.cms")
      let receipt = hub.folder.file("receipt.cms")

      let told = try await hub.command("courier", "export", stick).succeeded()
      #expect(told.hasPrefix("Wrote "))
      #expect(try await hub.status()["safeOnShore"] == 0)
      _ = try await site.ashore("import", stick, "--receipt", receipt).succeeded()
      let done = try await hub.command("courier", "receipt", receipt).succeeded()
      #expect(done.contains("safe on shore"))
      let head = try await hub.status()["seq"]
      let said = try await device.answer("the second receipt") {
        $0["type"]?.text == "shore" && $0["data"]?["through"] == head
      }
      #expect(said["data"]?["epoch"] != nil)
      #expect(try await hub.status()["safeOnShore"] == head)
      #expect(try await hub.command("export", "events").succeeded() == site.export())

      let signed = hub.folder.file("signed"), content = hub.folder.file("content")
      let own = site.data + "/courier/own.pem"
      _ = try await run(
        "openssl",
        [
          "cms", "-decrypt", "-binary", "-inform", "DER", "-in", stick, "-inkey", own, "-recip",
          own,
          "-out", signed,
        ]
      ).succeeded()
      _ = try await run(
        "openssl",
        [
          "cms", "-verify", "-binary", "-inform", "DER", "-in", signed, "-CAfile",
          hub.folder.file("aurora.crt"), "-purpose", "any", "-out", content,
        ]
      ).succeeded()
      let lines = try await run("gunzip", ["-c"], inputFile: content).succeeded().lines
      #expect(lines.first == #"{"courier":"events","site":"aurora"}"#)
      #expect(lines.contains { $0.contains("inventory:updated") })
      try await hub.stop()
    }

    @Test
    func `cut short, foreign or taken twice, a stick is refused in one sentence or does no harm`()
      async throws
    {
      let site = try await Enrolled()
      let other = try await Enrolled(site: "borealis", in: site)
      let stick = site.hub.folder.file("stick.cms")
      let receipt = site.hub.folder.file("receipt.cms")
      _ = try await site.hub.person("captain", "admin")
      _ = try await other.hub.person("captain", "admin")
      _ = try await site.hub.command("courier", "export", stick).succeeded()

      let whole = try Data(contentsOf: URL(fileURLWithPath: stick))
      for part in [
        whole.prefix(0), whole.prefix(100), whole.prefix(whole.count / 2), whole.dropLast(),
      ] {
        let copy = site.hub.folder.file("copy.cms")
        try part.write(to: URL(fileURLWithPath: copy))
        let refused = try await site.ashore("import", copy, "--receipt", receipt)
        #expect(refused.ending == .exited(1) && refused.errors.lines.count == 1)
        #expect(refused.errors.contains("Copy it again"), "\(refused.errors)")
      }
      #expect(!FileManager.default.fileExists(atPath: receipt))

      for _ in 0..<2 {
        _ = try await site.ashore("import", stick, "--receipt", receipt).succeeded()
      }
      let foreign = try await other.hub.command("courier", "receipt", receipt)
      #expect(foreign.ending == .exited(1) && foreign.errors.contains("sealed for somebody else"))
      let wrong = try await site.hub.command("courier", "receipt", stick)
      #expect(wrong.ending == .exited(1) && wrong.errors.lines.count == 1)
      let first = try await site.hub.command("courier", "receipt", receipt).succeeded()
      let second = try await site.hub.command("courier", "receipt", receipt).succeeded()
      #expect(first.contains("safe on shore") && second.hasPrefix("Nothing new"))
      #expect(try await site.hub.command("export", "events").succeeded() == site.export())

      let unknown = try await Enrolled(site: "cygnus", in: site, isTrusted: false)
      _ = try await unknown.hub.person("captain", "admin")
      _ = try await unknown.hub.command("courier", "export", stick).succeeded()
      let refused = try await site.ashore("import", stick, "--receipt", receipt)
      #expect(refused.ending == .exited(1) && refused.errors.contains("not known here"))
    }

    @Test func `a certificate that was replaced or taken back signs nothing any more`() async throws
    {
      let site = try await Enrolled()
      let stick = site.hub.folder.file("stick.cms")
      let receipt = site.hub.folder.file("receipt.cms")
      _ = try await site.hub.command("courier", "export", stick).succeeded()

      try FileManager.default.removeItem(atPath: site.hub.data + "/courier/own.pem")
      let renewed = try await site.hub.command("courier", "certificate", "--site", site.site)
        .succeeded()
      let file = try site.hub.folder.write("renewed.crt", renewed)
      _ = try await site.ashore("trust", site.site, file).succeeded()
      let stale = try await site.ashore("import", stick, "--receipt", receipt)
      #expect(stale.ending == .exited(1) && stale.errors.contains("not known here"))

      _ = try await site.hub.command("courier", "export", stick).succeeded()
      _ = try await site.ashore("import", stick, "--receipt", receipt).succeeded()

      let shore = ["site", "revoke", site.site, "--data", site.data]
      _ = try await run("quartermaster-shore", shore).succeeded()
      let revoked = try await site.ashore("import", stick, "--receipt", receipt)
      #expect(revoked.ending == .exited(1) && revoked.errors.lines.count == 1)

      let rotate = ["site", "rotate", site.site, "--data", site.data]
      _ = try await run("quartermaster-shore", rotate).succeeded()
      let untrusted = try await site.ashore("import", stick, "--receipt", receipt)
      #expect(untrusted.ending == .exited(1) && untrusted.errors.contains("not known here"))
      _ = try await site.ashore("trust", site.site, file).succeeded()
      _ = try await site.ashore("import", stick, "--receipt", receipt).succeeded()
    }

    @Test func `a sealed backup is opened by its key only, and restores the hub on another box`()
      async throws
    {
      let site = try await Enrolled()
      let hub = site.hub
      try await hub.start()
      _ = try await Cellar.open(in: hub, stock: 5)
      let copy = hub.folder.file("backup.cms")
      let key = site.data + "/courier/own.pem"

      _ = try await hub.command("backup", copy, "--seal", hub.folder.file("shore.crt")).succeeded()
      try await hub.stop()
      let log = try await hub.command("export", "events").succeeded()
      let left = try FileManager.default.contentsOfDirectory(atPath: hub.data)
      #expect(!left.contains { $0.hasPrefix("backup-") })
      let sealed = try Data(contentsOf: URL(fileURLWithPath: copy))
      #expect(sealed.firstRange(of: Data("SQLite format".utf8)) == nil)

      let box = try Hub()
      for wrong in [[], ["--key", hub.data + "/courier/own.pem"]] {
        let refused = try await run(
          "quartermaster", ["restore", copy, "--data", box.data] + wrong)
        #expect(refused.ending == .exited(1) && refused.errors.lines.count == 1)
      }
      let signer = hub.folder.file("aurora.crt")
      let told = try await box.command("restore", copy, "--key", key, "--signed-by", signer)
      #expect(told.ending == .exited(0), "\(told.errors)")
      #expect(try await box.command("export", "events").succeeded().hasPrefix(log))
      let forger = site.folder.file("shore.crt")
      let refused = try await box.command("restore", copy, "--key", key, "--signed-by", forger)
      #expect(refused.ending == .exited(1) && refused.errors.contains("not known here"))
    }
  }
}

/// A hub and shore that have each other's certificate.
private struct Enrolled {
  let hub: Hub
  let folder: Folder
  let data: String
  let site: String

  /// - Parameter neighbour: a site of the same shore.
  init(
    site: String = "aurora", in neighbour: Enrolled? = nil, isTrusted: Bool = true
  ) async throws {
    self.site = site
    hub = try Hub()
    folder = try neighbour?.folder ?? Folder()
    data = folder.file("shore")
    _ = try await run("quartermaster-shore", ["site", "add", site, "--data", data]).succeeded()
    let shore = try await ashore("certificate").succeeded()
    try folder.write("shore.crt", shore)
    // The first command makes the hub's folder, as its first start would.
    _ = try await hub.person("mate", "staff")
    let own = try await hub.command("courier", "certificate", "--site", site).succeeded()
    try hub.folder.write("shore.crt", shore)
    try hub.folder.write("\(site).crt", own)
    _ = try await hub.command("courier", "trust", hub.folder.file("shore.crt")).succeeded()
    guard isTrusted else { return }
    _ = try await ashore("trust", site, hub.folder.file("\(site).crt")).succeeded()
  }

  func ashore(_ words: String...) async throws -> Finished {
    try await run("quartermaster-shore", ["courier"] + words + ["--data", data])
  }

  func export() async throws -> String {
    try await run(
      "quartermaster-shore", ["export", "events", "--site", site, "--data", data]
    ).succeeded()
  }
}
