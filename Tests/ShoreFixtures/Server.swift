import Hummingbird
import Logging
import NIOCore
import ServiceLifecycle
import Shore
import Sync
import Synchronization

/// Runs a service on a port of its own choice for as long as `body` takes.
package func withServer<Value: Sendable>(
  _ service: (@escaping @Sendable (Int) async -> Void) -> any Service,
  body: @escaping @Sendable (String) async throws -> Value
) async throws -> Value {
  let (ports, continuation) = AsyncStream<Int>.makeStream()
  let server = service { continuation.yield($0) }
  let group = ServiceGroup(
    configuration: .init(services: [.init(service: server)], logger: .silent))
  return try await withThrowingTaskGroup(of: Value?.self) { tasks in
    tasks.addTask {
      defer { continuation.finish() }
      try await group.run()
      return nil
    }
    tasks.addTask {
      for await port in ports {
        let value = try await body("http://127.0.0.1:\(port)")
        await group.triggerGracefulShutdown()
        return value
      }
      return nil
    }
    var found: Value?
    while let value = try await tasks.next() { found = value ?? found }
    guard let found else { throw CancellationError() }
    return found
  }
}

/// A real shore on a real port.
package func withShore<Value: Sendable>(
  _ store: ShoreStore, token: String = "operator-token-of-the-test",
  office: OfficeLimits = OfficeLimits(),
  clock: @escaping @Sendable () -> Int64 = { 1_764_547_200_000 },
  body: @escaping @Sendable (String) async throws -> Value
) async throws -> Value {
  try await withServer(
    { onListening in
      ShoreServer(
        store: store, operatorToken: OperatorToken(token),
        address: .init(host: "127.0.0.1", port: 0), office: office, clock: clock, logger: .silent,
        onListening: onListening)
    }, body: body)
}

/// A server that answers everything as `answer` says.
package func withImpostor<Value: Sendable>(
  _ answer: @escaping @Sendable (Request) async throws -> Response,
  body: @escaping @Sendable (String) async throws -> Value
) async throws -> Value {
  try await withServer(
    { onListening in
      Application(
        responder: CallbackResponder<BasicRequestContext> { request, _ in
          try await answer(request)
        },
        configuration: .init(address: .hostname("127.0.0.1", port: 0)),
        onServerRunning: { await onListening($0.localAddress?.port ?? 0) }, logger: .silent)
    }, body: body)
}

extension Logger {
  package static var silent: Logger { Logger(label: "test") { _ in SwiftLogNoOpLogHandler() } }
}
