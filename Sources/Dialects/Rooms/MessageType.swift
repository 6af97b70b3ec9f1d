import Access
import Realtime

/// The messages that a device may send at `/api/ws`.
enum MessageType: String, CaseIterable {
  case auth, subscribe, unsubscribe, ping
  case command, presence
  case joinRoom = "join_room"
  case leaveRoom = "leave_room"
  case getRooms = "get_rooms"

  /// Whether no client of SommOS sends it.
  var isOfTheHub: Bool {
    switch self {
    case .subscribe, .unsubscribe, .command, .presence: true
    case .auth, .ping, .joinRoom, .leaveRoom, .getRooms: false
    }
  }
}

extension Limits {
  /// Both systems allow a hundred messages a minute, of all their types together. The hub's own have
  /// figures of their own: commands, which a scanner sends as fast as a hand can move, and the question
  /// who is aboard, which its app asks again whenever somebody comes or goes.
  var roomsAllowance: MessageRate.Allowance {
    MessageRate.Allowance(
      total: messagesPerMinute, others: controlMessagesPerMinute,
      types: [
        MessageType.command.rawValue: messagesPerMinutePerType,
        MessageType.presence.rawValue: controlMessagesPerMinute,
      ])
  }
}
