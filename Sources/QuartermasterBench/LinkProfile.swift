import ArgumentParser
import LinkRelay

/// A way ashore, as it is met at sea.
enum LinkProfile: String, CaseIterable, ExpressibleByArgument {
  case twoG = "2g"
  case vsat
  case steady = "128k"
  case threeG = "3g"
  case marina
  case halfOpen = "half-open"

  var words: String {
    switch self {
    case .twoG: "2G: 600 ms, 30 kbit/s"
    case .vsat: "VSAT: 1,200 ms +- 200, 100 kbit/s"
    case .steady: "128 kbit/s, 100 ms"
    case .threeG: "3G: 80 ms, 1 Mbit/s"
    case .marina: "Marina Wi-Fi: 60 ms +- 25, 2 Mbit/s, 2 % lost; 6 s up, 2 s of a sign-in page"
    case .halfOpen: "3G that forgets its connections after 1 s"
    }
  }

  var conditions: LinkConditions {
    switch self {
    case .twoG: .twoG
    case .vsat: .vsat
    case .steady: LinkConditions(roundTrip: .milliseconds(100), bitsPerSecond: 128_000)
    case .threeG, .halfOpen: .threeG
    case .marina: .marina
    }
  }

  /// What befalls the link in the half second before `halves` have passed since the first byte.
  func befall(_ relay: Relay, after halves: Int) {
    switch self {
    case .twoG, .vsat, .steady, .threeG: break
    case .marina:
      switch halves % 16 {
      case 12: relay.answer("HTTP/1.1 200 OK\r\nContent-Length: 13\r\n\r\nPlease log in")
      case 0: relay.restore()
      default: break
      }
    case .halfOpen: if halves == 2 { relay.forget() }
    }
  }
}
