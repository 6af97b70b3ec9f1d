import Access
import Inventory
import NIOCore
import NIOHTTP1
import Realtime
import SocketIO
import Storage
import Synchronization
import Wire

/// The hub behind Socket.IO: who may join which namespace, on the one model of the hub.
///
/// A socket is a receiver like any other. A client that recovers its connection's state is told from
/// the log what it missed, as far as its rights of now go.
package final class HubSockets: SocketHost {
  let hub: Hub
  private let tongues: [String: any SocketTongue]
  private let departed = Mutex(Departures())
  private let arrivals = Mutex(RateLimiter<Int64>())

  package init(hub: Hub) {
    self.hub = hub
    let (oda, bms) = (OdaTongue(), BMSTongue())
    tongues = BMSTongue.namespaces.reduce(into: ["/": oda]) { $0[$1] = bms }
  }

  package func asked(_ socket: NamespaceSocket, auth: JSON) {
    guard let tongue = tongues[socket.namespace] else { return socket.refuse("Invalid namespace") }
    let head = socket.session.caller.head
    guard let token = auth["token"]?.text ?? Credentials.token(in: head), !token.isEmpty else {
      return socket.refuse(tongue.noToken)
    }
    guard let deck = hub.deck(on: socket.session.eventLoop) else {
      return socket.refuse("The hub is stopping.")
    }
    let asOf = deck.head
    let request = Request(
      socket: socket, auth: auth, tongue: tongue, deck: deck, asOf: asOf,
      recovers: Self.recovers(head, auth))
    let bound = NIOLoopBound(request, eventLoop: deck.eventLoop)
    let (gate, eventLoop) = (hub.gate, deck.eventLoop)
    let bearer = token.hasPrefix("Bearer ") ? String(token.dropFirst(7)) : token
    Task {
      let result: Result<Identity, Refusal>
      do throws(Refusal) {
        result = .success(try await gate.identity(token: bearer))
      } catch {
        result = .failure(error)
      }
      eventLoop.execute { self.identified(result, bound.value) }
    }
  }

  private struct Request {
    var socket: NamespaceSocket
    var auth: JSON
    var tongue: any SocketTongue
    var deck: Deck
    var asOf: Int64
    var recovers: Bool
  }

  /// Clients in other languages hand every argument of an event to the application, and an offset at
  /// the end would be one too many; so only browsers are given it unasked.
  private static func recovers(_ head: HTTPRequestHead, _ auth: JSON) -> Bool {
    if case .bool(let wish)? = auth["recovery"] { return wish }
    return auth["pid"]?.text != nil
      || head.headers.first(name: "user-agent")?.hasPrefix("Mozilla/") ?? false
  }

  private func identified(_ result: Result<Identity, Refusal>, _ request: Request) {
    guard request.socket.isOpen else { return }
    guard case .success(let identity) = result else {
      return request.socket.refuse(request.tongue.badToken)
    }
    guard request.tongue.mayEnter(request.socket.namespace, identity) else {
      return request.socket.refuse("Insufficient permissions")
    }
    let pid = request.auth["pid"]?.text
    let offset = request.auth["offset"]?.text.flatMap(SocketOffset.init)
    guard let pid, let offset,
      let before = take(pid, user: identity.user, namespace: request.socket.namespace)
    else { return enter(identity, request) }
    // Whether the log reaches back far enough is known before the client is told that it recovers.
    let bound = NIOLoopBound((request, before), eventLoop: request.deck.eventLoop)
    let (eventLoop, limit) = (request.deck.eventLoop, hub.limits.replayedEvents)
    hub.read { store throws(StoreError) in
      try store.resumption(from: offset.position, replaying: limit)
    } answer: { resumption in
      eventLoop.execute {
        let (request, before) = bound.value
        guard request.socket.isOpen else { return }
        switch resumption {
        case .success(.nothingMissed), .success(.replay):
          self.enter(identity, request, recovering: (before, offset.position))
        case .success(.snapshotRequired), .failure: self.enter(identity, request)
        }
      }
    }
  }

  private func enter(
    _ identity: Identity, _ request: Request, recovering: (Departure, Position)? = nil
  ) {
    do throws(Refusal) {
      try hub.arrived(identity.user)
    } catch {
      return request.socket.refuse(error.message)
    }
    let before = recovering?.0
    let sid = before?.sid ?? EngineServer.randomID()
    let pid = request.recovers ? before?.pid ?? EngineServer.randomID() : nil
    let peer = HubSocket(
      request.socket, sid: sid, pid: pid, identity: identity, asOf: request.asOf,
      at: request.deck, of: self, speaking: request.tongue)
    request.socket.accept(peer, sid: sid, pid: pid)
    guard request.socket.isOpen else { return }
    peer.begin(recovering: recovering)
  }

  /// Whether a user who has just joined is within the limit of their minute.
  func admits(_ user: Int64) -> Bool {
    let now = Duration.nanoseconds(Int64(NIODeadline.now().uptimeNanoseconds))
    return arrivals.withLock {
      $0.admit(user, limit: hub.limits.socketsPerUserPerMinute, now: now)
    }
  }

  func left(_ departure: Departure) {
    departed.withLock { $0.add(departure, now: .now()) }
  }

  private func take(_ pid: String, user: Int64, namespace: String) -> Departure? {
    departed.withLock { $0.take(pid, now: .now()) }.flatMap {
      $0.user == user && $0.namespace == namespace ? $0 : nil
    }
  }
}

/// What a client that was cut off comes back to.
struct Departure: Equatable {
  var pid: String
  var sid: String
  var user: Int64
  var namespace: String
  var topics: [String]
  var rooms: [String]
}

/// Those who left not long ago, and not too many of them.
struct Departures {
  /// As long as the servers that clients know keep a connection's state.
  static let patience = TimeAmount.minutes(2)
  static let capacity = 2_000

  private var byID: [String: (departure: Departure, until: NIODeadline)] = [:]

  mutating func add(_ departure: Departure, now: NIODeadline) {
    if byID.count >= Self.capacity { byID = byID.filter { $0.value.until > now } }
    guard byID.count < Self.capacity else { return }
    byID[departure.pid] = (departure, now + Self.patience)
  }

  /// Once a departure.
  mutating func take(_ pid: String, now: NIODeadline) -> Departure? {
    guard let (departure, until) = byID.removeValue(forKey: pid), until > now else { return nil }
    return departure
  }
}
