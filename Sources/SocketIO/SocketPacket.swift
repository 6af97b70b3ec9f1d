import NIOCore
import Wire

/// A packet of Socket.IO, protocol version 5.
///
/// Binary stands beside the payload, which has `{"_placeholder":true,"num":n}` in its place: nothing
/// of the hub's is binary, and what only passes through need not be put together.
package struct SocketPacket: Equatable, Sendable {
  package enum Kind: UInt8, Sendable {
    case connect, disconnect, event, ack, connectError
  }

  package var kind: Kind
  package var namespace: String
  package var id: Int64?
  package var payload: JSON?
  package var attachments: [ByteBuffer]

  package init(
    _ kind: Kind, in namespace: String = "/", id: Int64? = nil, _ payload: JSON? = nil,
    attachments: [ByteBuffer] = []
  ) {
    self.kind = kind
    self.namespace = namespace
    self.id = id
    self.payload = payload
    self.attachments = attachments
  }

  /// What stands for the attachment of this number.
  package static func placeholder(_ number: Int) -> JSON {
    ["_placeholder": true, "num": .int(Int64(number))]
  }

  /// Clients keep these for themselves and throw when they come over the wire.
  package static let reservedEvents: Set<String> = [
    "connect", "connect_error", "disconnect", "disconnecting", "newListener", "removeListener",
  ]

  /// As Engine.IO carries it.
  package var frames: [EngineFrame] {
    [.text(Self.message(head, payload))]
      + attachments.map { .binary(Array($0.readableBytesView)) }
  }

  private var head: String {
    let digit = attachments.isEmpty ? kind.rawValue : kind.rawValue + 3
    let count = attachments.isEmpty ? "" : "\(attachments.count)-"
    let place = namespace == "/" ? "" : "\(namespace),"
    return "4\(digit)\(count)\(place)\(id.map(String.init) ?? "")"
  }

  private static func message(_ head: String, _ payload: JSON?) -> [UInt8] {
    var bytes = Array(head.utf8)
    payload?.append(to: &bytes)
    return bytes
  }

  /// An event as one message for all sockets of a namespace, its arguments being JSON already.
  package static func event(
    _ name: String, in namespace: String, json arguments: [some StringProtocol]
  ) -> [UInt8] {
    var bytes = Array((namespace == "/" ? "42[" : "42\(namespace),[").utf8)
    JSON.append(name, to: &bytes)
    for argument in arguments {
      bytes.append(UInt8(ascii: ","))
      bytes.append(contentsOf: argument.utf8)
    }
    bytes.append(UInt8(ascii: "]"))
    return bytes
  }
}

/// An event of a client, checked.
package struct SocketEvent: Equatable, Sendable {
  package var name: String
  package var arguments: [JSON]
  package var attachments: [ByteBuffer]
  /// The client wants an acknowledgement with this number.
  package var id: Int64?
  /// The bytes that it came in.
  package var size = 0
}
