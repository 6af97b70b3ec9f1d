#if canImport(Glibc)
  import Glibc
#endif

/// The room on the disk that holds a folder, in bytes, and what of it the hub keeps for what matters.
package struct DiskSpace: Sendable, Equatable {
  package var free: Int64
  package var total: Int64

  package init(free: Int64, total: Int64) {
    self.free = free
    self.total = total
  }

  package init(at path: String) throws(StoreError) {
    var status = statvfs()
    guard statvfs(path, &status) == 0 else {
      throw .cannotOpen(path, String(cString: strerror(errno)))
    }
    let size = Int64(status.f_frsize)
    self.init(free: Int64(status.f_bavail) * size, total: Int64(status.f_blocks) * size)
  }

  /// Below this only orders and payments are taken: a twentieth of the disk, 64 MB at most.
  package var reserve: Int64 { min(total / 20, 64 << 20) }

  /// What the ledger still takes.
  package enum Room: Sendable, Equatable {
    case all, ordersOnly, nothing
  }

  /// A quarter of the reserve is left untouched even by orders, for SQLite's own work: a log that can
  /// be neither extended nor folded back would stop the reading, too.
  package var room: Room {
    if free >= reserve { return .all }
    return free >= reserve / 4 ? .ordersOnly : .nothing
  }
}
