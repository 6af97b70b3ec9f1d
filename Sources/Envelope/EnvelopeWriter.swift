import COpenSSL

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Writes one file that only `recipient` can read and that says who made it: CMS (RFC 5652),
/// SignedData within AuthEnvelopedData (RFC 5083), as `openssl cms -decrypt` and then `openssl cms
/// -verify` open it.
///
/// Signs, encrypts and writes as the content comes, so that memory stays the same however much there
/// is; there must be at least one byte of it. The file has its name only once it is whole and on the
/// disk; until then it is `FILE.part`.
package final class EnvelopeWriter {
  private let path: String
  private let part: String
  private let descriptor: Int32
  private let file: OpaquePointer
  private let sealed: OpaquePointer
  private let signed: OpaquePointer
  /// The end of the chain that takes the content: signature, encryption, file.
  private var top: OpaquePointer
  private var isFinished = false

  package init(
    _ path: String, from signer: KeyPair, to recipient: Certificate
  ) throws(EnvelopeError) {
    self.path = path
    part = path + ".part"
    let descriptor = open(part, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { throw .cannotWrite(path, String(cString: strerror(errno))) }
    let flags = UInt32(CMS_STREAM | CMS_PARTIAL | CMS_BINARY)
    guard let file = BIO_new_fd(descriptor, 0) else {
      close(descriptor)
      throw .last("file")
    }
    guard let sealed = CMS_encrypt(nil, nil, EVP_aes_256_gcm(), flags),
      CMS_add1_recipient_cert(sealed, recipient.pointer, 0) != nil,
      let encryption = BIO_new_CMS(file, sealed),
      let signed = CMS_sign(nil, nil, nil, nil, flags),
      CMS_add1_signer(
        signed, signer.certificate.pointer, signer.key, EVP_sha256(),
        UInt32(CMS_BINARY | CMS_NOSMIMECAP)) != nil,
      let signature = BIO_new_CMS(encryption, signed)
    else {
      // What was made of the chain is lost with the command that ends here.
      BIO_free(file)
      close(descriptor)
      unlink(part)
      throw .last("envelope")
    }
    self.descriptor = descriptor
    self.file = file
    self.sealed = sealed
    self.signed = signed
    top = signature
  }

  package func write(_ bytes: some Collection<UInt8>) throws(EnvelopeError) {
    let bytes = Array(bytes)
    guard bytes.isEmpty || BIO_write(top, bytes, Int32(bytes.count)) == bytes.count else {
      throw trouble
    }
  }

  /// Signs, closes and names the file; it is on the disk when this returns.
  package func finish() throws(EnvelopeError) {
    while true {
      // Each part of the chain writes its end with its own flush.
      guard quartermaster_flush(top) == 1 else { throw trouble }
      guard top != file, let next = BIO_pop(top) else { break }
      BIO_free(top)
      top = next
    }
    guard fsync(descriptor) == 0, rename(part, path) == 0 else { throw trouble }
    let folder = path.lastIndex(of: "/").map { String(path[...$0]) } ?? "."
    let parent = open(folder, O_RDONLY | O_CLOEXEC)
    // A stick's file system may not know how to synchronize a folder; the file itself is safe.
    if parent >= 0 {
      fsync(parent)
      close(parent)
    }
    isFinished = true
  }

  private var trouble: EnvelopeError {
    let number = errno
    ERR_clear_error()
    return .cannotWrite(path, String(cString: strerror(number)))
  }

  deinit {
    while top != file, let next = BIO_pop(top) {
      BIO_free(top)
      top = next
    }
    BIO_free(file)
    CMS_ContentInfo_free(signed)
    CMS_ContentInfo_free(sealed)
    close(descriptor)
    if !isFinished { unlink(part) }
  }
}
