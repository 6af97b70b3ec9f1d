/// The command that the benchmarks send: one more of a product, under an id of its own.
struct Adjustment {
  var product: Int64
  var note = ""

  func message(id: String) -> String {
    let remark = note.isEmpty ? "" : #","note":"\#(note)""#
    return #"{"type":"command","id":"\#(id)","command":"stock.adjust","data":{"productId":"#
      + #"\#(product),"locationId":1,"quantity":1,"reason":"adjustment"\#(remark)}}"#
  }

  /// A scan in the room that the writer opened first.
  func scan(id: String) -> String {
    #"{"type":"command","id":"\#(id)","command":"count.scan","data":{"countId":1,"code":"SKU-1"}}"#
  }

  /// Fails where a message refuses a command; a measurement must not count refusals as work.
  static func check(_ message: UnsafeRawBufferPointer) throws {
    if message.begins(with: #"{"type":"refused""#) {
      throw Failure("The hub refused a command: \(String(decoding: message, as: UTF8.self))")
    }
  }
}
