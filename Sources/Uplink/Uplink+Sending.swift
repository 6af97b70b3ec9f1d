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
  /// - Parameter limit: events of a batch; with 0 only what is under way already is heard out.
  func sendNext(
    _ lane: Lane, atMost limit: Int, by courier: Courier, _ drive: inout Drive
  ) async -> Happening {
    do {
      if let happened = try await settleDoubt(lane, by: courier, &drive) { return happened }
      let limit = drive.limit(lane, atMost: limit)
      let flight: Flight
      if let ahead = try await ahead(lane, &drive) {
        flight = ahead
      } else if limit == 0 {
        return .givenUp
      } else if let prepared = try await batch(
        lane, after: try store.shoreCursor(lane), atMost: limit, &drive)
      {
        guard prepared.body.count <= Limits.body, prepared.size <= Limits.inflated
        else {
          return .tooLarge(events: prepared.seqs.count, isProven: true)
        }
        flight = launch(prepared, by: courier, drive)
      } else {
        return .nothingLeft
      }
      update { $0.state = .sending }
      if flight.prepared.size > Limits.page / 4 { drive.isUntidy = true }
      await follow(flight, atMost: limit, by: courier, &drive)
      let delivery = await land(flight.task, &drive)
      if delivery?.isUncertain ?? true, let doubt = flight.doubt { drive.doubts.append(doubt) }
      if delivery?.isAccepted != true, let ahead = drive.ahead, ahead.lane == lane {
        await abandon(ahead, &drive)
      }
      guard let delivery else { return .givenUp }
      return try await outcome(of: delivery, flight, &drive)
    } catch {
      return hubFailed(error)
    }
  }

  /// Learns what became of a batch of `lane` whose exchange ended without an answer, before anything
  /// of it is sent again. `nil` where there is none, or shore does not know it: then it goes again.
  private func settleDoubt(
    _ lane: Lane, by courier: Courier, _ drive: inout Drive
  ) async throws -> Happening? {
    guard let index = drive.doubts.firstIndex(where: { $0.head.lane == lane }) else { return nil }
    let doubt = drive.doubts.remove(at: index)
    // Something else has moved the cursor: a courier's receipt, or shore's own word.
    guard doubt.head.after == (try store.shoreCursor(lane)) else {
      return try await settleDoubt(lane, by: courier, &drive)
    }
    update { $0.state = .sending }
    guard let delivery = await ask(about: doubt, by: courier, &drive) else {
      drive.doubts.insert(doubt, at: index)
      return .givenUp
    }
    defer { show(drive) }
    switch delivery.reply {
    case .accepted(let refused):
      let own = Set(doubt.seqs)
      try confirmed(
        doubt.head, events: own.count, refused: refused.filter { own.contains($0.seq) }, delivery)
      return .confirmed(events: own.count)
    case .failed(let trouble) where trouble.leavesDoubt:
      drive.doubts.insert(doubt, at: index)
      if trouble == .timeout { onLink(.lost) }
      return failed(trouble)
    case .gap, .rejected, .tooLarge, .failed:
      // It never arrived as a whole, and so nothing behind it was taken.
      drive.doubts.removeAll { $0.head.lane == lane }
      return nil
    }
  }

  /// The batch of `lane` that is under way already.
  private func ahead(_ lane: Lane, _ drive: inout Drive) async throws -> Flight? {
    guard let flight = drive.ahead, flight.lane == lane else { return nil }
    if flight.prepared.head.after == (try store.shoreCursor(lane)) {
      drive.ahead = nil
      return flight
    }
    // A courier's receipt came in between.
    await abandon(flight, &drive)
    return nil
  }

  /// Makes the batch behind `flight` while that one travels, and lets it set out as soon as that one
  /// has left, so that the link does not lie idle until shore's answer is here.
  ///
  /// Safe at any outcome: shore takes nothing behind a gap, and without the answer in front of it none
  /// is heard.
  private func follow(
    _ flight: Flight, atMost limit: Int, by courier: Courier, _ drive: inout Drive
  ) async {
    let batch = flight.prepared
    // Only where there is likely to be more does making the next one pay; and before the link has been
    // measured the next one should be larger.
    guard limit > 0, drive.meter.rate != nil,
      batch.seqs.count >= limit || batch.size > Limits.page / 2,
      let next = try? await self.batch(
        flight.lane, after: batch.head.through, atMost: limit, &drive)
    else { return }
    guard drive.ahead == nil, drive.maySendAhead(next, of: flight.prepared) else {
      drive.ready = next
      return
    }
    await withTaskCancellationHandler {
      await flight.departed()
    } onCancel: {
      exchanges.cancel()
    }
    drive.ahead = launch(next, isAhead: true, by: courier, drive)
    if next.seqs.count >= limit {
      drive.ready = try? await prepare(
        flight.lane, after: next.head.through, atMost: limit, drive.coding)
    }
  }

  /// The batch of `lane` that follows `after`, which may be ready already.
  private func batch(
    _ lane: Lane, after: Int64, atMost limit: Int, _ drive: inout Drive
  ) async throws -> PreparedBatch? {
    if let ready = drive.ready, ready.head.lane == lane {
      drive.ready = nil
      if ready.head.after == after, ready.seqs.count <= limit,
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
        try PreparedBatch($0, coding, since: start)
      }
    }
  }

  /// About what the heads of both ways and an answer take.
  private static let heads = 700

  private func outcome(
    of delivery: Courier.Delivery, _ flight: Flight, _ drive: inout Drive
  ) async throws -> Happening {
    let batch = flight.prepared
    let count = batch.seqs.count
    defer { show(drive) }
    if case .accepted(let refused) = delivery.reply {
      let own = Set(batch.seqs)
      try confirmed(
        batch.head, events: own.count, refused: refused.filter { own.contains($0.seq) }, delivery)
      drive.takesZstd = delivery.takesZstd
      let ended = flight.begun + delivery.took
      let took = ended - max(flight.begun, drive.lastAnswer ?? flight.begun)
      drive.lastAnswer = ended
      drive.meter.exchanged(
        events: count, bytes: Int64(batch.body.count + Self.heads), took: took,
        isAlone: !flight.isAhead && drive.ahead == nil)
      // Over a fast link at most half a core's time goes into a drain.
      let rest = batch.took * 2 - took
      if rest > .zero { try? await Task.sleep(for: rest) }
      return .confirmed(events: count)
    }
    switch delivery.reply {
    case .accepted: return .confirmed(events: count)
    // It was there before the one in front of it.
    case .gap where flight.isAhead: return .givenUp
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
      // A question that is held ashore would hear of it much later.
      if trouble == .timeout { onLink(.lost) }
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
      let prepared = try PreparedBatch(batch)
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
      let prepared = try PreparedBatch(batch)
      guard let delivery = await post(prepared, by: courier, &drive) else { return true }
      switch delivery.reply {
      case .accepted(let refused):
        contacted(delivery)
        let refusal = refused.first { $0.seq == event.seq }
        try retried(event, refusal)
        try store.spent(delivery.bytes.total, in: purse.hour)
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
      spending: (delivery.bytes.total, purse.hour))
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
