import Crypto
import Inventory
import Storage
import Wire

/// Pairing by code and QR, and PINs on what is paired.
extension Gate {
  package struct Invitation: Sendable {
    /// `ABCDE-FGHJK`, for the person's device alone; the hub keeps its hash.
    package var code: String
    package var userName: String
    package var lifetime: Duration
  }

  /// Lets a device of the person called `login` in, as far as `identity` may; see `InviteDevice`.
  package func invite(
    login: String, deviceName: String?, from identity: Identity
  ) async throws(Refusal) -> Invitation {
    let code = Self.newCode(letters: 10)
    let command = InviteDevice(
      login: login, deviceName: deviceName, codeHash: Self.hash(Self.plain(code)))
    switch await ledger.submit(Submission(command, by: .session(identity.session))) {
    case .refused(let refusal): throw refusal
    case .done(let receipt):
      return Invitation(
        code: code, userName: (try? JSON(parsing: receipt.data))?["userName"]?.text ?? login,
        lifetime: InviteDevice.lifetime)
    }
  }

  package struct Paired: Sendable {
    package var signIn: SignIn
    /// What the device proves itself with when somebody unlocks it by a PIN.
    package var secret: String
  }

  /// Signs a device in by the code of an invitation: 50 bits, some minutes, and few guesses a minute.
  package func pair(
    code: String, device: Device, address: String
  ) async throws(Refusal) -> Paired {
    try admitAttempt(from: address)
    guard let key = device.key else { throw Refusal.invalid("device", "is missing") }
    let secret = (0..<16).map { _ in
      let byte = UInt8.random(in: .min ... .max)
      return String(byte >> 4, radix: 16) + String(byte & 15, radix: 16)
    }.joined()
    let command = PairDevice(
      codeHash: Self.hash(Self.plain(code)), deviceKey: key, deviceName: device.name,
      secretHash: Self.hash(secret))
    return Paired(signIn: try await signedIn(by: command), secret: secret)
  }

  /// Signs a person in by their PIN on a device that proves by `secret` that it is paired. A device
  /// that is not, or was shut out, is refused whatever the PIN; wrong ones are counted a person and a
  /// device (see `TryPIN`) and told to the admins when they become many.
  package func unlock(
    login: String, pin: String, secret: String, address: String
  ) async throws(Refusal) -> SignIn {
    try admitAttempt(from: address)
    let attempt: JSON?
    switch await ledger.submit(
      Submission(TryPIN(login: login, secretHash: Self.hash(secret)), by: .hub))
    {
    case .refused(let refusal): throw refusal
    case .done(let receipt): attempt = try? JSON(parsing: receipt.data)
    }
    let isRight = await matches(pin, attempt?["pin"]?.text)
    guard isRight, let user = attempt?["user"]?.integer, let device = attempt?["device"]?.text
    else {
      if let user = attempt?["user"]?.integer { noteRefusal(of: user) }
      throw Refusal(.unauthenticated, "The name or the PIN is wrong.")
    }
    return try await signedIn(by: UnlockDevice(user: user, deviceKey: device))
  }

  private static func plain(_ code: String) -> String {
    code.uppercased().filter { $0 != "-" && $0 != " " }
  }

  /// Plain SHA-256 suffices for what is random itself.
  private static func hash(_ secret: String) -> String {
    SHA256.hash(data: Array(secret.utf8)).map { byte in
      String(byte >> 4, radix: 16) + String(byte & 15, radix: 16)
    }.joined()
  }
}
