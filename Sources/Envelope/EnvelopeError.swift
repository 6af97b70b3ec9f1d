import COpenSSL

/// What can be wrong with an envelope, a key or a certificate, in words that say what to do.
package enum EnvelopeError: Error, Sendable, Hashable, CustomStringConvertible {
  case notAnEnvelope(String)
  case damaged(String)
  case notForThisKey(String)
  case unknownSigner(String)
  case forged(String)
  case badCertificate(String)
  case badKey(String)
  case cannotRead(String, String)
  case cannotWrite(String, String)
  case tooLarge(String, limit: Int)
  /// OpenSSL's own words for what should not happen.
  case failed(String)

  package var description: String {
    switch self {
    case .notAnEnvelope(let path):
      "\(path) is no sealed file, or its end is missing. Copy it again, and take the stick out only "
        + "when the copy is done."
    case .damaged(let path):
      "\(path) is damaged or sealed for somebody else. Copy it again, or have it made again."
    case .notForThisKey(let path):
      "\(path) is sealed for somebody else. Check that it is the right file, and that whoever made it "
        + "has the present certificate of this end."
    case .unknownSigner(let path):
      "\(path) is signed by somebody whose certificate is not known here. Check that it is the right "
        + "file, or enter the certificate first with courier trust."
    case .forged(let path):
      "\(path) is not what its signer signed. Have it made again."
    case .badCertificate(let path):
      "\(path) holds no certificate that can be used. Name the file that courier certificate printed."
    case .badKey(let path):
      "\(path) holds no private key without a password. Name the right file."
    case .cannotRead(let path, let why):
      "\(path) cannot be read (\(why))."
    case .cannotWrite(let path, let why):
      "\(path) cannot be written (\(why)). Name a file in a folder that exists and has room."
    case .tooLarge(let path, let limit):
      "\(path) is larger than \(limit >> 20) MB, which no file of ours is."
    case .failed(let what): "OpenSSL failed: \(what)."
    }
  }

  /// The newest entry of this thread's queue of errors, which is emptied.
  static func last(_ what: String) -> EnvelopeError {
    let code = ERR_peek_last_error()
    ERR_clear_error()
    let reason = ERR_reason_error_string(code).map { String(cString: $0) } ?? "no reason given"
    return .failed("\(what), \(reason)")
  }
}
