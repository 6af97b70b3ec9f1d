import Foundation
import SwiftASN1
import X509

/// The dates of a certificate in a PEM file; `nil` where it holds none.
package func term(ofCertificateIn path: String) -> Term? {
  guard let text = try? PrivateFile.read(path),
    let certificate = (try? PEMDocument.parseMultiple(pemString: text))?
      .lazy.compactMap({ try? Certificate(pemDocument: $0) }).first
  else { return nil }
  return Term(certificate.notValidBefore, certificate.notValidAfter)
}
