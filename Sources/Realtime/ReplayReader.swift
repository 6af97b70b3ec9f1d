import Dispatch
import Inventory
import Storage

/// Reads the log for devices that return, off the event loops and one page at a time, so that a
/// hundred returning devices cost the crew no more than one.
final class ReplayReader: Sendable {
  private let store: Store
  private let epoch: String
  private let limit: Int64
  private let queue = DispatchQueue(label: "quartermaster.replay", qos: .utility)
  private let pageSize = 256
  private let pageBytes: Int

  /// - Parameters:
  ///   - limit: how many events are replayed.
  ///   - pageBytes: what a page may take, all but a single event that is larger.
  init(store: Store, epoch: String, limit: Int64, pageBytes: Int) {
    self.store = store
    self.epoch = epoch
    self.limit = limit
    self.pageBytes = pageBytes
  }

  func resumption(
    from position: Position,
    _ answer: @escaping @Sendable (Result<Resumption, StoreError>) -> Void
  ) {
    queue.async { [store, limit] in
      answer(
        Self.result { () throws(StoreError) in
          try store.resumption(from: position, replaying: limit)
        })
    }
  }

  func page(
    after seq: Int64, _ answer: @escaping @Sendable (Result<[SharedEvent], StoreError>) -> Void
  ) {
    queue.async { [store, epoch, pageSize, pageBytes] in
      answer(
        Self.result { () throws(StoreError) in
          try store.events(after: seq, limit: pageSize, bytes: pageBytes)
            .map { SharedEvent($0, epoch: epoch) }
        })
    }
  }

  func read<Value: Sendable>(
    _ body: @escaping @Sendable (Store) throws(StoreError) -> Value,
    _ answer: @escaping @Sendable (Result<Value, StoreError>) -> Void
  ) {
    queue.async { [store] in
      answer(Self.result { () throws(StoreError) in try body(store) })
    }
  }

  private static func result<Value>(
    _ body: () throws(StoreError) -> Value
  ) -> Result<Value, StoreError> {
    do throws(StoreError) {
      return .success(try body())
    } catch {
      return .failure(error)
    }
  }
}
