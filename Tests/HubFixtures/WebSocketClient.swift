import Foundation
import NIOCore
import Wire

/// A frame of RFC 6455 as it stands on the wire.
package struct Frame: Sendable, Equatable {
  package var first: UInt8
  package var payload: [UInt8]

  package static let (continuation, text, binary): (UInt8, UInt8, UInt8) = (0, 1, 2)
  package static let (close, ping, pong): (UInt8, UInt8, UInt8) = (8, 9, 10)

  package init(_ opcode: UInt8, _ payload: [UInt8] = [], isFinal: Bool = true, reserved: UInt8 = 0)
  {
    first = (isFinal ? 0x80 : 0) | reserved << 4 | opcode
    self.payload = payload
  }

  package init(_ opcode: UInt8, _ text: String, isFinal: Bool = true) {
    self.init(opcode, Array(text.utf8), isFinal: isFinal)
  }

  package init(close code: UInt16, _ reason: [UInt8] = []) {
    self.init(Self.close, [UInt8(code >> 8), UInt8(code & 0xFF)] + reason)
  }

  package var opcode: UInt8 { first & 0x0F }

  package var closeCode: Int? {
    guard opcode == Self.close, payload.count >= 2 else { return nil }
    return Int(payload[0]) << 8 | Int(payload[1])
  }

  package var reason: String { String(decoding: payload.dropFirst(2), as: UTF8.self) }

  /// As a client sends it: masked, unless it is to break the rule.
  package func bytes(isMasked: Bool = true) -> [UInt8] {
    let bit: UInt8 = isMasked ? 0x80 : 0
    var bytes = [first]
    switch payload.count {
    case 0..<126: bytes.append(bit | UInt8(payload.count))
    case 126...0xFFFF:
      bytes.append(bit | 126)
      bytes += [UInt8(payload.count >> 8), UInt8(payload.count & 0xFF)]
    default:
      bytes.append(bit | 127)
      bytes += (0..<8).reversed().map { UInt8(truncatingIfNeeded: payload.count >> ($0 * 8)) }
    }
    guard isMasked else { return bytes + payload }
    let mask: [UInt8] = [0x37, 0xFA, 0x21, 0x3D]
    bytes.reserveCapacity(bytes.count + payload.count + 4)
    bytes += mask
    for index in payload.indices { bytes.append(payload[index] ^ mask[index & 3]) }
    return bytes
  }

  static func read(_ bytes: inout ByteBuffer) -> Frame? {
    var rest = bytes
    guard let first = rest.readInteger(as: UInt8.self),
      let short = rest.readInteger(as: UInt8.self)
    else { return nil }
    var length = Int(short)
    if short == 126 {
      guard let long = rest.readInteger(as: UInt16.self) else { return nil }
      length = Int(long)
    } else if short == 127 {
      guard let long = rest.readInteger(as: UInt64.self) else { return nil }
      length = Int(long)
    }
    guard let payload = rest.readBytes(length: length) else { return nil }
    bytes = rest
    var frame = Frame(0, payload)
    frame.first = first
    return frame
  }
}

/// A device on the hub's own protocol, frame by frame.
package struct WebSocketClient: Sendable {
  package let raw: RawClient

  package init(raw: RawClient) {
    self.raw = raw
  }

  /// The hub closed the connection with a close frame.
  package struct Closed: Error, Equatable {
    package var code: Int?
    package var reason: String

    package init(code: Int?, reason: String) {
      self.code = code
      self.reason = reason
    }
  }

  package static let key = "dGhlIHNhbXBsZSBub25jZQ=="

  package static func handshake(
    path: String = "/api/ws", token: String? = nil, headers: [String] = []
  ) -> String {
    var lines = [
      "GET \(path) HTTP/1.1", "Host: hub.example", "Upgrade: websocket", "Connection: Upgrade",
      "Sec-WebSocket-Key: \(key)", "Sec-WebSocket-Version: 13",
    ]
    if let token { lines.append("Authorization: Bearer \(token)") }
    return (lines + headers).joined(separator: "\r\n") + "\r\n\r\n"
  }

  /// Connects and takes the welcome.
  package static func open(
    _ live: LiveHub, as person: LiveHub.Person? = nil, receiveBuffer: Int32? = nil
  ) async throws -> WebSocketClient {
    let client = try await connect(live, as: person, receiveBuffer: receiveBuffer)
    _ = try await client.receive("welcome")
    return client
  }

  /// Connects and takes nothing of what the hub says first.
  package static func connect(
    _ live: LiveHub, as person: LiveHub.Person? = nil, path: String = "/api/ws",
    headers: [String] = [], receiveBuffer: Int32? = nil
  ) async throws -> WebSocketClient {
    let client = WebSocketClient(
      raw: try await .connect(to: live.port, receiveBuffer: receiveBuffer))
    try await client.raw.send(handshake(path: path, token: person?.token, headers: headers))
    let response = try await client.raw.readResponse()
    guard response.status == 101 else { throw Closed(code: response.status, reason: response.text) }
    return client
  }

  package func send(_ message: JSON) async throws {
    try await send(Frame(Frame.text, message.encodedBytes))
  }

  package func send(_ frames: Frame...) async throws {
    try await raw.send(frames.flatMap { $0.bytes() })
  }

  package func frame() async throws -> Frame {
    try await raw.read { bytes, _ in Frame.read(&bytes) }
  }

  /// The next message of the hub's own protocol; throws `Closed` when the hub says goodbye instead.
  package func receive() async throws -> JSON {
    while true {
      let message = try await receiveAny()
      if !Self.isForeign(message) { return message }
    }
  }

  /// What SommOS's and Omni Sales' clients wait for, and others pass over.
  private static func isForeign(_ message: JSON) -> Bool {
    switch message["type"]?.text ?? "" {
    case "connection_established", "room_joined", "room_left", "rooms_list", "error",
      "inventory_update", "inventory_action", "system_notification":
      true
    case "system:notification", "system:alert": message["namespace"] == nil
    default: false
    }
  }

  /// The next message, whosever it is.
  package func receiveAny() async throws -> JSON {
    while true {
      let frame = try await frame()
      switch frame.opcode {
      case Frame.text: return try JSON(frame.payload, depth: 64)
      case Frame.close: throw Closed(code: frame.closeCode, reason: frame.reason)
      default: continue
      }
    }
  }

  /// The next message of `type`, whatever comes before it.
  package func receive(_ type: String) async throws -> JSON {
    while true {
      let message = try await receiveAny()
      if message["type"]?.text == type { return message }
    }
  }

  /// Sends and takes the next message.
  package func ask(_ message: JSON) async throws -> JSON {
    try await send(message)
    return try await receive()
  }

  /// All messages that the hub has sent by now.
  package func heard() async throws -> [JSON] {
    try await send(["type": "ping", "id": "heard"])
    var messages: [JSON] = []
    while true {
      let message = try await receive()
      if message["type"]?.text == "pong" { return messages }
      messages.append(message)
    }
  }

  /// How the hub closes the connection; whatever comes before is passed over.
  package func closing() async throws -> Closed {
    do {
      while true { _ = try await receive() }
    } catch let closed as Closed {
      return closed
    }
  }

  @discardableResult
  package func subscribe(_ topic: String, after: JSON? = nil) async throws -> JSON {
    try await send(
      .compact([
        "type": "subscribe", "id": "subscribe",
        "data": .compact(["topic": .string(topic), "after": after]),
      ]))
    while true {
      let message = try await receive()
      if message["id"]?.text == "subscribe" { return message }
    }
  }

  package static func command(_ name: String, _ id: String, _ data: JSON) -> JSON {
    ["type": "command", "id": .string(id), "command": .string(name), "data": data]
  }
}
