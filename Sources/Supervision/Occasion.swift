import Logging

/// What an administrator may want to be woken for, under ids that stay the same for ever:
/// `journalctl MESSAGE_ID=...`, and `journalctl -x` explains them from `systemd/quartermaster.catalog`.
package enum Occasion: String, CaseIterable, Sendable {
  case started = "bf70126802754be9b73f2dc9b2a24c01"
  case stopping = "bf70126802754be9b73f2dc9b2a24c02"
  case reloaded = "bf70126802754be9b73f2dc9b2a24c03"
  case checkFailed = "bf70126802754be9b73f2dc9b2a24c04"
  case checkRecovered = "bf70126802754be9b73f2dc9b2a24c05"
  case corruptionFound = "bf70126802754be9b73f2dc9b2a24c06"
  case diskNearlyFull = "bf70126802754be9b73f2dc9b2a24c07"
  case backupWritten = "bf70126802754be9b73f2dc9b2a24c08"
  case backupFailed = "bf70126802754be9b73f2dc9b2a24c09"
  case reloadRefused = "bf70126802754be9b73f2dc9b2a24c0a"

  /// The key of swift-log's metadata under which an occasion travels to the journal.
  static let key = "MESSAGE_ID"
}

extension Logger.Metadata {
  package static func occasion(_ occasion: Occasion) -> Logger.Metadata {
    [Occasion.key: "\(occasion.rawValue)"]
  }
}
