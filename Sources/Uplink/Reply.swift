import Sync
import Wire

/// What came back for a batch, once it is known who said it.
enum Reply: Sendable, Hashable {
  /// Shore has it all, except what is refused.
  case accepted(refused: [EventRefusal])
  /// Shore's log of the lane ends at `through`.
  case gap(through: Int64)
  /// Shore itself can't read this batch.
  case rejected(code: String, message: String)
  case tooLarge(isProven: Bool, message: String)
  case failed(Trouble)

  /// Reads an HTTP answer. Only what carries shore's seal over these very bytes can move a cursor
  /// or take a batch apart; a sign-in page may answer whatever it likes.
  init(
    status: Int, retryAfter: Duration?, body: [UInt8], to head: BatchHead, site: SiteName,
    digest: BodyDigest, key: SiteKey
  ) {
    // An answer that is no JSON is one that shore did not write.
    let json = (try? JSON(body)) ?? .null
    let problem = ReadProblem(json, site: site, digest: digest, key: key)
    let answer = { (verdict: Answer.Verdict) in
      Answer(json, verdict: verdict, to: head, site: site, digest: digest, key: key)
    }
    switch status {
    case 200:
      guard let answer = answer(.accepted), answer.through == head.through else {
        self = .failed(.notShore)
        return
      }
      self = .accepted(refused: answer.refused)
    case 300..<400, 511: self = .failed(.notShore)
    case 400, 415:
      self =
        if let problem, problem.isProven {
          .rejected(code: problem.code, message: problem.detail)
        } else {
          .failed(.unexpected(status: status))
        }
    case 401, 403: self = .failed(problem?.code == "unauthenticated" ? .unknownKey : .notShore)
    case 404: self = .failed(.notShore)
    case 409:
      if let answer = answer(.gap), answer.through < head.after {
        self = .gap(through: answer.through)
      } else if let problem, problem.isProven {
        self = .failed(.conflict(problem.detail))
      } else {
        self = .failed(.notShore)
      }
    case 413:
      self = .tooLarge(
        isProven: problem?.isProven ?? false,
        message: problem?.detail ?? "The way ashore does not take a batch of that size.")
    case 429, 503: self = .failed(.busy(retryAfter: retryAfter))
    default: self = .failed(.unexpected(status: status))
    }
  }
}

/// Why a batch did not get ashore, in words for people.
enum Trouble: Error, Sendable, Hashable, CustomStringConvertible {
  case unreachable
  case timeout
  case untrusted
  /// The server holds none of the pinned keys.
  case wrongServer
  /// The certificate's dates don't fit, and the hub's clock is the one at fault.
  case clock(String)
  case notShore
  case unknownKey
  case conflict(String)
  case busy(retryAfter: Duration?)
  case unexpected(status: Int)
  case tooLarge
  case rejected(String)
  case hub(String)

  var reach: Forwarder.Reach {
    switch self {
    case .unexpected, .tooLarge, .rejected: .lane
    case .unreachable, .timeout, .untrusted, .wrongServer, .clock, .notShore, .unknownKey,
      .conflict, .busy, .hub:
      .link
    }
  }

  /// Whether the question, too, got no answer of shore's, so that asking again makes sense.
  var leavesDoubt: Bool {
    switch self {
    case .unreachable, .timeout, .untrusted, .wrongServer, .clock, .busy: true
    case .notShore, .unknownKey, .conflict, .unexpected, .tooLarge, .rejected, .hub: false
    }
  }

  var retryAfter: Duration? {
    if case .busy(let retryAfter) = self { retryAfter } else { nil }
  }

  var description: String {
    switch self {
    case .unreachable:
      "Shore can't be reached: the link is down, or shore's address is wrong."
    case .timeout: "Shore did not answer in time: the link is down or very slow."
    case .untrusted:
      "The secure connection to shore failed: check the hub's clock and shore's certificate."
    case .wrongServer:
      "The server at shore's address is another one: its key is none of the pinned ones."
    case .clock(let words): words
    case .notShore:
      "Something other than shore answers: the Wi-Fi may want someone to sign in, or shore's "
        + "address is wrong."
    case .unknownKey:
      "Shore does not know this site or its key: check --site and the site key file."
    case .conflict(let detail): detail
    case .busy: "Shore is busy and asks to try again later."
    case .unexpected(let status): "Shore answered with an error (\(status)); its log says more."
    case .tooLarge: "Something on the way ashore does not let an event of this size pass."
    case .rejected(let detail): "Shore can't read what is sent: \(detail)"
    case .hub(let what): what
    }
  }
}
