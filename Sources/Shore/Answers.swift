import Sync
import Synchronization

/// The last answers to each site, for hubs that did not hear them.
final class Answers: Sendable {
  private static let kept = 8
  /// One with very many refusals is not worth its memory: the batch comes again.
  private static let largest = 64 << 10

  private let answers = Mutex<[SiteName: [(digest: BodyDigest, text: [UInt8])]]>([:])

  func keep(_ text: [UInt8], to digest: BodyDigest, from site: SiteName) {
    guard text.count <= Self.largest else { return }
    answers.withLock { answers in
      var own = answers[site] ?? []
      own.removeAll { $0.digest == digest }
      if own.count == Self.kept { own.removeFirst() }
      own.append((digest, text))
      answers[site] = own
    }
  }

  func answer(to digest: BodyDigest, from site: SiteName) -> [UInt8]? {
    answers.withLock { $0[site]?.first { $0.digest == digest }?.text }
  }

  /// The site's log is another one from here on.
  func forget(_ site: SiteName) { answers.withLock { $0[site] = nil } }
}
