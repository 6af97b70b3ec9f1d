import Inventory
import Shore
import ShoreFixtures
import Storage
import Sync

/// A hub, and the shore that knows its site, each in a folder of its own.
struct BothEnds: Sendable {
  let hub: Hub
  let ashore: TemporaryDirectory
  let shoreStore: ShoreStore
  let key: SiteKey

  init() throws {
    hub = try Hub()
    ashore = try TemporaryDirectory()
    shoreStore = try ShoreStore(DataDirectory(ashore.path), create: true)
    key = try shoreStore.addSite(.yacht, at: 1)
  }
}

/// What is tested between a hub and its shore.
protocol AtBothEnds {
  var ends: BothEnds { get }
}

extension AtBothEnds {
  var hub: Hub { ends.hub }
  var ashore: TemporaryDirectory { ends.ashore }
  var shoreStore: ShoreStore { ends.shoreStore }
  var key: SiteKey { ends.key }

  /// Runs the uplink against the real shore until `condition` holds.
  func sail(
    _ store: ShoreStore? = nil, until condition: @escaping @Sendable ([Lane: Int64]) -> Bool
  ) async throws {
    try await withShore(store ?? shoreStore) { [hub, key] shore in
      try await hub.withUplink(to: shore, key: key) { _ in await hub.progress(until: condition) }
    }
  }

  /// Events that can't be packed well.
  static func noise(_ seqs: ClosedRange<Int64>) -> [Event] {
    seqs.map { seq in
      let noise = (0..<10).map { _ in String(UInt64.random(in: 0...(.max))) }.joined()
      return .sample(seq, data: #"{"noise":"\#(noise)"}"#)
    }
  }
}
