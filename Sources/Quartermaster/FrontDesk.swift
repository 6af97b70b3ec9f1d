import Access
import Logging
import Realtime
import ServiceLifecycle
import Storage
import Supervision

/// Serves the ports, and closes them in order: stop accepting, finish and answer what was taken, say
/// 1001 to every socket, and leave within a few seconds.
struct FrontDesk: Service {
  let listeners: [Listener]
  let hub: Hub
  let gate: Gate
  let manager: ServiceManager
  let logger: Logger

  func run() async throws {
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask {
        try await withThrowingTaskGroup(of: Void.self) { group in
          for listener in listeners { group.addTask { try await listener.run() } }
          try await group.waitForAll()
        }
      }
      group.addTask {
        try await gracefulShutdown()
        manager.stopping("Finishing what was begun.")
        logger.info("stopping", metadata: .occasion(.stopping))
        for listener in listeners { listener.stopAccepting() }
        await gate.recordUsage()
        await gate.ledger.close()
        hub.closeAll()
        await departures()
      }
      // Whichever ends first, the other has nothing left to do.
      _ = try await group.next()
      if Task.isShuttingDownGracefully { _ = try await group.next() }
      group.cancelAll()
    }
  }

  /// Waits until every socket is closed, two seconds at most: a goodbye that is on its way would be lost
  /// with what its device still sends.
  private func departures() async {
    for _ in 0..<40 where listeners.contains(where: { $0.connections > 0 }) {
      try? await Task.sleep(for: .milliseconds(50))
    }
  }
}
