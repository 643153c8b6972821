import Coalition
import RelayAPI
import Testing

@testable import MemberClient
@testable import MemberTesting

/// A relay that shows one reader another log than it holds (Protocol/detection.md, "The relay").
struct ChangedLogTests {
    // MARK: A log that contradicts itself

    @Test func droppedEntryIsNoticedWithTheOneAfterItAndReadOnceItIsShown() async throws {
        let scene = try await Scene()
        scene.relay.show(scene.mailbox) { $0.entries.remove(at: 1) }
        try await scene.send("1", "2", "3")
        #expect(try await scene.reader.takeTexts() == ["1", "3"])
        #expect(try scene.reader.takeFindings() == [.chainBroken])
        scene.relay.becomeHonest()
        try await scene.expectHealthy(late: ["2"])
        await scene.close()
    }

    @Test func changedBodyIsNoticedAtOnceAndTheRestIsRead() async throws {
        let scene = try await Scene()
        try await scene.send("1", "2", "3")
        scene.relay.show(scene.mailbox) { log in
            log.replace(1, body: [UInt8](repeating: 7, count: BodyLength.oneKiB.rawValue))
        }
        #expect(try await scene.reader.takeTexts() == ["1", "3"])
        #expect(try scene.reader.takeFindings() == [.bodyChanged])
        scene.relay.becomeHonest()
        try await scene.expectHealthy(late: ["2"])
        await scene.close()
    }

    @Test func bodyThatIsChangedWithItsHashIsNoticedAtOnceAndTheRestIsRead() async throws {
        let scene = try await Scene()
        try await scene.send("1", "2", "3")
        scene.relay.show(scene.mailbox) { log in
            let other = [UInt8](repeating: 7, count: BodyLength.oneKiB.rawValue)
            log.replace(1, bodyHash: BodyHash(of: other), body: other)
        }
        #expect(try await scene.reader.takeTexts() == ["1", "3"])
        #expect(try scene.reader.takeFindings() == [.chainBroken, .garbageEntry])
        scene.relay.becomeHonest()
        try await scene.expectHealthy(late: ["2"])
        await scene.close()
    }

    @Test func exchangedEntriesAreNoticedAtOnceAndBothAreRead() async throws {
        let scene = try await Scene()
        try await scene.send("1", "2", "3")
        scene.relay.show(scene.mailbox) { $0.exchange(0, 1) }
        #expect(try await scene.reader.takeTexts() == ["2", "1", "3"])
        #expect(try scene.reader.takeFindings().contains(.chainBroken))
        scene.relay.becomeHonest()
        try await scene.expectHealthy()
        await scene.close()
    }

    @Test func entriesOutOfOrderAreNoticedAtOnce() async throws {
        let scene = try await Scene()
        try await scene.send("1", "2", "3")
        scene.relay.show(scene.mailbox) { $0.entries.swapAt(0, 1) }
        #expect(try await scene.reader.takeTexts() == ["2", "3"])
        #expect(try scene.reader.takeFindings().contains(.notAscending))
        scene.relay.becomeHonest()
        try await scene.expectHealthy(late: ["1"])
        await scene.close()
    }

    @Test func relabelledMessageIsNoticedAtOnceAndTheRestIsRead() async throws {
        let scene = try await Scene()
        try await scene.send("1", "2", "3")
        scene.relay.show(scene.mailbox) { $0.replace(1, kind: .lastResort) }
        #expect(try await scene.reader.takeTexts() == ["1", "3"])
        #expect(try scene.reader.takeFindings() == [.chainBroken, .garbageEntry])
        scene.relay.becomeHonest()
        try await scene.expectHealthy(late: ["2"])
        await scene.close()
    }

    /// Guards: a Commit that was passed off as a message is applied once the relay shows it as what it is.
    @Test func relabelledCommitIsNoticedAtOnceAndAppliedOnceItIsShown() async throws {
        let scene = try await Scene()
        try await scene.send("1")
        scene.relay.show(scene.mailbox) { log in
            for index in log.entries.indices where log.entries[index].kind == .advance {
                log.replace(index, kind: .application, next: [])
            }
        }
        let rima = try await scene.coalition.admit(colleague: "rima", home: "rima", by: scene.founder)
        #expect(try await scene.reader.takeTexts() == ["1"])
        #expect(try scene.reader.takeFindings() == [.chainBroken, .garbageEntry])
        scene.relay.becomeHonest()
        try await scene.expectHealthy()
        #expect(try await rima.takeTexts() == ["to the reader", "to the founder"])
        await rima.close()
        await scene.close()
    }

    /// Guards: the same for a Commit that was left out, where the next advance was shown.
    @Test func droppedCommitIsNoticedWithTheNextAdvanceAndAppliedOnceItIsShown() async throws {
        let scene = try await Scene()
        let before = try scene.reader.epoch()
        let access = try scene.reader.access(to: .coalition)
        let rima = try await scene.coalition.admit(colleague: "rima", home: "rima", by: scene.founder)
        let log = try await scene.coalition.relay.read(ReadRequest(access: access, incarnation: .unknown, after: 0))
        try await scene.coalition.relay.advanceIntoNothing(
            from: access,
            epoch: before.epoch,
            seeing: log.entries.map(\.entryID)
        )
        scene.relay.show(scene.mailbox) { log in
            if log.epoch == before.epoch, !log.entries.isEmpty { log.entries.removeFirst() }
        }
        _ = try await scene.reader.sync()
        #expect(try scene.reader.takeFindings() == [.chainBroken, .garbageAdvance])
        scene.relay.becomeHonest()
        try await scene.expectHealthy()
        #expect(try await rima.takeTexts() == ["to the reader", "to the founder"])
        await rima.close()
        await scene.close()
    }

    @Test func repeatedEntryIsNoticedAtOnceAndReadOnce() async throws {
        let scene = try await Scene()
        try await scene.send("1", "2")
        scene.relay.show(scene.mailbox) { log in
            let last = log.entries[1]
            log.entries.append(log.entries[0].standing(at: last.sequence + 1, last.runningHash))
        }
        #expect(try await scene.reader.takeTexts() == ["1", "2"])
        #expect(try scene.reader.takeFindings() == [.chainBroken, .replayed])
        scene.relay.becomeHonest()
        // The true log ends before the repetition.
        #expect(try await scene.reader.takeTexts() == [])
        #expect(try scene.reader.takeFindings() == [.headBehind])
        try await scene.expectHealthy()
        await scene.close()
    }

    /// Guards: what a false log has said of places does not keep a message from being sent.
    @Test func sendingGoesOnBeforeAFalseLogHasBeenReadAgain() async throws {
        let scene = try await Scene()
        try await scene.send("1", "2")
        scene.relay.show(scene.mailbox) { log in
            let last = log.entries[1]
            log.entries.append(log.entries[0].standing(at: last.sequence + 1, last.runningHash))
        }
        #expect(try await scene.reader.takeTexts() == ["1", "2"])
        scene.relay.becomeHonest()
        #expect(try await scene.reader.send(text: "3", to: [.coalition]).map(\.state) == [.relayed])
        #expect(try await scene.founder.takeTexts() == ["3"])
        // The message says what its sender had been shown.
        #expect(try scene.founder.takeFindings() == [.splitView])
        _ = try await scene.reader.sync()
        #expect(
            try scene.reader.takeFindings()
                == [.chainBroken, .replayed, .headContradicts, .acknowledgedEntryMissing]
        )
        try await scene.expectHealthy()
        await scene.close()
    }

    @Test func otherBeginningOfTheEpochIsNoticedAtOnce() async throws {
        let scene = try await Scene()
        try await scene.send("1")
        scene.relay.onRead { request, inner throws(RelayError) in
            let response = try await inner.read(request)
            guard request.access.mailbox == scene.mailbox else { return response }
            return ReadResponse(
                incarnation: response.incarnation,
                epoch: response.epoch,
                opening: response.opening,
                openingHash: RunningHash(opening: .random()),
                head: response.head,
                headHash: response.headHash,
                entries: response.entries
            )
        }
        #expect(try await scene.reader.takeTexts() == ["1"])
        #expect(try scene.reader.takeFindings() == [.openingChanged])
        scene.relay.becomeHonest()
        try await scene.expectHealthy()
        await scene.close()
    }

    @Test func otherHeadUnderTheLastNumberIsNoticedAtOnce() async throws {
        let scene = try await Scene()
        try await scene.send("1")
        scene.relay.onRead { request, inner throws(RelayError) in
            let response = try await inner.read(request)
            guard request.access.mailbox == scene.mailbox else { return response }
            return ReadResponse(
                incarnation: response.incarnation,
                epoch: response.epoch,
                opening: response.opening,
                openingHash: response.openingHash,
                head: response.head,
                headHash: RunningHash(opening: .random()),
                entries: response.entries
            )
        }
        #expect(try await scene.reader.takeTexts() == ["1"])
        #expect(try scene.reader.takeFindings() == [.headContradicts])
        scene.relay.becomeHonest()
        try await scene.expectHealthy()
        await scene.close()
    }

    @Test func withheldEntriesAreNoticedAtOnceAndReadOnceTheyAreShown() async throws {
        let scene = try await Scene()
        try await scene.send("1")
        scene.relay.onRead { request, inner throws(RelayError) in
            let response = try await inner.read(request)
            guard request.access.mailbox == scene.mailbox else { return response }
            return response.with(entries: [])
        }
        #expect(try await scene.reader.takeTexts() == [])
        #expect(try scene.reader.takeFindings() == [.withheld])
        scene.relay.becomeHonest()
        #expect(try await scene.reader.takeTexts() == ["1"])
        try await scene.expectHealthy()
        await scene.close()
    }

    // MARK: A log that contradicts nothing but what members say of it

    @Test func tailWithheldFromSomeIsNoticedWithTheNextMessageOfWhoHasReadIt() async throws {
        let scene = try await Scene()
        let other = try await scene.coalition.admit(organisation: "INSM", by: scene.founder)
        _ = try await scene.reader.sync()
        try await scene.send("1", "2")
        let first = try scene.reader.epoch().opening.sequence + 1
        scene.relay.show(scene.mailbox) { log in
            log.entries.remove(at: 1)
            log.makeConsistent(from: first)
        }
        #expect(try await scene.reader.takeTexts() == ["1"])
        #expect(try scene.reader.takeFindings() == [])
        // Whoever has not read it contradicts nothing.
        try await scene.send("3")
        #expect(try await scene.reader.takeTexts() == ["3"])
        #expect(try scene.reader.takeFindings() == [])
        #expect(try await other.takeTexts() == ["1", "2", "3"])
        _ = try await other.send(text: "4", to: [.coalition])
        #expect(try await scene.reader.takeTexts() == ["4"])
        let finding = try #require(try scene.reader.unshownFindings().first)
        #expect(finding.kind == .splitView)
        #expect(finding.who == other.address)
        _ = try scene.reader.takeFindings()
        #expect(try await scene.founder.takeTexts() == ["4"])
        scene.relay.becomeHonest()
        await other.close()
        await scene.close()
    }

    @Test func tailThatIsOnlyLateIsReadAndContradictsNothing() async throws {
        let scene = try await Scene()
        let before = try scene.reader.epoch()
        try await scene.send("1", "2")
        scene.relay.show(scene.mailbox) { log in
            if log.epoch == before.epoch { log.entries.removeLast() }
        }
        #expect(try await scene.reader.takeTexts() == ["1"])
        scene.relay.becomeHonest()
        #expect(try await scene.reader.takeTexts() == ["2"])
        try await scene.expectHealthy()
        await scene.close()
    }

    @Test func otherOrderIsNoticedWithTheNextMessageOfWhoHasReadIt() async throws {
        let scene = try await Scene()
        try await scene.send("1", "2")
        let first = try scene.reader.epoch().opening.sequence + 1
        scene.relay.show(scene.mailbox) { log in
            log.exchange(0, 1)
            log.makeConsistent(from: first)
        }
        #expect(try await scene.reader.takeTexts() == ["2", "1"])
        #expect(try scene.reader.takeFindings() == [])
        _ = try await scene.founder.sync()
        try await scene.send("3")
        #expect(try await scene.reader.takeTexts() == ["3"])
        #expect(try scene.reader.takeFindings() == [.splitView])
        await scene.close()
    }

    @Test func entryOfAnotherMailboxIsNoticedAtOnceAndTheRestIsRead() async throws {
        let scene = try await Scene()
        let user = try #require(UserAddress("admin@JOSA"))
        _ = try await scene.founder.send(text: "for one", to: [.user(user)])
        #expect(try await scene.reader.takeTexts() == ["for one"])
        let access = try scene.founder.access(to: .user(user))
        let strange = try #require(
            try await scene.coalition.relay
                .read(ReadRequest(access: access, incarnation: .unknown, after: 0)).entries.last
        )
        try await scene.send("1", "2")
        let first = try scene.reader.epoch().opening.sequence + 1
        scene.relay.show(scene.mailbox) { log in
            log.entries.insert(strange, at: 1)
            log.makeConsistent(from: first)
        }
        #expect(try await scene.reader.takeTexts() == ["1", "2"])
        #expect(try scene.reader.takeFindings() == [.garbageEntry])
        await scene.close()
    }

    @Test func logOfAnotherMailboxIsNoticedAtOnceAndNothingOfItIsShown() async throws {
        let scene = try await Scene()
        let user = try #require(UserAddress("admin@JOSA"))
        _ = try await scene.founder.send(text: "for one", to: [.user(user)])
        #expect(try await scene.reader.takeTexts() == ["for one"])
        _ = try await scene.founder.send(text: "for one again", to: [.user(user)])
        let access = try scene.founder.access(to: .user(user))
        scene.relay.onRead { request, inner throws(RelayError) in
            guard request.access.mailbox == scene.mailbox else { return try await inner.read(request) }
            return try await inner.read(ReadRequest(access: access, incarnation: request.incarnation, after: 0))
        }
        try await scene.send("1")
        #expect(try await scene.reader.takeTexts() == ["for one again"])
        #expect(try scene.reader.takeFindings().first == .openingChanged)
        scene.relay.becomeHonest()
        #expect(try await scene.reader.takeTexts() == ["1"])
        _ = try scene.reader.takeFindings()
        try await scene.expectHealthy()
        await scene.close()
    }
}
