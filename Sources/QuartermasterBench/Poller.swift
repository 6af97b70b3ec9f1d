import CEpoll
import Glibc

/// epoll(7) for one thread: which descriptors have something to read.
final class Poller {
  private let descriptor: Int32
  private var events = [epoll_event](repeating: epoll_event(), count: 1024)

  init() throws {
    descriptor = epoll_create1(Int32(EPOLL_CLOEXEC))
    guard descriptor >= 0 else { throw Socket.failure("epoll_create1") }
  }

  deinit { close(descriptor) }

  /// - Parameter name: what `wait` calls it.
  func add(_ watched: Int32, as name: Int) throws {
    var event = epoll_event(events: EPOLLIN.rawValue, data: epoll_data_t(u64: UInt64(name)))
    guard epoll_ctl(descriptor, EPOLL_CTL_ADD, watched, &event) == 0 else {
      throw Socket.failure("epoll_ctl")
    }
  }

  func wait(_ milliseconds: Int32, _ body: (_ name: Int) throws -> Void) throws {
    let count = epoll_wait(descriptor, &events, Int32(events.count), milliseconds)
    guard count >= 0 || errno == EINTR else { throw Socket.failure("epoll_wait") }
    for index in 0..<max(0, Int(count)) { try body(Int(events[index].data.u64)) }
  }
}
