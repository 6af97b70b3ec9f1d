import NIOCore

/// One direction of one connection.
final class Pipe: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer

  /// More than this is not taken from a sender before it has arrived, as a full queue would not.
  private static let queue = 32 << 10

  private let relay: Relay
  private let other: any Channel
  private let isFromHub: Bool
  private let generation: Int
  private var underWay = 0
  /// What is sent later does not arrive earlier.
  private var lastArrival = NIODeadline.uptimeNanoseconds(0)

  init(relay: Relay, to other: any Channel, isFromHub: Bool, generation: Int) {
    self.relay = relay
    self.other = other
    self.isFromHub = isFromHub
    self.generation = generation
  }

  /// The far end is connected when it comes here, the near end is not.
  func handlerAdded(context: ChannelHandlerContext) {
    if context.channel.isActive { context.read() }
  }

  func channelActive(context: ChannelHandlerContext) { context.read() }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    var bytes = unwrapInboundIn(data)
    while let segment = bytes.readSlice(length: min(bytes.readableBytes, Shaper.segment)),
      segment.readableBytes > 0
    {
      let passage = relay.passage(
        of: segment.readableBytes, isFromHub: isFromHub, generation: generation)
      switch passage {
      case .lost: return
      case .only(let count):
        let relay = relay
        let rest = segment.getSlice(at: segment.readerIndex, length: count)
        other.writeAndFlush(rest ?? ByteBuffer()).whenComplete { _ in relay.cut() }
        return
      case .after(let delay): pass(segment, after: delay, context)
      }
    }
  }

  private func pass(_ segment: ByteBuffer, after delay: Duration, _ context: ChannelHandlerContext)
  {
    guard delay > .zero || underWay > 0 else {
      other.writeAndFlush(segment, promise: nil)
      return
    }
    underWay += segment.readableBytes
    lastArrival = max(lastArrival, .now() + TimeAmount(delay))
    let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
    context.eventLoop.scheduleTask(deadline: lastArrival) {
      let (pipe, context) = bound.value
      pipe.underWay -= segment.readableBytes
      pipe.other.writeAndFlush(segment, promise: nil)
      pipe.readMore(context)
    }
  }

  func channelReadComplete(context: ChannelHandlerContext) { readMore(context) }

  private func readMore(_ context: ChannelHandlerContext) {
    if !relay.isStalled, underWay < Self.queue { context.read() }
  }

  func channelInactive(context: ChannelHandlerContext) {
    relay.ended(context.channel)
    guard !relay.isForgotten(generation) else { return }
    let other = other
    // The end comes after all that was sent before it.
    if underWay > 0 {
      context.eventLoop.scheduleTask(deadline: lastArrival) { other.close(promise: nil) }
    } else {
      other.close(promise: nil)
    }
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    context.close(promise: nil)
  }
}

/// Something that is not shore and answers all the same.
final class Impostor: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer

  private let answer: [UInt8]
  private let pause: Duration?
  private var hasAnswered = false

  /// - Parameter pause: between any two bytes; `nil` sends all at once.
  init(_ answer: [UInt8], every pause: Duration?) {
    self.answer = answer
    self.pause = pause
  }

  func channelActive(context: ChannelHandlerContext) { context.read() }

  func channelReadComplete(context: ChannelHandlerContext) {
    defer { context.read() }
    guard !hasAnswered, !answer.isEmpty else { return }
    hasAnswered = true
    let channel = context.channel
    guard let pause else {
      channel.writeAndFlush(ByteBuffer(bytes: answer)).whenComplete { _ in
        channel.close(promise: nil)
      }
      return
    }
    for (index, byte) in answer.enumerated() {
      channel.eventLoop.scheduleTask(in: TimeAmount(pause * index)) {
        channel.writeAndFlush(ByteBuffer(bytes: [byte]), promise: nil)
      }
    }
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    context.close(promise: nil)
  }
}
