extension Schema {
  /// What the uplink has spent, hour by hour of powered time, and what stands in the tray.
  static let manners = """
    CREATE TABLE link_spending (
      hour INTEGER PRIMARY KEY,
      bytes INTEGER NOT NULL
    ) STRICT;

    ALTER TABLE shore_refusal ADD COLUMN retry INTEGER NOT NULL DEFAULT 0;
    """
}
