import COpenSSL

/// A certificate that names one end of the courier: whoever holds it can seal files for that end and
/// tell what that end has signed.
package final class Certificate: @unchecked Sendable {
  // OpenSSL counts references to it atomically, and nothing here changes it.
  let pointer: OpaquePointer

  init(adopting pointer: OpaquePointer) {
    self.pointer = pointer
  }

  deinit { X509_free(pointer) }

  /// Reads the first certificate of a PEM text.
  /// - Parameter path: where the text came from, for the words of an error.
  package convenience init(pem: String, path: String) throws(EnvelopeError) {
    let memory = try Memory(Array(pem.utf8))
    guard let pointer = PEM_read_bio_X509(memory.bio, nil, nil, nil) else {
      ERR_clear_error()
      throw .badCertificate(path)
    }
    self.init(adopting: pointer)
  }

  package convenience init(file path: String) throws(EnvelopeError) {
    try self.init(
      pem: String(decoding: try File.contents(of: path, limit: 1 << 20), as: UTF8.self), path: path)
  }

  package var pem: String {
    get throws(EnvelopeError) {
      let memory = try Memory()
      guard PEM_write_bio_X509(memory.bio, pointer) == 1 else { throw .last("certificate") }
      return String(decoding: memory.bytes, as: UTF8.self)
    }
  }

  /// The common name of its subject: a site's name, or shore's.
  package var name: String {
    var text = [CChar](repeating: 0, count: 256)
    let count = X509_NAME_get_text_by_NID(
      X509_get_subject_name(pointer), NID_commonName, &text, Int32(text.count))
    return String(
      decoding: text.prefix(max(0, Int(count))).map(UInt8.init(bitPattern:)), as: UTF8.self)
  }

  /// SHA-256 of the certificate as `openssl x509 -fingerprint -sha256` prints it, for two people to
  /// compare over the telephone.
  package var fingerprint: String {
    var digest = [UInt8](repeating: 0, count: Int(EVP_MAX_MD_SIZE))
    var count: UInt32 = 0
    guard X509_digest(pointer, EVP_sha256(), &digest, &count) == 1 else { return "" }
    let digits = Array("0123456789ABCDEF")
    return digest.prefix(Int(count)).map { "\(digits[Int($0 >> 4)])\(digits[Int($0 & 15)])" }
      .joined(separator: ":")
  }

  package static func == (one: Certificate, other: Certificate) -> Bool {
    X509_cmp(one.pointer, other.pointer) == 0
  }
}
