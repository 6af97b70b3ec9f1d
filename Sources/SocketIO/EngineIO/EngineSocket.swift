import NIOCore
import NIOHTTP1
import NIOWebSocket
import WebSockets

/// A WebSocket at Engine.IO's path: a session of its own, or the probe of one that polls.
final class EngineSocket: WebSocketPeer {
  private let server: EngineServer
  private let caller: EngineCaller
  private var link: EngineLink?
  private var berth: EngineBerth?

  init(_ caller: EngineCaller, at server: EngineServer) {
    self.caller = caller
    self.server = server
  }

  var readsBinary: Bool { true }

  func opened(_ socket: WebSocketHandler) {
    guard let channel = socket.channel else { return }
    let link = EngineLink(socket, channel)
    do throws(EngineRefusal) {
      let request = try EngineRequest(uri: caller.head.uri)
      guard request.transport == .webSocket else { throw .badRequest }
      if let sid = request.sid {
        guard let berth = server.berth(sid) else { throw .unknownSession }
        self.berth = berth
        berth.run { $0.probeOpened(link) }
      } else {
        berth = server.open(over: link, for: caller, on: channel.eventLoop)
      }
      self.link = link
      // Saying hello may have found that nobody is there.
      if !socket.isOpen { closed(link) }
    } catch {
      socket.close(.policyViolation, error.message)
    }
  }

  func received(_ text: ByteBuffer) {
    received(EnginePacket(text: text))
  }

  func received(binary: ByteBuffer) {
    received(.message(.binary(binary)))
  }

  private func received(_ packet: EnginePacket?) {
    guard let link else { return }
    berth?.run { $0.received(packet, over: link) }
  }

  func closed() {
    if let link { closed(link) }
    caller.leave()
  }

  private func closed(_ link: EngineLink) {
    berth?.run { $0.closed(link) }
    self.link = nil
    berth = nil
  }
}
