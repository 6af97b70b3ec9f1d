import Dialects
import Dispatch
import HubFixtures
import NIOHTTP1
import Testing

@testable import Realtime

/// A place that was reserved is the connection's or nobody's, whichever comes first: admission or the end.
@Suite struct DecisionTests {
  @Test func `whoever ends just as they are admitted keeps no place`() async throws {
    try await LiveHub.with { live in
      let admission = Admission(hub: live.hub, dialects: [RoomsDialect()])

      for _ in 0..<300_000 {
        let admitted = Admission.Admitted(
          connection: try live.hub.reserve(address: "10.0.0.1"), address: "10.0.0.1", head: 0,
          request: HTTPRequestHead(version: .http1_1, method: .GET, uri: "/api/ws"),
          dialect: RoomsDialect())
        let decision = Upgrader.Decision(admission: admission)
        DispatchQueue.concurrentPerform(iterations: 2) { side in
          if side == 0 { decision.admitted(admitted) } else { decision.abandon() }
        }
      }

      #expect(live.hub.traffic.connections == 0)
    }
  }
}
