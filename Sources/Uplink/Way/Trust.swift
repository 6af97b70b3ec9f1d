import NIOCore
import NIOSSL

/// By what the hub knows that it talks to shore, beside the seals, and how it shows who it is itself.
///
/// With a public or private authority, TLS 1.3 checks the chain, the name and the dates. With a pin,
/// the server's own key must be one of those in the file; names and dates do not matter then, so that a
/// hub whose clock starts in 1970 still gets its log ashore.
package struct Trust: Sendable, Hashable {
  /// PEM files.
  package var authority: String?
  package var pin: String?
  package var certificate: String?
  package var key: String?

  package init(
    authority: String? = nil, pin: String? = nil, certificate: String? = nil, key: String? = nil
  ) {
    self.authority = authority
    self.pin = pin
    self.certificate = certificate
    self.key = key
  }

  package struct Fault: Error, Sendable, Hashable, CustomStringConvertible {
    package var description: String
  }

  /// Reads the files; what is wrong with them is told at the start, not by a link that never works.
  func configuration() throws(Fault) -> (tls: TLSConfiguration, pins: Set<[UInt8]>) {
    var tls = TLSConfiguration.makeClientConfiguration()
    tls.minimumTLSVersion = .tlsv13
    if let authority {
      tls.trustRoots = .certificates(try Self.certificates(authority))
    }
    var pins: Set<[UInt8]> = []
    if let pin {
      pins = Set(
        try Self.certificates(pin).map { certificate throws(Fault) in
          guard let key = Self.key(of: certificate) else {
            throw Fault(description: "The certificate in \(pin) has no key that can be read.")
          }
          return key
        })
      // The pin stands for all of it; see `check`.
      tls.certificateVerification = .none
    }
    guard (certificate == nil) == (key == nil) else {
      throw Fault(
        description:
          "The hub's own certificate needs both shore.certificate and shore.certificateKey.")
    }
    if let certificate, let key {
      tls.certificateChain = try Self.certificates(certificate).map { .certificate($0) }
      do {
        tls.privateKey = .privateKey(try NIOSSLPrivateKey(file: key, format: .pem))
      } catch {
        throw Fault(description: "\(key) holds no private key in PEM.")
      }
    }
    return (tls, pins)
  }

  private static func certificates(_ file: String) throws(Fault) -> [NIOSSLCertificate] {
    let found = try? NIOSSLCertificate.fromPEMFile(file)
    guard let found, !found.isEmpty else {
      throw Fault(description: "\(file) holds no certificate in PEM, or cannot be read.")
    }
    return found
  }

  private static func key(of certificate: NIOSSLCertificate) -> [UInt8]? {
    try? certificate.extractPublicKey().toSPKIBytes()
  }

  /// Lets a connection live only where the server has proved to hold a pinned key. Nothing has been
  /// sent over it yet but TLS's own.
  static func check(_ channel: any Channel, against pins: Set<[UInt8]>) -> EventLoopFuture<Void> {
    channel.eventLoop.submit {
      let certificate = try? channel.pipeline.syncOperations.nioSSL_peerCertificate()
      guard let key = certificate.flatMap(key(of:)), pins.contains(key) else { throw WrongPin() }
    }.flatMapErrorThrowing { error in
      channel.close(promise: nil)
      throw error
    }
  }

  struct WrongPin: Error {}
}
