import GRDB

/// The tables, one step a released version. A step that has been released is never edited.
enum Schema {
  static var migrator: DatabaseMigrator {
    var migrator = DatabaseMigrator()
    migrator.registerMigration("1") { try $0.execute(sql: first) }
    migrator.registerMigration("2 state and the way down") { db in
      try db.execute(sql: state)
      for site in try Int64.fetchAll(db, sql: "SELECT id FROM site") {
        try Documents(of: site, db).rebuild()
      }
    }
    migrator.registerMigration("3 keys and limits") { try $0.execute(sql: keys) }
    migrator.registerMigration("4 what comes late") { try $0.execute(sql: late) }
    return migrator
  }

  private static let first = """
    CREATE TABLE site (
      id INTEGER PRIMARY KEY,
      name TEXT NOT NULL UNIQUE,
      key TEXT NOT NULL,
      addedAt INTEGER NOT NULL,
      lastContact INTEGER
    ) STRICT;

    CREATE TABLE lineage (
      site INTEGER NOT NULL REFERENCES site,
      position INTEGER NOT NULL,
      epoch TEXT NOT NULL,
      firstSeq INTEGER NOT NULL,
      PRIMARY KEY (site, position)
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE cursor (
      site INTEGER NOT NULL REFERENCES site,
      lane INTEGER NOT NULL,
      through INTEGER NOT NULL,
      PRIMARY KEY (site, lane)
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE event (
      site INTEGER NOT NULL REFERENCES site,
      epoch TEXT NOT NULL,
      seq INTEGER NOT NULL,
      lane INTEGER NOT NULL,
      type TEXT NOT NULL,
      topics TEXT NOT NULL,
      roles INTEGER NOT NULL,
      branch INTEGER,
      customer INTEGER,
      hearer INTEGER,
      user INTEGER,
      time INTEGER NOT NULL,
      deviceTime INTEGER,
      data TEXT NOT NULL,
      receivedAt INTEGER NOT NULL,
      PRIMARY KEY (site, epoch, seq)
    ) STRICT;

    CREATE TABLE refusedEvent (
      site INTEGER NOT NULL REFERENCES site,
      epoch TEXT NOT NULL,
      seq INTEGER NOT NULL,
      lane INTEGER NOT NULL,
      code TEXT NOT NULL,
      message TEXT NOT NULL,
      refusedAt INTEGER NOT NULL,
      PRIMARY KEY (site, epoch, seq)
    ) STRICT;
    """
}
