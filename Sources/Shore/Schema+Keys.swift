extension Schema {
  /// A site's keys, each with how long it counts: the present one, and for a while the one before.
  static let keys = """
    CREATE TABLE siteKey (
      id INTEGER PRIMARY KEY,
      site INTEGER NOT NULL REFERENCES site,
      key TEXT NOT NULL,
      addedAt INTEGER NOT NULL,
      firstUsedAt INTEGER,
      endsAt INTEGER,
      endedAt INTEGER
    ) STRICT;
    CREATE INDEX siteKey_site ON siteKey (site);

    INSERT INTO siteKey (site, key, addedAt, firstUsedAt)
    SELECT id, key, addedAt, lastContact FROM site;
    UPDATE site SET key = '';
    """
}
