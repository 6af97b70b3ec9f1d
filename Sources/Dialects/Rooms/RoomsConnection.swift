import Access
import Inventory
import NIOCore
import NIOWebSocket
import Realtime
import Wire

/// One device at `/api/ws`: JSON text messages with a `type`, answered strictly in order. Commands are
/// the exception, since the ledger keeps their order itself. Lives on one event loop.
final class RoomsConnection: WebSocketPeer, WebSocketVoice {
  let receiver: Receiver
  private(set) var socket: WebSocketHandler?
  private var turnstile: Turnstile<ByteBuffer>
  private var rate = MessageRate()
  /// SommOS puts every newcomer into a room. Whoever then subscribes speaks another protocol, and
  /// would be told everything twice.
  var isInDefaultRoom = false
  /// The device has said what it wants to hear, and is put into no room any more without asking.
  var hasChosenRooms = false
  /// How the device is told of events: as Omni Sales' clients expect it once it has signed in as they do.
  private(set) var rendition = RoomsDialect.native
  /// SommOS's rooms that the device is in.
  var rooms: Set<Room> = []

  init(_ caller: Admission.Admitted, at deck: Deck) {
    receiver = Receiver(
      deck: deck, id: caller.connection, address: caller.address, place: "/api/ws",
      identity: caller.identity, asOf: caller.head,
      renditions: [
        RoomsDialect.native, RoomsDialect.omniSales, RoomsDialect.sommos, RoomsDialect.proposals,
      ])
    turnstile = Turnstile(limit: deck.hub.limits.messageSize * 2)
  }

  var hub: Hub { receiver.hub }
  var deck: Deck { receiver.deck }

  func opened(_ socket: WebSocketHandler) {
    self.socket = socket
    greet()
    receiver.enter(speaking: self)
    if receiver.identity != nil { arrived() }
  }

  func closed() {
    leaveRooms()
    receiver.leave()
    hub.released(address: receiver.address)
    turnstile.clear()
    socket = nil
  }

  func received(_ text: ByteBuffer) {
    receiver.read()
    switch turnstile.arrived(text, size: text.readableBytes) {
    case .through: handle(text)
    case .queued: break
    case .full: close(.tooManyMessages)
    }
  }

  func receivedTooMuch() { complain("Message too large") }

  /// From here on the device is one of Omni Sales', and what it listens to already goes on in its words.
  func speakOmniSales() {
    let before = rendition
    guard before !== RoomsDialect.omniSales else { return }
    rendition = RoomsDialect.omniSales
    let topics = receiver.topics.filter { receiver.isListening(to: $0, in: before) }
    for topic in topics { receiver.unlisten(to: topic, in: before) }
    receiver.listen(to: Array(topics), in: rendition)
  }

  func pause() { turnstile.hold() }

  func resume() {
    turnstile.release()
    while socket != nil, let text = turnstile.next() { handle(text) }
  }

  private func handle(_ text: ByteBuffer) {
    let parsed = text.withUnsafeReadableBytes {
      JSON.parse($0.bindMemory(to: UInt8.self), depth: hub.limits.jsonDepth)
    }
    let message = try? parsed.get()
    let type = message?["type"]?.text.flatMap(MessageType.init)
    switch rate.admit(type?.rawValue ?? "", within: hub.limits.roomsAllowance) {
    case .admitted: break
    case .over: return refuseRate(id: message?["id"])
    case .farOver: return close(.tooManyMessages)
    }
    switch parsed {
    case .failure(let error): refuseFormat(error)
    case .success(let message): handle(message, type)
    }
  }

  func send(_ message: JSON) {
    send(WebSocketFrames.text(message.encodedBytes))
  }

  func send(_ frame: ByteBuffer) {
    guard let socket else { return }
    socket.write(frame)
    receiver.wrote()
  }
}
