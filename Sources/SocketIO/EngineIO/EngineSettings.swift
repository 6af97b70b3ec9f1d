import NIOCore
import Wire

/// The timings and bounds of Engine.IO. The defaults are those of the servers that clients know.
package struct EngineSettings: Sendable {
  package var path = "/socket.io/"
  package var pingInterval = TimeAmount.seconds(25)
  package var pingTimeout = TimeAmount.seconds(20)
  /// How long the probe of an upgrade may take.
  package var upgradeTimeout = TimeAmount.seconds(10)
  /// How long a session that the server has ended waits for a GET to tell it by.
  package var farewell = TimeAmount.seconds(30)
  /// Bytes of one message, and of one POST's body.
  package var maxPayload = 1_000_000
  /// Bytes that may wait for a client which polls.
  package var waitingBytes = 1 << 20
  /// Deadlines are rounded up to this, so that many connections share a wake-up.
  package var grain = TimeAmount.seconds(1)
  /// Origins whose pages may read the answers; `*` for any. Same-origin needs no permission.
  package var allowedOrigins: Set<String> = []

  package init() {}

  /// The `open` packet: what a client needs to know.
  func handshake(sid: String, upgrades: [String]) -> EngineFrame {
    let json: JSON = [
      "sid": .string(sid), "upgrades": .array(upgrades.map(JSON.string)),
      "pingInterval": .int(pingInterval.nanoseconds / 1_000_000),
      "pingTimeout": .int(pingTimeout.nanoseconds / 1_000_000),
      "maxPayload": .int(Int64(maxPayload)),
    ]
    return .text([UInt8(ascii: "0")] + json.encodedBytes)
  }
}
