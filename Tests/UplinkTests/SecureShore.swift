import Foundation
import NIOCore
import NIOPosix
import NIOSSL
import Shore
import ShoreFixtures
import Testing

/// Certificates and keys in a folder of their own, as a test wants them.
struct Papers: Sendable {
  private let folder: TemporaryDirectory

  init() throws { folder = try TemporaryDirectory() }

  func file(_ name: String) -> String { folder.path + "/" + name }

  /// Makes `NAME.pem` and `NAME.key`: a certificate that expired in 2021, for another host's name.
  func expired(_ name: String) throws {
    try folder.write(
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
    try folder.write("", to: name + ".index")
    try folder.write("01\n", to: name + ".serial")
    try openssl(
      "req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout \(name).key "
        + "-out \(name).csr -subj /CN=elsewhere.example")
    try openssl(
      "ca -batch -config \(name).cnf -selfsign -keyfile \(name).key -in \(name).csr "
        + "-out \(name).pem -notext -startdate 20200101000000Z -enddate 20210101000000Z")
  }

  func openssl(_ arguments: String) throws {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/openssl")
    process.arguments = arguments.split(separator: " ").map(String.init)
    process.currentDirectoryURL = URL(fileURLWithPath: folder.path)
    process.standardError = FileHandle.nullDevice
    process.standardOutput = FileHandle.nullDevice
    try process.run()
    process.waitUntilExit()
    try #require(process.terminationStatus == 0)
  }
}

/// Shore behind TLS with the papers `shore`; `client` is whose certificates it asks for.
func withSecureShore(
  _ store: ShoreStore, _ papers: Papers, client: String? = nil,
  body: @escaping @Sendable (String) async throws -> Void
) async throws {
  var tls = TLSConfiguration.makeServerConfiguration(
    certificateChain: try NIOSSLCertificate.fromPEMFile(papers.file("shore.pem")).map {
      .certificate($0)
    },
    privateKey: .privateKey(try NIOSSLPrivateKey(file: papers.file("shore.key"), format: .pem)))
  if let client {
    tls.certificateVerification = .noHostnameVerification
    tls.trustRoots = .file(papers.file(client))
  }
  let context = try NIOSSLContext(configuration: tls)
  try await withShore(store) { shore in
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
