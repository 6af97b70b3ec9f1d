import ArgumentParser
import Envelope
import Inventory
import Shore
import Sync

struct CourierGroup: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "courier",
    abstract: "Take in the logs that come on sticks, and write the receipts.",
    subcommands: [CourierCertificate.self, CourierTrust.self, CourierImportCommand.self])
}

struct CourierCertificate: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "certificate", abstract: "Print shore's certificate, made on first use.",
    discussion: "Hubs take it with: quartermaster courier trust FILE")

  @OptionGroup var data: DataOption

  func run() async throws {
    try data.directory.create()
    let own = try CourierKeys(in: data.path).own(madeAs: "shore").certificate
    try Output.write(Array(try own.pem.utf8))
    Output.tell("Fingerprint of shore: \(own.fingerprint)")
  }
}

struct CourierTrust: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "trust", abstract: "Enter a site's certificate, in place of an earlier one.")

  @Argument(help: "The site's name.") var site: String
  @Argument(help: "What `quartermaster courier certificate` printed aboard.") var file: String
  @OptionGroup var data: DataOption

  func run() async throws {
    let site = try SiteName(argument: site)
    let store = try ShoreStore(data.directory, create: false)
    defer { try? store.close() }
    guard try store.siteNames().contains(site) else { throw ShoreError.unknownSite(site) }
    let certificate = try Certificate(file: file)
    guard certificate.name == site.text else {
      throw ValidationError("\(file) is the certificate of \(certificate.name), not of \(site).")
    }
    try CourierKeys(in: data.path).trust(certificate, as: site.text)
    try Output.say("\(site) is trusted by the fingerprint \(certificate.fingerprint).")
  }
}

struct CourierImportCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "import",
    abstract: "Take in a site's file, also while shore serves, and write the receipt.")

  @Argument(help: "What `quartermaster courier export` wrote aboard.") var file: String
  @Option(help: ArgumentHelp("The file for the receipt, to go back aboard.", valueName: "file"))
  var receipt: String
  @OptionGroup var data: DataOption

  func run() async throws {
    let store = try ShoreStore(data.directory, create: false)
    defer { try? store.close() }
    let keys = CourierKeys(in: data.path)
    guard let own = try keys.own else {
      throw ValidationError(
        "Shore has no certificate yet; make it with: quartermaster-shore courier certificate --data "
          + data.path)
    }
    let sites = try store.siteNames()
    let opened = try OpenedEnvelope(
      file, with: PrivateKey(of: own), certificate: own.certificate,
      from: .these(try sites.compactMap { try keys.certificate(of: $0.text) }))
    guard let site = SiteName(opened.signer.name) else { throw EnvelopeError.unknownSigner(file) }
    let summary = try await CourierImport(store).take(
      opened.content, from: site, at: ShoreServer.milliseconds())
    let writer = try EnvelopeWriter(receipt, from: own, to: opened.signer)
    try writer.write(try CourierContents.receipt(summary.answers, to: site))
    try writer.finish()
    try Output.say("\(site): \(summary.events) events are here; the receipt is in \(receipt).")
    if summary.refused > 0 { Output.tell("\(summary.refused) events were refused.") }
    if !summary.gaps.isEmpty {
      Output.tell(
        "Something before this file is missing here (\(summary.gaps.map(\.name).joined(separator: ", "))). "
          + "The receipt asks the site to send it again.")
    }
    if summary.unreadable > 0 {
      Output.tell("\(summary.unreadable) batches can't be read; bring shore up to date.")
    }
  }
}
