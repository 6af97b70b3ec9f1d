import GRDB
import Inventory
import Sync

extension ShoreStore {
  /// Hands out the site's log as it stands, oldest first by seq: the very lines that the hub
  /// exports. Only epochs of the present lineage are in it, each as far as it belongs to the log.
  package func export(
    _ site: SiteName, line: ([UInt8]) throws -> Void
  ) throws(ShoreError) {
    try read { db in
      guard let id = try Site.id(of: site, db) else { throw ShoreError.unknownSite(site) }
      for (epoch, seqs) in try Site.lineage(of: id, db)?.spans ?? [] {
        let rows = try EventRow.cursor(site: id, epoch: epoch, seqs: seqs, db)
        while let row = try rows.next() {
          try line(EventLine.export(try EventRow.event(row), epoch: epoch))
        }
      }
    }
  }
}
