import NIOCore
import NIOHTTP1

/// Ends an HTTP connection whose other side takes nothing of an answer for so long.
///
/// Whatever the answer holds goes with it: a tablet that sleeps in the middle of a snapshot would keep
/// a read transaction open, and with it the log's file from being shortened, until TCP gives up.
package final class StalledReader: ChannelInboundHandler {
  package typealias InboundIn = HTTPServerRequestPart

  /// A tablet at the edge of the Wi-Fi takes as long over what waits in the kernel.
  package static let patience = TimeAmount.minutes(2)

  private let patience: TimeAmount
  private var end: Scheduled<Void>?

  package init(patience: TimeAmount = StalledReader.patience) {
    self.patience = patience
  }

  package func channelWritabilityChanged(context: ChannelHandlerContext) {
    end?.cancel()
    end = nil
    if !context.channel.isWritable {
      let channel = context.channel
      end = context.eventLoop.scheduleTask(in: patience) { channel.close(promise: nil) }
    }
    context.fireChannelWritabilityChanged()
  }

  package func handlerRemoved(context: ChannelHandlerContext) { end?.cancel() }
}
