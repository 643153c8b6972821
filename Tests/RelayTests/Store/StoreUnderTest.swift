import Foundation
import RelayAPI
import Testing

@testable import Relay
@testable import RelayTesting

/// An engine that the conformance suites run over.
struct StoreEngine: Sendable, CustomTestStringConvertible {
    let testDescription: String
    /// Opens the store in a directory, or makes it there.
    let open: @Sendable (_ directory: URL, _ limits: RelayLimits) throws -> any MailboxStore
    let close: @Sendable (any MailboxStore) throws -> Void

    static let all = [sqlite, postgreSQL]

    static let sqlite = StoreEngine(
        testDescription: "SQLite",
        open: { try SQLiteMailboxStore(file: $0.appending(path: "relay.sqlite"), limits: $1) },
        close: { try ($0 as? SQLiteMailboxStore)?.close() }
    )

    static let postgreSQL = postgreSQL(on: try PostgreSQLServer.shared.get())

    /// PostgreSQL on another server than the one that all tests share.
    static func postgreSQL(on server: @autoclosure @escaping @Sendable () throws -> PostgreSQLServer) -> StoreEngine {
        StoreEngine(
            testDescription: "PostgreSQL",
            open: { try PostgreSQLMailboxStore(address: server().database($0.lastPathComponent), limits: $1) },
            close: { ($0 as? PostgreSQLMailboxStore)?.close() }
        )
    }

    /// The database that belongs to a test's directory.
    static func database(for directory: URL) throws -> PostgreSQLAddress {
        try PostgreSQLServer.shared.get().database(directory.lastPathComponent)
    }

    /// Runs a test on a new store, and closes it.
    func withStore(
        limits: RelayLimits = RelayLimits(),
        _ body: (StoreUnderTest) async throws -> Void
    ) async throws {
        try await withTemporaryDirectory { directory in
            let test = StoreUnderTest(engine: self, directory: directory, limits: limits)
            try test.open()
            try await body(test)
            try test.close()
        }
    }
}

func withTemporaryDirectory(_ body: (URL) async throws -> Void) async throws {
    let directory = FileManager.default.temporaryDirectory.appending(path: "aadr-test-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: directory) }
    try await body(directory)
}

/// A store with what tests ask of it.
final class StoreUnderTest {
    private let engine: StoreEngine
    let limits: RelayLimits
    let directory: URL
    private var opened: (any MailboxStore)?
    let today = Day(20_000)

    init(engine: StoreEngine, directory: URL, limits: RelayLimits) {
        self.engine = engine
        self.directory = directory
        self.limits = limits
    }

    var store: any MailboxStore {
        get throws { try #require(opened) }
    }

    func open() throws {
        opened = try engine.open(directory, limits)
    }

    func close() throws {
        if let opened { try engine.close(opened) }
        opened = nil
    }

    /// Opens the same store once more, as another relay does.
    func beside() throws -> StoreUnderTest {
        let other = StoreUnderTest(engine: engine, directory: directory, limits: limits)
        try other.open()
        return other
    }

    /// Closes and opens again: what was only in memory is gone.
    func reopen() throws {
        try close()
        try open()
    }

    func token(mailboxes: UInt32 = 10) async throws -> AccessTokenHash {
        let token = AccessToken.random().hash
        try await store.issueToken(token, label: "label", mailboxes: mailboxes)
        return token
    }

    /// A new mailbox with one capability.
    func mailbox(
        rights: Rights = [.read, .append, .advance],
        uses: UInt32 = Grant.unlimited,
        epoch: UInt64 = 0
    ) async throws -> HashedAccess {
        try await mailbox(grants: [grant(rights, uses: uses)], epoch: epoch)[0]
    }

    /// A new mailbox with several capabilities.
    func mailbox(grants: [Grant], epoch: UInt64 = 0) async throws -> [HashedAccess] {
        let mailbox = MailboxID.random()
        try await store.create(
            CreateCommand(
                token: token(),
                mailbox: mailbox,
                epoch: epoch,
                grants: grants,
                today: today
            )
        )
        return grants.map { HashedAccess(mailbox: mailbox, capability: $0.capabilityHash) }
    }

    func grant(_ rights: Rights = [.read, .append, .advance], uses: UInt32 = Grant.unlimited) -> Grant {
        Grant(capabilityHash: Capability.random().hash, rights: rights, uses: uses)
    }

    func entry(
        _ kind: EntryKind = .application,
        id: EntryID = .random(),
        retentionDays: UInt16 = 0,
        body: [UInt8] = StoreUnderTest.body(),
        today: Day? = nil
    ) -> NewEntry {
        NewEntry(
            id: id,
            kind: kind,
            body: body,
            retentionDays: retentionDays,
            limits: limits,
            today: today ?? self.today
        )
    }

    @discardableResult
    func append(
        _ access: HashedAccess,
        epoch: UInt64 = 0,
        id: EntryID = .random(),
        kind: EntryKind = .application,
        retentionDays: UInt16 = 0,
        body: [UInt8] = StoreUnderTest.body(),
        today: Day? = nil
    ) async throws -> AppendedEntry {
        try await store.append(
            AppendCommand(
                access: access,
                epoch: epoch,
                entry: entry(kind, id: id, retentionDays: retentionDays, body: body, today: today)
            )
        )
    }

    @discardableResult
    func advance(
        _ access: HashedAccess,
        epoch: UInt64 = 0,
        id: EntryID = .random(),
        next: [Grant],
        seen: [EntryID] = [],
        retentionDays: UInt16 = 0,
        body: [UInt8] = StoreUnderTest.body()
    ) async throws -> AppendedEntry {
        try await store.advance(
            AdvanceCommand(
                access: access,
                epoch: epoch,
                entry: entry(.advance, id: id, retentionDays: retentionDays, body: body),
                next: next,
                advancesSeen: seen
            )
        )
    }

    func read(
        _ access: HashedAccess,
        incarnation: Incarnation = .unknown,
        after: UInt64 = 0,
        limit: Int = 256,
        today: Day? = nil
    ) async throws -> ReadResponse {
        try await store.read(
            ReadQuery(
                access: access,
                incarnation: incarnation,
                after: after,
                limit: limit,
                maximumLength: Operation.maximumReadLength,
                today: today ?? self.today
            )
        )
    }

    /// The capability of another epoch in the same mailbox.
    func access(_ grant: Grant, like access: HashedAccess) -> HashedAccess {
        HashedAccess(mailbox: access.mailbox, capability: grant.capabilityHash)
    }

    /// Never zeros, which is what tests damage bodies with.
    static func body(_ length: BodyLength = .oneKiB, _ byte: UInt8 = .random(in: 1...255)) -> [UInt8] {
        [UInt8](repeating: byte, count: length.rawValue)
    }
}

/// Expects a refusal by its name, whatever its detail.
func expectProblem<Value>(
    _ name: Problem.Name,
    sourceLocation: SourceLocation = #_sourceLocation,
    _ body: () async throws -> Value
) async {
    do {
        _ = try await body()
        Issue.record("expected \(name)", sourceLocation: sourceLocation)
    } catch {
        #expect((error as? Problem)?.name == name, "\(error)", sourceLocation: sourceLocation)
    }
}

/// Computes the running hashes of a whole epoch from what was read, as a client does.
func expectIntactChain(_ response: ReadResponse, sourceLocation: SourceLocation = #_sourceLocation) {
    var hash = response.openingHash
    for entry in response.entries {
        hash = hash.following(with: entry.runningHashEntry(epoch: response.epoch))
        #expect(entry.runningHash == hash, "entry \(entry.sequence)", sourceLocation: sourceLocation)
    }
    #expect(response.headHash == hash, sourceLocation: sourceLocation)
    #expect(response.head == response.entries.last?.sequence ?? response.opening, sourceLocation: sourceLocation)
}
