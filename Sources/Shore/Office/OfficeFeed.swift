import Inventory
import Logging
import NIOCore
import Sync
import Synchronization
import WebSockets

/// Tells the office's sockets what comes in: reads each event once, whoever listens, in the order in
/// which it came.
///
/// What a screen has missed is read from the log by its cursors, page by page as it takes them; it goes
/// live at the moment at which the log has nothing more for it and this feed has told nothing newer.
/// Nobody looks while nobody listens.
actor OfficeFeed {
  private let store: ShoreStore
  private let limits: OfficeLimits
  private let look: Duration
  private let logger: Logger
  private var seats: [Int: OfficeSeat] = [:]
  /// The last arrival that was told.
  private var arrived: Int64 = 0
  /// Of the sites that something has come from, how far it has been told.
  private var cursors: [SiteName: OfficeCursor] = [:]
  private var isClosed = false
  private static let page = 500

  init(
    _ store: ShoreStore, limits: OfficeLimits = OfficeLimits(),
    look: Duration = .milliseconds(200), logger: Logger
  ) {
    self.store = store
    self.limits = limits
    self.look = look
    self.logger = logger
  }

  /// Tells what comes in, until cancelled.
  func watch() async {
    while (try? await Task.sleep(for: look)) != nil {
      do {
        while !seats.isEmpty, try await tell() {}
      } catch {
        // A database that is busy just now is asked again with the next look.
        logger.warning("The office's feed waits.", metadata: ["error": "\(error)"])
      }
    }
  }

  /// - Returns: whether there may be more.
  private func tell() async throws(ShoreError) -> Bool {
    let arrivals = try await store.arrivals(after: arrived, limit: Self.page)
    guard let last = arrivals.last else { return false }
    for site in Set(arrivals.map(\.site)) { try await heed(site, arrivals) }
    let news = arrivals.map { arrival in
      var cursor = cursors[arrival.site] ?? OfficeCursor(epoch: arrival.epoch, through: [:])
      cursor.show(arrival)
      cursors[arrival.site] = cursor
      return OfficeNews(arrival, cursor)
    }
    arrived = last.number
    for seat in seats.values { seat.do { $0.hear(news) } }
    return arrivals.count == Self.page
  }

  /// Keeps the site's cursor in its newest epoch, for lanes overtake each other over a restore, too.
  /// One aboard may have cut off what was told: then screens take a snapshot.
  private func heed(_ site: SiteName, _ arrivals: [Arrival]) async throws(ShoreError) {
    let cursor = cursors[site] ?? OfficeCursor(epoch: "", through: [:])
    guard arrivals.contains(where: { $0.site == site && $0.epoch != cursor.epoch }) else { return }
    let standing = try await store.standing(of: cursor, at: site)
    cursors[site] = standing
    guard standing.through != cursor.through else { return }
    for seat in seats.values { seat.do { $0.restored(site) } }
  }

  /// A socket that has opened. It is told where the log stands, and hears from there on what it
  /// subscribes to.
  func enter(_ seat: OfficeSeat) async {
    do {
      if seats.isEmpty {
        let front = try await store.front()
        // Others may have come meanwhile, and be listening from where they found it.
        if seats.isEmpty { (arrived, cursors) = (front.arrived, front.ends) }
      }
      guard !isClosed else { return seat.do { $0.stop() } }
      seats[seat.id] = seat
      seat.do { [cursors] in $0.greet(cursors) }
    } catch {
      seat.do { $0.fail() }
    }
  }

  func leave(_ id: Int) { seats[id] = nil }

  /// Every socket is told that shore stops.
  func close() {
    isClosed = true
    for seat in seats.values { seat.do { $0.stop() } }
  }

  /// Does what `wish` asks for: the missed first, then live, and only then the answer.
  func subscribe(_ seat: OfficeSeat, _ wish: OfficeWish) async {
    guard let after = wish.after else {
      let ends = cursors.filter { ($0.key == wish.topic.site) || wish.topic.site == nil }
      return seat.do { [arrived] in
        $0.goLive(wish, from: arrived, OfficeAnswer(.live, ends))
      }
    }
    do {
      let found = try await store.resumption(
        after: after, of: wish.topic.site.map { [$0] }, limit: limits.replayedEvents)
      var answer = OfficeAnswer(.nothingMissed, found.cursors, lost: found.lost)
      while true {
        let page = try await store.missed(
          after: answer.cursors, ofAll: wish.topic.site == nil, limit: Self.page)
        if page.arrivals.isEmpty {
          // What has been told meanwhile would be missing.
          guard arrived <= page.asOf else { continue }
          return seat.do { [answer] in
            $0.goLive(wish, from: page.asOf, behind: found.cursors, answer)
          }
        }
        let news = Self.news(page, behind: answer.cursors, for: wish)
        answer.advance(to: page.cursors, replayed: Set(news.map(\.arrival.site)))
        for portion in news.portions(of: limits.waitingBytes / 2, measured: \.frames.size) {
          guard await seat.replay(portion, for: wish) else { return seat.do { $0.giveUp() } }
        }
      }
    } catch {
      seat.do { $0.fail() }
    }
  }

  private static func news(
    _ page: ShoreStore.Missed, behind told: [SiteName: OfficeCursor], for wish: OfficeWish
  ) -> [OfficeNews] {
    var cursors: [SiteName: OfficeCursor] = [:]
    for (site, next) in page.cursors {
      cursors[site] = told[site] ?? OfficeCursor(epoch: next.epoch, through: [:])
      cursors[site]?.epoch = next.epoch
    }
    return page.arrivals.compactMap { arrival in
      cursors[arrival.site]?.show(arrival)
      guard wish.topic.covers(arrival), let cursor = cursors[arrival.site] else { return nil }
      return OfficeNews(arrival, cursor)
    }
  }
}

/// A subscription as it was asked for.
struct OfficeWish: Sendable {
  var topic: OfficeTopic
  /// What the screen calls the message.
  var id: String?
  /// What it has shown of each site; `nil` to hear only what comes.
  var after: [SiteName: OfficeCursor]?
  /// It has been unsubscribed from before it was live.
  var isWithdrawn = false
}

/// One screen, as the feed knows it: everything about it happens on its event loop, in order.
struct OfficeSeat: Sendable {
  let id: Int
  private let eventLoop: any EventLoop
  private let screen: NIOLoopBound<OfficeScreen>

  /// To be made on the screen's event loop.
  init(_ id: Int, _ screen: OfficeScreen, on eventLoop: any EventLoop) {
    self.id = id
    self.eventLoop = eventLoop
    self.screen = NIOLoopBound(screen, eventLoop: eventLoop)
  }

  func `do`(_ body: @escaping @Sendable (OfficeScreen) -> Void) {
    eventLoop.execute { body(screen.value) }
  }

  /// - Returns: whether it has gone out and the socket is still there.
  func replay(_ news: [OfficeNews], for wish: OfficeWish) async -> Bool {
    let gone = eventLoop.flatSubmit { screen.value.replay(news, for: wish) }
    return (try? await gone.get()) ?? false
  }
}
