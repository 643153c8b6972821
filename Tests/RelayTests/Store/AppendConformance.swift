import RelayAPI
import TLSCodec
import Testing

@testable import Relay

/// Appending, reading, epochs and branches, on every engine.
@Suite struct AppendConformance {
    @Test(arguments: StoreEngine.all)
    func entriesAreNumberedFromOneAndChained(_ engine: StoreEngine) async throws {
        try await engine.withStore { test in
            let access = try await test.mailbox(epoch: 7)
            for (index, length) in BodyLength.allCases.enumerated() {
                let entry = try await test.append(access, epoch: 7, body: StoreUnderTest.body(length))
                #expect(entry.sequence == UInt64(index + 1))
                #expect(!entry.isDuplicate)
            }
            let read = try await test.read(access)
            #expect(read.epoch == 7)
            #expect(read.opening == 0)
            #expect(read.openingHash == RunningHash(opening: access.mailbox))
            #expect(read.entries.compactMap { $0.body?.count } == BodyLength.allCases.map(\.rawValue))
            for entry in read.entries { #expect(entry.bodyHash == BodyHash(of: try #require(entry.body))) }
            expectIntactChain(read)
        }
    }

    @Test(arguments: StoreEngine.all)
    func everythingIsThereAfterReopening(_ engine: StoreEngine) async throws {
        try await engine.withStore { test in
            let access = try await test.mailbox(rights: [.read, .append], uses: 3)
            try await test.append(access)
            let second = try await test.append(access)
            let incarnation = try test.store.incarnation
            try test.reopen()
            #expect(try test.store.incarnation == incarnation)
            #expect(try await test.append(access).sequence == second.sequence + 1)
            await expectProblem(.quotaExhausted) { try await test.append(access) }
            expectIntactChain(try await test.read(access))
        }
    }

    @Test(arguments: StoreEngine.all)
    func aRepeatedEntryIDChangesNothingWhateverElseTheRequestSays(_ engine: StoreEngine) async throws {
        try await engine.withStore { test in
            let access = try await test.mailbox(rights: [.read, .append, .advance], uses: 1)
            let id = EntryID.random()
            let first = try await test.append(access, id: id)
            for repeated in [
                try await test.append(access, id: id),
                try await test.append(access, epoch: 9, id: id),
                try await test.append(access, id: id, retentionDays: 999, body: [1, 2, 3]),
                try await test.advance(access, id: id, next: [test.grant()]),
            ] {
                #expect(repeated.isDuplicate)
                #expect(repeated.sequence == first.sequence)
                #expect(repeated.runningHash == first.runningHash)
            }
            try await test.advance(access, next: [test.grant()])
            #expect(try await test.append(access, id: id).isDuplicate)
            #expect(try await test.read(access).entries.count == 2)
        }
    }

    @Test(arguments: StoreEngine.all)
    func aRepeatedAdvanceIsADuplicateAndOpensNothing(_ engine: StoreEngine) async throws {
        try await engine.withStore { test in
            let access = try await test.mailbox()
            let id = EntryID.random()
            let grant = test.grant()
            let first = try await test.advance(access, id: id, next: [grant])
            let other = test.grant()
            let again = try await test.advance(access, id: id, next: [other])
            #expect(again.isDuplicate)
            #expect(again.runningHash == first.runningHash)
            await expectProblem(.notPermitted) { try await test.read(test.access(other, like: access)) }
        }
    }

    @Test(arguments: StoreEngine.all)
    func anEntryIDOfAnotherEpochIsRefused(_ engine: StoreEngine) async throws {
        try await engine.withStore { test in
            let access = try await test.mailbox()
            let id = EntryID.random()
            try await test.append(access, id: id)
            let next = test.grant()
            let advance = EntryID.random()
            try await test.advance(access, id: advance, next: [next])
            let nextAccess = test.access(next, like: access)
            await expectProblem(.entryIDInUse) { try await test.append(nextAccess, epoch: 1, id: id) }
            await expectProblem(.entryIDInUse) {
                try await test.advance(nextAccess, epoch: 1, id: advance, next: [test.grant()])
            }
            #expect(try await test.read(nextAccess).entries.isEmpty)
        }
    }

    @Test(arguments: StoreEngine.all)
    func theSameEntryIDInAnotherMailboxIsAnotherEntry(_ engine: StoreEngine) async throws {
        try await engine.withStore { test in
            let id = EntryID.random()
            for _ in 0..<2 {
                let entry = try await test.append(test.mailbox(), id: id)
                #expect(!entry.isDuplicate)
            }
        }
    }

    @Test(arguments: StoreEngine.all)
    func anEndedEpochTakesNoAppendButAdvances(_ engine: StoreEngine) async throws {
        try await engine.withStore { test in
            let access = try await test.mailbox()
            let first = EntryID.random()
            try await test.advance(access, id: first, next: [test.grant()])
            await expectProblem(.epochEnded) { try await test.append(access) }
            try await test.advance(access, next: [test.grant()], seen: [first])
            #expect(try await test.read(access).entries.map(\.kind) == [.advance, .advance])
        }
    }

    @Test(arguments: StoreEngine.all)
    func anAdvanceIsRefusedWhileThereIsOneThatItDoesNotName(_ engine: StoreEngine) async throws {
        try await engine.withStore { test in
            let access = try await test.mailbox()
            let first = EntryID.random()
            let second = EntryID.random()
            try await test.advance(access, id: first, next: [test.grant()])
            await expectProblem(.unseenAdvance) { try await test.advance(access, next: [test.grant()]) }
            try await test.advance(access, id: second, next: [test.grant()], seen: [first, .random()])
            await expectProblem(.unseenAdvance) { try await test.advance(access, next: [test.grant()], seen: [first]) }
            try test.reopen()
            await expectProblem(.unseenAdvance) { try await test.advance(access, next: [test.grant()], seen: [second]) }
            #expect(try await test.read(access).entries.map(\.entryID) == [first, second])
        }
    }

    @Test(arguments: StoreEngine.all)
    func eachAdvanceOpensABranchOfItsOwn(_ engine: StoreEngine) async throws {
        try await engine.withStore { test in
            let root = try await test.mailbox(epoch: 4)
            try await test.append(root, epoch: 4)
            let firstID = EntryID.random()
            let (left, right) = (test.grant(), test.grant())
            let first = try await test.advance(root, epoch: 4, id: firstID, next: [left])
            let second = try await test.advance(root, epoch: 4, next: [right], seen: [firstID])
            let leftAccess = test.access(left, like: root)
            let rightAccess = test.access(right, like: root)
            let leftEntry = try await test.append(leftAccess, epoch: 5)
            let rightEntry = try await test.append(rightAccess, epoch: 5)
            #expect([first.sequence, second.sequence, leftEntry.sequence, rightEntry.sequence] == [2, 3, 4, 5])

            let trunk = try await test.read(root)
            #expect(trunk.entries.map(\.sequence) == [1, 2, 3])
            #expect(trunk.entries[1].next == [left])
            expectIntactChain(trunk)
            for (access, advance, entry) in [(leftAccess, first, leftEntry), (rightAccess, second, rightEntry)] {
                let branch = try await test.read(access)
                #expect(branch.epoch == 5)
                #expect(branch.opening == advance.sequence)
                #expect(branch.openingHash == advance.runningHash)
                #expect(branch.entries.map(\.sequence) == [entry.sequence])
                expectIntactChain(branch)
            }
            await expectProblem(.epochEnded) { try await test.append(root, epoch: 4) }
        }
    }

    @Test(arguments: StoreEngine.all)
    func anEpochWithoutEntriesHasItsOpeningAsHead(_ engine: StoreEngine) async throws {
        try await engine.withStore { test in
            let root = try await test.mailbox()
            #expect(try await test.read(root).head == 0)
            let next = test.grant()
            let advance = try await test.advance(root, next: [next])
            let empty = try await test.read(test.access(next, like: root), after: .max)
            #expect(empty.head == advance.sequence)
            #expect(empty.headHash == advance.runningHash)
        }
    }

    @Test(arguments: StoreEngine.all)
    func aWrongEpochNumberIsRefused(_ engine: StoreEngine) async throws {
        try await engine.withStore { test in
            let access = try await test.mailbox(epoch: 3)
            await expectProblem(.epochMismatch) { try await test.append(access, epoch: 2) }
            await expectProblem(.epochMismatch) { try await test.advance(access, epoch: 4, next: [test.grant()]) }
            #expect(try await test.read(access).entries.isEmpty)
        }
    }

    @Test(arguments: StoreEngine.all)
    func aCapabilityThatTheMailboxKnowsIsNotGrantedAgain(_ engine: StoreEngine) async throws {
        try await engine.withStore { test in
            let access = try await test.mailbox()
            let own = Grant(capabilityHash: access.capability, rights: .read)
            let twice = test.grant()
            await expectProblem(.capabilityInUse) { try await test.advance(access, next: [test.grant(), own]) }
            await expectProblem(.capabilityInUse) { try await test.advance(access, next: [twice, twice]) }
            #expect(try await test.read(access).entries.isEmpty)
            try await test.append(access)
        }
    }

    @Test(arguments: StoreEngine.all)
    func aBodyOfAnotherLengthOrALongerRetentionIsRefused(_ engine: StoreEngine) async throws {
        try await engine.withStore { test in
            let access = try await test.mailbox()
            for count in [0, 1, 1023, 1025, 1_048_577] {
                let body = [UInt8](repeating: 0, count: count)
                await expectProblem(.wrongLength) { try await test.append(access, body: body) }
                await expectProblem(.wrongLength) { try await test.advance(access, next: [test.grant()], body: body) }
            }
            await expectProblem(.wrongRetention) { try await test.append(access, retentionDays: 181) }
            #expect(try await test.append(access, retentionDays: 180).sequence == 1)
        }
    }

    @Test(arguments: StoreEngine.all)
    func aFullMailboxTakesNoMore(_ engine: StoreEngine) async throws {
        var limits = RelayLimits()
        limits.maximumEntries = 2
        try await engine.withStore(limits: limits) { test in
            let access = try await test.mailbox()
            let id = EntryID.random()
            try await test.append(access, id: id)
            try await test.append(access)
            await expectProblem(.mailboxFull) { try await test.append(access) }
            await expectProblem(.mailboxFull) { try await test.advance(access, next: [test.grant()]) }
            #expect(try await test.append(access, id: id).isDuplicate)
        }
    }

    @Test(arguments: StoreEngine.all)
    func readingIsPagedByCountAndBySize(_ engine: StoreEngine) async throws {
        try await engine.withStore { test in
            let access = try await test.mailbox()
            for _ in 0..<6 { try await test.append(access, body: StoreUnderTest.body(.oneMiB)) }
            var sequences: [UInt64] = []
            var pages = 0
            while true {
                let page = try await test.read(access, after: sequences.last ?? 0)
                sequences += page.entries.map(\.sequence)
                pages += 1
                if sequences.last == page.head { break }
                #expect(page.encoded.count <= Operation.maximumReadLength)
            }
            #expect(sequences == [1, 2, 3, 4, 5, 6])
            #expect(pages == 2)
            #expect(try await test.read(access, after: 2, limit: 2).entries.map(\.sequence) == [3, 4])
        }
    }

    @Test(arguments: StoreEngine.all)
    func aCursorOfAnotherIncarnationIsRefusedWhateverTheCapability(_ engine: StoreEngine) async throws {
        try await engine.withStore { test in
            let access = try await test.mailbox()
            let incarnation = try test.store.incarnation
            #expect(try await test.read(access, incarnation: incarnation).incarnation == incarnation)
            let unknown = HashedAccess(mailbox: .random(), capability: access.capability)
            for access in [access, unknown] {
                do {
                    _ = try await test.read(access, incarnation: .random())
                    Issue.record("read with a wrong incarnation")
                } catch {
                    #expect(error as? Problem == Problem(.incarnationChanged, incarnation: incarnation))
                }
            }
        }
    }

    @Test(arguments: StoreEngine.all)
    func afterAThousandAdvancesAnEpochTakesNoMoreAndItsBranchesGoOn(_ engine: StoreEngine) async throws {
        try await engine.withStore { test in
            let access = try await test.mailbox()
            let honest = test.grant()
            var seen = [EntryID.random()]
            try await test.advance(access, id: seen[0], next: [honest])
            while seen.count < AdvanceRequest.maximumAdvances {
                let id = EntryID.random()
                try await test.advance(access, id: id, next: [test.grant()], seen: seen)
                seen.append(id)
            }
            await expectProblem(.advancesExhausted) { try await test.advance(access, next: [test.grant()], seen: seen) }
            #expect(try await test.append(test.access(honest, like: access), epoch: 1).sequence == 1025)
        }
    }
}
