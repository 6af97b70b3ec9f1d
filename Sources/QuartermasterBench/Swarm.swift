import Glibc

/// Many devices on one thread: one epoll set, one buffer for what
/// arrives, frames counted where they lie.
///
/// Sending blocks, which bounded numbers of commands in flight never come to feel.
final class Swarm {
  private struct Device {
    var descriptor: Int32
    /// The beginning of a frame whose end has not come yet.
    var rest: [UInt8] = []
    var outbox: [UInt8] = []
  }

  /// A text message, valid during the call only.
  typealias Heard = (_ device: Int, _ message: UnsafeRawBufferPointer) throws -> Void

  private let poller: Poller
  private var devices: [Device] = []
  private let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 16)
  /// Bytes received, and how often there was something to read.
  private(set) var received = (bytes: 0, reads: 0)

  init() throws {
    poller = try Poller()
  }

  deinit {
    leave()
    buffer.deallocate()
  }

  /// Opens `count` more connections, signed in by `token`.
  func join(_ count: Int, port: UInt16, token: String, path: String = "/api/ws") throws {
    for _ in 0..<count {
      let descriptor = try Socket.connect(port: port)
      let request = """
        GET \(path) HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
        Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
        Authorization: Bearer \(token)\r\n\r\n
        """
      try Array(request.utf8).withUnsafeBytes { try Socket.send($0, to: descriptor) }
      var answer: [UInt8] = []
      var byte: UInt8 = 0
      // Byte by byte up to the empty line: what follows is a frame already.
      while !answer.suffix(4).elementsEqual([13, 10, 13, 10]) {
        guard recv(descriptor, &byte, 1, 0) == 1 else { throw Failure("The hub hung up.") }
        answer.append(byte)
      }
      let head = String(decoding: answer, as: UTF8.self)
      guard head.hasPrefix("HTTP/1.1 101") else {
        throw Failure("The hub let a device not in: \(head.prefix(200))")
      }
      try poller.add(descriptor, as: devices.count)
      devices.append(Device(descriptor: descriptor))
    }
  }

  /// Has the devices say what makes them listeners, and waits until all are.
  func subscribe(_ chosen: Range<Int>, _ tongue: Tongue, token: String) throws {
    for device in chosen {
      for message in tongue.opening(token: token) { say(message, from: device) }
      try flush(device)
    }
    var live = 0
    let deadline = Clock.now() + 30_000_000_000
    while live < chosen.count {
      guard Clock.now() < deadline else { throw Failure("Subscribing took too long.") }
      try turn(100) { device, message in
        if message.begins(with: tongue.live) { live += 1 }
        for answer in tongue.answers(to: message, token: token) { say(answer, from: device) }
      }
    }
  }

  func leave() {
    for device in devices { close(device.descriptor) }
    devices = []
  }

  /// Queues a text message, masked with zeros as RFC 6455 allows a mask to be.
  func say(_ text: String, from device: Int) {
    var text = text
    text.withUTF8 { text in
      devices[device].outbox.append(0x81)
      if text.count < 126 {
        devices[device].outbox.append(0x80 | UInt8(text.count))
      } else {
        devices[device].outbox.append(0xFE)
        devices[device].outbox.append(contentsOf: [UInt8(text.count >> 8), UInt8(text.count & 255)])
      }
      devices[device].outbox.append(contentsOf: [0, 0, 0, 0])
      devices[device].outbox.append(contentsOf: text)
    }
  }

  func flush(_ device: Int) throws {
    guard !devices[device].outbox.isEmpty else { return }
    let descriptor = devices[device].descriptor
    try devices[device].outbox.withUnsafeBytes { try Socket.send($0, to: descriptor) }
    devices[device].outbox.removeAll(keepingCapacity: true)
  }

  /// Waits for something to read and shows every message in it; then sends what was said meanwhile.
  func turn(_ milliseconds: Int32, _ heard: Heard) throws {
    try poller.wait(milliseconds) { device in
      try read(device, heard)
      try flush(device)
    }
  }

  private func read(_ device: Int, _ heard: Heard) throws {
    let kept = devices[device].rest.count
    devices[device].rest.withUnsafeBytes { buffer.copyMemory(from: $0) }
    let count = recv(
      devices[device].descriptor, buffer.baseAddress?.advanced(by: kept), buffer.count - kept,
      Int32(MSG_DONTWAIT))
    guard count > 0 else {
      if count < 0, errno == EAGAIN { return }
      throw Failure("The hub closed a connection.")
    }
    received.bytes += count
    received.reads += 1
    var bytes = UnsafeRawBufferPointer(rebasing: buffer[..<(kept + count)])
    while let frame = Frame(bytes) {
      switch frame.opcode {
      case 1: try heard(device, frame.payload)
      case 9: devices[device].outbox.append(contentsOf: [0x8A, 0x80, 0, 0, 0, 0])
      case 8:
        let reason = String(decoding: frame.payload.dropFirst(2), as: UTF8.self)
        throw Failure("The hub closed a connection: \(reason)")
      default: break
      }
      bytes = frame.rest
    }
    devices[device].rest.removeAll(keepingCapacity: true)
    devices[device].rest.append(contentsOf: bytes)
  }
}

/// The first whole frame of what has arrived, as a server sends it: unmasked.
private struct Frame {
  var opcode: UInt8
  var payload: UnsafeRawBufferPointer
  var rest: UnsafeRawBufferPointer

  init?(_ bytes: UnsafeRawBufferPointer) {
    guard bytes.count >= 2 else { return nil }
    var head = 2
    var length = Int(bytes[1] & 0x7F)
    if length >= 126 {
      head = length == 126 ? 4 : 10
      guard bytes.count >= head else { return nil }
      length = bytes[2..<head].reduce(0) { $0 << 8 | Int($1) }
    }
    guard bytes.count - head >= length else { return nil }
    opcode = bytes[0] & 0x0F
    payload = UnsafeRawBufferPointer(rebasing: bytes[head..<(head + length)])
    rest = UnsafeRawBufferPointer(rebasing: bytes[(head + length)...])
  }
}

extension UnsafeRawBufferPointer {
  func begins(with text: StaticString) -> Bool {
    guard let baseAddress, count >= text.utf8CodeUnitCount else { return false }
    return memcmp(baseAddress, text.utf8Start, text.utf8CodeUnitCount) == 0
  }
}
