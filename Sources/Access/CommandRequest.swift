import Inventory
import Storage
import Wire

/// A command as it arrives on any protocol, not yet read.
package struct CommandRequest: Sendable {
  package var command: String
  package var data: JSON
  /// The device's id for it: the same id again brings the first answer again.
  package var operation: String?
  package var deviceTime: Int64?

  package init(command: String, data: JSON, operation: String?, deviceTime: Int64? = nil) {
    self.command = command
    self.data = data
    self.operation = operation
    self.deviceTime = deviceTime
  }

  /// Reads the command, with every check that needs no database.
  func read() throws(Refusal) -> any LedgerCommand {
    guard let type = Catalogue.command(named: command) else {
      throw Refusal(.unknownCommand, "There is no command \(command.prefix(64)).")
    }
    if let operation {
      guard (1...64).contains(operation.utf8.count),
        operation.unicodeScalars.allSatisfy({ $0.value > 0x20 && $0.value != 0x7F })
      else {
        throw Refusal(
          .invalidField, "An operation id has 1 to 64 bytes and no spaces.", field: "id")
      }
    }
    return try type.init(data: data)
  }

  /// Tells a retry from another command. Secrets do not enter it.
  var fingerprint: Int64 {
    var data = data
    data["password"] = nil
    data["pin"] = nil
    return Int64(bitPattern: Fingerprint.of(.string(command), data))
  }
}

/// FNV-1a over the values, members in whatever order: stable across runs and versions.
enum Fingerprint {
  static func of(_ values: JSON...) -> UInt64 {
    values.reduce(14_695_981_039_346_656_037) { mix($0, of($1)) }
  }

  private static func of(_ value: JSON) -> UInt64 {
    switch value {
    case .object(let members):
      return members.pairs.reduce(7) { $0 &+ mix(bytes(Array($1.key.utf8)), of($1.value)) }
    case .array(let elements): return elements.reduce(11) { mix($0, of($1)) }
    case .null, .bool, .int, .number, .string: return bytes(value.encodedBytes)
    }
  }

  private static func bytes(_ bytes: [UInt8]) -> UInt64 {
    bytes.reduce(14_695_981_039_346_656_037) { ($0 ^ UInt64($1)) &* 1_099_511_628_211 }
  }

  private static func mix(_ left: UInt64, _ right: UInt64) -> UInt64 {
    (left ^ right) &* 1_099_511_628_211 &+ (left >> 29)
  }
}
