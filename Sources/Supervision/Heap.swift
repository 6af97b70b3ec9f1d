import CMalloc

/// The C library's allocator, told what a small box needs.
package enum Heap {
  /// Lets large pieces go back to the system as soon as they are freed. Unless told, the allocator keeps
  /// pieces as large as the largest that was ever freed, up to 32 MB in each of its arenas (mallopt(3),
  /// M_MMAP_THRESHOLD): a week's drain would be paid for in memory ever after.
  package static func giveBackLargePieces() {
    mallopt(M_MMAP_THRESHOLD, 256 << 10)
    mallopt(M_TRIM_THRESHOLD, 256 << 10)
  }
}
