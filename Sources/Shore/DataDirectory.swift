#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// The directory that holds shore's database and the operator's token. Only its owner may read it.
package struct DataDirectory: Sendable, Hashable {
  package let path: String

  package init(_ path: String) {
    self.path = path
  }

  package var database: String { path + "/shore.sqlite" }
  package var token: String { path + "/operator-token" }

  package var hasDatabase: Bool { access(database, F_OK) == 0 }

  /// Keeps two servers from one folder, for as long as the lock lives. Commands may work beside one.
  package func lock() throws(ShoreError) -> DataLock {
    let file = open(path + "/shore.lock", O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
    guard file >= 0 else { throw .notWritable(path: path + "/shore.lock", reason: Self.reason) }
    guard flock(file, LOCK_EX | LOCK_NB) == 0 else {
      Self.shut(file)
      throw .inUse(directory: path)
    }
    return DataLock(file)
  }

  fileprivate static func shut(_ file: Int32) { close(file) }

  package func create() throws(ShoreError) {
    guard mkdir(path, 0o700) != 0, errno != EEXIST else { return }
    throw .notWritable(path: path, reason: Self.reason)
  }

  /// Makes `path` an empty file that nobody else can read, unless it exists. SQLite gives its
  /// side files the database's own permissions.
  func createPrivateFile(_ path: String) throws(ShoreError) -> Bool {
    let file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
    guard file >= 0 else {
      guard errno == EEXIST else { throw .notWritable(path: path, reason: Self.reason) }
      return false
    }
    close(file)
    return true
  }

  /// Replaces what `path` holds; it is on the disk when this returns.
  func save(_ text: String, to path: String) throws(ShoreError) {
    let file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
    guard file >= 0 else { throw .notWritable(path: path, reason: Self.reason) }
    defer { close(file) }
    let bytes = Array(text.utf8)
    guard write(file, bytes, bytes.count) == bytes.count, fsync(file) == 0 else {
      throw .notWritable(path: path, reason: Self.reason)
    }
  }

  /// At most the first 4 KiB of `path`; `nil` where there is no such file.
  func contents(of path: String) throws(ShoreError) -> String? {
    let file = open(path, O_RDONLY | O_CLOEXEC)
    guard file >= 0 else {
      guard errno == ENOENT else { throw .notWritable(path: path, reason: Self.reason) }
      return nil
    }
    defer { close(file) }
    var bytes = [UInt8](repeating: 0, count: 4096)
    let count = read(file, &bytes, bytes.count)
    guard count >= 0 else { throw .notWritable(path: path, reason: Self.reason) }
    return String(decoding: bytes[..<count], as: UTF8.self)
  }

  private static var reason: String { String(cString: strerror(errno)) }
}

/// A folder that is being served. The system lets go of it when the process ends, however.
package final class DataLock: Sendable {
  private let file: Int32

  fileprivate init(_ file: Int32) {
    self.file = file
  }

  deinit { DataDirectory.shut(file) }
}
