public import RelayAPI

/// Where mailboxes are kept: the semantics of Protocol/mailbox.md, whatever the engine.
///
/// A store sees hashes of capabilities and tokens, never these themselves. Each method that changes something is one
/// transaction, but for `delete` and `deleteBlob`, which remove in many; and returns only when that is on disk. What it refuses
/// has changed nothing, unless the right is taken back in the middle of these; and `unavailable` may mean a commit whose
/// outcome is not known: the same command, given again, finds it. Time comes from the caller.
public protocol MailboxStore: EntrySource {
    /// Drawn when the store was made, and again when a backup was restored.
    var incarnation: Incarnation { get }

    func create(_ command: CreateCommand) async throws(Problem)
    func makeChildToken(_ command: ChildTokenCommand) async throws(Problem)
    func changeGrants(_ command: GrantCommand) async throws(Problem)
    /// Returns at once, for callers that have no task.
    /// - Parameter answer: called once, when the entry is on disk or has been refused, in one of the store's own threads:
    ///   it must not block.
    func append(_ command: AppendCommand, answer: @escaping @Sendable (Result<AppendedEntry, Problem>) -> Void)
    /// Each as if it had come alone, in this order, and all in one transaction.
    func append(_ commands: [AppendCommand]) async throws(Problem) -> [Result<AppendedEntry, Problem>]
    func advance(_ command: AdvanceCommand) async throws(Problem) -> AppendedEntry
    func take(_ access: HashedAccess, today: Day) async throws(Problem) -> TakenEntry?
    func delete(_ access: HashedAccess, upTo sequence: UInt64) async throws(Problem)

    func createBlob(_ command: BlobCommand) async throws(Problem)
    func putPart(_ access: HashedAccess, index: Int, bytes: [UInt8], today: Day) async throws(Problem)
    /// For each part of the blob, whether it is there.
    func partsPresent(_ access: HashedAccess, today: Day) async throws(Problem) -> [Bool]
    /// - Returns: nil when the part is not there yet.
    func part(_ access: HashedAccess, index: Int, today: Day) async throws(Problem) -> [UInt8]?
    func deleteBlob(_ access: HashedAccess, today: Day) async throws(Problem)

    /// Removes some of the bodies and parts that expired before today; short enough not to hold others up.
    func expireSome(today: Day) async throws(Problem) -> StoreStep

    /// A step towards giving most of the space of what was removed back; and when that is done, makes sure that it cannot be
    /// found in the store's files any longer, unless somebody still reads what was there before. Short enough not to hold
    /// others up.
    func scrubSome() async throws(Problem) -> StoreStep

    /// The last day that it was told to remember; nil in a new store.
    func lastDay() async throws(Problem) -> Day?
    func remember(_ day: Day) async throws(Problem)

    func issueToken(_ hash: AccessTokenHash, label: String, mailboxes: UInt32) async throws(Problem)
    func tokens() async throws(Problem) -> [StoredToken]
    /// - Returns: whether there was such a token.
    func revokeToken(id: String) async throws(Problem) -> Bool

    /// Throws when the store does not answer.
    func checkReadiness() async throws(Problem)

    /// How much room it takes.
    func measure() async throws(Problem) -> StoreMeasure

    /// Reads everything on one snapshot, and looks for what cannot be.
    func check() async throws(Problem) -> StoreReport
}

/// Where entries are read and waited for.
public protocol EntrySource: Sendable {
    /// Tells which mailboxes have new entries, after these are on disk.
    var notifications: MailboxNotifications { get }

    func read(_ query: ReadQuery) async throws(Problem) -> ReadResponse
}

/// A step of expiry, or of giving space back.
public struct StoreStep: Sendable {
    /// Whether there is more to do.
    public let hasMore: Bool
    /// How long requests had to wait for it, the disk included; zero when there was nothing to do.
    public let held: Duration

    static let nothing = StoreStep(hasMore: false, held: .zero)
}

/// How much room a store takes.
public struct StoreMeasure: Sendable {
    public let bytes: Int
    /// What is left on its disk; nil where the relay cannot see it.
    public let diskFreeBytes: Int?
}

extension MailboxStore {
    public func append(_ command: AppendCommand) async throws(Problem) -> AppendedEntry {
        let result = await withCheckedContinuation { continuation in
            append(command) { continuation.resume(returning: $0) }
        }
        return try result.get()
    }
}

/// A mailbox and the hash of the capability that was presented for it.
public struct HashedAccess: Hashable, Sendable {
    public let mailbox: MailboxID
    public let capability: CapabilityHash

    public init(mailbox: MailboxID, capability: CapabilityHash) {
        self.mailbox = mailbox
        self.capability = capability
    }

    public init(_ access: Access) {
        self.init(mailbox: access.mailbox, capability: access.capability.hash)
    }
}

public struct CreateCommand: Sendable {
    public let token: AccessTokenHash
    public let mailbox: MailboxID
    public let epoch: UInt64
    public let grants: [Grant]
    public let today: Day
}

public struct ChildTokenCommand: Sendable {
    public let parent: AccessTokenHash
    public let child: AccessTokenHash
    public let mailboxes: UInt32
    /// The last day on which the child is good.
    public let expiry: Day
    public let today: Day
}

public struct GrantCommand: Sendable {
    public let access: HashedAccess
    public let set: [Grant]
    public let remove: [CapabilityHash]
}

/// An entry that waits to get its sequence number.
public struct NewEntry: Sendable {
    public let id: EntryID
    public let kind: EntryKind
    public let body: [UInt8]
    public let bodyHash: BodyHash
    /// The day at whose end it expires.
    public let expiry: Day
    /// What is wrong with its body's length or its retention: its refusal, unless it is a duplicate, for which
    /// neither is looked at.
    public let defect: Problem?

    /// - Parameter retentionDays: as the client named them.
    public init(
        id: EntryID,
        kind: EntryKind,
        body: [UInt8],
        retentionDays asked: UInt16,
        limits: RelayLimits,
        today: Day
    ) {
        self.id = id
        self.kind = kind
        self.body = body
        bodyHash = BodyHash(of: body)
        guard BodyLength(rawValue: body.count) != nil else {
            expiry = today
            defect = Problem(.wrongLength, detail: "\(body.count) bytes")
            return
        }
        do throws(Problem) {
            expiry = today + (try limits.retentionDays(asked: asked, kind: kind))
            defect = nil
        } catch {
            expiry = today
            defect = error
        }
    }
}

public struct AppendCommand: Sendable {
    public let access: HashedAccess
    public let epoch: UInt64
    public let entry: NewEntry
}

public struct AdvanceCommand: Sendable {
    public let access: HashedAccess
    public let epoch: UInt64
    public let entry: NewEntry
    public let next: [Grant]
    public let advancesSeen: [EntryID]
}

public struct BlobCommand: Sendable {
    public let access: HashedAccess
    public let writeHash: CapabilityHash
    public let readHash: CapabilityHash
    public let parts: Int
    /// The day at whose end it expires; or what is wrong with the retention asked for, unless the blob is there already.
    public let expiry: Result<Day, Problem>

    /// - Parameter retentionDays: as the client named them.
    public init(
        access: HashedAccess,
        writeHash: CapabilityHash,
        readHash: CapabilityHash,
        parts: Int,
        retentionDays asked: UInt16,
        limits: RelayLimits,
        today: Day
    ) {
        self.access = access
        self.writeHash = writeHash
        self.readHash = readHash
        self.parts = parts
        expiry = Result { () throws(Problem) in today + (try limits.retentionDays(asked: asked, kind: .application)) }
    }
}

/// An entry that is on disk.
public struct AppendedEntry: Equatable, Sendable {
    public let sequence: UInt64
    public let runningHash: RunningHash
    /// Whether it was there before.
    public let isDuplicate: Bool
}

public struct ReadQuery: Hashable, Sendable {
    public let access: HashedAccess
    public let incarnation: Incarnation
    public let after: UInt64
    /// At least 1.
    public let limit: Int
    /// Entries end before they pass so many bytes, unless the first alone does.
    public let maximumLength: Int
    public let today: Day
}

/// What a store knows of an access token.
public struct StoredToken: Equatable, Sendable {
    public let hash: AccessTokenHash
    /// Chosen by the operator; empty for a child token.
    public let label: String
    public let mailboxesLeft: UInt32
    /// The last day on which it is good; nil for no end.
    public let expiry: Day?

    /// By which operators name it: the first 8 bytes of its hash in hexadecimal.
    public var id: String { Self.id(of: hash) }

    public static func id(of hash: AccessTokenHash) -> String {
        let digits = Array("0123456789abcdef")
        return String(hash.bytes.prefix(8).flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] })
    }
}
