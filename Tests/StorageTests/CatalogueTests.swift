import Inventory
import Testing
import Wire

@testable import Storage

/// A command's description and its reader are one and the same.
@Suite struct CatalogueTests {
  /// Every command with its fields; those that may be left out in brackets. What clients rely on.
  static let fields: [String: String] = [
    "branch.create": "name",
    "branch.update": "branchId [name] [active]",
    "change.dismiss": "refusedChangeId",
    "change.retry": "refusedChangeId",
    "conflict.settle": "conflictId choice [value]",
    "count.cancel": "countId",
    "count.complete": "countId [message]",
    "count.open": "room [locationId] [blind] [once]",
    "count.scan": "countId [productId] [code] [locationId] [lot] [quantity] [unique]",
    "count.unscan": "countId [lineId] [code]",
    "customer.activity": "[customerId] action [productId] [quantity] [duration]",
    "customer.create": "name [email] [phone] [reference] [note]",
    "customer.remove": "customerId",
    "customer.update": "customerId [name] [email] [phone] [note]",
    "device.update": "deviceId [name] [active]",
    "event.define": "name [about] [namespace] [readers] [performers] [maxSize]",
    "event.emit": "name data [room]",
    "event.retire": "name",
    "inventory.sync": "reason",
    "location.create": "name [parentId] [branchId]",
    "location.remove": "locationId",
    "location.update": "locationId [name] [parentId] [branchId]",
    "notification.read": "notificationId",
    "notification.send": """
    [kind] title message [severity] [targetRoles] \
    [userId] [branchId] [actionUrl] [scheduledAt] [duration] [version] [category]
    """,
    "order.create": "[customerId] [branchId] [channel] [reference] [currency] lines [note]",
    "order.fulfil": "orderId locationId [lines]",
    "order.remove": "orderId",
    "order.status": "orderId status [reason]",
    "order.update": "orderId [lines] [note]",
    "pairing.recommend": "products pairedWith [text]",
    "payment.record":
      "[orderId] [customerId] amount [currency] method [status] [reference] [reason]",
    "payment.refund": "paymentId [amount] [reason]",
    "payment.settle": "paymentId status [reason]",
    "pos.sync": """
    clientId [syncType] status [progress] [total] [processed] [successful] [failed] [message] \
    [error] [isOnline] [lastSync] [pendingTransactions] [pendingProducts] \
    [productsSynced] [transactionsSynced] [syncErrors]
    """,
    "procurement.decide": "proposalId decision [quantity] [note]",
    "product.create": """
    sku name [unit] [category] [price] [currency] \
    [minimum] [barcodes] [attributes] [forbidsNegative]
    """,
    "product.remove": "productId",
    "product.update": """
    productId [sku] [name] [unit] [category] [price] \
    [currency] [minimum] [barcodes] [attributes] [forbidsNegative]
    """,
    "reservation.create": """
    [inventoryItemId] [productId] [locationId] [lot] quantity [reason] [reference] [expiresIn]
    """,
    "reservation.fulfil": "reservationId [quantity]",
    "reservation.release": "reservationId [reason]",
    "sale.create": "locationId [customerId] lines method [currency] [reference]",
    "sale.void": "saleId reason",
    "session.end": "sessionId",
    "shopify.sync": """
    syncType status syncId [direction] [progress] [total] [processed] [successful] [failed] \
    [error] [message]
    """,
    "shopify.webhook": "topic id [shop_domain] [created_at] [status] [message]",
    "stock.add": "productId locationId [lot] quantity [reason] [note]",
    "stock.adjust": "productId locationId [lot] quantity [reason] [note]",
    "stock.bulk": "lines [reason] [note]",
    "stock.count": "productId locationId [lot] counted [seq] [epoch] [note]",
    "stock.move": "productId [lot] fromLocationId toLocationId quantity [note]",
    "stock.remove": "productId locationId [lot] quantity [reason] [note]",
    "stock.set": "inventoryItemId quantity [reason] [note]",
    "sync.now": "",
    "transfer.cancel": "transferId",
    "transfer.create": "fromLocationId toLocationId lines [note]",
    "transfer.receive": "transferId [lines] [close]",
    "transfer.ship": "transferId [trackingNumber]",
    "tray.drop": "trayId reason",
    "tray.edit": "trayId data [reason]",
    "tray.retry": "trayId",
    "user.create": "name [displayName] role [branchIds] [customerId] [password]",
    "user.password": "userId password",
    "user.pin": "userId [pin]",
    "user.update": "userId [displayName] [role] [branchIds] [customerId] [active]",
  ]

  static let names = Catalogue.commands.map { $0.name }

  @Test func `commands and their fields are what clients rely on`() {
    let described = Dictionary(
      uniqueKeysWithValues: Catalogue.commands.map { command in
        let fields = command.shapes.map { $0.isRequired ? $0.name : "[\($0.name)]" }
        return (command.name, fields.joined(separator: " "))
      })

    #expect(described == Self.fields)
  }

  @Test func `a command is found by its name only`() {
    for command in Catalogue.commands {
      #expect(Catalogue.command(named: command.name)?.name == command.name)
    }
    for name in [
      "", "stock", "Stock.add", "session.start", "hub.setup", "reservation.expire",
      "security.alert", "usage.record",
    ] {
      #expect(Catalogue.command(named: name) == nil, "\(name) is not to be asked for from outside")
    }
  }

  @Test(arguments: CatalogueTests.names)
  func `a command reads what it describes`(name: String) throws {
    let command = try #require(Catalogue.command(named: name))
    let sample = JSON.sample(of: command.shapes)

    #expect(throws: Never.self) { try command.init(data: sample) }
    #expect(command.about.hasSuffix("."))
    #expect(command.shapes.allSatisfy { $0.about.hasSuffix(".") })
    #expect(Set(command.shapes.map(\.name)).count == command.shapes.count)
  }

  @Test(arguments: CatalogueTests.names)
  func `what is required is missed, and nothing else`(name: String) throws {
    let command = try #require(Catalogue.command(named: name))
    let sample = JSON.sample(of: command.shapes)

    for shape in command.shapes {
      for absent in [nil, JSON.null] {
        var message = sample
        message[shape.name] = absent
        expect(
          command, reads: message, unless: shape.isRequired, field: shape.name,
          message: "\(shape.name) is missing.")
      }
    }
  }

  @Test(arguments: CatalogueTests.names)
  func `the limits are those described`(name: String) throws {
    let command = try #require(Catalogue.command(named: name))
    let sample = JSON.sample(of: command.shapes)

    for shape in command.shapes {
      for (value, fits) in shape.probes {
        var message = sample
        message[shape.name] = value
        expect(command, reads: message, unless: !fits, field: shape.name)
      }
    }
  }

  @Test(arguments: CatalogueTests.names)
  func `a line is read as described and named when it is refused`(name: String) throws {
    let command = try #require(Catalogue.command(named: name))
    let sample = JSON.sample(of: command.shapes)

    for shape in command.shapes {
      guard case .list(let lineShapes, _) = shape.kind else { continue }
      let good = JSON.sample(of: lineShapes)
      for lineShape in lineShapes {
        let place = "\(shape.name)[1].\(lineShape.name)"
        for (value, fits) in lineShape.probes + [(.null, !lineShape.isRequired)] {
          var (message, line) = (sample, good)
          line[lineShape.name] = value
          message[shape.name] = [good, line]
          expect(command, reads: message, unless: !fits, field: place)
        }
      }
    }
  }

  private func expect(
    _ command: any LedgerCommand.Type, reads message: JSON, unless refuses: Bool, field: String,
    message text: String? = nil
  ) {
    do throws(Refusal) {
      _ = try command.init(data: message)
      #expect(!refuses, "\(command.name) reads \(field) in \(message.encoded.prefix(300))")
    } catch {
      #expect(refuses, "\(command.name): \(error)")
      #expect(error.code == .invalidField)
      #expect(error.field?.hasPrefix(field) == true)
      if let text { #expect(error.message == text) }
    }
  }
}

extension JSON {
  /// A message that holds every field of `shapes`.
  fileprivate static func sample(of shapes: [FieldShape]) -> JSON {
    .object(Members(shapes.map { (key: $0.name, value: $0.sample) }))
  }
}

extension FieldShape {
  fileprivate var sample: JSON {
    switch kind {
    case .integer(let range): .int(max(1, range.lowerBound))
    case .text(let range): .string(String(repeating: "A", count: max(3, range.lowerBound)))
    case .digits(let range): .string(String(repeating: "7", count: range.lowerBound))
    case .boolean: true
    case .choice(let names): .string(names.first ?? "")
    case .choices(let names): [.string(names.first ?? "")]
    case .attributes: ["vintage": 2015]
    case .integers: [1, 2]
    case .texts: ["A"]
    case .reference: .int(1)
    case .object: ["depth": 3]
    case .list(let shapes, _): [JSON.sample(of: shapes)]
    }
  }

  /// Values at and beyond the limits, and whether each is to be read.
  fileprivate var probes: [(JSON, Bool)] {
    switch kind {
    case .integer(let range):
      var probes: [(JSON, Bool)] = [
        (.int(range.lowerBound), true), (.int(range.upperBound), true), ("1", false),
        (.number(1.5), false), (.number(1e19), false), (true, false),
      ]
      if range.lowerBound > .min { probes.append((.int(range.lowerBound - 1), false)) }
      if range.upperBound < .max { probes.append((.int(range.upperBound + 1), false)) }
      // A change of nought is none, although it lies within the range.
      if range.lowerBound < 0 { probes.append((0, false)) }
      return probes
    case .text(let range):
      func text(_ count: Int) -> JSON { .string(String(repeating: "A", count: count)) }
      var probes: [(JSON, Bool)] = [
        (text(range.lowerBound), true), (text(range.upperBound), true),
        (text(range.upperBound + 1), false), (7, false), ("AA\u{0}", false),
      ]
      if range.lowerBound > 0 { probes.append((text(range.lowerBound - 1), false)) }
      return probes
    case .digits(let range):
      func digits(_ count: Int) -> JSON { .string(String(repeating: "7", count: count)) }
      return [
        (digits(range.lowerBound), true), (digits(range.upperBound), true),
        (digits(range.upperBound + 1), false), (digits(range.lowerBound - 1), false),
        ("777A", false), ("١٢٣٤", false), (.int(7777), false),
      ]
    case .boolean: return [(true, true), (false, true), ("true", false), (1, false)]
    case .choice(let names):
      return names.map { (.string($0), true) } + [("no such word", false), ("", false), (1, false)]
    case .choices(let names):
      return [
        (.array(names.map(JSON.string)), true), ([], true), (["no such word"], false), ("x", false),
      ]
    case .attributes: return [([:], true), (["a": ["b": 1]], false), ([], false)]
    case .reference:
      return [
        (1, true), ("A", true), (.int(.max), true), (0, false), ("", false), (" ", false),
        (.string(String(repeating: "A", count: 201)), false), (true, false), ([1], false),
      ]
    case .object: return [([:], true), (["a": ["b": 1]], true), ([], false), ("a", false)]
    case .integers: return [([], true), ([1], true), ([0], false), (["1"], false), (1, false)]
    case .texts(let range):
      func texts(_ count: Int) -> JSON { .array((0..<count).map { .string("\($0)") }) }
      return [
        (texts(range.upperBound), true), (texts(range.upperBound + 1), false), ([7], false),
        ("x", false),
      ]
    case .list(let shapes, let range):
      func lines(_ count: Int) -> JSON {
        .array(Array(repeating: JSON.sample(of: shapes), count: count))
      }
      return [
        (lines(range.upperBound), true), (lines(range.upperBound + 1), false),
        (lines(0), range.contains(0)), ([7], false), ("x", false),
      ]
    }
  }
}
