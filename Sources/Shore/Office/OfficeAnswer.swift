import Sync
import Wire

/// How a subscription came to be live, site by site: one of the hub's own outcomes, and the cursor from
/// which on it is heard.
struct OfficeAnswer: Sendable {
  enum Outcome: String, Sendable, Comparable {
    case live
    case nothingMissed = "nothing_missed"
    case replayed
    case snapshotRequired = "snapshot_required"

    private var weight: Int {
      switch self {
      case .live: 0
      case .nothingMissed: 1
      case .replayed: 2
      case .snapshotRequired: 3
      }
    }

    static func < (left: Outcome, right: Outcome) -> Bool { left.weight < right.weight }
  }

  private(set) var cursors: [SiteName: OfficeCursor]
  private var outcomes: [SiteName: Outcome]
  private let least: Outcome

  init(_ outcome: Outcome, _ cursors: [SiteName: OfficeCursor], lost: Set<SiteName> = []) {
    self.cursors = cursors
    least = outcome
    outcomes = cursors.mapValues { _ in outcome }
    for site in lost { outcomes[site] = .snapshotRequired }
  }

  mutating func advance(to cursors: [SiteName: OfficeCursor], replayed sites: Set<SiteName>) {
    self.cursors = cursors
    for site in sites { outcomes[site] = max(outcomes[site] ?? least, .replayed) }
  }

  /// What has to be said first where sites differ.
  var outcome: Outcome { outcomes.values.max() ?? least }

  /// `{"aurora":{"outcome":"replayed","cursor":"e1.0.12.3"}}`
  var sites: JSON {
    .object(
      JSON.Members(
        cursors.sorted { $0.key.text < $1.key.text }.map { site, cursor in
          (
            site.text,
            [
              "outcome": .string((outcomes[site] ?? least).rawValue),
              "cursor": .string(cursor.text),
            ]
          )
        }))
  }
}
