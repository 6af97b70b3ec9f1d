import Inventory
import Logging
import Storage
import Sync

/// What came of one step.
enum Happening: Sendable {
  case nothingLeft
  case confirmed(events: Int)
  case withheld
  case rewound
  case rejected(events: Int)
  case tooLarge(events: Int, isProven: Bool)
  case failed(Trouble)
  case givenUp
}

extension Uplink {
  func sendNext(_ lane: Lane, atMost limit: Int, by courier: Courier) async -> Happening {
    await step {
      let after = try store.shoreCursor(lane)
      let events = try store.outbox(lane: lane, after: after, limit: limit)
      guard let batch = Batch(events, lane: lane, after: after, lineage: try store.wholeLineage())
      else {
        return .nothingLeft
      }
      update { $0.state = .sending }
      let body = try batch.body()
      guard body.count <= Limits.body, batch.text.count <= Limits.inflated else {
        return .tooLarge(events: batch.events.count, isProven: true)
      }
      let reply = await post(body, head: batch.head, by: courier)
      update { $0.bytesSent += Int64(body.count) }
      switch reply {
      case .accepted(let refused):
        let own = Set(batch.events.map(\.seq))
        try confirmed(
          batch.head, events: own.count, refused: refused.filter { own.contains($0.seq) })
        return .confirmed(events: batch.events.count)
      case .gap(let through): return try rewind(lane, to: through)
      case .rejected(_, let message):
        contacted()
        troubled(.rejected(message))
        return .rejected(events: batch.events.count)
      case .tooLarge(let isProven, _):
        if batch.events.count == 1, !isProven { troubled(.tooLarge) }
        return .tooLarge(events: batch.events.count, isProven: isProven)
      case .failed(let trouble): return failed(trouble)
      case nil: return .givenUp
      }
    }
  }

  /// Shore goes past the event first; only then does it go into the tray. In the other order the
  /// hub's cursor would be ahead of shore's, and shore would call the next batch a gap.
  func withholdNext(_ lane: Lane, by courier: Courier) async -> Happening {
    await step {
      let after = try store.shoreCursor(lane)
      guard let event = try store.outbox(lane: lane, after: after, limit: 1).first else {
        return .nothingLeft
      }
      let batch = Batch(
        withholding: event, lane: lane, after: after, lineage: try store.wholeLineage())
      let body = try batch.body()
      let reply = await post(body, head: batch.head, by: courier)
      update { $0.bytesSent += Int64(body.count) }
      switch reply {
      case .accepted:
        let refusal = EventRefusal(
          seq: event.seq, code: .withheld,
          message: "Shore can't read this event; it is kept aboard.")
        try confirmed(batch.head, events: 0, refused: [refusal])
        return .withheld
      case .gap(let through): return try rewind(lane, to: through)
      case .rejected(_, let message): return failed(.rejected(message))
      case .tooLarge: return failed(.tooLarge)
      case .failed(let trouble): return failed(trouble)
      case nil: return .givenUp
      }
    }
  }

  private func step(_ body: () async throws -> Happening) async -> Happening {
    do {
      return try await body()
    } catch {
      logger.error("The uplink can't read or write the hub's log.", metadata: ["error": "\(error)"])
      return failed(.hub("The hub's own database stands in the way: \(error)"))
    }
  }

  private func confirmed(
    _ head: BatchHead, events: Int, refused: [EventRefusal]
  ) throws {
    try store.acknowledged(
      head.lane, through: head.through,
      refused: refused.map { ShoreRefusal(seq: $0.seq, code: $0.code, message: $0.message) })
    contacted()
    update { status in
      status.eventsSent += Int64(events)
      status.refused += Int64(refused.count)
    }
    for refusal in refused {
      logger.warning(
        "Shore refused an event; it waits for a person.",
        metadata: ["seq": "\(refusal.seq)", "code": "\(refusal.code)"])
    }
    try progressed()
  }

  private func rewind(_ lane: Lane, to through: Int64) throws -> Happening {
    logger.notice(
      "Shore has less than it once confirmed; sending it again.",
      metadata: ["lane": "\(lane.name)", "through": "\(through)"])
    try store.rewound(lane, to: through)
    contacted()
    try progressed()
    return .rewound
  }

  private func failed(_ trouble: Trouble) -> Happening {
    troubled(trouble)
    return .failed(trouble)
  }
}
