import Foundation
import Testing

@testable import Certificates

@Suite struct TermTests {
  private static let built = Date(timeIntervalSince1970: 1_790_000_000)
  private static let today = built + 40 * 86_400

  @Test func `phones take the length`() {
    let term = Term(clock: Self.today, built: Self.built)

    #expect(term.begins < Self.today)
    #expect(term.ends.timeIntervalSince(term.begins) <= 825 * 86_400)
  }

  @Test func `a hub that starts in 1970 counts from when its program was made`() {
    let term = Term(clock: Date(timeIntervalSince1970: 5), built: Self.built)

    #expect(term == Term(clock: Self.built, built: Self.built))
    // A tablet that knows the time takes it for more than two years.
    #expect(term.begins < Self.today && term.ends > Self.built + 700 * 86_400)
  }

  @Test func `a hub that has lost the time goes on from what it knew`() {
    let before = Term(clock: Self.today, built: Self.built)
    let after = Term(clock: Date(timeIntervalSince1970: 5), built: Self.built, before: before)

    #expect(after == before)
    #expect(!before.isDue(clock: Date(timeIntervalSince1970: 5), built: Self.built))
  }

  @Test func `another is due 200 days before the end, and where the clock had been ahead`() {
    let term = Term(clock: Self.today, built: Self.built)

    #expect(!term.isDue(clock: Self.today, built: Self.built))
    #expect(!term.isDue(clock: term.ends - 201 * 86_400, built: Self.built))
    #expect(term.isDue(clock: term.ends - 199 * 86_400, built: Self.built))
    #expect(
      Term(clock: Self.today + 90 * 86_400, built: Self.built)
        .isDue(clock: Self.today, built: Self.built))
  }

  @Test func `a clock beyond all reason makes nothing that outlives the authority`() {
    let term = Term(clock: Date(timeIntervalSince1970: 5_000_000_000), built: Self.built)

    #expect(term.ends <= Authority.ends)
  }
}
