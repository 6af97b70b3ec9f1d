import Inventory
import NIOCore
import NIOHTTP1
import Wire

/// What a request at Engine.IO's path is answered with.
package enum EngineAnswer: Sendable, Equatable {
  case payload([EngineFrame])
  case ok
  case preflight
  case refused(EngineRefusal)
}

/// Plain HTTP requests.
extension EngineServer {
  /// - Parameters:
  ///   - eventLoop: that of the request's connection; a new session will live on it.
  ///   - departure: is completed when whoever asks has gone.
  ///   - body: collects the request's body, or throws when it is longer than it may be.
  func answer(
    _ head: HTTPRequestHead, from address: String, on eventLoop: any EventLoop,
    departure: EventLoopFuture<Void>,
    body: @Sendable (_ limit: Int) async throws -> ByteBuffer
  ) async -> (HTTPResponseHead, ByteBuffer) {
    let answer: EngineAnswer
    do throws(EngineRefusal) {
      answer = try await self.answer(head, address, eventLoop, departure, body)
    } catch {
      answer = .refused(error)
    }
    return response(answer, to: head)
  }

  private func answer(
    _ head: HTTPRequestHead, _ address: String, _ eventLoop: any EventLoop,
    _ departure: EventLoopFuture<Void>, _ body: @Sendable (Int) async throws -> ByteBuffer
  ) async throws(EngineRefusal) -> EngineAnswer {
    if head.method == .OPTIONS { return .preflight }
    let request = try EngineRequest(uri: head.uri)
    guard request.transport == .polling else { throw .badRequest }
    guard let sid = request.sid else {
      guard head.method == .GET else { throw .badMethod }
      return try await open(head, address, eventLoop)
    }
    guard let berth = berth(sid) else { throw .unknownSession }
    switch head.method {
    case .GET: return try await poll(berth, departure)
    case .POST: return try await post(berth, body)
    default: throw .badRequest
    }
  }

  private func open(
    _ head: HTTPRequestHead, _ address: String, _ eventLoop: any EventLoop
  ) async throws(EngineRefusal) -> EngineAnswer {
    let caller: EngineCaller
    do throws(Refusal) {
      caller = try await host.admit(head, address: address, on: eventLoop)
    } catch {
      throw .forbidden(error.message)
    }
    return try await answer(on: eventLoop) { promise in
      self.open(over: nil, for: caller, on: eventLoop).connection.value.polled(promise)
    }
  }

  private func poll(
    _ berth: EngineBerth, _ departure: EventLoopFuture<Void>
  ) async throws(EngineRefusal) -> EngineAnswer {
    try await answer(on: berth.eventLoop) { promise in
      berth.connection.value.polled(promise)
      departure.whenComplete { _ in berth.run { $0.abandoned(promise) } }
    }
  }

  private func post(
    _ berth: EngineBerth, _ body: @Sendable (Int) async throws -> ByteBuffer
  ) async throws(EngineRefusal) -> EngineAnswer {
    let isWanted = try? await berth.eventLoop.submit { berth.connection.value.postBegan() }.get()
    guard isWanted == true else { throw .badRequest }
    let body = try? await body(settings.maxPayload)
    return try await answer(on: berth.eventLoop) { promise in
      promise.succeed(berth.connection.value.posted(body))
    }
  }

  private func answer(
    on eventLoop: any EventLoop,
    _ ask: @escaping @Sendable (EventLoopPromise<EngineAnswer>) -> Void
  ) async throws(EngineRefusal) -> EngineAnswer {
    let promise = eventLoop.makePromise(of: EngineAnswer.self)
    eventLoop.execute { ask(promise) }
    do {
      return try await promise.futureResult.get()
    } catch {
      throw .badRequest
    }
  }

  private func response(
    _ answer: EngineAnswer, to head: HTTPRequestHead
  ) -> (HTTPResponseHead, ByteBuffer) {
    var headers = HTTPHeaders()
    permit(head, &headers)
    headers.add(name: "cache-control", value: "no-store")
    var status = HTTPResponseStatus.ok
    var body = ByteBuffer()
    var type = "text/plain; charset=UTF-8"
    switch answer {
    case .payload(let frames): body = EngineFrame.payload(frames)
    case .ok: body = ByteBuffer(string: "ok")
    case .preflight: status = .noContent
    case .refused(let refusal):
      status = refusal.status
      type = "application/json"
      body = ByteBuffer(bytes: refusal.json.encodedBytes)
    }
    if status != .noContent { headers.add(name: "content-type", value: type) }
    return (HTTPResponseHead(version: .http1_1, status: status, headers: headers), body)
  }

  /// Lets pages of allowed origins read the answer, cookies included (Fetch, section 3.3).
  private func permit(_ head: HTTPRequestHead, _ headers: inout HTTPHeaders) {
    guard let origin = head.headers.first(name: "origin"),
      settings.allowedOrigins.contains("*") || settings.allowedOrigins.contains(origin)
    else { return }
    headers.add(name: "access-control-allow-origin", value: origin)
    headers.add(name: "access-control-allow-credentials", value: "true")
    headers.add(name: "vary", value: "Origin")
    guard head.method == .OPTIONS else { return }
    headers.add(name: "access-control-allow-methods", value: "GET, POST, OPTIONS")
    if let wanted = head.headers.first(name: "access-control-request-headers") {
      headers.add(name: "access-control-allow-headers", value: wanted)
    }
    headers.add(name: "access-control-max-age", value: "86400")
  }
}
