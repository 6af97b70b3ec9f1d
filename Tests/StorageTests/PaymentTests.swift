import GRDB
import Inventory
import Testing
import Wire

@testable import Storage

@Suite struct PaymentTests {
  let hub: Hub
  let order: Int64

  /// An order of 1000 EUR cents.
  init() async throws {
    hub = try Hub()
    let rope = try await hub.product("Rope", price: 1000)
    order = try await hub.id(
      "orderId", "order.create", ["lines": [["productId": .int(rope), "quantity": 1]]])
  }

  private func pay(_ amount: Int64, status: String = "success") async throws -> Int64 {
    try await hub.id(
      "paymentId", "payment.record",
      [
        "orderId": .int(order), "amount": .int(amount), "method": "card", "status": .string(status),
      ])
  }

  private var paid: Int64? {
    get throws { try hub.integer("SELECT paid FROM \"order\" WHERE id = ?", [order]) }
  }

  @Test func `only payments that succeeded count as paid`() async throws {
    _ = try await pay(400)
    _ = try await pay(300, status: "failed")
    let pending = try await pay(600, status: "pending")
    #expect(try paid == 400)

    try await hub.perform("payment.settle", ["paymentId": .int(pending), "status": "success"])

    #expect(try paid == 1000)
    #expect(
      try hub.events().map(\.type).filter { $0.hasPrefix("payment") }
        == ["payment:received", "payment:failed", "payment:pending", "payment:received"])
    let again = try await hub.refusal(
      "payment.settle", ["paymentId": .int(pending), "status": "failed"])
    #expect(again == Refusal(.wrongState, "Payment \(pending) is success already."))
  }

  @Test func `a pending payment that fails pays nothing`() async throws {
    let pending = try await pay(600, status: "pending")

    try await hub.perform(
      "payment.settle", ["paymentId": .int(pending), "status": "failed", "reason": "declined"])

    #expect(try paid == 0)
    #expect(try hub.told(.paymentFailed).last?["reason"] == "declined")
    #expect(try hub.told(.paymentFailed).last?["retryable"] == true)
  }

  @Test func `a payment is given back in parts and never more than it was`() async throws {
    let payment = try await pay(1000)
    func refund(_ amount: Int64?) async throws -> JSON {
      try await hub.perform(
        "payment.refund", .compact(["paymentId": .int(payment), "amount": .integer(amount)]))
    }

    #expect(try await refund(300)["refunded"] == 300)
    #expect(try paid == 700)
    await #expect(
      throws: Refusal(
        .wrongState, "At most 700 of payment \(payment) can be given back.", field: "amount")
    ) { try await refund(701) }
    await #expect(throws: Refusal.self) { try await refund(0) }
    #expect(try await refund(nil)["refunded"] == 1000)
    #expect(try paid == 0)
    await #expect(throws: Refusal(.wrongState, "Payment \(payment) is refunded.")) {
      try await refund(1)
    }
    #expect(try hub.told(.paymentRefunded).map { $0["amount"] } == [300, 700])
  }

  @Test func `what was never paid cannot be given back`() async throws {
    let failed = try await pay(10, status: "failed")

    let refusal = try await hub.refusal("payment.refund", ["paymentId": .int(failed)])

    #expect(refusal?.code == .wrongState)
    #expect(try await hub.refusal("payment.refund", ["paymentId": 99])?.code == .notFound)
  }

  @Test func `an order is paid in its own currency`() async throws {
    let refusal = try await hub.refusal(
      "payment.record",
      ["orderId": .int(order), "amount": 10, "method": "cash", "currency": "USD"])

    #expect(
      refusal == Refusal(.invalidField, "currency must be the order's, EUR.", field: "currency"))
    #expect(try paid == 0)
  }

  @Test func `payments are for managers, and for the customer whom they name`() async throws {
    let ann = try await hub.id("customerId", "customer.create", ["name": "Ann"])
    _ = try await pay(1)
    try await hub.perform(
      "payment.record", ["customerId": .int(ann), "amount": 5, "method": "cash"])

    let told = try hub.events().filter { $0.type == "payment:received" }

    #expect(told.last?.topics.contains("payments:customer:\(ann)") == true)
    func hears(_ role: Role, customer: Int64? = nil) -> [Bool] {
      let identity = Identity(user: 1, name: "", role: role, customer: customer, session: 1)
      return told.map { $0.audience.includes(identity) }
    }
    #expect(hears(.manager) == [true, true])
    #expect(hears(.staff) == [false, false])
    #expect(hears(.customer, customer: ann) == [false, true])
    #expect(hears(.customer, customer: ann + 1) == [false, false])
    #expect(hears(.customer) == [false, false])
  }
}

@Suite struct SaleTests {
  private func sell(
    _ hub: Hub, _ quantity: Int64, of product: Int64, from location: Int64
  ) async throws -> JSON {
    try await hub.perform(
      "sale.create",
      [
        "locationId": .int(location), "method": "cash",
        "lines": [["productId": .int(product), "quantity": .int(quantity)]],
      ])
  }

  @Test func `a sale takes the goods, the money and a code in one step`() async throws {
    let hub = try Hub()
    let (wine, bar) = (try await hub.product("Wine", price: 1200), try await hub.location("Bar"))
    try await hub.adjust(wine, at: bar, by: 5)

    let sale = try await sell(hub, 2, of: wine, from: bar)

    #expect(sale["total"] == 2400)
    #expect(sale["transactionCode"] == "TXN-20251201-0001")
    #expect(try hub.level(wine, at: bar) == 3)
    #expect(try hub.told(.saleCreated).last?["finalAmount"] == 2400)
    #expect(try hub.told(.paymentReceived).last?["saleId"] == sale["saleId"])
    #expect(try hub.told(.paymentReceived).last?["amount"] == 2400)
  }

  @Test func `codes count on within the day, past a restart, and start again the next`()
    async throws
  {
    let hub = try Hub()
    let (wine, bar) = (try await hub.product("Wine"), try await hub.location("Bar"))
    var codes: [String?] = []
    codes.append(try await sell(hub, 1, of: wine, from: bar)["transactionCode"]?.text)
    let again = try await hub.reopened()
    codes.append(try await sell(again, 1, of: wine, from: bar)["transactionCode"]?.text)
    await again.ledger.close()
    try again.store.close()

    let tomorrow = try Hub(in: hub.folder, now: 1_764_547_200_000 + 24 * 3_600_000)
    codes.append(try await sell(tomorrow, 1, of: wine, from: bar)["transactionCode"]?.text)
    await tomorrow.ledger.close()
    try tomorrow.store.close()
    // The clock was wrong: it is today after all.
    let today = try Hub(in: hub.folder)
    codes.append(try await sell(today, 1, of: wine, from: bar)["transactionCode"]?.text)

    #expect(
      codes == [
        "TXN-20251201-0001", "TXN-20251201-0002", "TXN-20251202-0001", "TXN-20251201-0003",
      ])
  }

  @Test func `the ten-thousandth sale of a day still gets a code of its own`() async throws {
    let hub = try Hub()
    let (wine, bar) = (try await hub.product("Wine"), try await hub.location("Bar"))
    _ = try await sell(hub, 1, of: wine, from: bar)
    try await hub.execute("UPDATE sale SET code = 'TXN-20251201-9999'")

    let codes = [
      try await sell(hub, 1, of: wine, from: bar)["transactionCode"],
      try await sell(hub, 1, of: wine, from: bar)["transactionCode"],
    ]

    #expect(codes == ["TXN-20251201-10000", "TXN-20251201-10001"])
  }

  @Test func `a sale that is undone gives back goods and money, once`() async throws {
    let hub = try Hub()
    let (wine, bar) = (try await hub.product("Wine", price: 1200), try await hub.location("Bar"))
    try await hub.adjust(wine, at: bar, by: 5)
    let sale = try await sell(hub, 2, of: wine, from: bar)
    let undo: JSON = ["saleId": sale["saleId"] ?? 0, "reason": "mistake"]
    try await hub.perform("payment.refund", ["paymentId": sale["paymentId"] ?? 0, "amount": 400])

    try await hub.perform("sale.void", undo)

    #expect(try hub.level(wine, at: bar) == 5)
    #expect(try hub.told(.paymentRefunded).map { $0["amount"] } == [400, 2000])
    #expect(try hub.told(.saleVoided).last?["reason"] == "mistake")
    #expect(try await hub.refusal("sale.void", undo)?.message == "Sale 1 has been undone already.")
    #expect(try await hub.refusal("sale.void", ["saleId": 99, "reason": "x"])?.code == .notFound)
    #expect(try hub.isStockTheSumOfMovements())
  }

  @Test func `a sale cannot be undone by those who may not`() async throws {
    let hub = try Hub()
    let (wine, bar) = (try await hub.product("Wine"), try await hub.location("Bar"))
    let sale = try await sell(hub, 1, of: wine, from: bar)
    let staff = try await hub.signedIn(.staff)

    let refusal = try await hub.refusal(
      "sale.void", ["saleId": sale["saleId"] ?? 0, "reason": "x"], by: staff)

    #expect(refusal?.code == .forbidden)
  }
}
