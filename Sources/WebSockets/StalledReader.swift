import NIOCore
import NIOHTTP1

/// Ends an HTTP connection whose other side takes nothing of an answer for so long.
///
/// Whatever the answer holds goes with it: a tablet that sleeps in the middle of a snapshot would keep
/// a read transaction open, and with it the log's file from being shortened, until TCP gives up.
package final class StalledReader: ChannelInboundHandler {
  package typealias InboundIn = HTTPServerRequestPart

  /// How often it is looked. A tablet at the edge of the Wi-Fi takes as long over what waits in the
  /// kernel.
  package static let patience = TimeAmount.minutes(2)

  private let patience: TimeAmount
  private var look: Scheduled<Void>?

  package init(patience: TimeAmount = StalledReader.patience) {
    self.patience = patience
  }

  package func channelWritabilityChanged(context: ChannelHandlerContext) {
    look?.cancel()
    look = nil
    if !context.channel.isWritable { lookAgain(at: context.channel, waiting: .max) }
    context.fireChannelWritabilityChanged()
  }

  /// Looks after a while whether anything of the `waiting` bytes has been taken.
  private func lookAgain(at channel: any Channel, waiting: Int) {
    let reader = NIOLoopBound(self, eventLoop: channel.eventLoop)
    look = channel.eventLoop.scheduleTask(in: patience) {
      let left = try? channel.syncOptions?.getOption(.bufferedWritableBytes)
      guard let left, left < waiting else { return channel.close(promise: nil) }
      reader.value.lookAgain(at: channel, waiting: left)
    }
  }

  package func handlerRemoved(context: ChannelHandlerContext) { look?.cancel() }
}
