import ArgumentParser
import Envelope
import Storage
import Sync
import Uplink

/// The way ashore for a link that never comes: a file on a stick, and a receipt back.
struct CourierGroup: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "courier",
    abstract: "Send the log ashore on a stick, signed and sealed, and take in the receipt.",
    discussion: """
      Once, at enrolment: carry the hub's certificate ashore and shore's aboard.

        quartermaster courier certificate --site aurora > aurora.crt
        quartermaster-shore courier trust aurora aurora.crt --data ./shore
        quartermaster-shore courier certificate --data ./shore > shore.crt
        quartermaster courier trust shore.crt

      Whoever carries them shows both ends the same fingerprint. Then, as often as there is a boat:

        quartermaster courier export stick.cms
        quartermaster-shore courier import stick.cms --receipt receipt.cms --data ./shore
        quartermaster courier receipt receipt.cms

      A stick that is lost, used twice or late costs nothing: what shore has not confirmed goes \
      again, and shore holds it once. The live link may run at the same time.
      """,
    subcommands: [
      CourierCertificate.self, CourierTrust.self, CourierExportCommand.self,
      CourierReceiptCommand.self,
    ])

  /// The name under which a hub keeps shore's certificate.
  static let shore = "shore"
}

struct CourierCertificate: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "certificate", abstract: "Print this hub's certificate, made on first use.")

  @Option(
    help: ArgumentHelp("This site's name ashore; needed the first time.", valueName: "name"))
  var site: String?
  @OptionGroup var data: DataOption

  func run() async throws {
    _ = try data.openStore()
    let keys = CourierKeys(in: data.directory)
    let known = try keys.own
    guard let name = site ?? known?.certificate.name else {
      throw Failure(misuse: "Say which site this is: --site NAME, as shore knows it.")
    }
    guard SiteName(name) != nil else {
      throw Failure(misuse: "'\(name)' can't be a site's name; use \(SiteName.rule).")
    }
    let own = try keys.own(madeAs: name).certificate
    guard own.name == name else {
      throw Failure(
        "This hub's certificate is for the site \(own.name). Move \(keys.ownFile) away first.")
    }
    Console.write(try own.pem)
    Console.remark("Fingerprint of \(own.name): \(own.fingerprint)")
  }
}

struct CourierTrust: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "trust", abstract: "Enter shore's certificate, in place of an earlier one.")

  @Argument(help: "What `quartermaster-shore courier certificate` printed.") var file: String
  @OptionGroup var data: DataOption

  func run() async throws {
    _ = try data.openStore()
    let certificate = try Certificate(file: file)
    try CourierKeys(in: data.directory).trust(certificate, as: CourierGroup.shore)
    Console.say("Shore is trusted by the fingerprint \(certificate.fingerprint).")
  }
}

struct CourierExportCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "export",
    abstract: "Write everything that shore has not confirmed to a file, also while the hub runs.")

  @Argument(help: "The file to write.") var file: String
  @OptionGroup var data: DataOption

  func run() async throws {
    let store = try data.openStore()
    let ends = try CourierEnds(data.directory)
    let export = CourierExport(store, of: ends.site)
    let writer = try EnvelopeWriter(file, from: ends.own, to: ends.shore)
    let summary = try export.write { try writer.write($0) }
    try writer.finish()
    Console.say("Wrote \(count(summary.events, "event")) for shore to \(file).")
    if summary.withheld > 0 {
      Console.remark(
        "\(count(summary.withheld, "event")) can't be read ashore and will wait for a person.")
    }
  }
}

struct CourierReceiptCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "receipt",
    abstract: "Take in the receipt that came back from shore, also while the hub runs.")

  @Argument(help: "The receipt.") var file: String
  @OptionGroup var data: DataOption

  func run() async throws {
    let store = try data.openStore()
    let ends = try CourierEnds(data.directory)
    let opened = try OpenedEnvelope(
      file, with: PrivateKey(of: ends.own), certificate: ends.own.certificate,
      from: .these([ends.shore]))
    var contents = try CourierContents(opened.content, expecting: .receipt)
    guard contents.site == ends.site else {
      throw CourierFault.otherSite(said: contents.site, expected: ends.site)
    }
    let summary = try CourierReceipt(store).apply(try contents.answers())
    Console.say(
      summary.confirmed > 0
        ? "\(count(summary.confirmed, "more event")) safe on shore."
        : "Nothing new: this receipt tells what the hub knew, or nothing of its log.")
    if summary.refused > 0 {
      Console.remark("Shore refused \(count(summary.refused, "event")); a person must look at it.")
    }
    if summary.foreign > 0 {
      Console.remark(
        "\(count(summary.foreign, "batch")) of the receipt is not in this hub's log like that; it "
          + "goes again with the next stick or link.")
    }
    if !summary.rewound.isEmpty {
      Console.remark(
        "Shore has less than it once confirmed; make another stick, it holds the rest.")
    }
  }
}

/// This hub's own keys and shore's certificate, as enrolment left them.
private struct CourierEnds {
  let own: KeyPair
  let shore: Certificate
  let site: SiteName

  init(_ directory: String) throws {
    let keys = CourierKeys(in: directory)
    guard let own = try keys.own, let site = SiteName(own.certificate.name) else {
      throw Failure(
        "This hub has no certificate yet; make it with: quartermaster courier certificate --site NAME"
      )
    }
    guard let shore = try keys.certificate(of: CourierGroup.shore) else {
      throw Failure(
        "Shore's certificate is not entered yet; do it with: quartermaster courier trust FILE")
    }
    self.own = own
    self.shore = shore
    self.site = site
  }
}
