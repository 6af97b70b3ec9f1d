import GRDB
import Sync

/// What can go wrong ashore, each as one sentence that says what to do.
package enum ShoreError: Error, Sendable, Hashable, CustomStringConvertible {
  case newerDatabase(path: String)
  case noDatabase(directory: String)
  case notADatabase(path: String)
  case inUse(directory: String)
  case notWritable(path: String, reason: String)
  case badSiteName(String)
  case siteExists(SiteName)
  case unknownSite(SiteName)
  case badAddress(String)
  case portTaken(String)
  case cannotListen(String, reason: String)
  case badToken(path: String)
  case tagReused(String)
  case badInput(String)
  case storageFull
  case busy
  case database(String)

  package var description: String {
    switch self {
    case .newerDatabase(let path):
      "\(path) was written by a newer version of quartermaster-shore; install that version or a "
        + "later one to open it."
    case .noDatabase(let directory):
      "There is no shore database in \(directory); check --data, or start one with "
        + "`quartermaster-shore site add NAME --data \(directory)`."
    case .notADatabase(let path):
      "\(path) is no SQLite database or is damaged; put back a good copy of it."
    case .inUse(let directory):
      "Another shore serves \(directory) already; stop it first, or choose another --data."
    case .notWritable(let path, let reason):
      "\(path) can't be written (\(reason)); let this user write there or choose another --data."
    case .badSiteName(let name):
      "'\(name)' can't be a site's name; use \(SiteName.rule)."
    case .siteExists(let site):
      "There is a site \(site) already; choose another name."
    case .unknownSite(let site):
      "There is no site \(site); `quartermaster-shore site list` shows the sites there are."
    case .badAddress(let address):
      "'\(address)' is no address to listen on; write HOST:PORT, such as 127.0.0.1:8470."
    case .portTaken(let address):
      "\(address) is in use already; stop the other program or choose another --listen."
    case .cannotListen(let address, let reason):
      "Can't listen on \(address) (\(reason)); choose another --listen."
    case .badToken(let path):
      "\(path) holds no operator's token; delete the file, and the next start writes a new one."
    case .tagReused(let tag):
      "The key \(tag) was used for another change already; choose a new one for each."
    case .badInput(let what): what
    case .storageFull: "The disk is full; make room and try again."
    case .busy: "The database is busy with another program; try again in a moment."
    case .database(let what): "The database failed (\(what)); see the log."
    }
  }

  /// Keeps an error that is one of ours, and puts SQLite's into our words.
  init(_ error: any Error, path: String) {
    if let error = error as? ShoreError {
      self = error
      return
    }
    guard let error = error as? DatabaseError else {
      self = .database(String(describing: error))
      return
    }
    switch error.resultCode {
    case .SQLITE_FULL: self = .storageFull
    case .SQLITE_BUSY, .SQLITE_LOCKED: self = .busy
    case .SQLITE_CANTOPEN, .SQLITE_READONLY, .SQLITE_PERM:
      self = .notWritable(path: path, reason: error.message ?? "SQLite error \(error.resultCode)")
    case .SQLITE_NOTADB, .SQLITE_CORRUPT: self = .notADatabase(path: path)
    default: self = .database(error.message ?? "SQLite error \(error.resultCode)")
    }
  }
}
