import Inventory
import Storage
import Wire

/// The socket at `/api/ws` described as AsyncAPI 3.0, its commands from the fields that are checked.
enum AsyncAPI {
  static func document(version: String) -> JSON {
    let fromDevice = requests + Catalogue.commands.map(command)
    let fromHub = answers + EventType.allCases.map(event)
    func references(_ messages: [(name: String, message: JSON)]) -> JSON {
      .array(messages.map { ["$ref": .string("#/channels/hub/messages/\($0.name)")] })
    }
    return [
      "asyncapi": "3.0.0",
      "info": ["title": "Quartermaster", "version": .string(version)],
      "defaultContentType": "application/json",
      "channels": [
        "hub": [
          "address": "/api/ws",
          "description": """
          One WebSocket a device; JSON text frames. Sign in by the token in the handshake (bearer,
          cookie or access_token) or by an auth message.
          """,
          "messages": .object(
            JSON.Members((fromDevice + fromHub).map { (key: $0.name, value: $0.message) })),
        ]
      ],
      "operations": [
        "fromDevice": [
          "action": "receive", "channel": ["$ref": "#/channels/hub"],
          "messages": references(fromDevice),
        ],
        "fromHub": [
          "action": "send", "channel": ["$ref": "#/channels/hub"],
          "messages": references(fromHub),
        ],
      ],
    ]
  }

  private static func message(
    _ type: String, _ about: String, _ members: [(String, JSON)], required: [String] = []
  ) -> (name: String, message: JSON) {
    (
      type,
      [
        "summary": .string(about),
        "payload": [
          "type": "object",
          "properties": .object(
            JSON.Members(
              [(key: "type", value: ["const": .string(type)])]
                + members.map { (key: $0.0, value: $0.1) })),
          "required": .array((["type"] + required).map(JSON.string)),
        ],
      ]
    )
  }

  private static let text: JSON = ["type": "string"]
  private static let integer: JSON = ["type": "integer"]
  private static let object: JSON = ["type": "object"]
  private static let position: JSON = [
    "type": "object", "properties": ["epoch": text, "seq": integer], "required": ["epoch", "seq"],
  ]

  private static let requests: [(name: String, message: JSON)] = [
    message(
      "auth", "Sign in with a token.",
      [("data", ["type": "object", "properties": ["token": text], "required": ["token"]])],
      required: ["data"]),
    message(
      "subscribe",
      "Listen to a namespace or a topic, from now or after a position seen before.",
      [
        (
          "data",
          [
            "type": "object",
            "properties": ["namespace": text, "topic": text, "after": position],
          ]
        )
      ], required: ["data"]),
    message(
      "unsubscribe", "Listen no longer.",
      [("data", ["type": "object", "properties": ["namespace": text, "topic": text]])],
      required: ["data"]),
    message("presence", "Ask who is connected.", []),
    message("ping", "Ask for a pong.", []),
  ]

  private static func command(
    _ command: any LedgerCommand.Type
  ) -> (name: String, message: JSON) {
    let (_, described) = message(
      "command", command.about,
      [
        ("id", ["type": "string", "minLength": 1, "maxLength": 64]),
        ("command", ["const": .string(command.name)]), ("deviceTime", integer),
        ("data", OpenAPI.schema(command.shapes)),
      ], required: ["id", "command", "data"])
    return ("command.\(command.name)", described)
  }

  private static func event(_ type: EventType) -> (name: String, message: JSON) {
    message(
      type.rawValue, "Roles: \(type.readers.names.joined(separator: ", ")).",
      [
        ("namespace", ["const": .string(type.namespace.rawValue)]), ("epoch", text),
        ("seq", integer), ("data", object), ("timestamp", integer),
      ], required: ["namespace", "epoch", "seq", "data", "timestamp"])
  }

  private static let answers: [(name: String, message: JSON)] = [
    message("welcome", "The first message.", [("data", object)], required: ["data"]),
    message(
      "authenticated", "Who one is now.", [("id", text), ("data", object)], required: ["data"]),
    message(
      "subscribed", "Live: what was missed has been sent, or a snapshot is needed.",
      [
        ("id", text),
        (
          "data",
          [
            "type": "object",
            "properties": [
              "namespace": text, "topic": text, "epoch": text, "seq": integer,
              "outcome": ["enum": ["live", "nothing_missed", "replayed", "snapshot_required"]],
            ], "required": ["outcome", "epoch", "seq"],
          ]
        ),
      ], required: ["data"]),
    message(
      "unsubscribed", "No longer listening.", [("id", text), ("data", object)], required: ["data"]),
    message(
      "ack", "Safe on the hub: the change is on disk.",
      [("id", text), ("epoch", text), ("seq", integer), ("data", object)],
      required: ["id", "epoch", "seq", "data"]),
    message(
      "refused", "Not done, and why.",
      [
        ("id", text),
        ("code", ["enum": .array(Refusal.Code.allCases.map { .string($0.rawValue) })]),
        ("message", text), ("field", text),
      ], required: ["code", "message"]),
    message("pong", "The answer to ping.", [("timestamp", integer)], required: ["timestamp"]),
    message("presence", "Who is connected.", [("id", text), ("data", object)], required: ["data"]),
    message(
      "presence:joined", "Somebody connected or signed in.", [("data", object)], required: ["data"]),
    message("presence:left", "Somebody left.", [("data", object)], required: ["data"]),
    message(
      "shore", "Safe on shore: everything up to and including seq.",
      [("data", ["type": "object", "properties": ["epoch": text, "through": integer]])],
      required: ["data"]),
  ]
}
