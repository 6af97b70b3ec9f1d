import Inventory
import Realtime
import SocketIO
import Wire

/// Events as Socket.IO packets of one namespace, ready to be sent to every socket in it.
enum SocketRendition {
  /// - Parameter offsets: whether the last message of an event ends with its place in the log, which
  ///   clients that recover their connection's state give back.
  static func make(
    _ namespace: String, offsets: Bool,
    _ translate: @escaping @Sendable (Told) -> [(name: String, payload: JSON)]
  ) -> Rendition {
    Rendition { event, epoch in
      let messages = translate(Told(event))
      return messages.enumerated().map { index, message in
        var arguments = [message.payload.encoded]
        if offsets, !epoch.isEmpty, index == messages.count - 1 {
          arguments.append(SocketOffset(epoch: epoch, seq: event.seq).json.encoded)
        }
        return SocketPacket.event(message.name, in: namespace, json: arguments)
      }
    }
  }
}
