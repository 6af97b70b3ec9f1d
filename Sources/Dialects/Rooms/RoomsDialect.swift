import Inventory
import Realtime
import Wire

/// The hub's own protocol at `/api/ws`, with the messages of the two systems that have lived there:
/// SommOS (rooms) and Omni Sales (namespaces).
///
/// The dialects translate and nothing more: what a connection may hear, and what it missed, is
/// decided by `Receiver`. Imports Realtime, Access and Storage.
package struct RoomsDialect: Dialect {
  package let signsInAtTheDoor = true

  package init() {}

  package func serves(_ path: String) -> Bool { path == "/api/ws" }

  package func connect(_ caller: Admission.Admitted, at deck: Deck) -> any WebSocketPeer {
    RoomsConnection(caller, at: deck)
  }

  /// `{"type":…,"namespace":…,"epoch":…,"seq":…,"data":…,"timestamp":…}`, what passes without the
  /// position. Omni Sales' clients find their own envelope in it.
  static let native = Rendition { event, epoch in [message(event, epoch)] }

  /// The same as Omni Sales' clients compare it: ids are texts, and money is in the currency's unit.
  static let omniSales = Rendition { event, epoch in
    guard let data = try? JSON(parsing: event.data) else { return [] }
    var told = event
    told.data = data.withTextIDs.withMoneyInUnits(of: event).encoded
    return [message(told, epoch)]
  }

  private static func message(_ event: Event, _ epoch: String) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(event.data.utf8.count + 160)
    bytes.append(contentsOf: #"{"type":"#.utf8)
    JSON.append(event.type, to: &bytes)
    let namespace = event.topics.first ?? ""
    if event.seq > 0 || Namespace(rawValue: namespace) != nil {
      bytes.append(contentsOf: #","namespace":"#.utf8)
      JSON.append(namespace, to: &bytes)
    }
    if event.seq > 0 {
      bytes.append(contentsOf: #","epoch":"#.utf8)
      JSON.append(epoch, to: &bytes)
      bytes.append(contentsOf: #","seq":"#.utf8)
      JSON.append(event.seq, to: &bytes)
    }
    bytes.append(contentsOf: #","data":"#.utf8)
    bytes.append(contentsOf: event.data.utf8)
    bytes.append(contentsOf: #","timestamp":"#.utf8)
    JSON.append(event.time, to: &bytes)
    bytes.append(UInt8(ascii: "}"))
    return bytes
  }
}
