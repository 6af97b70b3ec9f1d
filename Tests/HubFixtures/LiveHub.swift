import API
import Access
import Dialects
import Foundation
import Inventory
import Logging
import NIOCore
import NIOPosix
import Realtime
import SocketIO
import Storage
import Wire

/// A folder of a test's own that goes when the test does.
package final class Folder: Sendable {
  package let path: String

  package init() throws {
    let url = FileManager.default.temporaryDirectory
      .appendingPathComponent("quartermaster-test-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    path = url.path
  }

  deinit {
    try? FileManager.default.removeItem(atPath: path)
  }
}

extension Logger {
  package static var silent: Logger { Logger(label: "test") { _ in SwiftLogNoOpLogHandler() } }
}

extension PasswordHash {
  /// Costs next to nothing, for tests that are not about its cost.
  package static let quick = PasswordHash(
    cost: Cost(logRounds: 2, blockSize: 1, parallelism: 1))
}

/// A hub as it is assembled, on a real port and a real file, without the parts around it.
package struct LiveHub: Sendable {
  package let folder: Folder
  package let store: Store
  package let ledger: Ledger
  package let gate: Gate
  package let hub: Hub
  package let feed: LogFeed
  package let group: any EventLoopGroup
  package let port: Int

  /// A busy machine is no reason to drop what a test waits for.
  package static let unstrained = Strain(late: .seconds(60), veryLate: .seconds(60))

  /// The same steps as the assembly's, in the same order.
  package static func with<Value: Sendable>(
    _ limits: Limits = Limits(), loops: Int = 1, origins: Set<String> = [],
    heartbeat: Heartbeat = Heartbeat(),
    strain: Strain = LiveHub.unstrained, patience: TimeAmount = .seconds(60),
    stall: TimeAmount = .seconds(60),
    security: Listener.Security? = nil,
    in folder: Folder? = nil, _ body: @Sendable (LiveHub) async throws -> Value
  ) async throws -> Value {
    let folder = try folder ?? Folder()
    let store = try Store(directory: folder.path)
    let ledger = Ledger(store: store, logger: .silent)
    let gate = try Gate(
      ledger: ledger, tokens: await Tokens(key: SecretFile.key(at: folder.path + "/token.key")),
      passwords: .quick, rules: Rules(limits: limits, allowedOrigins: origins), logger: .silent)
    let group = MultiThreadedEventLoopGroup(numberOfThreads: loops)
    let position = try store.position()
    let hub = Hub(gate: gate, position: position, heartbeat: heartbeat, strain: strain)
    try await hub.start(on: group, head: position.seq)
    let feed = LogFeed(store: store, after: position.seq, logger: .silent) { hub.publish($0) }
    ledger.observe { feed.committed($0) }
    let sockets = SocketDialect(hub: hub, allowedOrigins: origins)
    let front = HTTPFront(
      gate: gate, surroundings: surroundings(hub),
      polling: PollingRoutes(path: sockets.server.settings.path) {
        try await sockets.server.respond(to: $0, from: $1, over: $2)
      }, logger: .silent)
    let listener = try await Listener(
      group: group, on: .address(host: "127.0.0.1", port: 0), security: security,
      admission: Admission(
        hub: hub, dialects: [RoomsDialect(), CountRoomsDialect(), sockets]),
      patience: patience, stall: stall,
      http: { channel in
        channel.eventLoop.makeCompletedFuture {
          Listener.HTTPConnection(serve: try front.attach(to: channel, isSecure: security != nil))
        }
      },
      refusal: { channel, refusal in
        channel.eventLoop.makeCompletedFuture {
          Listener.HTTPConnection(
            serve: try front.attach(refusing: refusal, to: channel))
        }
      }, logger: .silent)
    let live = LiveHub(
      folder: folder, store: store, ledger: ledger, gate: gate, hub: hub, feed: feed,
      group: group, port: listener.port)
    let result = try await withThrowingTaskGroup(of: Void.self) { tasks in
      tasks.addTask { try await listener.run() }
      defer {
        listener.stopAccepting()
        tasks.cancelAll()
      }
      return try await body(live)
    }
    await ledger.close()
    try store.close()
    try await group.shutdownGracefully()
    return result
  }

  private static func surroundings(_ hub: Hub) -> Surroundings {
    Surroundings(
      presences: { try await hub.presences().map(\.json) },
      attendance: {
        let census = try await hub.census()
        var attendance = Attendance()
        attendance.total = census.total
        attendance.authenticated = census.authenticated
        attendance.byRole = census.byRole
        attendance.byNamespace = census.byNamespace
        attendance.byPlace = census.byPlace
        (attendance.received, attendance.sent) = (census.received, census.sent)
        attendance.roundTrips = census.roundTrips
        attendance.rooms = hub.rooms
        return attendance
      },
      traffic: {
        let traffic = hub.traffic
        return [
          "connections": traffic.connections, "opened": traffic.opened,
          "refused": traffic.refused, "published": traffic.published,
          "dropped": traffic.dropped, "relief": hub.relief.rawValue,
        ]
      },
      health: { (true, ["database": ["ok": true]]) }, uplink: { nil }, version: "1.2.3",
      pingInterval: hub.heartbeat.silence.nanoseconds / 1_000_000)
  }
}

/// What tests begin with.
extension LiveHub {
  package func submit(
    _ command: String, _ data: JSON, by author: Author = .hub
  ) async throws -> Receipt {
    guard let type = Catalogue.command(named: command) else {
      throw Refusal(.unknownCommand, "There is no command \(command).")
    }
    switch await ledger.submit(Submission(try type.init(data: data), by: author)) {
    case .done(let receipt): return receipt
    case .refused(let refusal): throw refusal
    }
  }

  @discardableResult
  package func perform(
    _ command: String, _ data: JSON, by author: Author = .hub
  ) async throws -> JSON {
    try JSON(parsing: try await submit(command, data, by: author).data)
  }

  package func id(_ key: String, _ command: String, _ data: JSON) async throws -> Int64 {
    try await perform(command, data)[key]?.integer ?? -1
  }

  package func product(_ name: String = "Impeller kit") async throws -> Int64 {
    try await id("productId", "product.create", ["sku": .string(name), "name": .string(name)])
  }

  package func branch(_ name: String) async throws -> Int64 {
    try await id("branchId", "branch.create", ["name": .string(name)])
  }

  package func location(
    _ name: String = "Engine room", branch: Int64? = nil
  ) async throws -> Int64 {
    try await id(
      "locationId", "location.create",
      .compact(["name": .string(name), "branchId": .integer(branch)]))
  }

  package func customer(_ name: String) async throws -> Int64 {
    try await id("customerId", "customer.create", ["name": .string(name)])
  }

  package func adjust(_ product: Int64, at location: Int64, by quantity: Int64) async throws {
    try await perform("stock.adjust", Self.adjustment(product, location, quantity))
  }

  package static func adjustment(_ product: Int64, _ location: Int64, _ quantity: Int64) -> JSON {
    [
      "productId": .int(product), "locationId": .int(location), "quantity": .int(quantity),
    ]
  }

  /// Somebody who has signed in, with the token that says so.
  package struct Person: Sendable {
    package var user: Int64
    package var session: Int64
    package var token: String
    package var name: String
  }

  package func person(
    _ role: Role, name: String? = nil, branches: [Int64] = [], customer: Int64? = nil
  ) async throws -> Person {
    let name = name ?? "\(role)"
    _ = try await id(
      "userId", "user.create",
      .compact([
        "name": .string(name), "role": .string(role.rawValue),
        "branchIds": .array(branches.map(JSON.int)), "customerId": .integer(customer),
      ]))
    return try await signedIn(name)
  }

  /// Another session of a user.
  package func signedIn(_ name: String) async throws -> Person {
    let token = try await gate.issueToken(login: name)
    let identity = try await gate.identity(token: token)
    return Person(user: identity.user, session: identity.session, token: token, name: name)
  }

  /// Returns when everything committed so far has been delivered to the sockets.
  package func settle() async throws {
    // Answered in a later commit than any before, and so after that one's events were published.
    _ = try? await submit("location.remove", ["locationId": 999_999_999])
    try await hub.turn()
  }

  /// Waits until `condition` holds, for what nobody is told of. Gives up after ten seconds.
  package func eventually(_ condition: () async throws -> Bool) async throws -> Bool {
    let end = ContinuousClock.now + .seconds(10)
    while ContinuousClock.now < end {
      if try await condition() { return true }
      try await hub.turn()
      try await Task.sleep(for: .milliseconds(2))
    }
    return try await condition()
  }
}
