extension Schema {
  /// One open invitation a person; what a paired device proves itself with; PINs and how often they
  /// were wrong since they were last right. Codes, keys and PINs stand here as hashes only.
  static let pairing = """
    CREATE TABLE invitation (
      user INTEGER PRIMARY KEY REFERENCES user,
      code TEXT NOT NULL UNIQUE,
      inviter INTEGER NOT NULL REFERENCES user,
      device_name TEXT,
      made_powered INTEGER NOT NULL
    ) STRICT;

    ALTER TABLE device ADD COLUMN secret TEXT;
    ALTER TABLE device ADD COLUMN pins_refused INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE user ADD COLUMN pin TEXT;
    ALTER TABLE user ADD COLUMN pins_refused INTEGER NOT NULL DEFAULT 0;
    """
}
