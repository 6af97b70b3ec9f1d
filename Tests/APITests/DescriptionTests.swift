import HubFixtures
import Inventory
import Storage
import Testing
import Wire

@testable import API

/// The OpenAPI document against the routes, the shapes and the answers themselves.
@Suite struct DescriptionTests {
  /// Lists that are empty while all goes well.
  private static let rare = ["needs-a-person", "conflicts", "refused-changes"]

  @Test func `every command has its route and an entry with its very shapes`() async throws {
    try await LiveHub.with { live in
      let document = try await live.get("/api/openapi.json").json
      for command in Catalogue.commands {
        let path = CommandPath(command)
        let entry = try #require(document["paths"]?[path.path]?["post"], "\(path.path)")

        // Somebody is asked to sign in where there is a route, and told of nothing where is none.
        let answer = try await live.post(path.path.replacing("{id}", with: "1"), [:])
        #expect(answer.status == 401, "\(path.path)")

        #expect(entry["operationId"]?.text == command.name)
        let schema = entry["requestBody"]?["content"]?["application/json"]?["schema"]
        let names = Set(schema?["properties"]?.members?.pairs.map(\.key) ?? [])
        let required = Set((schema?["required"]?.elements ?? []).compactMap(\.text))
        let shapes = command.shapes.filter { $0.name != path.subject }
        #expect(names == Set(shapes.map(\.name)), "\(command.name)")
        #expect(required == Set(shapes.filter(\.isRequired).map(\.name)), "\(command.name)")
      }
      let posts = document["paths"]?.members?.pairs.filter { $0.value["post"] != nil } ?? []
      #expect(posts.count == Catalogue.commands.count + 6)
    }
  }

  @Test func `no two commands share a path`() {
    let paths = Catalogue.commands.map { CommandPath($0).path }

    #expect(Set(paths).count == paths.count)
  }

  @Test func `every path that can be got is described, and the other way round`() async throws {
    try await LiveHub.with { live in
      let admin = try await live.person(.admin)
      let document = try await live.get("/api/openapi.json").json

      for (path, entry) in document["paths"]?.members?.pairs ?? [] where entry["get"] != nil {
        let answer = try await live.get(path.replacing("{id}", with: "1"), as: admin)
        let isThere = answer.status == 200 || (path.contains("{id}") && answer.status == 404)
        #expect(isThere, "\(path): \(answer.status)")
      }
      for listing in Listing.all {
        #expect(document["paths"]?["/api/v1/\(listing.name)"]?["get"] != nil)
        #expect(document["paths"]?["/api/v1/\(listing.name)/{id}"]?["get"] != nil)
      }
    }
  }

  @Test func `the document is sound`() async throws {
    try await LiveHub.with { live in
      let document = try await live.get("/api/openapi.json").json
      var operations: [String] = []

      #expect(document["openapi"]?.text == "3.1.0")
      #expect(document["info"]?["title"]?.text != nil)
      #expect(document["info"]?["version"]?.text == "1.2.3")
      for (path, entry) in document["paths"]?.members?.pairs ?? [] {
        #expect(path.hasPrefix("/"))
        for (method, operation) in entry.members?.pairs ?? [] {
          #expect(["get", "post"].contains(method))
          if let id = operation["operationId"]?.text { operations.append(id) }
          let parameters = operation["parameters"]?.elements ?? []
          let inPath = parameters.filter { $0["in"]?.text == "path" }
          #expect(inPath.compactMap { $0["name"]?.text } == (path.contains("{id}") ? ["id"] : []))
          #expect(inPath.allSatisfy { $0["required"]?.boolean == true })
          let names = parameters.map { "\($0["in"]?.text ?? "") \($0["name"]?.text ?? "")" }
          #expect(Set(names).count == names.count, "\(path)")
          let responses = try #require(operation["responses"]?.members?.pairs)
          #expect(responses.allSatisfy { $0.value["description"]?.text?.isEmpty == false })
          #expect(responses.contains { $0.key == "200" })
        }
      }
      #expect(Set(operations).count == operations.count)
      try checkSchemas(in: document, document)
    }
  }

  /// Every reference leads somewhere, and every type is one of JSON Schema's.
  private func checkSchemas(in value: JSON, _ document: JSON) throws {
    if let reference = value["$ref"]?.text {
      #expect(Schema.resolve(reference, in: document) != nil, "\(reference)")
    }
    if let elements = value.elements {
      for element in elements { try checkSchemas(in: element, document) }
    }
    for (key, member) in value.members?.pairs ?? [] {
      if key == "required", let names = member.elements {
        let properties = value["properties"]
        #expect(names.allSatisfy { properties?[$0.text ?? ""] != nil })
      }
      if key == "type", value["properties"] == nil, let type = member.text {
        let types = ["object", "array", "string", "integer", "number", "boolean", "http", "apiKey"]
        #expect(types.contains(type), "\(type)")
      }
      try checkSchemas(in: member, document)
    }
  }

  @Test func `what is served is what is described, for every listing and every reader`()
    async throws
  {
    try await LiveHub.with { live in
      let people = try await Sample.fill(live)
      let document = try await live.get("/api/openapi.json").json

      for listing in Listing.all {
        var isSeen = false
        for person in people + [nil] {
          let path = "/api/v1/\(listing.name)"
          let page = try await live.get(path, as: person)
          let isReader = listing.readers.contains(
            (person?.name).flatMap(Role.init(rawValue:)) ?? .guest)
          #expect(page.status == (isReader ? 200 : (person == nil ? 401 : 403)), "\(path)")
          guard page.status == 200 else { continue }
          let faults = Schema.faults(of: try page.json, at: path, in: document)
          #expect(faults.isEmpty, "\(faults)")
          guard let first = try page.json["items"]?.elements?.first?["id"]?.integer else {
            continue
          }
          isSeen = true
          let item = try await live.get("\(path)/\(first)", as: person)
          #expect(item.status == 200)
          #expect(Schema.faults(of: try item.json, at: "\(path)/{id}", in: document).isEmpty)
        }
        #expect(isSeen || Self.rare.contains(listing.name), "\(listing.name) was empty")
      }
    }
  }
}

/// As much of JSON Schema as the document uses.
enum Schema {
  static func resolve(_ reference: String, in document: JSON) -> JSON? {
    reference.split(separator: "/").dropFirst().reduce(document as JSON?) { $0?[String($1)] }
  }

  /// How the answer of a GET differs from what is described for `path`.
  static func faults(of value: JSON, at path: String, in document: JSON) -> [String] {
    let operation = document["paths"]?[path]?["get"]
    let content = operation?["responses"]?["200"]?["content"]?["application/json"]
    guard let schema = content?["schema"] else { return ["\(path) is not described"] }
    return faults(of: value, schema, document, path)
  }

  private static func faults(
    of value: JSON, _ schema: JSON, _ document: JSON, _ place: String
  ) -> [String] {
    if let reference = schema["$ref"]?.text {
      return resolve(reference, in: document).map { faults(of: value, $0, document, place) }
        ?? ["\(reference) leads nowhere"]
    }
    let types = schema["type"].map { $0.elements?.compactMap(\.text) ?? [$0.text ?? ""] }
    if let types, !types.contains(where: { has(value, type: $0) }) {
      return ["\(place) is no \(types.joined(separator: " or ")): \(value.encoded)"]
    }
    var found: [String] = []
    for (index, element) in (value.elements ?? []).enumerated() {
      guard let items = schema["items"] else { continue }
      found += faults(of: element, items, document, "\(place)[\(index)]")
    }
    for name in schema["required"]?.elements ?? [] where value.members != nil {
      if value[name.text ?? ""] == nil { found.append("\(place) lacks \(name.text ?? "")") }
    }
    guard let properties = schema["properties"] else { return found }
    for (key, member) in value.members?.pairs ?? [] {
      guard let property = properties[key] else {
        found.append("\(place).\(key) is not described")
        continue
      }
      found += faults(of: member, property, document, "\(place).\(key)")
    }
    return found
  }

  private static func has(_ value: JSON, type: String) -> Bool {
    switch value {
    case .null: type == "null"
    case .bool: type == "boolean"
    case .int: type == "integer" || type == "number"
    case .number: type == "number"
    case .string: type == "string"
    case .array: type == "array"
    case .object: type == "object"
    }
  }
}

/// At least one of everything, and one person of every role, called by its name.
enum Sample {
  static func fill(_ live: LiveHub) async throws -> [LiveHub.Person] {
    let branch = try await live.branch("North")
    let product = try await live.product()
    let location = try await live.location("Cellar", branch: branch)
    let other = try await live.location("Galley")
    let customer = try await live.customer("Ana")
    let (p, l, c) = (JSON.int(product), JSON.int(location), JSON.int(customer))
    try await live.adjust(product, at: location, by: 50)
    let lines: JSON = [["productId": p, "quantity": 1]]
    try await live.perform(
      "reservation.create", ["productId": p, "locationId": l, "quantity": 1, "seconds": 600])
    try await live.perform(
      "transfer.create", ["fromLocationId": l, "toLocationId": .int(other), "lines": lines])
    try await live.perform(
      "order.create", ["customerId": c, "branchId": .int(branch), "lines": lines])
    try await live.perform(
      "payment.record", ["orderId": 1, "amount": 0, "method": "cash", "currency": "EUR"])
    try await live.perform(
      "sale.create", ["locationId": l, "method": "cash", "lines": lines, "customerId": c])
    try await live.perform("count.open", ["room": "Cellar", "locationId": l])
    try await live.perform("count.scan", ["countId": 1, "code": "Impeller kit", "quantity": 1])
    try await live.perform("notification.send", ["title": "Hello", "message": "all"])
    try await live.perform(
      "pairing.recommend", ["products": [["productId": p]], "pairedWith": "Fish"])
    try await live.perform(
      "shopify.sync", ["syncId": "1", "syncType": "products", "status": "in_progress"])
    try await live.perform("pos.sync", ["clientId": "till", "status": "started"])
    try await live.perform("event.define", ["name": "anchor_watch"])
    try await live.adjust(product, at: location, by: -60)
    let use = RecordUsage([Use(user: nil, kind: "connection"): 1])
    _ = await live.ledger.submit(Submission(use, by: .hub))
    var people: [LiveHub.Person] = []
    for role in Role.allCases {
      people.append(
        try await live.person(
          role, branches: [branch], customer: role == .customer ? customer : nil))
    }
    _ = await live.ledger.submit(
      Submission(
        StartSession(
          user: people[0].user, deviceKey: "tablet", deviceName: "Tablet", kind: .person),
        by: .hub))
    return people
  }
}
