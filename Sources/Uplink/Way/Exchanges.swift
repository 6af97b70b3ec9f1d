import Synchronization

/// What is under way, to be cut short from any thread.
final class Exchanges: Sendable {
  private struct State {
    var count = 0
    var tasks: [Int: Task<Courier.Delivery?, Never>] = [:]
  }

  private let state = Mutex(State())

  /// A task of its own, because a change of the network ends the exchange and not the service.
  func start(
    _ work: @escaping @Sendable () async -> Courier.Delivery?
  ) -> Task<Courier.Delivery?, Never> {
    state.withLock { state in
      state.count += 1
      let number = state.count
      let task = Task {
        defer { self.ended(number) }
        return await work()
      }
      state.tasks[number] = task
      return task
    }
  }

  func cancel() {
    let tasks = state.withLock { Array($0.tasks.values) }
    for task in tasks { task.cancel() }
  }

  private func ended(_ number: Int) { state.withLock { $0.tasks[number] = nil } }
}
