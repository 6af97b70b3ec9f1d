import Access
import Inventory
import NIOCore
import NIOHTTP1
import Synchronization

/// Makes a WebSocket of a connection: admission comes before the 101.
struct Upgrader: NIOTypedHTTPServerProtocolUpgrader {
  typealias UpgradeResult = Listener.Service

  let admission: Admission
  /// Whether the connection is in TLS.
  let isSecure: Bool
  /// What admission decided for this connection; read by `upgrade` or by whoever must refuse.
  let decision: Decision

  final class Decision: Sendable {
    private enum State: Sendable {
      case open
      case admitted(Admission.Admitted)
      case refused(Refusal)
      /// The connection has its place, or has ended before it took one.
      case over
    }

    private let admission: Admission
    private let state = Mutex(State.open)

    init(admission: Admission) {
      self.admission = admission
    }

    var refusal: Refusal? {
      state.withLock { if case .refused(let refusal) = $0 { refusal } else { nil } }
    }

    func refused(_ refusal: Refusal) {
      state.withLock { if case .open = $0 { $0 = .refused(refusal) } }
    }

    func admitted(_ admitted: Admission.Admitted) {
      let isWaitedFor = state.withLock { state in
        guard case .open = state else { return false }
        state = .admitted(admitted)
        return true
      }
      if !isWaitedFor { admission.withdraw(admitted) }
    }

    /// The place that was reserved is now the connection's to release.
    func take() -> Admission.Admitted? {
      state.withLock { state in
        guard case .admitted(let admitted) = state else { return nil }
        state = .over
        return admitted
      }
    }

    /// The connection ended before it took its place. Admission may be under way still: what it
    /// reserves from now on is given back at once.
    func abandon() {
      let unused = state.withLock { state -> Admission.Admitted? in
        defer { state = .over }
        return if case .admitted(let admitted) = state { admitted } else { nil }
      }
      if let unused { admission.withdraw(unused) }
    }
  }

  let supportedProtocol = "websocket"
  let requiredUpgradeHeaders: [String] = []

  func buildUpgradeResponse(
    channel: any Channel, upgradeRequest: HTTPRequestHead, initialResponseHeaders: HTTPHeaders
  ) -> EventLoopFuture<HTTPHeaders> {
    let promise = channel.eventLoop.makePromise(of: HTTPHeaders.self)
    let address = channel.remoteAddress?.ipAddress ?? "local"
    let (admission, decision) = (admission, decision)
    let request = isSecure ? upgradeRequest.withTrustedCookies : upgradeRequest
    let head = admission.hub.deck(on: channel.eventLoop)?.head ?? 0
    promise.completeWithTask {
      do throws(Refusal) {
        let handshake = try OpeningHandshake(upgradeRequest)
        decision.admitted(
          try await admission.admit(request, address: address, asOf: head))
        return handshake.answered(initialResponseHeaders)
      } catch {
        decision.refused(error)
        throw error
      }
    }
    return promise.futureResult
  }

  func upgrade(
    channel: any Channel, upgradeRequest: HTTPRequestHead
  ) -> EventLoopFuture<Listener.Service> {
    channel.eventLoop.makeCompletedFuture {
      guard let deck = admission.hub.deck(on: channel.eventLoop), let admitted = decision.take()
      else { throw ChannelError.inappropriateOperationForState }
      do {
        let limits = admission.hub.limits
        try channel.syncOptions?.setOption(
          .writeBufferWaterMark,
          value: .init(low: limits.waitingBytes / 2, high: limits.waitingBytes))
        let peer = admitted.dialect.connect(admitted, at: deck)
        try channel.pipeline.syncOperations.addHandler(
          WebSocketHandler(
            peer: peer, messageSize: limits.messageSize,
            deflate: OpeningHandshake(upgradeRequest).deflate))
      } catch {
        admission.withdraw(admitted)
        throw error
      }
      return .webSocket
    }
  }
}

extension HTTPRequestHead {
  fileprivate var withTrustedCookies: HTTPRequestHead {
    let sent = headers["cookie"]
    guard !sent.isEmpty else { return self }
    var head = self
    head.headers.remove(name: "cookie")
    if let kept = Credentials.trusted(sent.joined(separator: "; "), isSecure: true) {
      head.headers.add(name: "cookie", value: kept)
    }
    return head
  }
}
