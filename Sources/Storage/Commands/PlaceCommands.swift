import GRDB
import Inventory
import Wire

extension CreateLocation: LedgerCommand {
  package func apply(in entry: LedgerTransaction) throws -> JSON {
    try entry.requireOpen(parent)
    try entry.requireOpen(branch: branch)
    try entry.requireMembership(of: branch)
    try entry.requireFreeName(title, under: parent)
    let id = try entry.insert(
      "INSERT INTO location (name, parent, branch) VALUES (?, ?, ?)", [title, parent, branch])
    try entry.append(
      .locationCreated, topics: ["inventory:location:\(id)"], branch: branch,
      .compact([
        "locationId": .int(id), "locationName": .string(title), "parentId": .integer(parent),
        "branchId": .integer(branch),
      ]))
    return ["locationId": .int(id)]
  }
}

extension UpdateLocation: LedgerCommand {
  package func apply(in entry: LedgerTransaction) throws -> JSON {
    let before = try entry.location(location)
    let oldParent = try entry.integer("SELECT parent FROM location WHERE id = ?", [location])
    let newParent = parent ?? oldParent
    if case .some(.some(let parent)) = parent {
      try entry.requireOpen(parent)
      try entry.requireNoLoop(putting: location, under: parent)
    }
    if case .some(let branch) = branch {
      try entry.requireOpen(branch: branch)
      try entry.requireMembership(of: branch)
    }
    let newTitle = title ?? before.name
    if newTitle != before.name || newParent != oldParent {
      try entry.requireFreeName(newTitle, under: newParent)
    }
    let newBranch = branch ?? before.branch
    try entry.execute(
      "UPDATE location SET name = ?, parent = ?, branch = ? WHERE id = ?",
      [newTitle, newParent, newBranch, location])
    try entry.append(
      .locationUpdated, topics: ["inventory:location:\(location)"], branch: newBranch,
      [
        "locationId": .int(location), "locationName": .string(newTitle),
        "parentId": .integer(newParent) ?? .null, "branchId": .integer(newBranch) ?? .null,
      ])
    return ["locationId": .int(location)]
  }
}

extension RemoveLocation: LedgerCommand {
  package func apply(in entry: LedgerTransaction) throws -> JSON {
    let found = try entry.location(location)
    let isInUse = try entry.integer(
      """
      SELECT EXISTS (SELECT 1 FROM stock WHERE location = ?1 AND quantity <> 0)
        OR EXISTS (SELECT 1 FROM location WHERE parent = ?1 AND archived = 0)
        OR EXISTS (SELECT 1 FROM reservation WHERE location = ?1 AND status = 'active')
        OR EXISTS (SELECT 1 FROM transfer WHERE ?1 IN (source, destination)
          AND status IN ('created', 'shipped'))
        OR EXISTS (SELECT 1 FROM count WHERE location = ?1 AND status = 'open')
        OR EXISTS (SELECT 1 FROM count_line l JOIN count c ON c.id = l.count
          WHERE l.location = ?1 AND c.status = 'open')
      """, [location])
    guard isInUse == 0 else {
      throw Refusal(
        .inUse,
        """
        \(found.name) still holds stock or other locations, or is part of a reservation, transfer or \
        count.
        """)
    }
    try entry.execute("UPDATE location SET archived = 1 WHERE id = ?", [location])
    try entry.append(
      .locationRemoved, topics: ["inventory:location:\(location)"], branch: found.branch,
      ["locationId": .int(location), "locationName": .string(found.name)])
    return ["locationId": .int(location)]
  }
}

extension CreateBranch: LedgerCommand {
  package func apply(in entry: LedgerTransaction) throws -> JSON {
    guard try entry.integer("SELECT 1 FROM branch WHERE name = ?", [title]) == nil else {
      throw Refusal(.duplicate, "There is a branch called \(title) already.", field: "name")
    }
    let id = try entry.insert("INSERT INTO branch (name) VALUES (?)", [title])
    try entry.append(.branchCreated, ["branchId": .int(id), "branchName": .string(title)])
    return ["branchId": .int(id)]
  }
}

extension UpdateBranch: LedgerCommand {
  package func apply(in entry: LedgerTransaction) throws -> JSON {
    try entry.require(branch, in: "branch", called: "branch", field: "branchId")
    try entry.execute(
      "UPDATE branch SET name = COALESCE(?, name), active = COALESCE(?, active) WHERE id = ?",
      [title, isActive, branch])
    try entry.append(
      .branchUpdated,
      .compact([
        "branchId": .int(branch), "branchName": .text(title), "active": isActive.map(JSON.bool),
      ]))
    return ["branchId": .int(branch)]
  }
}

extension LedgerTransaction {
  /// Nothing new belongs to a branch that is closed.
  func requireOpen(branch: Int64?) throws {
    guard let branch else { return }
    let row = try row("SELECT active, name FROM branch WHERE id = ?", [branch])
    guard let row else { throw Refusal.missing("branch", branch, field: "branchId") }
    guard row[0] else {
      throw Refusal(.wrongState, "The branch \(row[1] as String) is closed.", field: "branchId")
    }
  }

  /// What is put into a closed location would be out of sight.
  fileprivate func requireOpen(_ parent: Int64?) throws {
    guard let parent else { return }
    let open = try integer("SELECT 1 FROM location WHERE id = ? AND archived = 0", [parent])
    guard open != nil else {
      throw Refusal.missing("location", parent, field: "parentId")
    }
  }

  fileprivate func requireFreeName(_ name: String, under parent: Int64?) throws {
    let other = try integer(
      "SELECT 1 FROM location WHERE name = ? AND parent IS ? AND archived = 0", [name, parent])
    guard other == nil else {
      throw Refusal(.duplicate, "There is a location called \(name) there already.", field: "name")
    }
  }

  fileprivate func requireNoLoop(putting location: Int64, under parent: Int64) throws {
    let loop = try integer(
      """
      WITH RECURSIVE above (id) AS (
        SELECT ? UNION SELECT parent FROM location JOIN above USING (id) WHERE parent IS NOT NULL)
      SELECT 1 FROM above WHERE id = ?
      """, [parent, location])
    guard loop == nil else {
      throw Refusal.invalid("parentId", "lies inside the location itself")
    }
  }
}
