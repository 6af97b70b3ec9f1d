import Foundation
import Wire

/// The figures of one command, as a table for people or one JSON object for programs.
struct Report {
  private let command: String
  private var rows: [(label: String, value: String, remark: String)] = []
  private var members: JSON.Members

  init(_ command: String) {
    self.command = command
    members = JSON.Members([
      ("command", .string(command)), ("cores", .int(Int64(Self.cores))),
      ("loadGeneratorSharesCores", true),
    ])
  }

  private static var cores: Int { ProcessInfo.processInfo.activeProcessorCount }

  mutating func heading(_ text: String) {
    rows.append((text, "", ""))
  }

  /// - Parameter remark: what people need beside the figure, such as the budget that it has.
  mutating func add(
    _ key: String, _ label: String, _ value: Double, _ unit: String = "", digits: Int = 1,
    _ remark: String = ""
  ) {
    let text = String(format: "%.\(digits)f", value)
    rows.append(("  " + label, unit.isEmpty ? text : "\(text) \(unit)", remark))
    members[key] = digits == 0 ? .int(Int64(value.rounded())) : Double(text).map(JSON.number)
  }

  mutating func add(_ key: String, _ label: String, _ value: String) {
    rows.append(("  " + label, value, ""))
    members[key] = .string(value)
  }

  func print(asJSON: Bool) {
    guard !asJSON else { return Swift.print(JSON.object(members).encoded) }
    Swift.print("\(command): \(Self.cores) cores, which the load generator shares with the hub")
    let label = rows.filter { !$0.value.isEmpty }.map(\.label.count).max() ?? 0
    let value = rows.map(\.value.count).max() ?? 0
    for row in rows {
      guard !row.value.isEmpty else {
        Swift.print("\n\(row.label)")
        continue
      }
      let name = row.label.padding(toLength: label + 2, withPad: " ", startingAt: 0)
      let gap = String(repeating: " ", count: value - row.value.count)
      Swift.print(name + gap + row.value + (row.remark.isEmpty ? "" : "   \(row.remark)"))
    }
  }
}
