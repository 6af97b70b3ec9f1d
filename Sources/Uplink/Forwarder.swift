import Inventory

/// Decides which lane is sent next, how much of it, and how long to wait after a failure.
///
/// Told what happened, it says what to do; it reads no clock and rolls no dice. `now` is time since
/// any fixed moment, on a clock that never jumps. Nothing sticks: a failure of the link holds all
/// lanes for a while, a failure of one lane only that one; a batch that shore can't read is halved
/// until the event at fault stands alone and is withheld; and every trigger (timer, new change,
/// success, link change, a person's wish) ends or shortens a wait. The faster lane goes first, but a
/// slower one that others have passed often enough gets one batch in between.
package struct Forwarder: Sendable {
  package enum Order: Sendable, Hashable {
    /// Send the next events of the lane, at most so many.
    case send(Lane, atMost: Int)
    /// Tell shore to go past the lane's next event, and put that event into the tray.
    case withhold(Lane)
    /// Nothing to do for so long, unless something happens.
    case wait(Duration)
  }

  /// What a failure stands in the way of.
  package enum Reach: Sendable, Hashable {
    case link, lane
  }

  package struct Pace: Sendable, Hashable {
    package var shortest = Duration.seconds(1)
    package var longest = Duration.seconds(300)
    /// A new change ends a wait that has lasted this long: soon enough for whoever made it, and a
    /// busy hub without a link does not try again with every scan.
    package var changePatience = Duration.seconds(10)
    /// How often an idle forwarder looks for itself, should a nudge ever be lost.
    package var idle = Duration.seconds(60)
    package var batchEvents = 1000
    /// So many batches of faster lanes may pass a lane that has something to send.
    package var turns = 8
    /// How long a lane's new changes are gathered before they go, so that a trickle of them does not
    /// make a request each; a lane that is not named goes at once.
    package var gathering: [Lane: Duration] = [:]

    package init() {}
  }

  private struct Hold {
    var since: Duration
    var until: Duration

    init(since: Duration, until: Duration) {
      self.since = since
      self.until = until
    }

    init(
      since now: Duration, for backoff: inout Backoff, retryAfter: Duration?, chance: Double
    ) {
      let asked = min(retryAfter ?? .zero, backoff.longest)
      self.init(since: now, until: now + max(backoff.next(chance: chance), asked))
    }
  }

  private struct LaneState {
    var mayHaveMore = true
    /// Batches of faster lanes that have gone since this one had its turn.
    var passed = 0
    /// The most events that a batch may hold, since a larger one was too large for the way ashore.
    var ceiling: Int
    /// How many of the next events include one that shore can't read.
    var suspects: Int?
    var isPoisoned = false
    var hasRewound = false
    /// Until when new changes are gathered.
    var gathers: Duration?
    var hold: Hold?
    var backoff: Backoff
  }

  private let pace: Pace
  private var lanes: [Lane: LaneState] = [:]
  private var linkHold: Hold?
  private var linkBackoff: Backoff

  package init(pace: Pace = Pace()) {
    self.pace = pace
    linkBackoff = Backoff(shortest: pace.shortest, longest: pace.longest)
    for lane in Lane.allCases {
      lanes[lane] = LaneState(ceiling: pace.batchEvents, backoff: linkBackoff)
    }
  }

  /// Whether anything may be left to send, so that a wait is more than idleness.
  package var hasMore: Bool { lanes.values.contains { $0.mayHaveMore } }

  /// Whether the link itself is left alone for a while.
  package func isLinkHeld(now: Duration) -> Bool { linkHold.map { now < $0.until } ?? false }

  /// What to do at `now`, given all that has been told.
  /// - Parameter barred: lanes that may not be sent before a certain time, such as for a budget.
  package func order(now: Duration, barred: [Lane: Duration] = [:]) -> Order {
    if let linkHold, now < linkHold.until { return .wait(linkHold.until - now) }
    var soonest = pace.idle
    var next: Lane?
    var isDue = false
    for lane in Lane.allCases {
      guard let state = lanes[lane], state.mayHaveMore else { continue }
      if let hold = state.hold, now < hold.until {
        soonest = min(soonest, hold.until - now)
      } else if let end = [state.gathers, barred[lane]].compactMap({ $0 }).max(), now < end {
        soonest = min(soonest, end - now)
      } else if next == nil || state.passed >= pace.turns && !isDue {
        next = lane
        isDue = state.passed >= pace.turns
      }
    }
    guard let next, let state = lanes[next] else { return .wait(soonest) }
    if state.isPoisoned { return .withhold(next) }
    let half = state.suspects.map { max(1, $0 / 2) }
    return .send(next, atMost: min(state.ceiling, half ?? state.ceiling))
  }
}

/// What happened on the way ashore.
extension Forwarder {
  /// The lane had nothing left to send.
  package mutating func drained(_ lane: Lane) {
    change(lane) { state in
      state.mayHaveMore = false
      state.gathers = nil
      state.passed = 0
    }
  }

  /// Shore proved that it has the lane's next `events`. The faster lanes are looked at again first.
  package mutating func acknowledged(_ lane: Lane, events: Int) {
    succeeded(lane)
    change(lane) { state in
      guard let suspects = state.suspects else { return }
      state.suspects = suspects > events ? suspects - events : nil
    }
  }

  /// Shore went past the event at fault, which lies in the tray now.
  package mutating func withheld(_ lane: Lane) {
    succeeded(lane)
    change(lane) { state in
      state.suspects = nil
      state.isPoisoned = false
    }
  }

  /// Shore proved that it has less of the lane than the cursor said, and the cursor went back.
  package mutating func rewound(_ lane: Lane, now: Duration, chance: Double) {
    linkUp()
    guard lanes[lane]?.hasRewound == false else {
      hold(lane, now: now, retryAfter: nil, chance: chance)
      return
    }
    change(lane) { state in
      state.hasRewound = true
      state.mayHaveMore = true
      state.suspects = nil
      state.isPoisoned = false
    }
  }

  /// Shore proved that it can't read the batch of `events` as a whole.
  package mutating func rejected(_ lane: Lane, events: Int, now: Duration, chance: Double) {
    linkUp()
    guard lanes[lane]?.isPoisoned == false else {
      hold(lane, now: now, retryAfter: nil, chance: chance)
      return
    }
    change(lane) { state in
      state.suspects = events
      state.isPoisoned = events <= 1
    }
  }

  /// The batch of `events` is too large: for shore itself (`isProven`), or for something in
  /// between.
  package mutating func tooLarge(
    _ lane: Lane, events: Int, isProven: Bool, now: Duration, chance: Double
  ) {
    if events > 1 {
      change(lane) { $0.ceiling = max(1, events / 2) }
    } else if isProven {
      rejected(lane, events: events, now: now, chance: chance)
    } else {
      hold(lane, now: now, retryAfter: nil, chance: chance)
    }
  }

  /// A hook said that the link is down: it is left alone, as after the longest of all failures.
  package mutating func linkDown(now: Duration) {
    linkHold = Hold(since: now, until: now + pace.longest)
  }

  package mutating func failed(
    _ lane: Lane, reach: Reach, retryAfter: Duration?, now: Duration, chance: Double
  ) {
    switch reach {
    case .lane: hold(lane, now: now, retryAfter: retryAfter, chance: chance)
    case .link:
      linkHold = Hold(
        since: now, for: &linkBackoff, retryAfter: retryAfter, chance: chance)
    }
  }

  private mutating func succeeded(_ lane: Lane) {
    linkUp()
    for faster in Lane.allCases where faster.rawValue <= lane.rawValue {
      lanes[faster]?.mayHaveMore = true
    }
    for slower in Lane.allCases where slower.rawValue > lane.rawValue {
      lanes[slower]?.passed += 1
    }
    change(lane) { state in
      state.passed = 0
      state.hasRewound = false
      state.hold = nil
      state.backoff.reset()
    }
  }

  private mutating func linkUp() {
    linkHold = nil
    linkBackoff.reset()
  }

  private mutating func hold(
    _ lane: Lane, now: Duration, retryAfter: Duration?, chance: Double
  ) {
    change(lane) { state in
      state.hold = Hold(since: now, for: &state.backoff, retryAfter: retryAfter, chance: chance)
    }
  }

  private mutating func change(_ lane: Lane, _ change: (inout LaneState) -> Void) {
    guard var state = lanes[lane] else { return }
    change(&state)
    lanes[lane] = state
  }
}

/// What restarts the queue.
extension Forwarder {
  /// A wait ran out.
  package mutating func woke() {
    for lane in Lane.allCases { lanes[lane]?.mayHaveMore = true }
  }

  /// New events were committed aboard.
  package mutating func committed(now: Duration) {
    let gathering = pace.gathering
    for lane in Lane.allCases {
      change(lane) { state in
        if !state.mayHaveMore { state.gathers = gathering[lane].map { now + $0 } }
        state.mayHaveMore = true
      }
    }
    let patience = pace.changePatience
    let hasten = { (hold: Hold) in
      Hold(since: hold.since, until: min(hold.until, hold.since + patience))
    }
    linkHold = linkHold.map(hasten)
    for lane in Lane.allCases { change(lane) { $0.hold = $0.hold.map(hasten) } }
  }

  /// A person asked for it, or the way ashore is another one now: everything is tried at once.
  package mutating func restarted() {
    woke()
    linkUp()
    let ceiling = pace.batchEvents
    for lane in Lane.allCases {
      change(lane) { state in
        state.ceiling = ceiling
        state.hasRewound = false
        state.gathers = nil
        state.hold = nil
        state.backoff.reset()
      }
    }
  }
}
