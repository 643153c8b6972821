internal import FoundationEssentials
internal import GRDB
internal import RelayAPI

/// The writer's side of the store: applies requests inside the transaction that `CommitQueue` has opened.
///
/// It keeps what appends look at over and over in memory, so that one costs two insertions, and writes counters
/// back once in a transaction. That memory is true because nothing else writes these tables: a relay holds its data
/// directory for itself, and when a transaction is undone, the memory is dropped. Access tokens, which another
/// process may change, are not kept.
///
/// Used on the database pool's writer queue alone; hence `@unchecked Sendable`.
final class MailboxWriter: @unchecked Sendable {
    let limits: RelayLimits
    let now: @Sendable () -> ContinuousClock.Instant
    /// How long the removals of one transaction may take.
    var pace = StepPace()

    /// Nil outside a transaction.
    private var database: Database?
    private var grants: [HashedAccess: GrantState] = [:]
    private var epochs: [Int64: EpochState] = [:]
    private var mailboxes: [Int64: MailboxState] = [:]
    private var changedGrants: Set<HashedAccess> = []
    /// Those that got entries, and those of which only what they hold has changed.
    private var changedMailboxes: [Int64: MailboxState] = [:]
    private var recountedMailboxes: [Int64: MailboxState] = [:]
    /// Key of the last body in the table `body`; nil when it has to be looked up.
    private var lastBody: Int64?
    /// What this transaction has for removing.
    private var removalTime: StepTime

    /// Grants, and mailboxes, kept in memory between transactions; some 500 bytes each with all that belongs to it.
    private static let mostKept = 16_384

    init(limits: RelayLimits, now: @escaping @Sendable () -> ContinuousClock.Instant = { .now }) {
        self.limits = limits
        self.now = now
        removalTime = StepTime(pace, now: now)
    }

    /// The database, inside a transaction.
    var db: Database {
        get throws {
            guard let database else { throw DatabaseError(resultCode: .SQLITE_MISUSE) }
            return database
        }
    }

    // MARK: Transactions

    func begin(_ db: Database) throws {
        database = db
        removalTime = StepTime(pace, now: now)
        if max(grants.count, mailboxes.count) > Self.mostKept { forgetStates() }
    }

    /// Writes what has changed in memory, just before the commit.
    func finish() throws {
        for mailbox in changedMailboxes.values { try write(mailbox) }
        for (row, mailbox) in recountedMailboxes where changedMailboxes[row] == nil { try write(mailbox) }
        for access in changedGrants {
            guard let grant = grants[access] else { continue }
            try execute(
                #"UPDATE "grant" SET uses_left = ? WHERE capability_hash = ? AND mailbox_id = ?"#,
                [Int64(grant.usesLeft), access.capability.data, access.mailbox.data]
            )
        }
        changedGrants.removeAll(keepingCapacity: true)
        recountedMailboxes.removeAll(keepingCapacity: true)
        database = nil
    }

    private func write(_ mailbox: MailboxState) throws {
        var update = try HotStatement(
            "UPDATE mailbox SET next_sequence = ?, body_bytes = ?, grants = ? WHERE id = ?",
            in: db
        )
        update.bind(Int64(mailbox.nextSequence))
        update.bind(Int64(mailbox.bodyBytes))
        update.bind(Int64(mailbox.grants))
        update.bind(mailbox.row)
        try update.run()
    }

    /// Drops everything kept: the transaction it was part of has been undone.
    func forget() {
        forgetStates()
        changedGrants.removeAll()
        changedMailboxes.removeAll()
        recountedMailboxes.removeAll()
        lastBody = nil
        database = nil
    }

    /// The mailboxes that got entries in the transaction, which is on disk now.
    func takeChangedMailboxes() -> [MailboxID] {
        defer { changedMailboxes.removeAll(keepingCapacity: true) }
        return changedMailboxes.values.map(\.id)
    }

    private func forgetStates() {
        grants.removeAll()
        epochs.removeAll()
        mailboxes.removeAll()
    }

    /// Whether there is time for more removals in this transaction; asked before each but an operation's first, so that all
    /// get on.
    func hasTimeForMore() -> Bool { removalTime.isLeft() }

    // MARK: Statements

    func execute(_ sql: String, _ arguments: StatementArguments) throws {
        let statement = try db.cachedStatement(sql: sql)
        statement.setUncheckedArguments(arguments)
        try statement.execute()
    }

    func fetchOne(_ sql: String, _ arguments: StatementArguments) throws -> Row? {
        try Row.fetchOne(try db.cachedStatement(sql: sql), arguments: arguments)
    }

    // MARK: Kept state

    /// The grant of a capability.
    /// - Throws: `not-permitted`, in the same way and at the same cost whatever it is that is missing.
    func grant(_ access: HashedAccess, for right: Rights) throws -> GrantState {
        if let grant = grants[access], grant.rights.isSuperset(of: right) { return grant }
        let found = try fetchOne(
            #"""
            SELECT epoch, rights, uses_left FROM "grant"
            WHERE capability_hash = ? AND mailbox_id = ? AND rights & ? <> 0
            """#,
            [access.capability.data, access.mailbox.data, Int64(right.rawValue)]
        )
        guard let found else { throw Problem(.notPermitted) }
        let grant = GrantState(
            access: access,
            epoch: try epoch(row: found.integer(0)),
            rights: Rights(rawValue: UInt8(truncatingIfNeeded: found.integer(1))),
            usesLeft: UInt32(truncatingIfNeeded: found.integer(2))
        )
        grants[access] = grant
        return grant
    }

    /// Counts one use.
    func use(_ grant: GrantState) {
        if grant.use() { changedGrants.insert(grant.access) }
    }

    /// Forgets a grant that the database now has otherwise.
    func forgetGrant(_ access: HashedAccess) {
        grants[access] = nil
    }

    func epoch(row: Int64) throws -> EpochState {
        if let epoch = epochs[row] { return epoch }
        let found = try fetchOne(
            "SELECT mailbox, number, opening, opening_hash, advances FROM epoch WHERE id = ?",
            [row]
        )
        guard let found else { throw StoreFault.damaged }
        let last = try fetchOne(
            "SELECT id, running_hash FROM entry WHERE id BETWEEN ? AND ? ORDER BY id DESC LIMIT 1",
            [EntryKey(epoch: row, sequence: 0).rowID, EntryKey.end(ofEpoch: row).rowID]
        )
        let opening = found.unsigned(2)
        let epoch = EpochState(
            row: row,
            mailbox: try mailbox(row: found.integer(0)),
            number: found.unsigned(1),
            advances: Int(found.integer(4)),
            head: last.map { EntryKey(rowID: $0.integer(0)).sequence } ?? opening,
            headHash: try last?.opaque(1) ?? found.opaque(3)
        )
        epochs[row] = epoch
        return epoch
    }

    private func mailbox(row: Int64) throws -> MailboxState {
        if let mailbox = mailboxes[row] { return mailbox }
        let found = try fetchOne(
            "SELECT mailbox_id, next_sequence, body_bytes, grants FROM mailbox WHERE id = ?",
            [row]
        )
        guard let found else { throw StoreFault.damaged }
        let mailbox = MailboxState(
            row: row,
            id: try found.opaque(0),
            nextSequence: found.unsigned(1),
            bodyBytes: found.unsigned(2),
            grants: found.unsigned(3)
        )
        mailboxes[row] = mailbox
        return mailbox
    }

    /// Has a mailbox that got an entry written at the end, and announced.
    func noteEntry(in mailbox: MailboxState) {
        changedMailboxes[mailbox.row] = mailbox
    }

    /// Gives the room of a body that has gone back to its mailbox.
    func release(_ bytes: Int64, of mailbox: MailboxState) {
        mailbox.release(UInt64(bytes))
        recountedMailboxes[mailbox.row] = mailbox
    }

    /// Counts grants that a mailbox gets.
    /// - Throws: `mailbox-full`, with nothing counted.
    func count(grants added: Int, isAdvance: Bool, in mailbox: MailboxState) throws {
        try mailbox.count(grants: added, isAdvance: isAdvance, limits: limits)
        recountedMailboxes[mailbox.row] = mailbox
    }

    /// The key that the next body will have.
    func nextBody() throws -> Int64 {
        if let lastBody { return lastBody + 1 }
        let last = try fetchOne("SELECT coalesce(max(id), 0) FROM body", [])?.integer(0) ?? 0
        lastBody = last
        return last + 1
    }

    func insertBody(_ bytes: [UInt8]) throws {
        let key = try nextBody()
        var insertion = try HotStatement("INSERT INTO body (id, bytes) VALUES (?, ?)", in: db)
        insertion.bind(key)
        insertion.bind(bytes)
        try insertion.run()
        lastBody = key
    }

    /// The mailbox to which an epoch belongs.
    func mailbox(ofEpoch row: Int64) throws -> MailboxState {
        if let epoch = epochs[row] { return epoch.mailbox }
        guard let found = try fetchOne("SELECT mailbox FROM epoch WHERE id = ?", [row]) else {
            throw StoreFault.damaged
        }
        return try mailbox(row: found.integer(0))
    }

    /// An epoch whose state the writer keeps, if it does.
    func keptEpoch(row: Int64) -> EpochState? { epochs[row] }
}
