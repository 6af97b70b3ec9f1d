import Hummingbird
import NIOCore

/// A request and where it came from.
struct ShoreContext: RequestContext {
  var coreContext: CoreRequestContextStorage
  let channel: any Channel
  let address: String

  init(source: ApplicationRequestContextSource) {
    coreContext = CoreRequestContextStorage(source: source)
    channel = source.channel
    address = source.channel.remoteAddress?.ipAddress ?? "unknown"
  }
}
