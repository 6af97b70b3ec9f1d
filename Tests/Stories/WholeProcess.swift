import Testing

/// Stories of whole processes: the real programs on real ports, with real files and real signals.
///
/// One at a time, since they share a small machine and some measure time. Each starts what it needs,
/// ends it by its own pid, and leaves nothing behind.
@Suite(.serialized)
enum WholeProcess {}
