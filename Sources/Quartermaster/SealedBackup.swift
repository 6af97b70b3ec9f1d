import Envelope
import Foundation
import Storage

/// A backup in an envelope: it may travel, and lie where others can read it.
struct SealedBackup {
  private let directory: String

  init(in directory: String) {
    self.directory = directory
  }

  func write(_ file: String, of store: Store, to certificate: String) throws {
    let recipient = try Certificate(file: certificate)
    guard let own = try CourierKeys(in: directory).own else {
      throw Failure(
        "A sealed backup is signed, and this hub has no certificate yet; make it with: quartermaster courier certificate --site NAME"
      )
    }
    // Unsealed it stays where the database lies, never where it is to travel.
    let copy = directory + "/backup-\(UUID().uuidString.prefix(8)).sqlite"
    defer { try? FileManager.default.removeItem(atPath: copy) }
    try store.backup(to: copy) { done in Console.progress("Copying", Int(done * 100), of: 100) }
    let writer = try EnvelopeWriter(file, from: own, to: recipient)
    let source = try FileHandle(forReadingFrom: URL(fileURLWithPath: copy))
    defer { try? source.close() }
    guard try source.seekToEnd() <= UInt64(OpenedEnvelope.limit) else {
      throw Failure(
        "The database is too large to be sealed. Back it up without --seal, on an encrypted disk.")
    }
    try source.seek(toOffset: 0)
    while let piece = try source.read(upToCount: 1 << 20), !piece.isEmpty {
      try writer.write(piece)
    }
    try writer.finish()
  }

  /// - Parameter signer: the file of the certificate that must have signed it. Without one it is this
  ///   hub's own; a new box has none, and its person is told whose signature it is.
  func restore(_ file: String, with key: String, signedBy signer: String?) throws -> Position {
    let own = try CourierKeys(in: directory).own?.certificate
    let expected = try signer.map { try Certificate(file: $0) } ?? own
    let opened = try OpenedEnvelope(
      file, with: PrivateKey(file: key), from: expected.map { .these([$0]) } ?? .anyone)
    if expected == nil {
      Console.remark("Signed by \(opened.signer.name): \(opened.signer.fingerprint)")
    }
    let copy = directory + "/restore-\(UUID().uuidString.prefix(8)).sqlite"
    defer { try? FileManager.default.removeItem(atPath: copy) }
    try Data(opened.content).write(to: URL(fileURLWithPath: copy))
    return try Store.restore(copy, into: directory)
  }
}
