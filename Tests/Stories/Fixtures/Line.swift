import NIOCore
import NIOPosix
import Synchronization
import Wire

/// A device's end of a WebSocket on bare bytes, so that a story can also send what no library would.
final class Line: Sendable {
  enum Heard: Sendable {
    case message(JSON)
    case ping
    /// The connection is over; the code where the hub said one.
    case closed(Int?)
  }

  /// The hub did not open a WebSocket.
  struct Refused: Error {
    var status: Int
    var body: JSON
  }

  enum Opcode: UInt8 { case continuation = 0, text, binary, close = 8, ping, pong }

  private let channel: any Channel

  private init(_ channel: any Channel) { self.channel = channel }

  /// - Parameters:
  ///   - window: the size of the receive buffer, for a reader that is to fall behind.
  ///   - heard: called on the connection's event loop, in order.
  static func open(
    port: Int, token: String? = nil, window: Int? = nil, answersPings: Bool = true,
    heard: @escaping @Sendable (Heard) -> Void
  ) async throws -> Line {
    guard port > 0 else { throw ChannelError.connectPending }
    let group = MultiThreadedEventLoopGroup.singleton
    let opened = group.any().makePromise(of: Void.self)
    var bootstrap = ClientBootstrap(group: group).connectTimeout(.seconds(5))
    if let window {
      bootstrap = bootstrap.channelOption(.socketOption(.so_rcvbuf), value: .init(window))
    }
    let channel: any Channel
    do {
      channel = try await bootstrap.channelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          try channel.pipeline.syncOperations.addHandler(
            LineHandler(
              token: token, answersPings: answersPings, opened: opened, heard: heard))
        }
      }.connect(host: "127.0.0.1", port: port).get()
    } catch {
      opened.fail(error)
      throw error
    }
    try await opened.futureResult.get()
    return Line(channel)
  }

  /// A connection on which nothing is said.
  static func dial(port: Int) async throws -> Line {
    let bootstrap = ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
    return Line(try await bootstrap.connect(host: "127.0.0.1", port: port).get())
  }

  func send(_ message: JSON) { send(.text, message.encodedBytes) }

  func send(_ opcode: Opcode, _ payload: [UInt8], isLast: Bool = true, isMasked: Bool = true) {
    write(Self.frame(opcode, payload, isLast: isLast, isMasked: isMasked))
  }

  func write(_ bytes: [UInt8]) { channel.writeAndFlush(ByteBuffer(bytes: bytes), promise: nil) }

  func close(_ code: UInt16 = 1000) { send(.close, [UInt8(code >> 8), UInt8(code & 0xFF)]) }

  /// Does something on the connection's event loop after a while.
  func later(_ delay: TimeAmount, _ work: @escaping @Sendable () -> Void) {
    channel.eventLoop.scheduleTask(in: delay, work)
  }

  /// The connection goes without a word.
  func drop() { channel.close(promise: nil) }

  /// Leaves what arrives in the kernel's buffers.
  func stopReading() async throws { try await channel.setOption(.autoRead, value: false).get() }
  func readAgain() async throws { try await channel.setOption(.autoRead, value: true).get() }

  static func frame(
    _ opcode: Opcode, _ payload: [UInt8], isLast: Bool = true, isMasked: Bool = true
  ) -> [UInt8] {
    var bytes: [UInt8] = [(isLast ? 0x80 : 0) | opcode.rawValue]
    let mask: UInt8 = isMasked ? 0x80 : 0
    switch payload.count {
    case 0..<126: bytes.append(mask | UInt8(payload.count))
    case 126...0xFFFF:
      bytes += [mask | 126, UInt8(payload.count >> 8), UInt8(payload.count & 0xFF)]
    default:
      bytes.append(mask | 127)
      for shift in stride(from: 56, through: 0, by: -8) {
        bytes.append(UInt8(truncatingIfNeeded: payload.count >> shift))
      }
    }
    guard isMasked else { return bytes + payload }
    let key: [UInt8] = [0x51, 0x4D, 0x19, 0x86]
    bytes += key
    for (index, byte) in payload.enumerated() { bytes.append(byte ^ key[index & 3]) }
    return bytes
  }
}

/// The opening handshake, then frames.
private final class LineHandler: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer

  private let token: String?
  private let answersPings: Bool
  private let opened: EventLoopPromise<Void>
  private let heard: @Sendable (Line.Heard) -> Void
  private var buffer = ByteBuffer()
  private var isOpen = false
  private var isOver = false
  private var code: Int?

  init(
    token: String?, answersPings: Bool, opened: EventLoopPromise<Void>,
    heard: @escaping @Sendable (Line.Heard) -> Void
  ) {
    self.token = token
    self.answersPings = answersPings
    self.opened = opened
    self.heard = heard
  }

  func channelActive(context: ChannelHandlerContext) {
    let authorization = token.map { "Authorization: Bearer \($0)\r\n" } ?? ""
    write(
      Array(
        """
        GET /api/ws HTTP/1.1\r
        Host: 127.0.0.1\r
        Upgrade: websocket\r
        Connection: Upgrade\r
        Sec-WebSocket-Version: 13\r
        Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r
        \(authorization)\r

        """.utf8), context)
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    var bytes = unwrapInboundIn(data)
    buffer.writeBuffer(&bytes)
    if !isOpen { readHead() }
    while isOpen, readFrame(context) {}
    buffer.discardReadBytes()
  }

  private var status: Int? {
    String(buffer: buffer).split(separator: " ", maxSplits: 2).dropFirst().first.flatMap { Int($0) }
  }

  private func readHead() {
    guard status == 101,
      let end = String(buffer: buffer).firstRange(of: "\r\n\r\n")?.upperBound
    else { return }
    let head = String(buffer: buffer)[..<end]
    buffer.moveReaderIndex(forwardBy: head.utf8.count)
    isOpen = true
    opened.succeed()
  }

  private func readFrame(_ context: ChannelHandlerContext) -> Bool {
    var reader = buffer
    guard let head = reader.readInteger(as: UInt8.self),
      let second = reader.readInteger(as: UInt8.self)
    else { return false }
    var length = Int(second & 0x7F)
    if length == 126 {
      guard let long = reader.readInteger(as: UInt16.self) else { return false }
      length = Int(long)
    } else if length == 127 {
      guard let long = reader.readInteger(as: UInt64.self) else { return false }
      length = Int(long)
    }
    guard var payload = reader.readSlice(length: length) else { return false }
    buffer = reader
    switch Line.Opcode(rawValue: head & 0x0F) {
    case .text:
      if let message = try? JSON(payload.readableBytesView) { heard(.message(message)) }
    case .ping:
      heard(.ping)
      if answersPings { write(Line.frame(.pong, Array(payload.readableBytesView)), context) }
    case .close:
      code = payload.readInteger(as: UInt16.self).map(Int.init)
      write(Line.frame(.close, []), context)
      context.close(promise: nil)
    default: break
    }
    return true
  }

  private func write(_ bytes: [UInt8], _ context: ChannelHandlerContext) {
    context.writeAndFlush(NIOAny(ByteBuffer(bytes: bytes)), promise: nil)
  }

  func channelInactive(context: ChannelHandlerContext) {
    guard !isOver else { return }
    isOver = true
    if isOpen {
      heard(.closed(code))
    } else {
      let body = String(buffer: buffer)
      let start = body.firstRange(of: "{")?.lowerBound ?? body.endIndex
      opened.fail(
        Line.Refused(
          status: status ?? 0, body: (try? JSON(parsing: String(body[start...]))) ?? .null))
    }
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    context.close(promise: nil)
  }
}
