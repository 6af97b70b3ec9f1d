#if os(Linux)
  import Dispatch
  import Foundation
  import Glibc

  /// What a dispatcher hook says of the link, through a file in the hub's folder: `up` or `down`.
  ///
  /// `quartermaster link up|down` writes it, the hub hears of it by inotify(7). A hint and no more: a
  /// hub that misses it goes on by its timers, and one that was told `down` tries again by itself after
  /// a while, with every change of its addresses, and when a person asks.
  package final class LinkHint: Sendable {
    package enum Word: String, Sendable, CaseIterable { case up, down }

    private nonisolated(unsafe) let source: any DispatchSourceRead

    package static func file(in directory: String) -> String { directory + "/link" }

    /// Says `word` to the hub that serves `directory`.
    package static func say(_ word: Word, in directory: String) throws {
      let path = file(in: directory)
      let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
      guard descriptor >= 0 else { throw Trouble.hub("\(path) cannot be written.") }
      defer { close(descriptor) }
      let text = Array((word.rawValue + "\n").utf8)
      guard write(descriptor, text, text.count) == text.count else {
        throw Trouble.hub("\(path) cannot be written.")
      }
    }

    /// `nil` where the kernel gives no watch.
    package init?(in directory: String, onWord: @escaping @Sendable (Word) -> Void) {
      let path = Self.file(in: directory)
      let made = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0o600)
      if made >= 0 { close(made) }
      let descriptor = inotify_init1(Int32(IN_CLOEXEC | IN_NONBLOCK))
      guard descriptor >= 0 else { return nil }
      guard inotify_add_watch(descriptor, path, UInt32(IN_CLOSE_WRITE)) >= 0 else {
        close(descriptor)
        return nil
      }
      source = DispatchSource.makeReadSource(
        fileDescriptor: descriptor, queue: DispatchQueue(label: "quartermaster.link"))
      source.setCancelHandler { close(descriptor) }
      source.setEventHandler {
        var buffer = [UInt8](repeating: 0, count: 4096)
        while read(descriptor, &buffer, buffer.count) > 0 {}
        if let word = Self.word(in: path) { onWord(word) }
      }
      source.activate()
    }

    package func stop() { source.cancel() }

    private static func word(in path: String) -> Word? {
      guard let text = try? String(contentsOfFile: path, encoding: .utf8) else { return nil }
      return Word(rawValue: text.trimmingCharacters(in: .whitespacesAndNewlines))
    }
  }
#endif
