import Access
import Logging
import ServiceLifecycle
import Supervision
import UnixSignals

/// Reads the settings again on SIGHUP and tells systemd when it has begun and when it is done.
///
/// Settings that are wrong change nothing: the hub goes on as it was and says what is wrong.
struct Reloader: Service {
  let configuration: HubConfiguration
  let gate: Gate
  let keeper: CertificateKeeper?
  let logLevel: LogLevel
  let manager: ServiceManager
  let status: String
  let logger: Logger
  let load: @Sendable () async throws -> HubConfiguration

  func run() async throws {
    for await _ in await UnixSignalsSequence(trapping: .sighup).cancelOnGracefulShutdown() {
      manager.reloading()
      await reload()
      manager.ready(status: status)
    }
  }

  private func reload() async {
    do {
      let fresh = try await load()
      gate.adopt(fresh.rules)
      logLevel.value = fresh.logLevel
      keeper?.reload()
      let rest = configuration.settingsThatNeedARestart(for: fresh)
      logger.notice(
        """
        the settings have been read again\
        \(rest.isEmpty ? "" : "; only a restart brings into force: \(rest.joined(separator: ", "))")
        """, metadata: .occasion(.reloaded))
    } catch {
      logger.error(
        "the settings were not taken, the hub goes on as it was: \(error)",
        metadata: .occasion(.reloadRefused))
    }
  }
}
