import Certificates
import Foundation
import Storage
import Testing

@testable import Quartermaster

/// What the doctor says about values that others measured.
struct JudgementTests {
  private static let gigabyte: Int64 = 1 << 30

  @Test(arguments: [
    (10 * gigabyte, Finding.Grade.well), (65 << 20, .warning), (40 << 20, .fault),
    (1 << 20, .fault),
  ])
  func `a disk is judged by what the next backup and the reserve need`(
    free: Int64, grade: Finding.Grade
  ) {
    let space = DiskSpace(free: free, total: 32 * Self.gigabyte)

    #expect(Judgement.disk(space, database: 100 << 20).grade == grade)
  }

  @Test func `a clock at 1970 is a warning, for the hub works on`() {
    let now: Int64 = 12_000

    let finding = Judgement.clock(now: now, lastEvent: nil, built: 1_795_000_000_000)

    #expect(finding.grade == .warning)
    #expect(finding.words.contains("GPS or NTP"))
  }

  @Test func `a clock that has jumped back is a warning`() {
    let finding = Judgement.clock(now: 1_000_000, lastEvent: 2_000_000, built: 0)

    #expect(finding.grade == .warning)
    #expect(Judgement.clock(now: 1_000_000, lastEvent: 900_000, built: 0).grade == .well)
  }

  @Test func `a folder that others may look into is a fault with its cure`() {
    let finding = Judgement.permissions(mode: 0o40755, ownedByHub: true, path: "/var/lib/q")

    #expect(finding.grade == .fault && finding.words.contains("chmod -R go= /var/lib/q"))
    #expect(Judgement.permissions(mode: 0o40700, ownedByHub: false, path: "/q").grade == .fault)
    #expect(Judgement.permissions(mode: 0o40700, ownedByHub: true, path: "/q").grade == .well)
  }

  @Test func `a backup that does not restore is a fault, none at all a warning`() {
    let broken = Judgement.backups(number: 2, behind: 3, problem: "It is torn.", folder: "/b")
    let none = Judgement.backups(number: 0, behind: nil, problem: nil, folder: "/b")
    let good = Judgement.backups(number: 2, behind: 3, problem: nil, folder: "/b")

    #expect(broken == .fault("backups", "It is torn."))
    #expect(none.grade == .warning)
    #expect(good.words == "2 backups; the newest restores, and lacks the last 3 events.")
  }

  @Test(arguments: [
    (100, Finding.Grade.well), (795, .warning), (821, .fault), (-60, .fault), (-4000, .warning),
  ])
  func `a certificate is judged a month ahead`(day: Int, grade: Finding.Grade) {
    let made = Date(timeIntervalSince1970: 1_800_000_000)
    let now = made + TimeInterval(day - 30) * 86_400
    let built = made - 1000 * 86_400

    let finding = Judgement.certificate(
      "/c.pem", term: Term(clock: made, built: built), isOwn: true, now: now, built: built)

    #expect(finding.grade == grade)
  }

  @Test func `a file without a certificate is a fault`() {
    let finding = Judgement.certificate("/c.pem", term: nil, isOwn: false, now: .now, built: .now)

    #expect(finding == .fault("certificate", "/c.pem holds none."))
  }

  @Test func `events without a shore are a warning, a long queue and a refusal too`() {
    #expect(Judgement.link(isConfigured: false, waiting: 5, refused: 0).grade == .warning)
    #expect(Judgement.link(isConfigured: true, waiting: 5, refused: 0).grade == .well)
    #expect(Judgement.link(isConfigured: true, waiting: 50_000, refused: 0).grade == .warning)
    #expect(Judgement.link(isConfigured: true, waiting: 0, refused: 1).grade == .warning)
  }
}
