extension Schema {
  /// The products that lie where a blind count is open: at its location, or below, or anywhere where
  /// it names none. Whoever may not complete a count is told nothing of their levels until it ends.
  static let blindCounts = """
    CREATE INDEX count_blind ON count (location) WHERE status = 'open' AND blind = 1;

    CREATE VIEW blind_product AS
    WITH RECURSIVE covered (location) AS (
      SELECT l.id FROM count c JOIN location l ON l.id = COALESCE(c.location, l.id)
      WHERE c.status = 'open' AND c.blind = 1
      UNION SELECT l.id FROM covered JOIN location l ON l.parent = covered.location
    )
    SELECT s.product FROM covered CROSS JOIN stock s ON s.location = covered.location;
    """
}
