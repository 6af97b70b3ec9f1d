import GRDB
import Inventory

/// The site's state at one position of the log, for a device that has been away too long.
///
/// Everything is read in one read transaction, which stays open as long as this lives; live events
/// after `position` go on top.
package final class Snapshot: Sendable {
  package let position: Position
  private let database: DatabaseSnapshot
  private let path: String

  init(_ database: DatabaseSnapshot, path: String) throws {
    self.database = database
    self.path = path
    position = try database.read(Store.position)
  }

  /// The listings that make up a device's working copy.
  package static let listings: [Listing] = [
    .products, .locations, .stock, .reservations, .transfers, .orders, .customers, .counts,
    .branches, .notifications,
  ]

  package func page(
    _ listing: Listing, after cursor: Int64?, for identity: Identity
  ) throws(StoreError) -> Page {
    do {
      return try database.read { db in
        try Store.page(
          db, listing, PageRequest(cursor: cursor, limit: PageRequest.largestLimit), for: identity)
      }
    } catch {
      throw StoreError(error, path: path)
    }
  }
}

extension Store {
  package func snapshot() throws(StoreError) -> Snapshot {
    do {
      return try Snapshot(pool.makeSnapshot(), path: path)
    } catch {
      throw StoreError(error, path: path)
    }
  }
}
