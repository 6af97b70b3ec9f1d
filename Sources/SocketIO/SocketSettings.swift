import NIOCore

/// The bounds of Socket.IO. The defaults are those of the servers that clients know.
package struct SocketSettings: Sendable {
  /// How long a client may take before it joins a namespace.
  package var connectTimeout = TimeAmount.seconds(45)
  /// Attachments of one packet.
  package var attachments = 10
  /// Bytes of them all.
  package var attachedBytes = 1_000_000
  package var jsonDepth = 32

  package init() {}
}
