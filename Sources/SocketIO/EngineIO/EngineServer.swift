import Crypto
import Foundation
import Inventory
import NIOCore
import NIOHTTP1
import NIOWebSocket
import Synchronization
import WebSockets

/// What Engine.IO's sessions are for, and who may have one.
package protocol EngineHost: Sendable {
  /// Takes a place for a session that begins by polling; a WebSocket has got its own at the door.
  func admit(
    _ head: HTTPRequestHead, address: String, on eventLoop: any EventLoop
  ) async throws(Refusal) -> EngineCaller
  /// Whatever stands on a new session. It may send; who has opened the session comes first.
  func application(on connection: EngineConnection) -> any EngineApplication
}

/// A session, and the event loop that it lives on.
struct EngineBerth: Sendable {
  let eventLoop: any EventLoop
  let connection: NIOLoopBound<EngineConnection>

  /// In order with whatever else this thread asks of the session.
  func run(_ body: @escaping @Sendable (EngineConnection) -> Void) {
    if eventLoop.inEventLoop {
      body(connection.value)
    } else {
      eventLoop.execute { body(connection.value) }
    }
  }
}

/// Engine.IO, version 4: all sessions of one path, on all event loops.
///
/// A session begins by polling or on a WebSocket, and stays on the event loop that it began on; a
/// request finds it by its id, which nobody can guess. Knows neither the hub nor Socket.IO.
package final class EngineServer: Sendable {
  package let settings: EngineSettings
  let host: any EngineHost
  private let berths = Mutex<[String: EngineBerth]>([:])
  private let clocks = Mutex<[ObjectIdentifier: NIOLoopBound<EngineClock>]>([:])

  package init(_ settings: EngineSettings, host: any EngineHost) {
    self.settings = settings
    self.host = host
  }

  /// Whoever speaks for a new WebSocket at the path, on its event loop.
  package func connect(_ caller: EngineCaller) -> any WebSocketPeer {
    EngineSocket(caller, at: self)
  }

  /// Whether `uri` names a session that there is. Whoever knows its id, which nobody can guess, has
  /// opened it.
  package func hasSession(of uri: String) -> Bool {
    EngineRequest.query(uri)["sid"].map { berth($0) != nil } ?? false
  }

  package var sessions: Int { berths.withLock { $0.count } }

  /// Ends all sessions.
  package func closeAll(_ reason: String) {
    for berth in berths.withLock({ Array($0.values) }) {
      berth.run { $0.close(.goingAway, reason) }
    }
  }

  func berth(_ sid: String) -> EngineBerth? {
    berths.withLock { $0[sid] }
  }

  /// On `eventLoop`.
  @discardableResult
  func open(
    over link: EngineLink?, for caller: EngineCaller, on eventLoop: any EventLoop
  ) -> EngineBerth {
    let clock = clock(on: eventLoop)
    let connection = EngineConnection(
      Self.randomID(), for: caller, over: link, clock: clock, server: self)
    let berth = EngineBerth(
      eventLoop: eventLoop, connection: NIOLoopBound(connection, eventLoop: eventLoop))
    berths.withLock { $0[connection.sid] = berth }
    clock.add(connection)
    connection.begin()
    return berth
  }

  func forget(_ connection: EngineConnection, _ clock: EngineClock) {
    berths.withLock { $0[connection.sid] = nil }
    clock.remove(connection)
  }

  private func clock(on eventLoop: any EventLoop) -> EngineClock {
    clocks.withLock { clocks in
      let key = ObjectIdentifier(eventLoop)
      if let clock = clocks[key] { return clock.value }
      let clock = EngineClock(eventLoop, grain: settings.grain)
      clocks[key] = NIOLoopBound(clock, eventLoop: eventLoop)
      return clock
    }
  }

  /// 128 random bits, fit for a URL.
  package static func randomID() -> String {
    SymmetricKey(size: .bits128).withUnsafeBytes { Data($0) }.base64EncodedString()
      .replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
  }
}
