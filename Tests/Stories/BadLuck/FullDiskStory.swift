import Foundation
import Testing
import Wire

extension WholeProcess {
  @Suite(.serialized)
  struct FullDisk {
    @Test(
      .enabled(
        if: SmallDisk.canMount,
        "NOT RUN: filling a disk needs a small one of its own, and only root may mount it."))
    func `a full disk refuses with storage_full, and the hub goes on when there is room`()
      async throws
    {
      let disk = try await SmallDisk()
      try await disk.use { path in
        let hub = try Hub(data: path + "/data")
        try await hub.start()
        let cellar = try await Cellar.open(in: hub)
        let device = try await Device.connect(hub, token: cellar.staff)
        var confirmed: [String] = []
        let ballast = path + "/ballast"
        #expect(FileManager.default.createFile(atPath: ballast, contents: nil))
        let handle = try #require(FileHandle(forWritingAtPath: ballast))
        // Leaves the hub a little room, so that it is full in the midst of its work.
        while disk.free(path) > 1_200_000 {
          try handle.write(contentsOf: Data(repeating: 7, count: 50_000))
        }
        try handle.close()

        var refusal = JSON.null
        for number in 1...20_000 where refusal.isNull {
          let note = String(repeating: "n", count: 400)
          let answer = try await device.command(
            "stock.adjust", cellar.change(1, note: note + "\(number)"), id: "full-\(number)")
          if answer["type"]?.text == "ack" {
            confirmed.append("full-\(number)")
          } else {
            refusal = answer
          }
        }
        #expect(refusal["code"]?.text == "storage_full", "\(refusal.encoded)")
        #expect(confirmed.count > 10)
        let rest = try await hub.post(
          "/api/v1/stock/adjust", cellar.change(1, note: String(repeating: "n", count: 400)),
          token: cellar.staff)
        #expect(rest.status == 507)
        #expect(try await hub.get("/api/v1/stock", token: cellar.staff).status == 200)

        try FileManager.default.removeItem(atPath: ballast)
        let again = try await device.command(
          "stock.adjust",
          cellar.change(1, note: String(repeating: "n", count: 400) + "\(confirmed.count + 1)"),
          id: "full-\(confirmed.count + 1)")
        #expect(again["type"]?.text == "ack", "\(again.encoded)")
        #expect(try await hub.stop() == .exited(0))
        let booked = try await hub.sql(
          "SELECT operation FROM event WHERE type = 'inventory:updated' AND operation IS NOT NULL")
        #expect(Set(booked).isSuperset(of: confirmed) && booked.count == Set(booked).count)
        #expect(booked.count == confirmed.count + 1)
        #expect(try await hub.command("verify").ending == .exited(0))
      }
    }
  }
}

/// A file system of a few megabytes in memory.
final class SmallDisk: Sendable {
  private let folder: Folder

  static var canMount: Bool {
    guard geteuid() == 0, let disk = try? Folder() else { return false }
    guard mount("tmpfs", disk.path, "tmpfs", 0, "size=1m") == 0 else { return false }
    return umount(disk.path) == 0
  }

  struct NotMounted: Error {}

  init() async throws {
    folder = try Folder()
    guard mount("tmpfs", folder.path, "tmpfs", 0, "size=6m") == 0 else { throw NotMounted() }
  }

  /// Unmounts when `work` is over, however it ends.
  func use(_ work: (_ path: String) async throws -> Void) async throws {
    do {
      try await work(folder.path)
    } catch {
      umount2(folder.path, Int32(MNT_DETACH))
      throw error
    }
    umount2(folder.path, Int32(MNT_DETACH))
  }

  func free(_ path: String) -> Int {
    let attributes = try? FileManager.default.attributesOfFileSystem(forPath: path)
    return (attributes?[.systemFreeSize] as? NSNumber)?.intValue ?? 0
  }
}
