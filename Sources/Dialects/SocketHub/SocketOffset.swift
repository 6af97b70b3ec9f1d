import Storage
import Wire

/// A place in the log as Socket.IO's clients keep it: `<epoch>.<seq>`.
struct SocketOffset: Equatable {
  var epoch: String
  var seq: Int64

  init(epoch: String, seq: Int64) {
    self.epoch = epoch
    self.seq = seq
  }

  init?(_ text: String) {
    guard text.utf8.count <= 100, let dot = text.lastIndex(of: "."),
      let seq = Int64(text[text.index(after: dot)...]), seq >= 0
    else { return nil }
    self.init(epoch: String(text[..<dot]), seq: seq)
  }

  var json: JSON { .string("\(epoch).\(seq)") }
  var position: Position { Position(epoch: epoch, seq: seq) }
}
