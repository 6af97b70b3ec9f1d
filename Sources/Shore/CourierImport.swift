import Inventory
import Sync

/// Takes in what a courier brought: batch by batch, each in its own transaction, as if it had come
/// over the link. An import that is cut short is simply done again.
package struct CourierImport {
  package struct Summary: Sendable {
    package var answers: [CourierAnswer] = []
    /// Batches that can't be read; a newer hub's, perhaps. They are left out of the receipt.
    package var unreadable = 0

    package var events: Int { taken.reduce(0) { $0 + $1.count } }
    package var refused: Int { answers.reduce(0) { $0 + $1.refused.count } }
    /// Lanes of which something before this file is missing here.
    package var gaps: [Lane] {
      Lane.allCases.filter { lane in answers.contains { $0.lane == lane && $0.gap != nil } }
    }
    private var taken: [CourierAnswer] { answers.filter { $0.gap == nil } }
  }

  private let store: ShoreStore

  package init(_ store: ShoreStore) {
    self.store = store
  }

  /// - Parameter signer: the site whose signature the file bears.
  package func take(
    _ content: [UInt8], from signer: SiteName, at time: Int64
  ) async throws -> Summary {
    var contents = try CourierContents(content, expecting: .events)
    guard contents.site == signer else {
      throw CourierFault.otherSite(said: contents.site, expected: signer)
    }
    guard try !store.isRevoked(signer, at: time) else { throw CourierFault.revoked(signer) }
    var summary = Summary()
    while let text = try contents.next() {
      guard let batch = try? ReceivedBatch(text: text) else {
        summary.unreadable += 1
        continue
      }
      switch try await store.receive(batch, from: signer, at: time) {
      case .accepted(let refused):
        summary.answers.append(CourierAnswer(batch.head, text: text, refused: refused))
      case .gap(let through):
        summary.answers.append(CourierAnswer(batch.head, text: text, gap: through))
      case .stranger: throw CourierFault.stranger(signer)
      }
    }
    return summary
  }
}
