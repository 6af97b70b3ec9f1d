import ArgumentParser
import Foundation

/// What it costs to tell one change to very many.
struct Fanout: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Tell stock changes to many subscribers, and compare with bare writes.")

  @Option(help: "Devices that listen.") var subscribers = 1000
  @Option(help: "What the devices speak.") var dialect = Tongue.native
  @Option(help: "Changes, saved and told to every subscriber.") var events = 2000
  @Option(help: "Bytes of one event's message, of the hub's own protocol.") var size = 350
  @Option(help: "Changes that are on their way at a time.") var inFlight = 64
  @Option(
    help: ArgumentHelp(
      """
      A program to compare with: a WebSocket server that prints `Listening on http://HOST:PORT` and \
      repeats each text to all who are connected.
      """, valueName: "program"))
  var peer: String?
  @OptionGroup var options: BenchOptions

  private static let pace = 20
  private static let pacedEvents = 100

  func run() throws {
    Socket.allowMany()
    let workplace = try Workplace()
    defer { workplace.remove() }
    let product = try workplace.stock(products: 1)[0]
    let token = try HubProcess.token(options.program, data: workplace.data)
    let hub = try HubProcess(options.program, data: workplace.data)
    defer { hub.stop() }

    var audience = try Audience(
      hub, token, subscribers: subscribers, speaking: dialect, product: product)
    if dialect == .native { try audience.fit(size: size) }
    _ = try audience.publish(100, inFlight: inFlight)
    let busy = try audience.publish(events, inFlight: inFlight)
    let calm = try audience.publish(Self.pacedEvents, pace: Self.pace)
    let floor = try WriteFloor.measure(
      sockets: subscribers, rounds: max(100, events / 8), size: audience.messageSize + 4)
    let rival = try peer.map { try measure(peer: $0, size: audience.messageSize) }

    var report = Report("fanout")
    report.heading(
      "Saturated: \(subscribers) subscribers of \(dialect.rawValue), \(inFlight) changes in flight")
    report.add("messageBytes", "bytes of a message", Double(audience.messageSize), digits: 0)
    report.add("deliveries", "deliveries", Double(busy.deliveries), digits: 0)
    report.add("deliveriesPerSecond", "deliveries", busy.perSecond, "/s", digits: 0)
    report.add("hubCores", "processors that the hub kept busy", busy.cores, digits: 2)
    report.add(
      "microsecondsPerDelivery", "hub's CPU per delivery", busy.microseconds, "us", digits: 2)
    report.add(
      "tellingMicroseconds", "of which on the event loops", busy.tellingMicroseconds, "us",
      digits: 2)
    report.add("messagesPerRead", "messages per read", busy.messagesPerRead, digits: 2)
    report.add(
      "microsecondsPerRead", "hub's CPU per read of a device", busy.perRead, "us", digits: 2)
    report.add("bytesReceived", "received", busy.bytes / 1e6, "MB")
    report.add("saturatedP50", "sent to last receiver, p50", busy.latency.percentile(50), "ms")
    report.add("saturatedP99", "sent to last receiver, p99", busy.latency.percentile(99), "ms")
    report.heading("Paced: \(Self.pace) changes a second")
    report.add("pacedP50", "sent to last receiver, p50", calm.latency.percentile(50), "ms")
    report.add("pacedP99", "sent to last receiver, p99", calm.latency.percentile(99), "ms")
    report.add(
      "pacedMicrosecondsPerDelivery", "hub's CPU per delivery", calm.microseconds, "us", digits: 2)
    report.heading("Floor: one write(2) of the same bytes to as many sockets")
    report.add("floorMicroseconds", "CPU per write", floor, "us", digits: 2)
    report.add("ratio", "hub, saturated / floor", busy.microseconds / floor, "x", digits: 2)
    report.add("pacedRatio", "hub, paced / floor", calm.microseconds / floor, "x", digits: 2)
    if let rival {
      report.heading("Peer: \(peer ?? "")")
      report.add(
        "peerMicroseconds", "CPU per delivery, saturated", rival.microseconds, "us", digits: 2)
      report.add("peerP50", "sent to last receiver, p50", rival.latency.percentile(50), "ms")
      report.add("peerP99", "sent to last receiver, p99", rival.latency.percentile(99), "ms")
      report.add(
        "peerMessagesPerRead", "messages per read", rival.messagesPerRead, digits: 2)
      report.add(
        "peerRatio", "hub / peer", busy.microseconds / rival.microseconds, "x", digits: 2,
        "budget: 1")
      report.add(
        "peerTellingRatio", "hub's event loops / peer",
        busy.tellingMicroseconds / rival.microseconds,
        "x", digits: 2)
      report.add(
        "peerRatioPerRead", "hub / peer, per read of a device", busy.perRead / rival.perRead, "x",
        digits: 2)
    }
    report.print(asJSON: options.json)
  }

  private func measure(peer program: String, size: Int) throws -> Audience.Outcome {
    let server = try HubProcess(program, [])
    defer { server.stop() }
    var audience = try Audience(peer: server, subscribers: subscribers, size: size)
    _ = try audience.publish(100, inFlight: inFlight)
    return try audience.publish(events, inFlight: inFlight)
  }
}
