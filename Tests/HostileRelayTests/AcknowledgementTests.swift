import Coalition
import RelayAPI
import Synchronization
import Testing

@testable import MemberClient
@testable import MemberTesting

/// A relay that answers a sender falsely (Protocol/detection.md, "The relay").
struct AcknowledgementTests {
    @Test func tailWithheldFromItsSenderIsNoticedWithTheNextReadAndSentAgain() async throws {
        let scene = try await Scene()
        let opening = try scene.founder.epoch().opening
        // Acknowledged as what the first entry of the epoch would be, and forgotten.
        scene.founderRelay.onAppend { request, inner throws(RelayError) in
            guard request.access.mailbox == scene.mailbox else { return try await inner.append(request) }
            let entry = RunningHashEntry(
                sequence: opening.sequence + 1,
                epoch: request.epoch,
                kind: request.kind,
                entryID: request.entryID,
                next: [],
                bodyHash: BodyHash(of: request.body)
            )
            return AppendResponse(
                incarnation: .unknown,
                sequence: entry.sequence,
                runningHash: opening.runningHash.following(with: entry),
                isDuplicate: false
            )
        }
        try await scene.send("1")
        #expect(try scene.founder.takeFindings() == [])
        scene.founderRelay.onAppend(nil)
        _ = try await scene.founder.sync()
        let finding = try #require(try scene.founder.unshownFindings().first)
        #expect(finding.kind == .acknowledgedEntryMissing)
        #expect(finding.parameters["sequence"] == "\(opening.sequence + 1)")
        _ = try scene.founder.takeFindings()
        #expect(try await scene.reader.takeTexts() == ["1"])
        try await scene.expectHealthy()
        await scene.close()
    }

    @Test func messageAcknowledgedAtAnotherPlaceIsNoticedWithTheNextReadAndCrossesOnce() async throws {
        let scene = try await Scene()
        scene.founderRelay.onAppend { request, inner throws(RelayError) in
            let answer = try await inner.append(request)
            guard request.access.mailbox == scene.mailbox else { return answer }
            return AppendResponse(
                incarnation: answer.incarnation,
                sequence: answer.sequence + 7,
                runningHash: answer.runningHash,
                isDuplicate: false
            )
        }
        try await scene.send("1")
        scene.founderRelay.onAppend(nil)
        _ = try await scene.founder.sync()
        #expect(try scene.founder.takeFindings() == [.acknowledgedElsewhere])
        #expect(try await scene.reader.takeTexts() == ["1"])
        try await scene.expectHealthy()
        await scene.close()
    }

    @Test func impossibleDuplicateIsNoticedAtOnceAndTheMessageStaysQueued() async throws {
        let scene = try await Scene()
        let next = try scene.founder.epoch().opening.sequence + 1
        scene.founderRelay.answer(appendsTo: scene.mailbox, sequence: next)
        #expect(try await scene.founder.send(text: "1", to: [.coalition]).map(\.state) == [.queued])
        #expect(try scene.founder.takeFindings() == [.answerContradicts])
        scene.founderRelay.onAppend(nil)
        _ = try await scene.founder.sync()
        #expect(try await scene.reader.takeTexts() == ["1"])
        try await scene.expectHealthy()
        await scene.close()
    }

    @Test func duplicateAtAPlaceThatWasReadIsNoticedAtOnceAndTheMessageStaysQueued() async throws {
        let scene = try await Scene()
        let read = try scene.founder.epoch().opening.sequence
        scene.founderRelay.answer(appendsTo: scene.mailbox, sequence: read)
        #expect(try await scene.founder.send(text: "1", to: [.coalition]).map(\.state) == [.queued])
        #expect(try scene.founder.takeFindings() == [.answerContradicts])
        scene.founderRelay.onAppend(nil)
        _ = try await scene.founder.sync()
        #expect(try await scene.reader.takeTexts() == ["1"])
        try await scene.expectHealthy()
        await scene.close()
    }

    @Test func falseDuplicateFurtherOnIsNoticedWithTheNextReadAndSentAgain() async throws {
        let scene = try await Scene()
        let next = try scene.founder.epoch().opening.sequence + 2
        scene.founderRelay.answer(appendsTo: scene.mailbox, sequence: next)
        try await scene.send("1")
        #expect(try scene.founder.takeFindings() == [])
        scene.founderRelay.onAppend(nil)
        _ = try await scene.founder.sync()
        #expect(try scene.founder.takeFindings() == [.acknowledgedEntryMissing])
        #expect(try await scene.reader.takeTexts() == ["1"])
        try await scene.expectHealthy()
        await scene.close()
    }

    @Test func otherEntryUnderAnEntryIDIsNoticedWithTheNextReadAndTheMessageCrossesOnce() async throws {
        let scene = try await Scene()
        // Something else is stored under the message's entry id, and the message is told to be a duplicate of it.
        scene.founderRelay.onAppend { request, inner throws(RelayError) in
            guard request.access.mailbox == scene.mailbox else { return try await inner.append(request) }
            let stored = try await inner.append(
                AppendRequest(
                    access: request.access,
                    epoch: request.epoch,
                    entryID: request.entryID,
                    kind: request.kind,
                    body: [UInt8](repeating: 7, count: BodyLength.oneKiB.rawValue)
                )
            )
            return AppendResponse(
                incarnation: stored.incarnation,
                sequence: stored.sequence + 1,
                runningHash: stored.runningHash,
                isDuplicate: true
            )
        }
        try await scene.send("1")
        scene.founderRelay.onAppend(nil)
        _ = try await scene.founder.sync()
        #expect(try scene.founder.takeFindings() == [.entryIDTaken, .garbageEntry])
        #expect(try await scene.reader.takeTexts() == ["1"])
        #expect(try scene.reader.takeFindings() == [.garbageEntry])
        try await scene.expectHealthy()
        await scene.close()
    }

    @Test func falseDuplicateOfACommitIsNoticedAtOnceAndTheChangeTakesEffectLater() async throws {
        let scene = try await Scene()
        let rima = try await scene.coalition.admit(colleague: "rima", home: "rima", by: scene.founder)
        _ = try await scene.reader.sync()
        scene.founderRelay.onAdvance { request, inner throws(RelayError) in
            AppendResponse(
                incarnation: .unknown,
                sequence: 1000,
                runningHash: RunningHash(opening: .random()),
                isDuplicate: true
            )
        }
        await #expect { try await scene.founder.remove(rima.address) } throws: { error in
            (error as? MemberError)?.kind == .violation
        }
        #expect(try scene.founder.takeFindings() == [.acknowledgedEntryMissing])
        scene.founderRelay.onAdvance(nil)
        _ = try await scene.founder.sync()
        #expect(try await scene.founder.status().pendingCommitCount == 0)
        try await scene.expectHealthy()
        #expect(try await rima.takeTexts() == [])
        #expect(try rima.takeFindings() == [.groupStopped])
        await rima.close()
        await scene.close()
    }

    /// Guards: a Commit that made room for others is still this device's own.
    @Test func commitThatIsRefusedForItsGrantAndShownLaterIsFollowed() async throws {
        let scene = try await Scene()
        let rima = try await scene.coalition.admit(colleague: "rima", home: "rima", by: scene.founder)
        let sami = try await scene.coalition.admit(colleague: "sami", home: "sami", by: scene.founder)
        // The next Commit brings another contact key.
        try await scene.founder.remove(sami.address)
        _ = try await scene.reader.sync()
        let isFirst = Mutex(true)
        scene.founderRelay.onAdvance { request, inner throws(RelayError) in
            if isFirst.withLock({ first in
                defer { first = false }; return first
            }) {
                _ = try await inner.advance(request)
            }
            throw .problem(Problem(.capabilityInUse))
        }
        scene.founderRelay.show(scene.mailbox) { $0.entries.removeAll { $0.kind == .advance } }
        await #expect(throws: MemberError.self) { try await scene.founder.remove(rima.address) }
        _ = try await scene.reader.sync()
        scene.founderRelay.becomeHonest()
        _ = try await scene.founder.sync()
        #expect(try await scene.founder.status().pendingCommitCount == 0)
        try scene.founder.engine.vault.read { transaction in
            let view = try CraftingView(scene.founder.engine.group(of: .coalition, transaction))
            let leaf = try view.device(at: scene.founder.address)
            guard let key = try transaction.getSecret(.contactKey) else { throw VaultError.damaged("no contact key") }
            #expect(leaf.addresses?.contactKey == (try ContactKey(raw: key).publicKey))
        }
        try await scene.expectHealthy()
        for member in [rima, sami] { await member.close() }
        await scene.close()
    }

    /// Guards: who sees a Commit before the relay has it, and puts something else under its entry id, holds it up once.
    @Test(arguments: [false, true])
    func otherEntryUnderACommitsEntryIDHoldsItUpOnce(inAnEarlierEpoch: Bool) async throws {
        let scene = try await Scene()
        let (earlier, access) = (try scene.founder.epoch().epoch, try scene.founder.access(to: .coalition))
        let rima = try await scene.coalition.admit(colleague: "rima", home: "rima", by: scene.founder)
        _ = try await scene.reader.sync()
        let isFirst = Mutex(true)
        scene.founderRelay.onAdvance { request, inner throws(RelayError) in
            if isFirst.withLock({ first in
                defer { first = false }; return first
            }) {
                // An epoch that has ended takes advances alone.
                let seen = try await inner.read(ReadRequest(access: access, incarnation: .unknown, after: 0))
                _ = try await inner.advance(
                    AdvanceRequest(
                        access: inAnEarlierEpoch ? access : request.access,
                        epoch: inAnEarlierEpoch ? earlier : request.epoch,
                        entryID: request.entryID,
                        next: [RelayAPI.Grant(capabilityHash: Capability.random().hash, rights: .read)],
                        advancesSeen: inAnEarlierEpoch ? seen.entries.map(\.entryID) : [],
                        body: [UInt8](repeating: 7, count: BodyLength.oneKiB.rawValue)
                    )
                )
            }
            return try await inner.advance(request)
        }
        if inAnEarlierEpoch {
            try await scene.founder.remove(rima.address)
        } else {
            await #expect(throws: MemberError.self) { try await scene.founder.remove(rima.address) }
            _ = try await scene.founder.sync()
        }
        #expect(try await scene.founder.status().pendingCommitCount == 0)
        _ = try await scene.reader.sync()
        for member in [scene.founder, scene.reader] { _ = try member.takeFindings() }
        try await scene.expectHealthy()
        #expect(try await rima.takeTexts() == [])
        await rima.close()
        await scene.close()
    }
}

extension InterceptedRelay {
    /// Answers that messages are held already at this place, and holds none of them.
    fileprivate func answer(appendsTo mailbox: MailboxID, sequence: UInt64) {
        onAppend { request, inner throws(RelayError) in
            guard request.access.mailbox == mailbox else { return try await inner.append(request) }
            let ofNothing = ReadRequest(access: request.access, incarnation: .unknown, after: .max, limit: 1)
            return AppendResponse(
                incarnation: try await inner.read(ofNothing).incarnation,
                sequence: sequence,
                runningHash: RunningHash(opening: .random()),
                isDuplicate: true
            )
        }
    }
}
