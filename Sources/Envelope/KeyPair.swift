import COpenSSL

/// A private key and the certificate that goes with it: one end's own.
package final class KeyPair: @unchecked Sendable {
  // OpenSSL counts references to it atomically, and nothing here changes it.
  let key: OpaquePointer
  package let certificate: Certificate

  private init(adopting key: OpaquePointer, _ certificate: Certificate) {
    self.key = key
    self.certificate = certificate
  }

  deinit { EVP_PKEY_free(key) }

  /// A new P-256 key and its own certificate.
  ///
  /// The certificate is good from 2020 for ever (RFC 5280, section 4.1.2.5): a box whose clock is
  /// wrong must still be able to send a stick, and who is trusted is settled by whose certificate a
  /// person has entered, not by a date.
  package static func make(name: String) throws(EnvelopeError) -> KeyPair {
    guard let key = quartermaster_new_key() else { throw .last("new key") }
    guard let x509 = X509_new() else {
      EVP_PKEY_free(key)
      throw .last("new certificate")
    }
    let pair = KeyPair(adopting: key, Certificate(adopting: x509))
    let subject = X509_get_subject_name(x509)
    guard X509_set_version(x509, 2) == 1, numbered(x509),
      ASN1_TIME_set_string(X509_getm_notBefore(x509), "20200101000000Z") == 1,
      ASN1_TIME_set_string(X509_getm_notAfter(x509), "99991231235959Z") == 1,
      X509_NAME_add_entry_by_NID(subject, NID_commonName, MBSTRING_UTF8, name, -1, -1, 0) == 1,
      X509_set_issuer_name(x509, subject) == 1, X509_set_pubkey(x509, key) == 1,
      add(NID_basic_constraints, "critical,CA:FALSE", to: x509),
      add(NID_key_usage, "critical,digitalSignature,keyAgreement", to: x509),
      add(NID_subject_key_identifier, "hash", to: x509), X509_sign(x509, key, EVP_sha256()) > 0
    else { throw .last("new certificate") }
    return pair
  }

  /// A random number of 127 bits, since certificates are told apart by issuer and number.
  private static func numbered(_ x509: OpaquePointer) -> Bool {
    guard let number = BN_new() else { return false }
    defer { BN_free(number) }
    return BN_rand(number, 127, BN_RAND_TOP_ANY, BN_RAND_BOTTOM_ANY) == 1
      && BN_to_ASN1_INTEGER(number, X509_get_serialNumber(x509)) != nil
  }

  private static func add(_ kind: Int32, _ value: String, to x509: OpaquePointer) -> Bool {
    var context = X509V3_CTX()
    X509V3_set_ctx(&context, x509, x509, nil, nil, 0)
    guard let made = X509V3_EXT_conf_nid(nil, &context, kind, value) else { return false }
    defer { X509_EXTENSION_free(made) }
    return X509_add_ext(x509, made, -1) == 1
  }

  /// Reads a file that holds the key and the certificate, as `pem` writes it.
  package convenience init(file path: String) throws(EnvelopeError) {
    let text = String(decoding: try File.contents(of: path, limit: 1 << 20), as: UTF8.self)
    let key = try PrivateKey.read(pem: text, path: path)
    do throws(EnvelopeError) {
      self.init(adopting: key, try Certificate(pem: text, path: path))
    } catch {
      EVP_PKEY_free(key)
      throw error
    }
  }

  /// Key and certificate in one text: for a file that nobody else may read.
  package var pem: String {
    get throws(EnvelopeError) {
      let memory = try Memory()
      guard PEM_write_bio_PrivateKey(memory.bio, key, nil, nil, 0, nil, nil) == 1 else {
        throw .last("private key")
      }
      return String(decoding: memory.bytes, as: UTF8.self) + (try certificate.pem)
    }
  }
}

/// A private key alone, as whoever opens a sealed backup has it.
package final class PrivateKey: @unchecked Sendable {
  // OpenSSL counts references to it atomically, and nothing here changes it.
  let pointer: OpaquePointer

  package init(file path: String) throws(EnvelopeError) {
    pointer = try Self.read(
      pem: String(decoding: try File.contents(of: path, limit: 1 << 20), as: UTF8.self), path: path)
  }

  package init(of pair: KeyPair) {
    EVP_PKEY_up_ref(pair.key)
    pointer = pair.key
  }

  deinit { EVP_PKEY_free(pointer) }

  fileprivate static func read(pem: String, path: String) throws(EnvelopeError) -> OpaquePointer {
    let memory = try Memory(Array(pem.utf8))
    // A key under a password would make OpenSSL ask on the terminal.
    let noPassword:
      @convention(c) (UnsafeMutablePointer<CChar>?, Int32, Int32, UnsafeMutableRawPointer?)
        -> Int32 = { _, _, _, _ in -1 }
    guard let key = PEM_read_bio_PrivateKey(memory.bio, nil, noPassword, nil) else {
      ERR_clear_error()
      throw .badKey(path)
    }
    return key
  }
}
