import Certificates
import Foundation
import HubFixtures
import NIOCore
import NIOPosix
import NIOSSL
import Realtime
import Testing

@Suite struct SecureEntranceTests {
  private func withHub(
    patience: TimeAmount = .seconds(60), _ body: @Sendable (LiveHub) async throws -> Void
  ) async throws {
    let folder = try Folder()
    let certificate = try HubCertificate(
      in: folder.path + "/tls", files: nil, names: BoxNames(hostname: "aurora", addresses: []),
      clock: Date(), built: Date(timeIntervalSince1970: 1_790_000_000))
    try await LiveHub.with(
      patience: patience, security: { certificate.context }, in: folder, body)
  }

  /// What comes back on a plain connection that says `words`, until the hub closes it.
  private func answer(to words: [UInt8], _ live: LiveHub) async throws -> String {
    let channel = try await ClientBootstrap(group: live.group)
      .connect(host: "127.0.0.1", port: live.port) { channel in
        channel.eventLoop.makeCompletedFuture {
          try NIOAsyncChannel<ByteBuffer, ByteBuffer>(wrappingChannelSynchronously: channel)
        }
      }
    return try await channel.executeThenClose { inbound, outbound in
      if !words.isEmpty { try await outbound.write(ByteBuffer(bytes: words)) }
      var answer = ByteBuffer()
      for try await part in inbound { answer.writeImmutableBuffer(part) }
      return String(buffer: answer)
    }
  }

  @Test func `who speaks plain HTTP to the secure port is told so`() async throws {
    try await withHub { live in
      let said = try await answer(to: Array("GET / HTTP/1.1\r\nHost: a\r\n\r\n".utf8), live)

      #expect(said.hasPrefix("HTTP/1.1 400 Bad Request\r\n"))
      #expect(said.contains("https://"))
    }
  }

  /// Nothing at all; the start of a hello; a hello whose rest never comes.
  @Test(arguments: [[], [22], [22, 3, 1, 2, 0, 1, 0, 1, 0xFC, 3, 3]] as [[UInt8]])
  func `a handshake that does not end is let go`(hello: [UInt8]) async throws {
    try await withHub(patience: .milliseconds(300)) { live in
      let start = ContinuousClock.now
      let said = try await answer(to: hello, live)

      #expect(said.isEmpty)
      #expect(start.duration(to: .now) < .seconds(10))
    }
  }
}
