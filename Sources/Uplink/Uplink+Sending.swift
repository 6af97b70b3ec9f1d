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
  func sendNext(
    _ lane: Lane, atMost limit: Int, by courier: Courier, _ drive: inout Drive
  ) async -> Happening {
    do {
      let limit = drive.limit(lane, atMost: limit, powered: powered)
      guard let prepared = try await batch(lane, atMost: limit, &drive) else {
        return .nothingLeft
      }
      let batch = prepared.batch
      let count = batch.events.count
      update { $0.state = .sending }
      guard prepared.body.count <= Limits.body, batch.text.count <= Limits.inflated else {
        return .tooLarge(events: count, isProven: true)
      }
      // Only where there is likely to be more does making the next one pay.
      let mayFollow = count >= limit || batch.text.count > Limits.page / 2
      let coding = drive.coding
      async let following =
        mayFollow
        ? prepare(lane, after: batch.head.through, atMost: limit, coding) : nil
      let delivery = await post(prepared, by: courier, &drive)
      drive.ready = (try? await following) ?? nil
      guard let delivery else { return .givenUp }
      return try await outcome(of: delivery, prepared, &drive)
    } catch {
      return hubFailed(error)
    }
  }

  /// The next batch of `lane`, which may be ready already.
  private func batch(
    _ lane: Lane, atMost limit: Int, _ drive: inout Drive
  ) async throws -> PreparedBatch? {
    let after = try store.shoreCursor(lane)
    if let ready = drive.ready, ready.batch.head.lane == lane {
      drive.ready = nil
      if ready.batch.head.after == after, ready.batch.events.count <= limit,
        ready.coding == drive.coding
      {
        return ready
      }
    }
    return try await prepare(lane, after: after, atMost: limit, drive.coding)
  }

  private func prepare(
    _ lane: Lane, after: Int64, atMost limit: Int, _ coding: Coding
  ) async throws -> PreparedBatch? {
    // Looks first, for most questions find nothing, and a thread is too much for that.
    guard try !store.outbox(lane: lane, after: after, limit: 1).isEmpty else { return nil }
    let lineage = try store.wholeLineage()
    return try await Backstage.perform { [store] in
      let start = ContinuousClock.now
      let events = try store.outbox(lane: lane, after: after, limit: limit)
      return try Batch(events, lane: lane, after: after, lineage: lineage).map {
        PreparedBatch(
          batch: $0, body: try $0.body(coding), coding: coding, took: .now - start)
      }
    }
  }

  private func outcome(
    of delivery: Courier.Delivery, _ prepared: PreparedBatch, _ drive: inout Drive
  ) async throws -> Happening {
    let batch = prepared.batch
    let count = batch.events.count
    defer { show(drive) }
    if case .accepted(let refused) = delivery.reply {
      let own = Set(batch.events.map(\.seq))
      try confirmed(
        batch.head, events: own.count, refused: refused.filter { own.contains($0.seq) }, delivery)
      drive.takesZstd = delivery.takesZstd
      drive.meter.exchanged(events: count, bytes: delivery.bytes.total, took: delivery.took)
      // Over a fast link at most half a core's time goes into a drain.
      if prepared.took > delivery.took {
        try? await Task.sleep(for: prepared.took - delivery.took)
      }
      return .confirmed(events: count)
    }
    switch delivery.reply {
    case .accepted: return .confirmed(events: count)
    case .gap(let through): return try rewind(batch.head.lane, to: through)
    case .rejected(let code, _) where code == "unsupported_media_type" && drive.takesZstd:
      // Another shore, or an older one: gzip is read by all.
      drive.takesZstd = false
      return .givenUp
    case .rejected(_, let message):
      contacted()
      troubled(.rejected(message))
      return .rejected(events: count)
    case .tooLarge(let isProven, _):
      if count == 1, !isProven { troubled(.tooLarge) }
      return .tooLarge(events: count, isProven: isProven)
    case .failed(let trouble):
      if delivery.bytes.sent > 0, trouble == .timeout || trouble == .unreachable {
        drive.meter.broke()
      }
      return failed(trouble)
    }
  }

  /// Shore goes past the event first; only then does it go into the tray. In the other order the
  /// hub's cursor would be ahead of shore's, and shore would call the next batch a gap.
  func withholdNext(_ lane: Lane, by courier: Courier, _ drive: inout Drive) async -> Happening {
    do {
      let after = try store.shoreCursor(lane)
      guard let event = try store.outbox(lane: lane, after: after, limit: 1).first else {
        return .nothingLeft
      }
      let batch = Batch(
        withholding: event, lane: lane, after: after, lineage: try store.wholeLineage())
      let prepared = PreparedBatch(
        batch: batch, body: try batch.body(), coding: .gzip, took: .zero)
      guard let delivery = await post(prepared, by: courier, &drive) else { return .givenUp }
      if case .accepted = delivery.reply {
        let refusal = EventRefusal(
          seq: event.seq, code: .withheld,
          message: "Shore can't read this event; it is kept aboard.")
        try confirmed(batch.head, events: 0, refused: [refusal], delivery)
        return .withheld
      }
      switch delivery.reply {
      case .accepted: return .withheld
      case .gap(let through): return try rewind(lane, to: through)
      case .rejected(_, let message): return failed(.rejected(message))
      case .tooLarge: return failed(.tooLarge)
      case .failed(let trouble): return failed(trouble)
      }
    } catch {
      return hubFailed(error)
    }
  }

  /// Sends the next event of the tray that a person wants sent again; `false` where there is none.
  func sendRetry(by courier: Courier, _ drive: inout Drive, now: Duration) async -> Bool {
    do {
      guard let event = try store.nextRetry(),
        let batch = Batch(
          [event], lane: event.lane, after: event.seq - 1, lineage: try store.wholeLineage())
      else { return false }
      let prepared = PreparedBatch(
        batch: batch, body: try batch.body(), coding: .gzip, took: .zero)
      guard let delivery = await post(prepared, by: courier, &drive) else { return true }
      switch delivery.reply {
      case .accepted(let refused):
        contacted(delivery)
        let refusal = refused.first { $0.seq == event.seq }
        try retried(event, refusal)
        try store.spent(delivery.bytes.total, in: Store.hour(powered: powered))
        drive.retryBackoff.reset()
      case .rejected(_, let message):
        contacted()
        try retried(event, EventRefusal(seq: event.seq, code: .withheld, message: message))
      case .tooLarge(_, let message):
        try retried(event, EventRefusal(seq: event.seq, code: .tooLarge, message: message))
      case .gap(let through): _ = try rewind(event.lane, to: through)
      case .failed(let trouble):
        let chance = Double.random(in: 0..<1)
        drive.retriesFrom = now + drive.retryBackoff.next(chance: chance)
        drive.forwarder.failed(
          event.lane, reach: trouble.reach, retryAfter: trouble.retryAfter, now: now,
          chance: chance)
        troubled(trouble)
      }
      return true
    } catch {
      drive.retriesFrom = now + drive.retryBackoff.next(chance: 0.5)
      _ = hubFailed(error)
      return false
    }
  }

  private func retried(_ event: Event, _ refusal: EventRefusal?) throws {
    try store.retried(
      event.seq,
      refusal: refusal.map { ShoreRefusal(seq: $0.seq, code: $0.code, message: $0.message) })
  }

  private func hubFailed(_ error: any Error) -> Happening {
    logger.error("The uplink can't read or write the hub's log.", metadata: ["error": "\(error)"])
    return failed(.hub("The hub's own database stands in the way: \(error)"))
  }

  private func confirmed(
    _ head: BatchHead, events: Int, refused: [EventRefusal], _ delivery: Courier.Delivery
  ) throws {
    try store.acknowledged(
      head.lane, through: head.through,
      refused: refused.map { ShoreRefusal(seq: $0.seq, code: $0.code, message: $0.message) },
      spending: (delivery.bytes.total, Store.hour(powered: powered)))
    contacted(delivery)
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
