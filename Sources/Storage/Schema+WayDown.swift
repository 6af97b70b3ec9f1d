extension Schema {
  /// Who last edited which field, where two sides disagreed, and how far shore's changes have come.
  static let wayDown = """
    CREATE TABLE field_edit (
      kind TEXT NOT NULL,
      subject INTEGER NOT NULL,
      field TEXT NOT NULL,
      value TEXT NOT NULL,
      author TEXT NOT NULL,
      side TEXT NOT NULL,
      time INTEGER NOT NULL,
      count INTEGER NOT NULL,
      seq INTEGER NOT NULL,
      PRIMARY KEY (kind, subject, field)
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE clock (
      id INTEGER PRIMARY KEY CHECK (id = 1),
      time INTEGER NOT NULL,
      count INTEGER NOT NULL
    ) STRICT;

    CREATE TABLE conflict (
      id INTEGER PRIMARY KEY,
      kind TEXT NOT NULL,
      subject INTEGER NOT NULL,
      name TEXT NOT NULL,
      field TEXT NOT NULL,
      aboard TEXT NOT NULL,
      aboard_by TEXT NOT NULL,
      aboard_time INTEGER NOT NULL,
      ashore TEXT NOT NULL,
      ashore_by TEXT NOT NULL,
      ashore_time INTEGER NOT NULL,
      kept TEXT NOT NULL,
      words TEXT NOT NULL,
      status TEXT NOT NULL,
      settled_by TEXT,
      settlement TEXT,
      time INTEGER NOT NULL
    ) STRICT;

    CREATE TABLE change_cursor (
      id INTEGER PRIMARY KEY CHECK (id = 1),
      number INTEGER NOT NULL,
      tag TEXT NOT NULL
    ) STRICT;

    CREATE TABLE change_refusal (
      id INTEGER PRIMARY KEY,
      number INTEGER NOT NULL,
      author TEXT NOT NULL,
      command TEXT NOT NULL,
      data TEXT NOT NULL,
      code TEXT NOT NULL,
      message TEXT NOT NULL,
      time INTEGER NOT NULL
    ) STRICT;
    """
}
