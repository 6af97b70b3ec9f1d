import Inventory
import Storage
import Wire

/// The REST side described as OpenAPI 3.1, made from the very fields and columns that it is served
/// with.
enum OpenAPI {
  static func document(version: String) -> JSON {
    var paths = JSON.Members()
    for listing in Listing.all {
      paths["/api/v1/\(listing.name)"] = ["get": list(listing)]
      paths["/api/v1/\(listing.name)/{id}"] = ["get": item(listing)]
    }
    for command in Catalogue.commands {
      let path = CommandPath(command)
      var entry = paths[path.path] ?? [:]
      entry["post"] = post(command, path)
      paths[path.path] = entry
    }
    for (path, operations) in fixedPaths { paths[path] = operations }
    return [
      "openapi": "3.1.0",
      "info": [
        "title": "Quartermaster", "version": .string(version),
        "description":
          "Inventory hub. Commands are POSTs with an optional Idempotency-Key; lists are paged by cursor; errors are problem details (RFC 9457) with a stable code.",
      ],
      "security": [["bearer": []], ["cookie": []]],
      "paths": .object(paths),
      "components": components,
    ]
  }

  private static func list(_ listing: Listing) -> JSON {
    let filters = listing.filters.map { filter in
      parameter(filter.name, "query", filter.about, kind(filter.kind), required: false)
    }
    return [
      "summary": .string(listing.about), "operationId": .string("list-\(listing.name)"),
      "tags": [.string(listing.name)],
      "parameters": .array(filters + paging),
      "responses": responses(
        200, "A page.",
        object(
          [
            ("items", ["type": "array", "items": schema(listing)]),
            ("next", ["type": ["integer", "null"], "description": "Cursor of the next page."]),
          ], required: ["items", "next"])),
    ]
  }

  private static func item(_ listing: Listing) -> JSON {
    [
      "summary": .string("One of: \(listing.about)"),
      "operationId": .string("get-\(listing.name)"), "tags": [.string(listing.name)],
      "parameters": [
        parameter("id", "path", "The entry's id.", ["type": "integer"], required: true)
      ],
      "responses": responses(200, "The entry.", schema(listing)),
    ]
  }

  private static func post(_ command: any LedgerCommand.Type, _ path: CommandPath) -> JSON {
    var parameters: [JSON] = [
      parameter(
        "Idempotency-Key", "header",
        "The device's own id for this command, at most 64 bytes. Repeated, it brings the first answer again.",
        ["type": "string", "maxLength": 64], required: false),
      parameter(
        "Device-Time", "header", "The device's clock, milliseconds since 1970. A note.",
        ["type": "integer"], required: false),
    ]
    if let subject = path.subject {
      parameters.append(
        parameter(
          "id", "path", "What the command is about, its \(subject).", ["type": "integer"],
          required: true))
    }
    let fields = command.shapes.filter { $0.name != path.subject }
    return [
      "summary": .string(command.about), "operationId": .string(command.name),
      "tags": [.string(String(command.name.prefix { $0 != "." }))],
      "description": .string("Roles: \(command.performers.names.joined(separator: ", "))."),
      "parameters": .array(parameters),
      "requestBody": [
        "required": .bool(fields.contains(where: \.isRequired)),
        "content": ["application/json": ["schema": schema(fields)]],
      ],
      "responses": responses(200, "Safe on the hub.", ["$ref": "#/components/schemas/Receipt"]),
    ]
  }

  static func schema(_ fields: [FieldShape]) -> JSON {
    object(
      fields.map { ($0.name, schema($0)) },
      required: fields.filter(\.isRequired).map(\.name))
  }

  private static func schema(_ field: FieldShape) -> JSON {
    var schema: JSON
    switch field.kind {
    case .integer(let range):
      schema = [
        "type": "integer", "format": "int64", "minimum": .int(range.lowerBound),
        "maximum": .int(range.upperBound),
      ]
    case .text(let range):
      schema = [
        "type": "string", "minLength": .int(Int64(range.lowerBound)),
        "maxLength": .int(Int64(range.upperBound)),
      ]
    case .digits(let range):
      schema = [
        "type": "string",
        "pattern": .string("^[0-9]{\(range.lowerBound),\(range.upperBound)}$"),
      ]
    case .boolean: schema = ["type": "boolean"]
    case .choice(let names): schema = ["type": "string", "enum": .array(names.map(JSON.string))]
    case .attributes:
      schema = [
        "type": "object", "maxProperties": 64,
        "additionalProperties": ["type": ["string", "number", "boolean", "null"]],
      ]
    case .reference:
      schema = ["type": ["integer", "string"], "minimum": 1, "minLength": 1, "maxLength": 200]
    case .object: schema = ["type": "object"]
    case .integers:
      schema = ["type": "array", "items": ["type": "integer"], "maxItems": 1000]
    case .texts(let range):
      schema = [
        "type": "array", "items": ["type": "string"], "minItems": .int(Int64(range.lowerBound)),
        "maxItems": .int(Int64(range.upperBound)),
      ]
    case .choices(let names):
      schema = [
        "type": "array", "items": ["type": "string", "enum": .array(names.map(JSON.string))],
        "maxItems": .int(Int64(names.count)),
      ]
    case .list(let fields, let range):
      schema = [
        "type": "array", "items": self.schema(fields), "minItems": .int(Int64(range.lowerBound)),
        "maxItems": .int(Int64(range.upperBound)),
      ]
    }
    schema["description"] = .string(field.about)
    if !field.isRequired, let type = schema["type"]?.text {
      schema["type"] = [.string(type), "null"]
    }
    return schema
  }

  private static func schema(_ listing: Listing) -> JSON {
    object(
      listing.columns.map { column in
        var schema = kind(column.kind)
        schema["description"] = .string(column.about)
        if let type = schema["type"]?.text { schema["type"] = [.string(type), "null"] }
        return (column.name, schema)
      },
      required: listing.columns.filter { $0.readers == .everyone }.map(\.name))
  }

  private static func kind(_ kind: Listing.Kind) -> JSON {
    switch kind {
    case .integer: ["type": "integer"]
    case .text: ["type": "string"]
    case .boolean: ["type": "boolean"]
    case .json: [:]
    }
  }

  private static func object(_ members: [(String, JSON)], required: [String]) -> JSON {
    .compact([
      "type": "object",
      "properties": .object(JSON.Members(members.map { (key: $0.0, value: $0.1) })),
      "required": required.isEmpty ? nil : .array(required.map(JSON.string)),
    ])
  }

  private static func parameter(
    _ name: String, _ place: String, _ about: String, _ schema: JSON, required: Bool
  ) -> JSON {
    [
      "name": .string(name), "in": .string(place), "required": .bool(required),
      "description": .string(about), "schema": schema,
    ]
  }

  private static let paging: [JSON] = [
    parameter(
      "after", "query", "The cursor of the page before.", ["type": "integer"], required: false),
    parameter(
      "limit", "query", "At most so many entries.",
      ["type": "integer", "minimum": 1, "maximum": 1000, "default": 100], required: false),
    parameter(
      "order", "query", "Which end to begin at.",
      ["type": "string", "enum": ["oldest", "newest"], "default": "oldest"], required: false),
  ]

  private static func responses(_ status: Int, _ about: String, _ schema: JSON) -> JSON {
    [
      "\(status)": [
        "description": .string(about), "content": ["application/json": ["schema": schema]],
      ],
      "default": [
        "description": "Refused, with the reason.",
        "content": [
          "application/problem+json": ["schema": ["$ref": "#/components/schemas/Problem"]]
        ],
      ],
    ]
  }

  private static let components: JSON = [
    "securitySchemes": [
      "bearer": ["type": "http", "scheme": "bearer", "bearerFormat": "JWT"],
      "cookie": ["type": "apiKey", "in": "cookie", "name": "quartermaster_session"],
    ],
    "schemas": [
      "Receipt": object(
        [
          ("epoch", ["type": "string"]), ("seq", ["type": "integer"]),
          ("data", ["type": "object"]),
        ], required: ["epoch", "seq", "data"]),
      "Problem": object(
        [
          ("type", ["type": "string"]), ("title", ["type": "string"]),
          ("status", ["type": "integer"]), ("detail", ["type": "string"]),
          (
            "code",
            ["type": "string", "enum": .array(Refusal.Code.allCases.map { .string($0.rawValue) })]
          ),
          ("field", ["type": "string"]),
        ], required: ["type", "title", "status", "detail", "code"]),
      "SignIn": object(
        [("token", ["type": "string"]), ("user", ["type": "object"])], required: ["token", "user"]),
    ],
  ]

  private static let fixedPaths: [(String, JSON)] = [
    (
      "/api/v1/setup",
      [
        "post": entrance(
          "Create the first admin, with the code that the hub printed.",
          ["code", "name", "password"])
      ]
    ),
    ("/api/v1/sign-in", ["post": entrance("Sign in.", ["name", "password"])]),
    (
      "/api/v1/pairing",
      [
        "post": plain(
          "Make a code that signs a device of the person `name` in. Managers and admins.")
      ]
    ),
    ("/api/v1/pair", ["post": entrance("Sign a device in by such a code, once.", ["code"])]),
    (
      "/api/v1/unlock",
      ["post": entrance("Sign in by a PIN, on a paired device.", ["name", "pin"])]
    ),
    ("/api/v1/trust", ["get": plain("What a device needs to trust the hub.", open: true)]),
    (
      "/api/v1/sign-out",
      ["post": plain("Sign out; the session ends at once, on open sockets too.")]
    ),
    ("/api/v1/me", ["get": plain("Who one is.")]),
    (
      "/api/v1/events",
      [
        "get": [
          "summary": "The event log, as far as the reader may hear it.",
          "parameters": .array(
            paging.dropLast()
              + [
                parameter(
                  "topic", "query", "Only events of this topic.", ["type": "string"],
                  required: false)
              ]),
          "responses": responses(200, "A page.", ["type": "object"]),
        ]
      ]
    ),
    ("/api/v1/snapshot", ["get": plain("A working copy at one position of the log.")]),
    ("/api/v1/statistics", ["get": plain("Figures of the whole site.")]),
    ("/api/v1/sync", ["get": plain("How the way to shore stands.")]),
    ("/api/v1/presence", ["get": plain("Who is connected, on what device.")]),
    ("/health", ["get": plain("Whether the hub is well.", open: true)]),
    (
      "/health/detailed", ["get": plain("Every check, the log's position, connections and uplink.")]
    ),
  ]

  private static func plain(_ about: String, open: Bool = false) -> JSON {
    .compact([
      "summary": .string(about), "security": open ? [] : nil,
      "responses": responses(200, "As described.", ["type": "object"]),
    ])
  }

  private static func entrance(_ about: String, _ required: [String]) -> JSON {
    [
      "summary": .string(about), "security": [],
      "requestBody": [
        "required": true,
        "content": [
          "application/json": [
            "schema": object(
              (required + ["device", "deviceName"]).map { ($0, ["type": "string"]) },
              required: required)
          ]
        ],
      ],
      "responses": responses(200, "Signed in.", ["$ref": "#/components/schemas/SignIn"]),
    ]
  }
}
