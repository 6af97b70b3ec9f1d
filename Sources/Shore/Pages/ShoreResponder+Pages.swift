import HTTPTypes
import Hummingbird
import Inventory
import Sync
import Wire

/// The pages of one site, and the one form on them.
extension ShoreResponder {
  func page(_ request: Request, siteName: String, _ path: [String]) async throws -> Response {
    try admit(request)
    let site = try await known(siteName)
    if path.isEmpty {
      try allow(request.method == .get || request.method == .head)
      return try await page(of: site)
    }
    guard path.count == 2, path[0] == "conflicts", Int64(path[1]) != nil else {
      throw Problem(.notFound, "There is nothing at this address.")
    }
    try allow(request.method == .post)
    return try await settle(path[1], at: site, request)
  }

  private func page(of site: SiteName) async throws -> Response {
    let summaries = try await store.summariesInServer()
    guard let summary = summaries.first(where: { $0.status.name == site }) else {
      throw Problem(.notFound, "There is no site of that name.")
    }
    var documents: [DocumentKind: [Document]] = [:]
    for kind in [DocumentKind.conflict, .refusal, .alert, .order, .stock, .location] {
      documents[kind] = try await store.documents(kind, of: site)
    }
    let page = SitePage(
      summary: summary, documents: documents, pending: try await store.pendingChanges(of: site),
      proof: { operatorToken.proof(of: Self.purpose(site, $0)) })
    return Self.page(page.html(now: clock()))
  }

  private func settle(
    _ conflict: String, at site: SiteName, _ request: Request
  ) async throws -> Response {
    let form = Form(try await collect(request, length: 16 << 10))
    guard operatorToken.verifies(form["proof"], of: Self.purpose(site, conflict)) else {
      throw Problem(.unauthenticated, "The form is not one of shore's own; open the page anew.")
    }
    guard let choice = Settlement(rawValue: form["choice"]) else {
      throw Problem(.malformed, "Choose to keep what stands, to take the other one, or a value.")
    }
    let data: JSON = .compact([
      "conflictId": .integer(Int64(conflict)), "choice": .string(choice.rawValue),
      "value": choice == .custom ? .string(form["value"]) : nil,
    ])
    let order = try ShoreStore.Order(
      SettleConflict.name, data, by: form["by"].isEmpty ? "the office" : form["by"])
    _ = try await enqueue([order], for: site)
    return Self.seeOther("/sites/\(site)")
  }

  private static func purpose(_ site: SiteName, _ conflict: String) -> String {
    "settle \(site) \(conflict)"
  }
}

/// A form's fields (`application/x-www-form-urlencoded`, WHATWG URL Standard, section 5).
struct Form {
  private var fields: [String: String] = [:]

  init(_ body: [UInt8]) {
    for pair in body.split(separator: UInt8(ascii: "&")) {
      let parts = pair.split(
        separator: UInt8(ascii: "="), maxSplits: 1, omittingEmptySubsequences: false)
      guard parts.count == 2 else { continue }
      fields[Self.decoded(parts[0])] = Self.decoded(parts[1])
    }
  }

  subscript(name: String) -> String { fields[name] ?? "" }

  private static func decoded(_ bytes: ArraySlice<UInt8>) -> String {
    var decoded: [UInt8] = []
    var index = bytes.startIndex
    while index < bytes.endIndex {
      let end = index + 3
      if bytes[index] == UInt8(ascii: "%"), end <= bytes.endIndex,
        let byte = Hex.bytes(String(decoding: bytes[(index + 1)..<end], as: UTF8.self))?.first
      {
        decoded.append(byte)
        index = end
      } else {
        decoded.append(bytes[index] == UInt8(ascii: "+") ? 0x20 : bytes[index])
        index += 1
      }
    }
    return String(decoding: decoded, as: UTF8.self)
  }
}
