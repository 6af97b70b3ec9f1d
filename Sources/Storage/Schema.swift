import GRDB
import Inventory

/// The database's shape, one migration a released change. A migration is never edited once released.
enum Schema {
  static var migrator: DatabaseMigrator {
    var migrator = DatabaseMigrator()
    migrator.registerMigration("1 the ledger") { db in
      try db.execute(sql: ledger)
      try db.execute(sql: people)
      try db.execute(sql: goods)
      try db.execute(sql: trade)
      try db.execute(sql: counting)
      try db.execute(sql: outbox)
    }
    migrator.registerMigration("2 the five systems") { db in
      try db.execute(sql: fiveSystems)
      try normaliseCountRooms(db)
    }
    migrator.registerMigration("3 the way down") { try $0.execute(sql: wayDown) }
    migrator.registerMigration("4 the uplink's manners") { try $0.execute(sql: manners) }
    migrator.registerMigration("5 pairing and PIN") { try $0.execute(sql: pairing) }
    migrator.registerMigration("6 blind counts") { try $0.execute(sql: blindCounts) }
    return migrator
  }

  /// The one log, the results of operations, and what the hub remembers about itself.
  private static let ledger = """
    CREATE TABLE meta (
      key TEXT PRIMARY KEY,
      value ANY NOT NULL
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE epoch (
      first_seq INTEGER PRIMARY KEY,
      name TEXT NOT NULL UNIQUE,
      started INTEGER NOT NULL
    ) STRICT;

    CREATE TABLE event (
      seq INTEGER PRIMARY KEY,
      type TEXT NOT NULL,
      lane INTEGER NOT NULL,
      roles INTEGER NOT NULL,
      branch INTEGER,
      customer INTEGER,
      hearer INTEGER,
      topics TEXT NOT NULL,
      user INTEGER,
      device TEXT,
      operation TEXT,
      time INTEGER NOT NULL,
      device_time INTEGER,
      data TEXT NOT NULL
    ) STRICT;
    CREATE INDEX event_lane ON event (lane, seq);

    CREATE TABLE operation (
      author TEXT NOT NULL,
      id TEXT NOT NULL,
      fingerprint INTEGER NOT NULL,
      seq INTEGER NOT NULL,
      refusal TEXT,
      field TEXT,
      outcome TEXT NOT NULL,
      PRIMARY KEY (author, id)
    ) STRICT, WITHOUT ROWID;
    """

  private static let people = """
    CREATE TABLE branch (
      id INTEGER PRIMARY KEY,
      name TEXT NOT NULL UNIQUE,
      active INTEGER NOT NULL DEFAULT 1
    ) STRICT;

    CREATE TABLE customer (
      id INTEGER PRIMARY KEY,
      name TEXT NOT NULL,
      email TEXT,
      phone TEXT,
      reference TEXT UNIQUE,
      note TEXT,
      archived INTEGER NOT NULL DEFAULT 0
    ) STRICT;

    CREATE TABLE user (
      id INTEGER PRIMARY KEY,
      login TEXT NOT NULL UNIQUE COLLATE NOCASE,
      name TEXT NOT NULL,
      role TEXT NOT NULL,
      password TEXT,
      customer INTEGER REFERENCES customer,
      active INTEGER NOT NULL DEFAULT 1
    ) STRICT;

    CREATE TABLE user_branch (
      user INTEGER NOT NULL REFERENCES user,
      branch INTEGER NOT NULL REFERENCES branch,
      PRIMARY KEY (user, branch)
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE device (
      id INTEGER PRIMARY KEY,
      key TEXT NOT NULL UNIQUE,
      name TEXT NOT NULL,
      active INTEGER NOT NULL DEFAULT 1,
      first_seen INTEGER NOT NULL,
      last_seen INTEGER NOT NULL
    ) STRICT;

    CREATE TABLE session (
      id INTEGER PRIMARY KEY,
      user INTEGER NOT NULL REFERENCES user,
      device INTEGER REFERENCES device,
      kind TEXT NOT NULL,
      started INTEGER NOT NULL,
      used_powered INTEGER NOT NULL,
      ended INTEGER
    ) STRICT;
    CREATE INDEX session_user ON session (user) WHERE ended IS NULL;

    CREATE TABLE notification (
      id INTEGER PRIMARY KEY,
      kind TEXT NOT NULL,
      title TEXT NOT NULL,
      message TEXT NOT NULL,
      severity TEXT NOT NULL,
      roles INTEGER NOT NULL,
      user INTEGER REFERENCES user,
      branch INTEGER REFERENCES branch,
      link TEXT,
      scheduled_at INTEGER,
      seq INTEGER NOT NULL,
      time INTEGER NOT NULL
    ) STRICT;

    CREATE TABLE notification_read (
      notification INTEGER NOT NULL REFERENCES notification,
      user INTEGER NOT NULL REFERENCES user,
      time INTEGER NOT NULL,
      PRIMARY KEY (notification, user)
    ) STRICT, WITHOUT ROWID;
    """

  private static let goods = """
    CREATE TABLE location (
      id INTEGER PRIMARY KEY,
      name TEXT NOT NULL,
      parent INTEGER REFERENCES location,
      branch INTEGER REFERENCES branch,
      archived INTEGER NOT NULL DEFAULT 0
    ) STRICT;
    CREATE UNIQUE INDEX location_name ON location (name, COALESCE(parent, 0)) WHERE archived = 0;

    CREATE TABLE product (
      id INTEGER PRIMARY KEY,
      sku TEXT NOT NULL UNIQUE,
      name TEXT NOT NULL,
      unit TEXT NOT NULL,
      category TEXT,
      price INTEGER NOT NULL,
      currency TEXT NOT NULL,
      minimum INTEGER NOT NULL,
      attributes TEXT,
      forbids_negative INTEGER NOT NULL,
      alert INTEGER NOT NULL DEFAULT 0,
      archived INTEGER NOT NULL DEFAULT 0
    ) STRICT;
    CREATE INDEX product_name ON product (name);

    CREATE TABLE barcode (
      code TEXT PRIMARY KEY,
      product INTEGER NOT NULL REFERENCES product
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX barcode_product ON barcode (product);

    CREATE TABLE stock (
      id INTEGER PRIMARY KEY,
      product INTEGER NOT NULL REFERENCES product,
      location INTEGER NOT NULL REFERENCES location,
      lot TEXT NOT NULL,
      quantity INTEGER NOT NULL,
      UNIQUE (product, location, lot)
    ) STRICT;
    CREATE INDEX stock_location ON stock (location);

    CREATE TABLE movement (
      id INTEGER PRIMARY KEY,
      seq INTEGER NOT NULL,
      product INTEGER NOT NULL,
      location INTEGER NOT NULL,
      lot TEXT NOT NULL,
      quantity INTEGER NOT NULL,
      reason TEXT NOT NULL,
      reference TEXT,
      note TEXT,
      user INTEGER,
      time INTEGER NOT NULL,
      device_time INTEGER
    ) STRICT;
    CREATE INDEX movement_place ON movement (product, location, lot, seq);

    CREATE TABLE reservation (
      id INTEGER PRIMARY KEY,
      product INTEGER NOT NULL REFERENCES product,
      location INTEGER NOT NULL REFERENCES location,
      lot TEXT NOT NULL,
      quantity INTEGER NOT NULL,
      fulfilled INTEGER NOT NULL DEFAULT 0,
      status TEXT NOT NULL,
      reason TEXT,
      reference TEXT,
      user INTEGER,
      expires_powered INTEGER,
      time INTEGER NOT NULL
    ) STRICT;
    CREATE INDEX reservation_active ON reservation (product, location, lot) WHERE status = 'active';
    CREATE INDEX reservation_expiry ON reservation (expires_powered)
      WHERE status = 'active' AND expires_powered IS NOT NULL;

    CREATE TABLE transfer (
      id INTEGER PRIMARY KEY,
      source INTEGER NOT NULL REFERENCES location,
      destination INTEGER NOT NULL REFERENCES location,
      status TEXT NOT NULL,
      tracking_number TEXT,
      note TEXT,
      user INTEGER,
      time INTEGER NOT NULL
    ) STRICT;

    CREATE TABLE transfer_line (
      transfer INTEGER NOT NULL REFERENCES transfer,
      product INTEGER NOT NULL REFERENCES product,
      lot TEXT NOT NULL,
      quantity INTEGER NOT NULL,
      received INTEGER NOT NULL DEFAULT 0,
      PRIMARY KEY (transfer, product, lot)
    ) STRICT, WITHOUT ROWID;
    """

  private static let trade = """
    CREATE TABLE "order" (
      id INTEGER PRIMARY KEY,
      customer INTEGER REFERENCES customer,
      branch INTEGER REFERENCES branch,
      channel TEXT NOT NULL,
      reference TEXT UNIQUE,
      status TEXT NOT NULL,
      total INTEGER NOT NULL,
      paid INTEGER NOT NULL DEFAULT 0,
      currency TEXT NOT NULL,
      note TEXT,
      user INTEGER,
      time INTEGER NOT NULL,
      device_time INTEGER,
      deleted INTEGER NOT NULL DEFAULT 0
    ) STRICT;
    CREATE INDEX order_customer ON "order" (customer);

    CREATE TABLE order_line (
      "order" INTEGER NOT NULL REFERENCES "order",
      line INTEGER NOT NULL,
      product INTEGER NOT NULL REFERENCES product,
      quantity INTEGER NOT NULL,
      price INTEGER NOT NULL,
      fulfilled INTEGER NOT NULL DEFAULT 0,
      PRIMARY KEY ("order", line)
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE payment (
      id INTEGER PRIMARY KEY,
      "order" INTEGER REFERENCES "order",
      sale INTEGER REFERENCES sale,
      customer INTEGER REFERENCES customer,
      amount INTEGER NOT NULL,
      refunded INTEGER NOT NULL DEFAULT 0,
      currency TEXT NOT NULL,
      method TEXT NOT NULL,
      status TEXT NOT NULL,
      reference TEXT,
      reason TEXT,
      user INTEGER,
      time INTEGER NOT NULL
    ) STRICT;
    CREATE INDEX payment_order ON payment ("order");

    CREATE TABLE sale (
      id INTEGER PRIMARY KEY,
      code TEXT NOT NULL UNIQUE,
      location INTEGER NOT NULL REFERENCES location,
      customer INTEGER REFERENCES customer,
      total INTEGER NOT NULL,
      currency TEXT NOT NULL,
      method TEXT NOT NULL,
      reference TEXT,
      voided INTEGER NOT NULL DEFAULT 0,
      user INTEGER,
      time INTEGER NOT NULL,
      device_time INTEGER
    ) STRICT;

    CREATE TABLE sale_line (
      sale INTEGER NOT NULL REFERENCES sale,
      line INTEGER NOT NULL,
      product INTEGER NOT NULL REFERENCES product,
      lot TEXT NOT NULL,
      quantity INTEGER NOT NULL,
      price INTEGER NOT NULL,
      PRIMARY KEY (sale, line)
    ) STRICT, WITHOUT ROWID;
    """

  private static let counting = """
    CREATE TABLE count (
      id INTEGER PRIMARY KEY,
      room TEXT NOT NULL,
      location INTEGER REFERENCES location,
      blind INTEGER NOT NULL,
      status TEXT NOT NULL,
      opened_seq INTEGER NOT NULL,
      completed_seq INTEGER,
      completed_by INTEGER REFERENCES user,
      user INTEGER,
      time INTEGER NOT NULL
    ) STRICT;
    CREATE UNIQUE INDEX count_room ON count (room) WHERE status = 'open';

    CREATE TABLE count_line (
      id INTEGER PRIMARY KEY,
      count INTEGER NOT NULL REFERENCES count,
      seq INTEGER NOT NULL,
      product INTEGER REFERENCES product,
      code TEXT,
      location INTEGER REFERENCES location,
      lot TEXT NOT NULL,
      quantity INTEGER NOT NULL,
      cancels INTEGER UNIQUE REFERENCES count_line,
      user INTEGER,
      device TEXT,
      time INTEGER NOT NULL,
      device_time INTEGER
    ) STRICT;
    CREATE INDEX count_line_count ON count_line (count);
    """

  /// How far shore has confirmed each lane, and what it would not take.
  private static let outbox = """
    CREATE TABLE shore_cursor (
      lane INTEGER PRIMARY KEY,
      seq INTEGER NOT NULL
    ) STRICT;

    CREATE TABLE shore_refusal (
      seq INTEGER PRIMARY KEY,
      code TEXT NOT NULL,
      message TEXT NOT NULL,
      time INTEGER NOT NULL
    ) STRICT;
    """

  /// What the clients of five other systems know beside the goods themselves.
  private static let fiveSystems = """
    CREATE TABLE proposal (
      id INTEGER PRIMARY KEY,
      product INTEGER NOT NULL REFERENCES product,
      quantity INTEGER NOT NULL,
      reason TEXT NOT NULL,
      status TEXT NOT NULL,
      note TEXT,
      decided_by INTEGER REFERENCES user,
      seq INTEGER NOT NULL,
      time INTEGER NOT NULL
    ) STRICT;
    CREATE UNIQUE INDEX proposal_open ON proposal (product) WHERE status = 'open';
    CREATE INDEX proposal_product ON proposal (product, status);

    CREATE TABLE pairing (
      id INTEGER PRIMARY KEY,
      products TEXT NOT NULL,
      companion TEXT NOT NULL,
      words TEXT,
      user INTEGER,
      seq INTEGER NOT NULL,
      time INTEGER NOT NULL
    ) STRICT;

    CREATE TABLE shopify_sync (
      id INTEGER PRIMARY KEY,
      sync TEXT NOT NULL UNIQUE,
      kind TEXT NOT NULL,
      status TEXT NOT NULL,
      direction TEXT,
      progress INTEGER,
      details TEXT NOT NULL,
      error TEXT,
      message TEXT,
      started INTEGER NOT NULL,
      time INTEGER NOT NULL
    ) STRICT;

    CREATE TABLE terminal (
      id INTEGER PRIMARY KEY,
      client TEXT NOT NULL UNIQUE,
      kind TEXT NOT NULL,
      status TEXT NOT NULL,
      state TEXT NOT NULL,
      user INTEGER,
      device TEXT,
      time INTEGER NOT NULL
    ) STRICT;

    CREATE TABLE custom_event (
      id INTEGER PRIMARY KEY,
      name TEXT NOT NULL UNIQUE,
      about TEXT,
      namespace TEXT NOT NULL,
      readers INTEGER NOT NULL,
      performers INTEGER NOT NULL,
      maximum_size INTEGER NOT NULL,
      active INTEGER NOT NULL DEFAULT 1
    ) STRICT;

    CREATE TABLE usage (
      id INTEGER PRIMARY KEY,
      day TEXT NOT NULL,
      user INTEGER NOT NULL,
      kind TEXT NOT NULL,
      count INTEGER NOT NULL,
      UNIQUE (day, user, kind)
    ) STRICT;

    ALTER TABLE notification ADD COLUMN duration INTEGER;
    ALTER TABLE notification ADD COLUMN version TEXT;
    ALTER TABLE notification ADD COLUMN category TEXT;

    CREATE INDEX movement_order ON movement (reference) WHERE reference GLOB 'order:*';
    CREATE INDEX transfer_shipped ON transfer (status) WHERE status = 'shipped';
    CREATE INDEX count_of_room ON count (room);
    CREATE INDEX location_by_name ON location (name);
    """

  /// Rooms that differ by a zero before the month only are one. Where two of them are open, the later
  /// one keeps its old name and can still be completed by its id.
  private static func normaliseCountRooms(_ db: Database) throws {
    for row in try Row.fetchAll(db, sql: "SELECT id, room FROM count ORDER BY id") {
      let room: String = row[1]
      let name = CountRoom.normalised(room)
      guard name != room else { continue }
      try db.execute(
        sql: "UPDATE OR IGNORE count SET room = ? WHERE id = ?", arguments: [name, row[0] as Int64])
    }
  }
}
