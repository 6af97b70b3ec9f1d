/// Where a hub asks for shore's answer to a batch that it has sent and heard nothing of.
///
/// The answer is the very one that was lost, under the same seal; so it proves as much. Shore keeps the
/// last few of each site in memory only: what a power cut or an older copy of its database could take
/// back is not told again.
package enum AnswerRequest {
  package static func target(site: SiteName, batch digest: BodyDigest) -> String {
    "/v1/sites/\(site)/answers/\(digest.hex)"
  }
}
