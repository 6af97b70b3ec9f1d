import NIOCore
import SocketIO
import Testing

/// What a session orders, fact by fact.
@Suite struct EngineSessionTests {
  private static let start = NIODeadline.uptimeNanoseconds(1_000_000_000)
  private let hello = EngineFrame.message("hello".utf8)
  private let ping = EngineFrame.text("2")
  private let close = EngineFrame.text("1")
  private let noop = EngineFrame.text("6")
  private let probe = EnginePacket.ping(ByteBuffer(string: "probe"))

  private func session(_ transport: EngineSession.Transport = .polling) -> EngineSession {
    EngineSession(transport, EngineSettings(), now: Self.start)
  }

  private func seconds(_ seconds: Int64) -> NIODeadline { Self.start + .seconds(seconds) }

  @Test func `a GET waits until there is something to tell`() {
    var session = session()

    #expect(session.polled() == [])
    session.queue([hello])
    session.queue([noop])
    #expect(session.flushed() == [.answerPoll([hello, noop])])
    #expect(session.flushed() == [])
  }

  @Test func `what was queued between GETs goes with the next`() {
    var session = session()
    session.queue([hello])
    #expect(session.flushed() == [])
    #expect(session.bufferedBytes == 6)

    #expect(session.polled() == [.answerPoll([hello])])
    #expect(session.bufferedBytes == 0)
  }

  @Test func `one GET takes sixteen packets, and a ping does not wait behind the rest`() {
    var session = session()
    session.queue(Array(repeating: hello, count: 40))
    #expect(session.timePassed(now: seconds(25)) == [])

    let first = [ping] + Array(repeating: hello, count: 15)
    #expect(session.polled() == [.answerPoll(first)])
    #expect(session.bufferedBytes == 25 * 6)
    #expect(session.polled() == [.answerPoll(Array(repeating: hello, count: 16))])
    #expect(session.polled() == [.answerPoll(Array(repeating: hello, count: 9))])
    #expect(session.bufferedBytes == 0)
  }

  @Test func `two GETs at a time end the session`() {
    var session = session()
    _ = session.polled()

    #expect(session.polled() == [.refuse, .answerPoll([close]), .end(.overlap), .forget])
    #expect(session.polled() == [.refuse])
    #expect(session.isOpen == false)
  }

  @Test func `two POSTs at a time end the session`() {
    var session = session()
    #expect(session.postBegan() == [])

    #expect(session.postBegan() == [.refuse, .end(.overlap), .forget])
    #expect(session.postBegan() == [.refuse])
  }

  @Test func `who asks and does not fetch the answers is let go`() {
    var session = session()
    session.queue([.binary(Array(repeating: 0, count: EngineSettings().waitingBytes))])
    #expect(session.postBegan() == [])
    session.postEnded()

    session.queue([hello])

    #expect(session.postBegan() == [.refuse, .end(.tooSlow), .forget])
  }

  @Test func `one POST after the other is well`() {
    var session = session()

    #expect(session.postBegan() == [])
    session.postEnded()
    #expect(session.postBegan() == [])
  }

  @Test func `a GET given up ends the session`() {
    var session = session()
    #expect(session.pollAbandoned() == [])
    _ = session.polled()

    #expect(session.pollAbandoned() == [.end(.transportClosed), .forget])
  }

  @Test(arguments: [EngineSession.Transport.polling, .webSocket])
  func `messages are delivered, and what is none is passed over`(
    transport: EngineSession.Transport
  ) {
    var session = session(transport)
    let message = EngineMessage.text(ByteBuffer(string: "hello"))

    #expect(session.received(.message(message), now: Self.start) == [.deliver(message)])
    for packet in [EnginePacket.open, .noop, .upgrade, .pong(ByteBuffer())] {
      #expect(session.received(packet, now: Self.start) == [])
    }
    #expect(session.isOpen)
  }

  @Test(arguments: [nil, EnginePacket.ping(ByteBuffer())])
  func `a packet that cannot be ends the session`(packet: EnginePacket?) {
    var (polling, webSocket) = (session(), session(.webSocket))

    #expect(polling.received(packet, now: Self.start) == [.end(.malformed), .forget])
    #expect(
      webSocket.received(packet, now: Self.start)
        == [.closeWebSocket(.malformed), .end(.malformed), .forget])
  }

  @Test func `a client's goodbye lets its GET go`() {
    var session = session()
    _ = session.polled()

    let orders = session.received(.close, now: Self.start)

    #expect(orders == [.answerPoll([noop]), .end(.clientClosed), .forget])
  }

  @Test func `a GET that crosses the goodbye on its way is let go, and no other`() {
    var session = session()
    session.queue([hello])

    #expect(session.received(.close, now: Self.start) == [.end(.clientClosed)])
    #expect(session.polled() == [.answerPoll([noop]), .forget])
    #expect(session.polled() == [.refuse])
  }

  @Test func `pings go out in time, and each pong puts the next off`() {
    var session = session(.webSocket)

    #expect(session.deadline == seconds(25))
    #expect(session.timePassed(now: seconds(24)) == [])
    #expect(session.timePassed(now: seconds(25)) == [.write([ping])])
    #expect(session.deadline == seconds(45))
    #expect(session.received(.pong(ByteBuffer()), now: seconds(30)) == [])
    #expect(session.roundTrip == .seconds(5))
    #expect(session.deadline == seconds(55))
    #expect(session.timePassed(now: seconds(55)) == [.write([ping])])
    #expect(
      session.timePassed(now: seconds(75)) == [.closeWebSocket(.noPong), .end(.noPong), .forget])
    #expect(session.deadline == .distantFuture)
  }

  @Test func `a ping that is late leaves half its time to answer at least`() {
    var (late, stalled) = (session(.webSocket), session(.webSocket))

    _ = late.timePassed(now: seconds(28))
    _ = stalled.timePassed(now: seconds(100))

    #expect(late.deadline == seconds(45))
    #expect(stalled.deadline == seconds(110))
  }

  @Test func `a client that polls is pinged by its GET`() {
    var (waiting, away) = (session(), session())
    _ = waiting.polled()

    #expect(waiting.timePassed(now: seconds(25)) == [.answerPoll([ping])])
    #expect(away.timePassed(now: seconds(25)) == [])
    #expect(away.polled() == [.answerPoll([ping])])
    #expect(away.timePassed(now: seconds(45)) == [.end(.noPong), .forget])
  }

  @Test func `an upgrade probes, lets the GET go, and moves what is queued`() {
    var session = session()
    _ = session.polled()

    #expect(session.probeOpened(now: Self.start) == true)
    #expect(
      session.probeReceived(probe) == [.writeToProbe(.text("3probe")), .answerPoll([noop])])
    // A GET in between is let go as well, and nothing is lost.
    #expect(session.polled() == [.answerPoll([noop])])
    session.queue([hello])
    #expect(session.probeReceived(.upgrade) == [.adoptProbe, .write([hello])])
    #expect(session.transport == .webSocket)
    #expect(session.polled() == [.refuse])
    #expect(session.postBegan() == [.refuse])
    #expect(session.isOpen)
    #expect(session.deadline == seconds(25))
  }

  @Test func `one probe at a time, and none after the upgrade`() {
    var session = session()

    #expect(session.probeOpened(now: Self.start) == true)
    #expect(session.probeOpened(now: Self.start) == false)
    _ = session.probeReceived(probe)
    _ = session.probeReceived(.upgrade)
    #expect(session.probeOpened(now: Self.start) == false)
    #expect(session.isOpen)
  }

  @Test(
    arguments: [
      EnginePacket.upgrade, .ping(ByteBuffer()), .message(.text(ByteBuffer())), .close, nil,
    ])
  func `what is no probe closes the probe, and polling goes on`(packet: EnginePacket?) {
    var session = session()
    _ = session.probeOpened(now: Self.start)

    #expect(session.probeReceived(packet) == [.closeProbe])
    #expect(session.probeReceived(.upgrade) == [])
    #expect(session.polled() == [])
    #expect(session.transport == .polling)
    #expect(session.probeOpened(now: Self.start) == true)
  }

  @Test func `a probe that takes too long is closed`() {
    var session = session()
    _ = session.probeOpened(now: Self.start)

    #expect(session.deadline == seconds(10))
    #expect(session.timePassed(now: seconds(10)) == [.closeProbe])
    #expect(session.deadline == seconds(25))
    #expect(session.isOpen)
  }

  @Test func `a probe that is lost leaves the session polling`() {
    var session = session()
    _ = session.probeOpened(now: Self.start)
    _ = session.probeReceived(probe)

    #expect(session.probeClosed() == [])
    #expect(session.polled() == [])
    #expect(session.isOpen)
  }

  @Test func `a lost WebSocket ends its session`() {
    var session = session(.webSocket)

    #expect(session.webSocketClosed() == [.end(.transportClosed), .forget])
    #expect(session.webSocketClosed() == [])
  }

  @Test func `a client that polls is told of the end by its GET, now or next`() {
    var (waiting, away) = (session(), session())
    _ = waiting.polled()
    waiting.queue([hello])
    away.queue([hello])

    #expect(waiting.closed() == [.answerPoll([hello, close]), .end(.serverClosed), .forget])
    #expect(away.closed() == [.end(.serverClosed)])
    #expect(away.isOpen == false)
    #expect(away.postBegan() == [.refuse])
    #expect(away.polled() == [.answerPoll([hello, close]), .forget])
    #expect(away.polled() == [.refuse])
  }

  @Test func `an end that nobody fetches is forgotten`() {
    var session = session()
    _ = session.closed()

    #expect(session.deadline == seconds(55))
    #expect(session.timePassed(now: seconds(55)) == [.forget])
    #expect(session.deadline == .distantFuture)
  }

  @Test func `an end takes the probe along`() {
    var session = session()
    _ = session.probeOpened(now: Self.start)

    #expect(session.received(.close, now: Self.start) == [.closeProbe, .end(.clientClosed)])
  }

  @Test func `nothing is queued and nothing delivered after the end`() {
    var session = session(.webSocket)
    _ = session.closed()

    session.queue([hello])
    #expect(session.flushed() == [])
    #expect(session.received(.message(.text(ByteBuffer())), now: Self.start) == [])
    #expect(session.closed() == [])
    #expect(session.failed(.malformed) == [])
    #expect(session.timePassed(now: .distantFuture - .nanoseconds(1)) == [])
  }
}
