import Inventory
import Testing

@Suite struct OrderStatusTests {
  /// Rows are what an order is, columns what it may become, both in the order of `allCases`.
  private static let table: [(OrderStatus, String)] = [
    (.pending, "-pSDC"), (.processing, "--SDC"), (.shipped, "---DC"), (.delivered, "-----"),
    (.cancelled, "-----"),
  ]

  @Test(arguments: table)
  func `an order only moves forward, or is cancelled before delivery`(
    status: OrderStatus, allowed: String
  ) {
    for (next, mark) in zip(OrderStatus.allCases, allowed) {
      #expect(status.canBecome(next) == (mark != "-"), "\(status) to \(next)")
    }
  }

  @Test func `only pending and processing orders are open for changes`() {
    #expect(OrderStatus.allCases.filter(\.isOpen) == [.pending, .processing])
  }
}

@Suite struct StockAlertTests {
  @Test(
    arguments: [
      (10, 5, .none), (6, 5, .none), (5, 5, .low), (1, 5, .low),
      (0, 5, .out), (-3, 5, .out), (1, 0, .none), (0, 0, .out), (-1, 0, .out),
      (1_000_000_000_000, 1, .none),
    ] as [(Int64, Int64, StockAlert)])
  func `a level is judged against its minimum`(available: Int64, minimum: Int64, state: StockAlert)
  {
    #expect(StockAlert(available: available, minimum: minimum) == state)
  }

  @Test(
    arguments: [
      (StockAlert.none, StockAlert.none, nil), (.none, .low, .inventoryLowStock),
      (.none, .out, .inventoryOutOfStock),
      (.low, .none, .inventoryRestocked), (.low, .low, nil), (.low, .out, .inventoryOutOfStock),
      (.out, .none, .inventoryRestocked), (.out, .low, nil), (.out, .out, nil),
    ] as [(StockAlert, StockAlert, EventType?)])
  func `a change of state is told once and in its own words`(
    before: StockAlert, after: StockAlert, event: EventType?
  ) {
    #expect(before.event(becoming: after) == event)
  }

  @Test func `a dip in many steps is told once, and again after a rise`() {
    var state = StockAlert.none
    var told: [EventType] = []

    for level: Int64 in [9, 5, 4, 5, 3, 0, -2, 0, 2, 4, 6, 7, 5, 6] {
      let next = StockAlert(available: level, minimum: 5)
      if let event = state.event(becoming: next) { told.append(event) }
      state = next
    }

    #expect(
      told == [
        .inventoryLowStock, .inventoryOutOfStock, .inventoryRestocked, .inventoryLowStock,
        .inventoryRestocked,
      ])
  }
}

@Suite struct RefusalTests {
  @Test(arguments: Refusal.Code.allCases)
  func `only what may succeed unchanged is worth another try`(code: Refusal.Code) {
    let temporary: Set<Refusal.Code> = [.rateLimited, .storageFull, .unavailable, .internalError]

    #expect(Refusal(code, "").isTemporary == temporary.contains(code))
  }

  @Test func `the two common refusals read as sentences`() {
    #expect(
      Refusal.invalid("quantity", "must not be 0").description
        == "invalid_field: quantity must not be 0.")
    #expect(Refusal.invalid("quantity", "is missing").field == "quantity")
    #expect(Refusal.missing("product", 9).description == "not_found: There is no product 9.")
  }
}
