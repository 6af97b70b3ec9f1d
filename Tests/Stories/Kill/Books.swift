import Testing
import Wire

extension Hub {
  /// The hub's movements against the devices' own books.
  func compare(with writers: [Writer], stock first: Int64) async throws {
    var sent: [String: Writer.Change] = [:]
    var acks: [String: Int64] = [:]
    for writer in writers {
      #expect(writer.books.complaints.isEmpty)
      sent.merge(writer.books.changes) { first, _ in first }
      acks.merge(writer.books.acks) { first, _ in first }
    }
    #expect(acks.count == sent.count)

    var booked: [String: Writer.Change] = [:]
    var twice: [String] = []
    var misplaced: [String] = []
    for line in try await command("export", "movements").succeeded().lines {
      let movement = try JSON(parsing: line)
      guard let id = movement["note"]?.text, let product = movement["productId"]?.integer,
        let quantity = movement["quantity"]?.integer
      else { continue }
      if booked.updateValue(.init(product: product, quantity: quantity), forKey: id) != nil {
        twice.append(id)
      }
      if acks[id] != movement["seq"]?.integer { misplaced.append(id) }
    }
    #expect(twice == [])
    #expect(misplaced == [])
    #expect(acks.keys.filter { booked[$0] == nil } == [], "confirmed and lost")
    #expect(booked == sent)

    let levels = Dictionary(grouping: sent.values, by: \.product)
      .mapValues { $0.reduce(first) { $0 + $1.quantity } }
    let stock = try await sql("SELECT product, SUM(quantity) FROM stock GROUP BY product")
    #expect(Set(stock) == Set(levels.map { "\($0)|\($1)" }))
    let log = try await sql("SELECT COUNT(*) = MAX(seq), MIN(seq) FROM event")
    #expect(log == ["1|1"], "the log has a gap")
  }
}
