import Crypto
import Foundation
import NIOCore
import NIOSSL
import Synchronization
import X509

/// The certificate in force: of the hub's own authority, or one that the owner brought.
///
/// A connection takes the context of its moment; renewing or reading anew changes it for those that
/// come, and cuts nobody off. Whatever cannot be used is told and changes nothing.
package final class HubCertificate: Sendable {
  /// PEM files of the owner's, which may lead to an authority that devices know already.
  package struct Files: Sendable, Equatable {
    package var certificate: String
    package var key: String

    package init(certificate: String, key: String) {
      self.certificate = certificate
      self.key = key
    }
  }

  private struct Shown {
    var context: NIOSSLContext
    var own: ServerCertificate?
  }

  /// `nil` where the owner brought a certificate.
  package let authority: Authority?
  private let files: Files?
  private let folder: String
  private let built: Date
  private let shown: Mutex<Shown>

  /// - Parameters:
  ///   - folder: where the authority lives; made where it is missing.
  ///   - built: when this program was made; a clock that shows less is wrong.
  package init(
    in folder: String, files: Files?, names: BoxNames, clock: Date, built: Date
  ) throws(CertificateError) {
    self.folder = folder
    self.files = files
    self.built = built
    if let files {
      authority = nil
      shown = Mutex(Shown(context: try Self.context(files)))
      return
    }
    do {
      try FileManager.default.createDirectory(
        atPath: folder, withIntermediateDirectories: true,
        attributes: [.posixPermissions: 0o700])
    } catch {
      throw .cannotMake(folder, "\(error)")
    }
    let authority = try Authority(in: folder, hostname: names.hostname)
    self.authority = authority
    let kept = (try? PrivateFile.read(folder + "/server.pem"))
      .flatMap { try? ServerCertificate(pem: $0) }
    let own = try Self.renewed(kept, names, clock, built, authority, folder)
    shown = Mutex(Shown(context: try Self.context(own), own: own))
  }

  /// For a connection that begins now.
  package var context: NIOSSLContext { shown.withLock { $0.context } }

  /// Makes another certificate where the box has other names, or the time has come.
  /// - Returns: whether it did.
  package func renew(names: BoxNames, clock: Date) throws(CertificateError) -> Bool {
    guard let authority, let own = shown.withLock({ $0.own }) else { return false }
    let fresh = try Self.renewed(own, names, clock, built, authority, folder)
    guard fresh.certificate != own.certificate else { return false }
    let context = try Self.context(fresh)
    shown.withLock { $0 = Shown(context: context, own: fresh) }
    return true
  }

  /// Reads the owner's files again, for SIGHUP.
  package func reload() throws(CertificateError) {
    guard let files else { return }
    let context = try Self.context(files)
    shown.withLock { $0.context = context }
  }

  private static func renewed(
    _ kept: ServerCertificate?, _ names: BoxNames, _ clock: Date, _ built: Date,
    _ authority: Authority, _ folder: String
  ) throws(CertificateError) -> ServerCertificate {
    if let kept, kept.suits(names, of: authority), !kept.term.isDue(clock: clock, built: built) {
      return kept
    }
    do {
      let term = Term(clock: clock, built: built, before: kept?.term)
      let fresh = try ServerCertificate(for: names, term: term, by: authority)
      try PrivateFile.write(fresh.pem, to: folder + "/server.pem")
      return fresh
    } catch {
      throw .cannotMake(folder, "\(error)")
    }
  }

  private static func context(_ own: ServerCertificate) throws(CertificateError) -> NIOSSLContext {
    do {
      return try context(
        [NIOSSLCertificate(bytes: own.certificate.derBytes, format: .der)],
        NIOSSLPrivateKey(bytes: Array(own.key.pemRepresentation.utf8), format: .pem))
    } catch {
      throw .unusable("server.pem", "\(error)")
    }
  }

  private static func context(_ files: Files) throws(CertificateError) -> NIOSSLContext {
    do {
      return try context(
        NIOSSLCertificate.fromPEMFile(files.certificate),
        NIOSSLPrivateKey(file: files.key, format: .pem))
    } catch {
      throw .unusable(files.certificate, "\(error)")
    }
  }

  private static func context(
    _ chain: [NIOSSLCertificate], _ key: NIOSSLPrivateKey
  ) throws -> NIOSSLContext {
    var settings = TLSConfiguration.makeServerConfiguration(
      certificateChain: chain.map { .certificate($0) }, privateKey: .privateKey(key))
    settings.minimumTLSVersion = .tlsv12
    settings.applicationProtocols = ["http/1.1"]
    // A device that is gone answers no farewell, and a hub that stops does not wait for it.
    settings.shutdownTimeout = .seconds(1)
    return try NIOSSLContext(configuration: settings)
  }
}
