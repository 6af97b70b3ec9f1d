import Crypto
import Foundation
import X509

/// The authority as a configuration profile, which iPhones and iPads install
/// (developer.apple.com/documentation/devicemanagement/certificateroot).
package struct Profile {
  package let xml: String

  /// The same authority is the same profile: installing it again replaces it.
  package init(of authority: Authority) throws {
    let der = Data(try authority.der)
    let name = Self.escaped(authority.name)
    xml = """
      <?xml version="1.0" encoding="UTF-8"?>
      <!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
      <plist version="1.0"><dict>
      <key>PayloadType</key><string>Configuration</string>
      <key>PayloadVersion</key><integer>1</integer>
      <key>PayloadIdentifier</key><string>quartermaster.\(Self.identifier("profile", der))</string>
      <key>PayloadUUID</key><string>\(Self.identifier("profile", der))</string>
      <key>PayloadDisplayName</key><string>\(name)</string>
      <key>PayloadDescription</key><string>Lets this device trust the hub aboard.</string>
      <key>PayloadContent</key><array><dict>
      <key>PayloadType</key><string>com.apple.security.root</string>
      <key>PayloadVersion</key><integer>1</integer>
      <key>PayloadIdentifier</key><string>quartermaster.\(Self.identifier("root", der))</string>
      <key>PayloadUUID</key><string>\(Self.identifier("root", der))</string>
      <key>PayloadDisplayName</key><string>\(name)</string>
      <key>PayloadContent</key><data>\(der.base64EncodedString())</data>
      </dict></array>
      </dict></plist>

      """
  }

  private static func identifier(_ part: String, _ der: Data) -> String {
    var bytes = Array(SHA256.hash(data: Data(part.utf8) + der).prefix(16))
    // A name-based UUID (RFC 9562, section 5.8).
    bytes[6] = bytes[6] & 0x0F | 0x80
    bytes[8] = bytes[8] & 0x3F | 0x80
    let digits = bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16, uppercase: true) }
    return [0..<4, 4..<6, 6..<8, 8..<10, 10..<16].map { digits[$0].joined() }
      .joined(separator: "-")
  }

  private static func escaped(_ text: String) -> String {
    text.replacing("&", with: "&amp;").replacing("<", with: "&lt;")
  }
}
