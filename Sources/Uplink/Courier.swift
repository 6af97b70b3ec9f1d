import AsyncHTTPClient
import NIOCore
import NIOHTTP1
import Sync

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Posts one body and reads the whole answer.
struct Courier: Sendable {
  let client: HTTPClient
  let settings: UplinkSettings

  struct Delivery: Sendable {
    var reply: Reply
    var took: Duration
    /// What went through the sockets since the answer before.
    var bytes = WireCounter.Bytes()
    /// Whether shore reads zstd, as its answer says.
    var takesZstd = false
    /// What shore's clock showed, in milliseconds since 1970. Nobody vouches for it.
    var shoreTime: Int64?

    var isAccepted: Bool {
      if case .accepted = reply { true } else { false }
    }

    /// Whether shore may have taken the batch all the same.
    var isUncertain: Bool {
      switch reply {
      case .failed(.timeout), .failed(.unreachable): true
      case .failed, .accepted, .gap, .rejected, .tooLarge: false
      }
    }
  }

  /// `nil` when the task was cancelled.
  /// - Parameter departed: is told when the whole body has left, at the latest with the answer.
  func post(
    _ body: [UInt8], coding: Coding, head: BatchHead, within limit: Duration,
    departed: @escaping @Sendable () -> Void
  ) async -> Delivery? {
    let digest = BodyDigest(of: body)
    var request = HTTPClientRequest(url: settings.url)
    request.method = .POST
    request.headers = [
      "Content-Type": "application/x-ndjson", "Content-Encoding": coding.name,
      "Authorization": settings.key.authorization(site: settings.site, digest: digest),
    ]
    let bytes = ByteBuffer(bytes: body)
    request.body =
      body.count <= Pieces.size
      ? .bytes(bytes)
      : .stream(Pieces(body: bytes, onEnd: departed), length: .known(Int64(body.count)))
    return await exchange(request, about: head, digest, within: limit)
  }

  /// Asks for shore's answer to a batch that may have arrived: a few hundred bytes in place of all of
  /// it again. `nil` when the task was cancelled.
  func ask(about doubt: Doubt, within limit: Duration) async -> Delivery? {
    let target = AnswerRequest.target(site: settings.site, batch: doubt.digest)
    var request = HTTPClientRequest(url: settings.shore + target)
    request.headers = [
      "Authorization": settings.key.authorization(
        site: settings.site, digest: BodyDigest(of: Array(target.utf8)))
    ]
    return await exchange(request, about: doubt.head, doubt.digest, within: limit)
  }

  private func exchange(
    _ request: HTTPClientRequest, about head: BatchHead, _ digest: BodyDigest,
    within limit: Duration
  ) async -> Delivery? {
    let start = ContinuousClock.now
    func delivery(_ reply: Reply) -> Delivery {
      Delivery(reply: reply, took: .now - start)
    }
    do {
      let response = try await client.execute(request, deadline: .now() + TimeAmount(limit))
      let answer = try await response.body.collect(upTo: Limits.answer)
      let headers = response.headers
      let seconds = headers.first(name: "Retry-After").flatMap { Int64($0) }
      var delivery = delivery(
        Reply(
          status: Int(response.status.code),
          retryAfter: seconds.map { .seconds(max(0, min($0, 86_400))) },
          body: Array(buffer: answer), to: head, site: settings.site, digest: digest,
          key: settings.key))
      delivery.takesZstd = headers[canonicalForm: "Accept-Encoding"].contains("zstd")
      delivery.shoreTime = headers.first(name: "Date").flatMap(HTTPDate.milliseconds)
      return delivery
    } catch {
      return Task.isCancelled ? nil : delivery(.failed(Trouble(error)))
    }
  }
}

/// The moment in a `Date` header (RFC 9110, section 5.6.7), in the one form that is written today.
enum HTTPDate {
  private static let months = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
  ]

  static func milliseconds(_ text: String) -> Int64? {
    // Sun, 06 Nov 1994 08:49:37 GMT
    let words = text.split(separator: " ")
    let time = words.count == 6 ? words[4].split(separator: ":").compactMap { Int32($0) } : []
    guard time.count == 3, words[5] == "GMT", let day = Int32(words[1]),
      let month = months.firstIndex(of: String(words[2])), let year = Int32(words[3])
    else { return nil }
    var parts = tm()
    (parts.tm_year, parts.tm_mon, parts.tm_mday) = (year - 1900, Int32(month), day)
    (parts.tm_hour, parts.tm_min, parts.tm_sec) = (time[0], time[1], time[2])
    return Int64(timegm(&parts)) * 1000
  }
}

extension Trouble {
  init(_ error: any Error) {
    switch error {
    case let error as HTTPClientError where Self.timeouts.contains(error): self = .timeout
    // An answer larger than any of shore's.
    case is NIOTooManyBytesError: self = .notShore
    case is Trust.WrongPin: self = .wrongServer
    // Some of these are not public, so all are known by name.
    case _ where String(reflecting: type(of: error)).hasPrefix("NIOSSL."): self = .untrusted
    default: self = .unreachable
    }
  }

  private static let timeouts: [HTTPClientError] = [
    .connectTimeout, .readTimeout, .writeTimeout, .deadlineExceeded, .tlsHandshakeTimeout,
    .getConnectionFromPoolTimeout,
  ]
}
