import Coalition
import Foundation
import RelayAPI
import Testing

@testable import MemberClient
@testable import MemberTesting

/// The log of one epoch, as a hostile relay is about to show it to somebody.
struct ShownLog {
    var entries: [ReadEntry]
    let epoch: UInt64
    let openingHash: RunningHash

    /// The entry with this body's place taken by others' fields.
    mutating func replace(
        _ index: Int,
        kind: EntryKind? = nil,
        next: [Grant]? = nil,
        entryID: EntryID? = nil,
        bodyHash: BodyHash? = nil,
        body: [UInt8]? = nil
    ) {
        let old = entries[index]
        entries[index] = ReadEntry(
            sequence: old.sequence,
            kind: kind ?? old.kind,
            entryID: entryID ?? old.entryID,
            next: next ?? old.next,
            bodyHash: bodyHash ?? old.bodyHash,
            runningHash: old.runningHash,
            body: body ?? old.body
        )
    }

    /// Exchanges what stands at two places: the numbers and running hashes stay.
    mutating func exchange(_ one: Int, _ other: Int) {
        let (left, right) = (entries[one], entries[other])
        entries[one] = right.standing(at: left.sequence, left.runningHash)
        entries[other] = left.standing(at: right.sequence, right.runningHash)
    }

    /// Numbers the entries without a gap and computes every running hash anew: a log without a contradiction in itself.
    mutating func makeConsistent(from first: UInt64) {
        var hash = openingHash
        for index in entries.indices {
            let entry = entries[index]
            let sequence = first + UInt64(index)
            hash = hash.following(
                with: RunningHashEntry(
                    sequence: sequence,
                    epoch: epoch,
                    kind: entry.kind,
                    entryID: entry.entryID,
                    next: entry.next,
                    bodyHash: entry.bodyHash
                )
            )
            entries[index] = entry.standing(at: sequence, hash)
        }
    }
}

extension ReadEntry {
    func standing(at sequence: UInt64, _ hash: RunningHash) -> ReadEntry {
        ReadEntry(
            sequence: sequence,
            kind: kind,
            entryID: entryID,
            next: next,
            bodyHash: bodyHash,
            runningHash: hash,
            body: body
        )
    }
}

extension InterceptedRelay {
    /// Shows the log of one mailbox otherwise than it is.
    func show(_ mailbox: MailboxID, _ edit: @escaping @Sendable (inout ShownLog) -> Void) {
        onRead { request, inner throws(RelayError) in
            guard request.access.mailbox == mailbox else { return try await inner.read(request) }
            let whole = try await inner.read(
                ReadRequest(access: request.access, incarnation: request.incarnation, after: 0)
            )
            var log = ShownLog(entries: whole.entries, epoch: whole.epoch, openingHash: whole.openingHash)
            edit(&log)
            let last = log.entries.last
            return ReadResponse(
                incarnation: whole.incarnation,
                epoch: whole.epoch,
                opening: whole.opening,
                openingHash: whole.openingHash,
                head: last?.sequence ?? whole.opening,
                headHash: last?.runningHash ?? whole.openingHash,
                entries: log.entries.filter { $0.sequence > request.after }
            )
        }
    }

    /// Tells the truth again.
    func becomeHonest() {
        onRead(nil)
        onAppend(nil)
        onAdvance(nil)
    }
}

/// A founder, and a reader whose relay lies to it alone.
struct Scene {
    let coalition: TestCoalition
    let founder: Member
    let reader: Member
    /// What the reader talks to.
    let relay: InterceptedRelay
    /// What the founder talks to.
    let founderRelay: InterceptedRelay
    let mailbox: MailboxID

    init() async throws {
        coalition = try await TestCoalition()
        relay = InterceptedRelay(coalition.relay)
        founderRelay = InterceptedRelay(coalition.relay)
        founder = try await coalition.found("SMEX", relay: founderRelay)
        reader = try await coalition.admit(organisation: "JOSA", by: founder, relay: relay)
        for member in [founder, reader] { _ = try await member.sync() }
        mailbox = try founder.coalitionMailbox()
    }

    func send(_ texts: String...) async throws {
        for text in texts { _ = try await founder.send(text: text, to: [.coalition]) }
    }

    /// That messages cross both ways, once, and that nobody notices anything else.
    /// - Parameter late: what the reader has still to get.
    func expectHealthy(late: [String] = [], _ sourceLocation: SourceLocation = #_sourceLocation) async throws {
        #expect(
            try await founder.send(text: "to the reader", to: [.coalition]).map(\.state) == [.relayed],
            sourceLocation: sourceLocation
        )
        #expect(
            try await reader.send(text: "to the founder", to: [.coalition]).map(\.state) == [.relayed],
            sourceLocation: sourceLocation
        )
        #expect(try await reader.takeTexts() == ["to the reader"] + late, sourceLocation: sourceLocation)
        #expect(try await founder.takeTexts() == ["to the founder"], sourceLocation: sourceLocation)
        for member in [founder, reader] {
            _ = try await member.sync()
            #expect(try member.takeFindings() == [], sourceLocation: sourceLocation)
            #expect(try await member.status().queuedCount == 0, sourceLocation: sourceLocation)
        }
    }

    func close() async {
        for member in [founder, reader] { await member.close() }
    }
}

extension Member {
    func coalitionMailbox() throws -> MailboxID {
        try engine.vault.read { try $0.group(engine.coalitionGroup($0)).profile.mailbox.mailbox }
    }
}

extension Member {
    /// Where this device stands in the coalition group's log.
    func epoch() throws -> Cursor {
        try engine.vault.read { try $0.group(engine.coalitionGroup($0)).cursor }
    }

    func access(to target: Target) throws -> Access {
        try engine.vault.read { try engine.group(of: target, $0).record.access }
    }
}

extension TestRelay {
    /// An insider's advance out of an epoch, which nobody can open.
    func advanceIntoNothing(from access: Access, epoch: UInt64, seeing seen: [EntryID]) async throws {
        _ = try await advance(
            AdvanceRequest(
                access: access,
                epoch: epoch,
                entryID: .random(),
                next: [Grant(capabilityHash: Capability.random().hash, rights: .read)],
                advancesSeen: seen,
                body: [UInt8](repeating: 7, count: BodyLength.oneKiB.rawValue)
            )
        )
    }
}
