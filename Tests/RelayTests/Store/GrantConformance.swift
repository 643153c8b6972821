import RelayAPI
import Testing

@testable import Relay

/// Access tokens, creation and capabilities, on every engine.
@Suite struct GrantConformance {
    @Test(arguments: StoreEngine.all)
    func unknownMailboxWrongCapabilityAndMissingRightAreRefusedAlike(_ engine: StoreEngine) async throws {
        try await engine.withStore { test in
            let reader = try await test.mailbox(rights: .read)
            _ = try await test.read(reader)
            let refused = [
                HashedAccess(mailbox: .random(), capability: reader.capability),
                HashedAccess(mailbox: reader.mailbox, capability: Capability.random().hash),
            ]
            for access in refused + [reader] {
                await expectProblem(.notPermitted) { try await test.append(access) }
                await expectProblem(.notPermitted) { try await test.advance(access, next: [test.grant()]) }
                await expectProblem(.notPermitted) { try await test.store.take(access, today: test.today) }
                await expectProblem(.notPermitted) { try await test.store.delete(access, upTo: 1) }
                await expectProblem(.notPermitted) {
                    try await test.store.changeGrants(GrantCommand(access: access, set: [], remove: []))
                }
            }
            for access in refused { await expectProblem(.notPermitted) { try await test.read(access) } }
            let appender = try await test.mailbox(rights: .append)
            await expectProblem(.notPermitted) { try await test.read(appender) }
        }
    }

    @Test(arguments: StoreEngine.all)
    func aMailboxCostsATokenOneOfItsMailboxes(_ engine: StoreEngine) async throws {
        try await engine.withStore { test in
            let token = try await test.token(mailboxes: 2)
            func create(_ mailbox: MailboxID, _ grants: [Grant], epoch: UInt64 = 0) async throws {
                try await test.store.create(
                    CreateCommand(token: token, mailbox: mailbox, epoch: epoch, grants: grants, today: test.today)
                )
            }
            let mailbox = MailboxID.random()
            let grants = [test.grant(.append, uses: 5), test.grant(.read)]
            try await create(mailbox, grants)
            try await create(mailbox, grants)
            try await test.append(HashedAccess(mailbox: mailbox, capability: grants[0].capabilityHash))
            try await create(mailbox, grants.reversed())
            await expectProblem(.mailboxExists) { try await create(mailbox, grants, epoch: 1) }
            await expectProblem(.mailboxExists) { try await create(mailbox, [test.grant()]) }
            await expectProblem(.mailboxExists) { try await create(mailbox, grants + [test.grant()]) }
            await expectProblem(.capabilityInUse) { try await create(.random(), [grants[0], grants[0]]) }
            try await create(.random(), grants)
            await expectProblem(.mailboxesExhausted) { try await create(.random(), grants) }
            try await create(mailbox, grants)
            #expect(try await test.store.tokens().map(\.mailboxesLeft) == [0])
        }
    }

    @Test(arguments: StoreEngine.all)
    func unknownAndRevokedTokensAreRefused(_ engine: StoreEngine) async throws {
        try await engine.withStore { test in
            let token = try await test.token()
            func create(_ token: AccessTokenHash) async throws {
                try await test.store.create(
                    CreateCommand(token: token, mailbox: .random(), epoch: 0, grants: [test.grant()], today: test.today)
                )
            }
            try await create(token)
            await expectProblem(.tokenRefused) { try await create(AccessToken.random().hash) }
            let stored = try #require(try await test.store.tokens().first)
            #expect(stored.label == "label")
            #expect(try await test.store.revokeToken(id: stored.id))
            #expect(try await test.store.revokeToken(id: stored.id) == false)
            await expectProblem(.tokenRefused) { try await create(token) }
        }
    }

    @Test(arguments: StoreEngine.all)
    func aChildTokenTakesItsQuotaFromItsParentOnceAndExpires(_ engine: StoreEngine) async throws {
        try await engine.withStore { test in
            let parent = try await test.token(mailboxes: 3)
            let child = AccessToken.random().hash
            func make(_ child: AccessTokenHash, from parent: AccessTokenHash, mailboxes: UInt32, days: Int) async throws
            {
                try await test.store.makeChildToken(
                    ChildTokenCommand(
                        parent: parent,
                        child: child,
                        mailboxes: mailboxes,
                        expiry: test.today + days,
                        today: test.today
                    )
                )
            }
            func create(_ token: AccessTokenHash, today: Day) async throws {
                try await test.store.create(
                    CreateCommand(token: token, mailbox: .random(), epoch: 0, grants: [test.grant()], today: today)
                )
            }
            try await make(child, from: parent, mailboxes: 2, days: 7)
            try await make(child, from: parent, mailboxes: 2, days: 7)
            let tokens = try await test.store.tokens()
            #expect(tokens.first { $0.hash == parent }?.mailboxesLeft == 1)
            #expect(tokens.first { $0.hash == child }?.mailboxesLeft == 2)
            #expect(tokens.first { $0.hash == child }?.expiry == test.today + 7)
            await expectProblem(.mailboxesExhausted) {
                try await make(AccessToken.random().hash, from: parent, mailboxes: 2, days: 7)
            }
            await expectProblem(.tokenRefused) {
                try await make(AccessToken.random().hash, from: child, mailboxes: 1, days: 8)
            }
            await expectProblem(.tokenRefused) {
                try await make(child, from: AccessToken.random().hash, mailboxes: 1, days: 1)
            }
            // From itself a token is not made: it is there.
            for token in [parent, child] { try await make(token, from: token, mailboxes: 1, days: 30) }
            #expect(try await test.store.tokens() == tokens)
            await expectProblem(.tokenRefused) {
                let unknown = AccessToken.random().hash
                try await make(unknown, from: unknown, mailboxes: 1, days: 1)
            }
            try await make(AccessToken.random().hash, from: child, mailboxes: 1, days: 7)
            try await create(child, today: test.today + 7)
            await expectProblem(.mailboxesExhausted) { try await create(child, today: test.today) }
            await expectProblem(.tokenRefused) { try await create(child, today: test.today + 8) }
        }
    }

    @Test(arguments: StoreEngine.all)
    func usesCountAppendsThatTakeEffectAndNothingElse(_ engine: StoreEngine) async throws {
        try await engine.withStore { test in
            let access = try await test.mailbox(uses: 2)
            let id = EntryID.random()
            try await test.append(access, id: id)
            try await test.append(access, id: id)
            _ = try await test.read(access)
            await expectProblem(.wrongLength) { try await test.append(access, body: []) }
            try await test.append(access)
            await expectProblem(.quotaExhausted) { try await test.append(access) }
            #expect(try await test.append(access, id: id).isDuplicate)
            try await test.advance(access, next: [test.grant()])
        }
    }

    @Test(arguments: StoreEngine.all)
    func grantsAreSetReplacedAndRemovedWithinTheirEpoch(_ engine: StoreEngine) async throws {
        try await engine.withStore { test in
            let owner = try await test.mailbox(rights: [.read, .grant])
            let (one, two) = (test.grant(.append, uses: 1), test.grant(.append))
            func change(_ set: [Grant], _ remove: [CapabilityHash] = []) async throws {
                try await test.store.changeGrants(GrantCommand(access: owner, set: set, remove: remove))
            }
            try await change([one, two])
            let (first, second) = (test.access(one, like: owner), test.access(two, like: owner))
            try await test.append(first)
            try await test.append(second)
            await expectProblem(.quotaExhausted) { try await test.append(first) }
            try await change(
                [Grant(capabilityHash: one.capabilityHash, rights: .append, uses: 1)],
                [two.capabilityHash]
            )
            try await test.append(first)
            await expectProblem(.quotaExhausted) { try await test.append(first) }
            await expectProblem(.notPermitted) { try await test.append(second) }
            try await change([], [two.capabilityHash])

            await expectProblem(.malformed) { try await change([], [owner.capability]) }
            await expectProblem(.malformed) {
                try await change([Grant(capabilityHash: owner.capability, rights: .all)])
            }
            await expectProblem(.capabilityInUse) { try await change([two, two]) }
            await expectProblem(.capabilityInUse) { try await change([two], [two.capabilityHash]) }
            await expectProblem(.notPermitted) { try await test.append(second) }
        }
    }

    @Test(arguments: StoreEngine.all)
    func aGrantOfAnotherEpochIsNeitherReplacedNorRemoved(_ engine: StoreEngine) async throws {
        try await engine.withStore { test in
            let old = test.grant([.read, .advance, .grant])
            let access = try await test.mailbox(grants: [old])[0]
            let next = test.grant([.append, .read])
            try await test.advance(access, next: [next])
            await expectProblem(.capabilityInUse) {
                try await test.store.changeGrants(GrantCommand(access: access, set: [next], remove: []))
            }
            try await test.store.changeGrants(GrantCommand(access: access, set: [], remove: [next.capabilityHash]))
            try await test.append(test.access(next, like: access), epoch: 1)
        }
    }

    @Test(arguments: StoreEngine.all)
    func anEpochHoldsAThousandGrantsAndNoMore(_ engine: StoreEngine) async throws {
        try await engine.withStore { test in
            let owner = try await test.mailbox(rights: .grant)
            let grants = (1..<Grant.maximumCount).map { _ in test.grant() }
            try await test.store.changeGrants(GrantCommand(access: owner, set: grants, remove: []))
            await expectProblem(.grantsExhausted) {
                try await test.store.changeGrants(GrantCommand(access: owner, set: [test.grant()], remove: []))
            }
            let exchange = GrantCommand(access: owner, set: [test.grant()], remove: [grants[0].capabilityHash])
            try await test.store.changeGrants(exchange)
            try await test.store.changeGrants(GrantCommand(access: owner, set: [grants[1]], remove: []))
        }
    }
}
