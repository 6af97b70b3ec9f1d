extension Schema {
  /// Events that came when their lane had gone on, numbered per site from 1 as they came.
  static let late = """
    ALTER TABLE event ADD COLUMN late INTEGER;
    CREATE UNIQUE INDEX event_late ON event (site, late) WHERE late IS NOT NULL;
    """

  /// What every site looks like now, and what is to go down to it.
  static let state = """
    CREATE INDEX event_lane ON event (site, lane, epoch, seq);

    CREATE TABLE document (
      site INTEGER NOT NULL REFERENCES site,
      kind TEXT NOT NULL,
      id TEXT NOT NULL,
      seq INTEGER NOT NULL,
      data TEXT NOT NULL,
      PRIMARY KEY (site, kind, id)
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE change (
      site INTEGER NOT NULL REFERENCES site,
      number INTEGER NOT NULL,
      tag TEXT NOT NULL,
      time INTEGER NOT NULL,
      count INTEGER NOT NULL,
      epoch TEXT,
      seen TEXT NOT NULL,
      author TEXT NOT NULL,
      command TEXT NOT NULL,
      data TEXT NOT NULL,
      PRIMARY KEY (site, number)
    ) STRICT, WITHOUT ROWID;
    CREATE UNIQUE INDEX change_tag ON change (site, tag);

    CREATE TABLE feed (
      site INTEGER PRIMARY KEY REFERENCES site,
      acknowledged INTEGER NOT NULL,
      askedAt INTEGER NOT NULL,
      backlog TEXT NOT NULL
    ) STRICT;

    CREATE TABLE clock (
      id INTEGER PRIMARY KEY CHECK (id = 1),
      time INTEGER NOT NULL,
      count INTEGER NOT NULL
    ) STRICT;
    """
}
