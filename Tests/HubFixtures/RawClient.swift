import Foundation
import NIOCore
import NIOPosix

/// A TCP connection of a test: bytes in, bytes out, and nothing done on its own account.
package final class RawClient: Sendable {
  private let channel: any Channel
  private let inbox: NIOLoopBound<Inbox>

  /// The peer said nothing for half a minute.
  package struct Silence: Error {}
  /// The peer ended the connection before what was waited for had come.
  package struct Ended: Error {}

  private init(_ channel: any Channel, _ inbox: Inbox) {
    self.channel = channel
    self.inbox = NIOLoopBound(inbox, eventLoop: channel.eventLoop)
  }

  package static func connect(
    to port: Int, receiveBuffer: Int32? = nil
  ) async throws -> RawClient {
    var bootstrap = ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
      .channelOption(.allowRemoteHalfClosure, value: true)
      .channelOption(.tcpOption(.tcp_nodelay), value: 1)
    if let receiveBuffer {
      bootstrap = bootstrap.channelOption(
        .socketOption(.so_rcvbuf), value: SocketOptionValue(receiveBuffer))
    }
    return try await bootstrap.connect(host: "127.0.0.1", port: port) { channel in
      channel.eventLoop.makeCompletedFuture {
        let inbox = Inbox()
        try channel.pipeline.syncOperations.addHandler(inbox)
        return RawClient(channel, inbox)
      }
    }
  }

  package func send(_ bytes: [UInt8]) async throws {
    try await channel.writeAndFlush(ByteBuffer(bytes: bytes)).get()
  }

  package func send(_ text: String) async throws {
    try await send(Array(text.utf8))
  }

  /// Sends without waiting for room in the peer's buffers.
  package func post(_ bytes: [UInt8]) {
    channel.writeAndFlush(ByteBuffer(bytes: bytes), promise: nil)
  }

  /// Says that nothing more will be sent.
  package func halfClose() async throws {
    try await channel.close(mode: .output).get()
  }

  package func close() async {
    try? await channel.close().get()
  }

  /// Ends the connection with a reset, as a box that loses power seems to.
  package func vanish() async throws {
    let provider = channel as? any SocketOptionProvider
    try await provider?.setSoLinger(linger(l_onoff: 1, l_linger: 0)).get()
    await close()
  }

  /// Leaves what arrives in the kernel's buffers, until it is read again.
  package func setReading(_ isReading: Bool) async throws {
    try await channel.setOption(.autoRead, value: isReading).get()
  }

  /// Waits until `parse` makes something of the bytes that have come; it takes what it has used.
  package func read<Value: Sendable>(
    _ parse: @escaping @Sendable (_ bytes: inout ByteBuffer, _ isEnded: Bool) throws -> Value?
  ) async throws -> Value {
    let promise = channel.eventLoop.makePromise(of: Value.self)
    let (inbox, eventLoop) = (inbox, channel.eventLoop)
    eventLoop.execute {
      let box = inbox.value
      let limit = eventLoop.scheduleTask(in: .seconds(30)) {
        inbox.value.attempt = nil
        promise.fail(Silence())
      }
      box.attempt = { box in
        do {
          if let value = try parse(&box.bytes, box.isEnded) {
            promise.succeed(value)
          } else if box.isEnded {
            promise.fail(Ended())
          } else {
            return false
          }
        } catch {
          promise.fail(error)
        }
        limit.cancel()
        return true
      }
      box.wake()
    }
    return try await promise.futureResult.get()
  }

  /// Everything up to the end of the connection.
  package func readToEnd() async throws -> [UInt8] {
    try await read { bytes, isEnded in
      isEnded ? bytes.readBytes(length: bytes.readableBytes) ?? [] : nil
    }
  }
}

private final class Inbox: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer

  var bytes = ByteBuffer()
  var isEnded = false
  var attempt: ((Inbox) -> Bool)?

  func wake() {
    if let attempt, attempt(self) { self.attempt = nil }
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    bytes.writeImmutableBuffer(unwrapInboundIn(data))
    wake()
  }

  func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
    if case .inputClosed = event as? ChannelEvent { end() }
  }

  func channelInactive(context: ChannelHandlerContext) { end() }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    context.close(promise: nil)
    end()
  }

  private func end() {
    isEnded = true
    wake()
  }
}
