import Certificates
import Foundation
import Logging
import ServiceLifecycle

/// Looks once a minute whether the box has other names or addresses, or the certificate's time has
/// come, and renews it. Connections that are open stay.
struct CertificateKeeper: Service {
  let certificate: HubCertificate
  let logger: Logger

  func run() async throws {
    try? await cancelWhenGracefulShutdown {
      while true {
        try await Task.sleep(for: .seconds(60))
        renew()
      }
    }
  }

  /// For SIGHUP: the owner's files may be others, and nobody waits for the minute.
  func reload() {
    do {
      try certificate.reload()
    } catch {
      logger.error("the certificate stays as it was: \(error)")
    }
    renew()
  }

  private func renew() {
    do {
      if try certificate.renew(names: .now(), clock: Date()) {
        logger.notice("the certificate has been renewed")
      }
    } catch {
      logger.error("the certificate could not be renewed: \(error)")
    }
  }
}

enum Program {
  /// When this program was made: no right clock shows less.
  static var built: Date {
    let path = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? ""
    let attributes = try? FileManager.default.attributesOfItem(atPath: path)
    return attributes?[.modificationDate] as? Date ?? .distantPast
  }
}
