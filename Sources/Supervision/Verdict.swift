/// What the watchdog's last round found.
package struct Verdict: Sendable, Equatable {
  package enum Outcome: Sendable, Equatable {
    case ok
    case failed(reason: String)
  }

  package struct Finding: Sendable, Equatable {
    package var check: String
    package var outcome: Outcome
    /// How long the check took, or has hung so far.
    package var duration: Duration

    package init(check: String, outcome: Outcome, duration: Duration) {
      self.check = check
      self.outcome = outcome
      self.duration = duration
    }
  }

  /// In the order of the checks.
  package var findings: [Finding]

  package init(findings: [Finding]) {
    self.findings = findings
  }

  package var isWell: Bool { trouble == nil }

  /// What is wrong, in words for people.
  package var trouble: String? {
    let failures = findings.compactMap { finding in
      switch finding.outcome {
      case .ok: nil as String?
      case .failed(let reason): "\(finding.check): \(reason)"
      }
    }
    return failures.isEmpty ? nil : "Not well. " + failures.joined(separator: "; ")
  }
}
