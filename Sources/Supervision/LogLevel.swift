import Logging
import Synchronization

/// The level that every logger made with it obeys, from the moment it is set.
package final class LogLevel: Sendable {
  private let level: Mutex<Logger.Level>

  package init(_ level: Logger.Level) {
    self.level = Mutex(level)
  }

  package var value: Logger.Level {
    get { level.withLock { $0 } }
    set { level.withLock { $0 = newValue } }
  }
}

struct LevelledLogHandler: LogHandler {
  private var handler: any LogHandler
  private let level: LogLevel

  init(handler: any LogHandler, level: LogLevel) {
    self.handler = handler
    self.level = level
    self.handler.logLevel = .trace
  }

  /// All loggers share one level; setting it on one of them has no meaning.
  var logLevel: Logger.Level {
    get { level.value }
    set {}
  }

  var metadata: Logger.Metadata {
    get { handler.metadata }
    set { handler.metadata = newValue }
  }

  subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { handler[metadataKey: key] }
    set { handler[metadataKey: key] = newValue }
  }

  func log(event: LogEvent) {
    var event = event
    // An id that only the journal can look up is noise to whoever reads lines.
    if !(handler is JournalLogHandler) { event.metadata?[Occasion.key] = nil }
    handler.log(event: event)
  }
}
