import Access
import HTTPTypes
import Hummingbird
import HummingbirdCore
import Inventory
import Storage
import Wire

extension HTTPField.Name {
  static let idempotencyKey = unchecked("Idempotency-Key")
  static let deviceTime = unchecked("Device-Time")

  private static func unchecked(_ name: String) -> HTTPField.Name {
    guard let name = HTTPField.Name(name) else { preconditionFailure("\(name) is no field name") }
    return name
  }
}

/// Every command of the catalogue as a POST. The receipt is `{"epoch":…,"seq":…,"data":{…}}`.
struct CommandRoutes {
  let gate: Gate

  func add(to router: Router<APIContext>) {
    for command in Catalogue.commands {
      let path = CommandPath(command)
      router.post(RouterPath(path.path)) { request, context -> Response in
        let identity = try await gate.person(request)
        var data = try await request.json(gate.limits)
        if let subject = path.subject {
          data[subject] = .int(try context.parameters.id("id"))
        }
        let outcome = await gate.submit(
          CommandRequest(
            command: command.name, data: data, operation: request.headers[.idempotencyKey],
            deviceTime: request.headers[.deviceTime].flatMap { Int64($0) }),
          from: identity)
        switch outcome {
        case .refused(let refusal): throw refusal
        case .done(let receipt): return .json(text: receipt.json)
        }
      }
    }
  }
}

extension Receipt {
  fileprivate var json: [UInt8] {
    var bytes = Array(#"{"epoch":"#.utf8)
    JSON.append(position.epoch, to: &bytes)
    bytes.append(contentsOf: #","seq":"#.utf8)
    JSON.append(position.seq, to: &bytes)
    bytes.append(contentsOf: #","data":"#.utf8)
    bytes.append(contentsOf: data.utf8)
    bytes.append(UInt8(ascii: "}"))
    return bytes
  }
}

extension Request {
  /// The body as a JSON object; no body is an empty one.
  func json(_ limits: Limits) async throws -> JSON {
    let buffer = try await body.collect(upTo: limits.messageSize)
    guard buffer.readableBytes > 0 else { return [:] }
    let value = try JSON(buffer.readableBytesView, depth: limits.jsonDepth)
    guard value.members != nil else {
      throw Refusal(.malformed, "The body must be a JSON object.")
    }
    return value
  }
}

extension Parameters {
  func id(_ name: String) throws(Refusal) -> Int64 {
    guard let id = get(name).flatMap({ Int64($0) }), id > 0 else {
      throw Refusal(.notFound, "\(name) in the path must be a positive whole number.", field: name)
    }
    return id
  }
}
