internal import RelayAPI

// What a store has read of mailboxes, epochs and grants for those who append, and what it decides by that (Protocol/mailbox.md,
// "Epochs, advances, branches" and "Grants"): the same for every store. Objects, so that one request of a transaction sees
// what another has changed.

/// What one capability may do in one epoch.
final class GrantState {
    let access: HashedAccess
    let epoch: EpochState
    let rights: Rights
    private(set) var usesLeft: UInt32

    init(access: HashedAccess, epoch: EpochState, rights: Rights, usesLeft: UInt32) {
        self.access = access
        self.epoch = epoch
        self.rights = rights
        self.usesLeft = usesLeft
    }

    /// Counts one use.
    /// - Returns: whether there is something to write: not when it may be used without end.
    func use() -> Bool {
        guard usesLeft != Grant.unlimited else { return false }
        usesLeft -= 1
        return true
    }

    /// Why an entry that is no duplicate cannot be appended; nil when it can.
    /// - Parameter number: the epoch that the request names.
    func refusal(ofAppending entry: NewEntry, inEpoch number: UInt64, limits: RelayLimits) -> Problem? {
        if number != epoch.number { return Problem(.epochMismatch) }
        if epoch.hasEnded { return Problem(.epochEnded) }
        if let defect = entry.defect { return defect }
        if usesLeft == 0 { return Problem(.quotaExhausted) }
        return epoch.mailbox.refusal(of: entry, limits: limits)
    }

    /// Refuses capability hashes that stand twice in a request.
    static func checkDistinct(_ hashes: [CapabilityHash]) throws(Problem) {
        guard Set(hashes).count == hashes.count else { throw Problem(.capabilityInUse) }
    }

    /// Refuses a blob that is not there yet and cannot be made.
    /// - Returns: the day at whose end it will expire.
    func expiry(ofMaking blob: BlobCommand) throws(Problem) -> Day {
        if epoch.hasEnded { throw Problem(.epochEnded) }
        let lastDay = try blob.expiry.get()
        if usesLeft == 0 { throw Problem(.quotaExhausted) }
        return lastDay
    }
}

/// An epoch, and where its log ends.
final class EpochState {
    let row: Int64
    let mailbox: MailboxState
    let number: UInt64
    /// How many advances leave it.
    var advances: Int
    /// Sequence number and running hash of its last entry, or those it was opened with.
    private(set) var head: UInt64
    private(set) var headHash: RunningHash
    /// The days for which the store is known to have a row in its table `expiry`.
    var expiryDays: Set<Day> = []
    /// No application entry up to this sequence number can be taken any more.
    var takenTo: UInt64
    /// All bodies up to this sequence number have been deleted.
    var deletedTo: UInt64

    init(
        row: Int64,
        mailbox: MailboxState,
        number: UInt64,
        advances: Int,
        head: UInt64,
        headHash: RunningHash,
        takenTo: UInt64 = 0,
        deletedTo: UInt64 = 0
    ) {
        self.row = row
        self.mailbox = mailbox
        self.number = number
        self.advances = advances
        self.head = head
        self.headHash = headHash
        self.takenTo = takenTo
        self.deletedTo = deletedTo
    }

    var hasEnded: Bool { advances > 0 }

    /// Refuses an advance whose author has not seen the others that leave the epoch, or one too many.
    /// - Parameter others: all that there are.
    func check(_ advance: AdvanceCommand, beside others: [EntryID]) throws(Problem) {
        guard Set(others).isSubset(of: advance.advancesSeen) else { throw Problem(.unseenAdvance) }
        guard others.count < AdvanceRequest.maximumAdvances else { throw Problem(.advancesExhausted) }
    }

    /// What an entry becomes behind the last one.
    func following(_ entry: NewEntry, next: [Grant]) -> AppendedEntry {
        let sequence = mailbox.nextSequence
        let runningHash = headHash.following(
            with: RunningHashEntry(
                sequence: sequence,
                epoch: number,
                kind: entry.kind,
                entryID: entry.id,
                next: next,
                bodyHash: entry.bodyHash
            )
        )
        return AppendedEntry(sequence: sequence, runningHash: runningHash, isDuplicate: false)
    }

    /// Makes an entry the last one.
    /// - Parameter appended: what `following` has made of it.
    func add(_ entry: NewEntry, as appended: AppendedEntry) {
        mailbox.nextSequence = appended.sequence + 1
        mailbox.bodyBytes += UInt64(entry.body.count)
        head = appended.sequence
        headHash = appended.runningHash
    }
}

/// A mailbox, and how much it has got and holds.
final class MailboxState {
    let row: Int64
    let id: MailboxID
    fileprivate(set) var nextSequence: UInt64
    /// Of the bodies that it holds.
    fileprivate(set) var bodyBytes: UInt64
    /// How many it has ever got.
    private(set) var grants: UInt64

    init(row: Int64, id: MailboxID, nextSequence: UInt64, bodyBytes: UInt64, grants: UInt64) {
        self.row = row
        self.id = id
        self.nextSequence = nextSequence
        self.bodyBytes = bodyBytes
        self.grants = grants
    }

    /// Refuses an entry that has a defect or does not fit.
    func check(_ entry: NewEntry, limits: RelayLimits) throws(Problem) {
        if let refusal = entry.defect ?? refusal(of: entry, limits: limits) { throw refusal }
    }

    /// Why an entry does not fit; nil when it does.
    fileprivate func refusal(of entry: NewEntry, limits: RelayLimits) -> Problem? {
        limits.refusal(ofBodyOf: entry.body.count, entries: nextSequence - 1, bodyBytes: bodyBytes)
    }

    /// Counts grants that it gets.
    /// - Parameter isAdvance: whether it is an advance that brings them.
    /// - Throws: `mailbox-full`, with nothing counted.
    func count(grants added: Int, isAdvance: Bool, limits: RelayLimits) throws(Problem) {
        if !isAdvance || added > RelayLimits.grantsThatFit { try limits.checkRoom(forGrants: added, beside: grants) }
        grants += UInt64(added)
    }

    /// Gives back the room of a body that has gone.
    func release(_ bytes: UInt64) {
        bodyBytes -= min(bytes, bodyBytes)
    }
}
