#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// One end's folder of keys for the courier: its own pair, and the certificates of those it trusts,
/// each entered by a person under the name of the other end.
package struct CourierKeys: Sendable {
  private let folder: String

  /// - Parameter data: the hub's folder, or shore's.
  package init(in data: String) {
    folder = data + "/courier"
  }

  /// The file that holds the private key, for `restore --key` and for `openssl`.
  package var ownFile: String { folder + "/own.pem" }

  /// This end's own pair; `nil` until it is made.
  package var own: KeyPair? {
    get throws(EnvelopeError) {
      access(ownFile, F_OK) == 0 ? try KeyPair(file: ownFile) : nil
    }
  }

  /// This end's own pair, made now where there is none.
  package func own(madeAs name: @autoclosure () -> String) throws(EnvelopeError) -> KeyPair {
    if let own = try own { return own }
    let made = try KeyPair.make(name: name())
    try makeFolders()
    try save(try made.pem, to: ownFile)
    return made
  }

  /// Lets `name` send files here and get files from here, until another certificate replaces it.
  package func trust(_ certificate: Certificate, as name: String) throws(EnvelopeError) {
    try makeFolders()
    try save(try certificate.pem, to: file(of: name))
  }

  /// Takes no file from `name` any more, and seals none for it.
  package func distrust(_ name: String) throws(EnvelopeError) {
    let file = file(of: name)
    guard unlink(file) == 0 || errno == ENOENT else {
      throw .cannotWrite(file, String(cString: strerror(errno)))
    }
  }

  /// `nil` where nobody of that name is trusted.
  package func certificate(of name: String) throws(EnvelopeError) -> Certificate? {
    let file = file(of: name)
    return access(file, F_OK) == 0 ? try Certificate(file: file) : nil
  }

  private func file(of name: String) -> String { "\(folder)/trusted/\(name).crt" }

  private func makeFolders() throws(EnvelopeError) {
    for path in [folder, folder + "/trusted"] {
      guard mkdir(path, 0o700) == 0 || errno == EEXIST else {
        throw .cannotWrite(path, String(cString: strerror(errno)))
      }
    }
  }

  private func save(_ text: String, to path: String) throws(EnvelopeError) {
    let part = path + ".part"
    let descriptor = open(part, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { throw .cannotWrite(path, String(cString: strerror(errno))) }
    defer { close(descriptor) }
    let bytes = Array(text.utf8)
    guard write(descriptor, bytes, bytes.count) == bytes.count, fsync(descriptor) == 0,
      rename(part, path) == 0
    else { throw .cannotWrite(path, String(cString: strerror(errno))) }
  }
}
