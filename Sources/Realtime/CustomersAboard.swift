/// Which customers have a connection, on whatever event loop.
struct CustomersAboard {
  private var connections: [Int64: Int] = [:]

  /// - Returns: whether it is the customer's first connection.
  mutating func came(_ customer: Int64) -> Bool {
    connections[customer, default: 0] += 1
    return connections[customer] == 1
  }

  /// - Returns: whether it was the customer's last connection.
  mutating func went(_ customer: Int64) -> Bool {
    let left = connections[customer, default: 1] - 1
    connections[customer] = left > 0 ? left : nil
    return left == 0
  }
}
