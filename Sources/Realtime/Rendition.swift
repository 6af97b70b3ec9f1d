import Inventory

/// One way of saying events on the wire: what a dialect, or one flavour of it, makes of an event.
///
/// Made once and kept for the life of the program; its identity is what shared frames are found by.
package final class Rendition: Sendable {
  private let render: @Sendable (_ event: Event, _ epoch: String) -> [[UInt8]]

  /// - Parameter render: the text messages that tell of `event`, in order; none where the dialect
  ///   has no word for it. Depends on nothing but its arguments.
  package init(_ render: @escaping @Sendable (_ event: Event, _ epoch: String) -> [[UInt8]]) {
    self.render = render
  }

  func messages(_ event: Event, epoch: String) -> [[UInt8]] {
    render(event, epoch)
  }
}
