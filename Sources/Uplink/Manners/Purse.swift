import Inventory
import Storage
import Synchronization

/// What the link may still cost, for the way up and the way down together; remembered over restarts.
package final class Purse: Sendable {
  private let store: Store
  private let budget: Budget
  private let start = ContinuousClock.now
  private let poweredBefore: Int64
  private let spending: Mutex<Spending>

  package init(_ budget: Budget, in store: Store) throws(StoreError) {
    self.store = store
    self.budget = budget
    poweredBefore = try store.powered()
    let hour = Store.hour(powered: poweredBefore)
    spending = Mutex(Spending(try store.linkSpending(since: hour - Store.spendingHours)))
  }

  /// How long the hub has been powered, in milliseconds: what budgets and patience count.
  var powered: Int64 { poweredBefore + (ContinuousClock.now - start).milliseconds }

  var hour: Int64 { Store.hour(powered: powered) }

  /// Counts what is written down by somebody else, with what it paid for.
  func spend(_ bytes: Int64) {
    let hour = hour
    spending.withLock { $0.spend(bytes, in: hour) }
  }

  /// Counts and writes down. Where that fails just now it still counts until the next start.
  func pay(_ bytes: Int64) {
    spend(bytes)
    try? store.spent(bytes, in: hour)
  }

  var isLimited: Bool { budget.isLimited }

  /// The bytes that `lane` may still spend; `nil` without a limit.
  func left(for lane: Lane) -> Int64? {
    let hour = hour
    return spending.withLock { $0.left(of: budget, for: lane, at: hour) }
  }

  /// How long `lane` has to wait until it may spend again; `nil` while it may.
  func wait(for lane: Lane) -> Duration? {
    let powered = powered
    let hour = Store.hour(powered: powered)
    return spending.withLock { $0.opens(of: budget, for: lane, at: hour) }.map {
      .milliseconds($0 * 3_600_000 - powered)
    }
  }

  var allowances: [UplinkStatus.Allowance] {
    let hour = hour
    return spending.withLock { spending in
      budget.spans.compactMap { span in
        span.limit.map {
          UplinkStatus.Allowance(
            hours: span.hours, limit: $0, spent: spending.spent(inLast: span.hours, at: hour))
        }
      }
    }
  }
}
