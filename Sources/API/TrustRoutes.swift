import HTTPTypes
import Hummingbird
import HummingbirdCore
import Inventory
import NIOCore
import Wire

/// What a device needs to trust the hub: public, and the same over plain HTTP, since whoever asks does
/// not trust anything yet. The fingerprint is compared by people, with what the box itself prints.
package struct Introduction: Sendable {
  /// The authority's certificate in the forms that devices take; `nil` where the owner brought another.
  package struct Authority: Sendable {
    package var fingerprint: String
    package var der: [UInt8]
    package var pem: String
    package var profile: String

    package init(fingerprint: String, der: [UInt8], pem: String, profile: String) {
      self.fingerprint = fingerprint
      self.der = der
      self.pem = pem
      self.profile = profile
    }
  }

  package var securePort: Int
  /// Addresses that another device could type.
  package var addresses: @Sendable () -> [String]
  package var authority: Authority?

  package init(
    securePort: Int, addresses: @escaping @Sendable () -> [String], authority: Authority?
  ) {
    self.securePort = securePort
    self.addresses = addresses
    self.authority = authority
  }
}

struct TrustRoutes {
  let surroundings: Surroundings

  func add(to router: Router<APIContext>) {
    router.get("/api/v1/trust") { _, _ -> Response in
      let introduction = surroundings.introduction()
      return .json(
        .compact([
          "securePort": introduction.map { .int(Int64($0.securePort)) },
          "fingerprint": .text(introduction?.authority?.fingerprint),
          "addresses": .array((introduction?.addresses() ?? []).map(JSON.string)),
        ]))
    }
    // Android goes by the ending and takes DER; iPhones go by the type.
    let forms: [(String, String, @Sendable (Introduction.Authority) -> ByteBuffer)] = [
      (
        "mobileconfig", "application/x-apple-aspen-config", { ByteBuffer(string: $0.profile) }
      ),
      ("crt", "application/x-x509-ca-cert", { ByteBuffer(bytes: $0.der) }),
      ("pem", "application/x-pem-file", { ByteBuffer(string: $0.pem) }),
    ]
    for (ending, type, bytes) in forms {
      router.get(RouterPath("/welcome/quartermaster.\(ending)")) { _, _ -> Response in
        guard let authority = surroundings.introduction()?.authority else {
          throw Refusal(.notFound, "This hub has no authority of its own to trust.")
        }
        return Response(
          status: .ok, headers: [.contentType: type, .cacheControl: "no-cache"],
          body: ResponseBody(byteBuffer: bytes(authority)))
      }
    }
  }
}
