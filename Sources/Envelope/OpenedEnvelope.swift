import COpenSSL

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// An envelope that its recipient has opened and whose signature holds.
///
/// Nothing of the content is handed out before both are known, since a file that was cut off or
/// changed shows it only at its end. OpenSSL reads a whole envelope into memory; files are limited
/// to `limit`.
package struct OpenedEnvelope {
  /// Far more than a month of a busy site, and less than a server's memory.
  package static let limit = 512 << 20

  package let content: [UInt8]
  package let signer: Certificate

  /// Whose signature is good.
  package enum Signers {
    case these([Certificate])
    /// Anybody's: whoever calls shows the person whose it is.
    case anyone
  }

  package init(
    _ path: String, with key: PrivateKey, certificate: Certificate? = nil, from signers: Signers
  ) throws(EnvelopeError) {
    let file = try Memory(try File.contents(of: path, limit: Self.limit))
    let signed = try Memory()
    try Self.decrypt(file, with: key, certificate, to: signed, path)
    let content = try Memory()
    signer = try Self.verify(signed, from: signers, to: content, path)
    self.content = content.bytes
  }

  private static func decrypt(
    _ file: Memory, with key: PrivateKey, _ certificate: Certificate?, to signed: Memory,
    _ path: String
  ) throws(EnvelopeError) {
    defer { ERR_clear_error() }
    guard let sealed = d2i_CMS_bio(file.bio, nil) else { throw .notAnEnvelope(path) }
    defer { CMS_ContentInfo_free(sealed) }
    guard [NID_pkcs7_enveloped, NID_id_smime_ct_authEnvelopedData].contains(kind(of: sealed)) else {
      throw .notAnEnvelope(path)
    }
    guard CMS_decrypt_set1_pkey(sealed, key.pointer, certificate?.pointer) == 1 else {
      throw .notForThisKey(path)
    }
    guard CMS_decrypt(sealed, nil, nil, nil, signed.bio, UInt32(CMS_BINARY)) == 1 else {
      throw .damaged(path)
    }
  }

  private static func verify(
    _ file: Memory, from signers: Signers, to content: Memory, _ path: String
  ) throws(EnvelopeError) -> Certificate {
    defer { ERR_clear_error() }
    guard let signed = d2i_CMS_bio(file.bio, nil), kind(of: signed) == NID_pkcs7_signed else {
      throw .damaged(path)
    }
    defer { CMS_ContentInfo_free(signed) }
    let known = quartermaster_new_list()
    defer { quartermaster_free_list(known) }
    // Dates and chains do not count: the signer is one of those a person has entered, or nobody.
    var flags = CMS_BINARY | CMS_NO_SIGNER_CERT_VERIFY
    if case .these(let certificates) = signers {
      for certificate in certificates { quartermaster_append(known, certificate.pointer) }
      flags |= CMS_NOINTERN
    }
    guard CMS_verify(signed, known, nil, nil, content.bio, UInt32(flags)) == 1 else {
      let reason = ERR_GET_REASON(ERR_peek_last_error())
      throw reason == CMS_R_SIGNER_CERTIFICATE_NOT_FOUND ? .unknownSigner(path) : .forged(path)
    }
    let found = CMS_get0_signers(signed)
    defer { quartermaster_free_list(found) }
    guard quartermaster_count(found) == 1, let signer = quartermaster_element(found, 0) else {
      throw .forged(path)
    }
    X509_up_ref(signer)
    return Certificate(adopting: signer)
  }

  private static func kind(of envelope: OpaquePointer) -> Int32 {
    OBJ_obj2nid(CMS_get0_type(envelope))
  }
}
