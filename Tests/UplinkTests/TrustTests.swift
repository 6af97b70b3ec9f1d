import Foundation
import Inventory
import NIOCore
import NIOPosix
import NIOSSL
import Shore
import ShoreFixtures
import Storage
import Sync
import Testing

@testable import Uplink

/// TLS between the hub and shore: whom the hub believes, and what a wrong clock has to do with it.
@Suite(.timeLimit(.minutes(2)))
struct TrustTests {
  let hub: Hub
  let ashore: TemporaryDirectory
  let shoreStore: ShoreStore
  let key: SiteKey
  let papers: TemporaryDirectory

  init() throws {
    hub = try Hub()
    ashore = try TemporaryDirectory()
    shoreStore = try ShoreStore(DataDirectory(ashore.path), create: true)
    key = try shoreStore.addSite(.yacht, at: 1)
    papers = try TemporaryDirectory()
  }

  /// Makes `NAME.pem` and `NAME.key`: a certificate that expired in 2021, for another host's name.
  private func expired(_ name: String) throws {
    try papers.write(
      """
      [ca]
      default_ca=d
      [d]
      database=\(name).index
      serial=\(name).serial
      new_certs_dir=.
      default_md=sha256
      policy=p
      [p]
      commonName=supplied
      """, to: name + ".cnf")
    try papers.write("", to: name + ".index")
    try papers.write("01\n", to: name + ".serial")
    try openssl(
      "req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout \(name).key "
        + "-out \(name).csr -subj /CN=elsewhere.example")
    try openssl(
      "ca -batch -config \(name).cnf -selfsign -keyfile \(name).key -in \(name).csr "
        + "-out \(name).pem -notext -startdate 20200101000000Z -enddate 20210101000000Z")
  }

  private func openssl(_ arguments: String) throws {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/openssl")
    process.arguments = arguments.split(separator: " ").map(String.init)
    process.currentDirectoryURL = URL(fileURLWithPath: papers.path)
    process.standardError = FileHandle.nullDevice
    process.standardOutput = FileHandle.nullDevice
    try process.run()
    process.waitUntilExit()
    try #require(process.terminationStatus == 0)
  }

  private func file(_ name: String) -> String { papers.path + "/" + name }

  /// Shore behind TLS with the papers `name`; `client` is whose certificates it asks for.
  private func withSecureShore(
    _ name: String, client: String? = nil, body: @escaping @Sendable (String) async throws -> Void
  ) async throws {
    var tls = TLSConfiguration.makeServerConfiguration(
      certificateChain: try NIOSSLCertificate.fromPEMFile(file(name + ".pem")).map {
        .certificate($0)
      },
      privateKey: .privateKey(try NIOSSLPrivateKey(file: file(name + ".key"), format: .pem)))
    if let client {
      tls.certificateVerification = .noHostnameVerification
      tls.trustRoots = .file(file(client))
    }
    let context = try NIOSSLContext(configuration: tls)
    try await withShore(shoreStore) { shore in
      let port = try #require(shore.split(separator: ":").last.flatMap { Int($0) })
      let front = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
        .childChannelInitializer { near in
          ClientBootstrap(group: near.eventLoop).connect(host: "127.0.0.1", port: port)
            .flatMapThrowing { far in
              let pipeline = near.pipeline.syncOperations
              try pipeline.addHandler(NIOSSLServerHandler(context: context))
              try pipeline.addHandler(Passage(to: far))
              try far.pipeline.syncOperations.addHandler(Passage(to: near))
            }
        }
        .bind(host: "127.0.0.1", port: 0).get()
      defer { front.close(promise: nil) }
      try await body("https://127.0.0.1:\(front.localAddress?.port ?? 0)")
    }
  }

  private func trouble(_ trust: Trust, clock: Int64 = 1_800_000_000_000) async throws -> String {
    let found = AsyncStream<String>.makeStream()
    try await withSecureShore("shore") { [hub, key] shore in
      try await hub.withUplink(to: shore, key: key, trust: trust, clock: { clock }) { uplink in
        while uplink.status.lastError == nil { await Task.yield() }
        found.continuation.yield(uplink.status.lastError ?? "")
      }
    }
    #expect(try hub.store.shoreCursor(.normal) == 0)
    for await words in found.stream { return words }
    return ""
  }

  @Test func `with its key pinned shore is believed, whatever its certificate's dates say`()
    async throws
  {
    try expired("shore")
    try hub.append(1...10)

    try await withSecureShore("shore") { [hub, key] shore in
      // A hub whose clock starts in 1970.
      try await hub.withUplink(
        to: shore, key: key, trust: Trust(pin: file("shore.pem")), clock: { 1000 }
      ) { _ in
        await hub.progress { $0[.normal] == 10 }
      }
    }

    #expect(try shoreStore.exported == hub.exported)
  }

  @Test func `a server with another key than the pinned one gets nothing`() async throws {
    try expired("shore")
    try expired("other")
    try hub.append(1...10)

    #expect(try await trouble(Trust(pin: file("other.pem"))) == "\(Trouble.wrongServer)")
    #expect(try shoreStore.status().first?.lastContact == nil)
  }

  @Test func `without a pin it is not believed, and a clock that can't be right is named`()
    async throws
  {
    try expired("shore")
    try hub.append([.sample(1)])

    #expect(try await trouble(Trust()) == "\(Trouble.untrusted)")
    #expect(try await trouble(Trust(), clock: 1000).contains("the hub's clock is wrong"))
  }

  @Test func `a hub shows its own certificate where shore asks for one`() async throws {
    try expired("shore")
    try openssl(
      "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout hub.key -out hub.pem "
        + "-days 2 -subj /CN=yacht")
    try hub.append(1...10)

    try await withSecureShore("shore", client: "hub.pem") { [hub, key] shore in
      let trust = Trust(
        pin: file("shore.pem"), certificate: file("hub.pem"), key: file("hub.key"))
      try await hub.withUplink(to: shore, key: key, trust: trust) { _ in
        await hub.progress { $0[.normal] == 10 }
      }
    }

    #expect(try shoreStore.exported == hub.exported)
  }

  @Test func `papers that are missing or half there are told at the start`() throws {
    var settings = try UplinkSettings(shore: "https://shore", site: "yacht", key: key.text)
    for trust in [
      Trust(pin: file("none.pem")), Trust(authority: file("none.pem")),
      Trust(certificate: file("none.pem")),
    ] {
      settings.trust = trust
      #expect(throws: Trust.Fault.self) { try settings.check() }
    }
  }
}

/// Hands what comes in here out over there.
private final class Passage: ChannelInboundHandler, Sendable {
  typealias InboundIn = ByteBuffer
  private let other: any Channel

  init(to other: any Channel) {
    self.other = other
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    other.writeAndFlush(unwrapInboundIn(data), promise: nil)
  }

  func channelInactive(context: ChannelHandlerContext) {
    other.close(promise: nil)
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    context.close(promise: nil)
  }
}
