import Foundation
import RelayAPI
import Testing

@testable import Relay

/// Blobs, on every engine.
@Suite struct BlobConformance {
    @Test(arguments: StoreEngine.all)
    func partsArePutInAnyOrderAndStateSaysWhichAreThere(_ engine: StoreEngine) async throws {
        try await engine.withStore { test in
            let blob = try await test.blob(beside: test.mailbox(), parts: 10)
            for index in [7, 0, 9] { try await test.put(blob, index, Self.part(index)) }
            try test.reopen()
            let expected = (0..<10).map { [7, 0, 9].contains($0) }
            for access in [blob.write, blob.read] {
                #expect(try await test.store.partsPresent(access, today: test.today) == expected)
            }
            for index in 0..<10 {
                let part = try await test.store.part(blob.read, index: index, today: test.today)
                #expect(part == (expected[index] ? Self.part(index) : nil))
            }
        }
    }

    @Test(arguments: StoreEngine.all)
    func aPartDoesNotChange(_ engine: StoreEngine) async throws {
        try await engine.withStore { test in
            let blob = try await test.blob(beside: test.mailbox(), parts: 2)
            try await test.put(blob, 1, Self.part(1))
            try await test.put(blob, 1, Self.part(1))
            await expectProblem(.partExists) { try await test.put(blob, 1, Self.part(2)) }
            #expect(try await test.store.part(blob.read, index: 1, today: test.today) == Self.part(1))
        }
    }

    @Test(arguments: StoreEngine.all)
    func partsThatTheBlobDoesNotHaveAndOtherLengthsAreRefused(_ engine: StoreEngine) async throws {
        try await engine.withStore { test in
            let blob = try await test.blob(beside: test.mailbox(), parts: 2)
            for count in [0, 1, 65_535, 65_537] {
                await expectProblem(.wrongLength) { try await test.put(blob, 0, [UInt8](repeating: 1, count: count)) }
            }
            await expectProblem(.malformed) { try await test.put(blob, 2, Self.part(0)) }
            await expectProblem(.malformed) { try await test.store.part(blob.read, index: 2, today: test.today) }
            #expect(try await test.store.partsPresent(blob.read, today: test.today) == [false, false])
        }
    }

    @Test(arguments: StoreEngine.all)
    func eachCapabilityStandsForItsOwnRightsInItsOwnBlob(_ engine: StoreEngine) async throws {
        try await engine.withStore { test in
            let mailbox = try await test.mailbox(rights: .all)
            let blob = try await test.blob(beside: mailbox, parts: 1)
            let elsewhere = HashedAccess(mailbox: .random(), capability: blob.write.capability)
            let wrong = HashedAccess(mailbox: mailbox.mailbox, capability: Capability.random().hash)
            for access in [blob.read, mailbox, elsewhere, wrong] {
                await expectProblem(.notPermitted) {
                    try await test.store.putPart(access, index: 0, bytes: Self.part(0), today: test.today)
                }
                await expectProblem(.notPermitted) { try await test.store.deleteBlob(access, today: test.today) }
            }
            for access in [blob.write, mailbox, elsewhere, wrong] {
                await expectProblem(.notPermitted) { try await test.store.part(access, index: 0, today: test.today) }
            }
            await expectProblem(.notPermitted) { try await test.store.partsPresent(wrong, today: test.today) }
            await expectProblem(.notPermitted) { try await test.read(blob.read) }
        }
    }

    @Test(arguments: StoreEngine.all)
    func creatingTwiceIsCreatingOnceAndHashesAreUsedOnce(_ engine: StoreEngine) async throws {
        try await engine.withStore { test in
            let mailbox = try await test.mailbox(rights: [.append], uses: 2)
            let blob = try await test.blob(beside: mailbox, parts: 4)
            try await test.create(blob, beside: mailbox, parts: 4)
            await expectProblem(.capabilityInUse) { try await test.create(blob, beside: mailbox, parts: 5) }
            let half = BlobUnderTest(write: blob.write, read: blob.read.with(Capability.random().hash))
            await expectProblem(.capabilityInUse) { try await test.create(half, beside: mailbox, parts: 4) }
            let other = BlobUnderTest(write: blob.read.with(Capability.random().hash), read: blob.read)
            await expectProblem(.capabilityInUse) { try await test.create(other, beside: mailbox, parts: 4) }
            // One use is left, and then none.
            _ = try await test.blob(beside: mailbox, parts: 1)
            await expectProblem(.quotaExhausted) { try await test.blob(beside: mailbox, parts: 1) }
            try await test.create(blob, beside: mailbox, parts: 4)
        }
    }

    @Test(arguments: StoreEngine.all)
    func anEndedEpochCreatesNoneButFillsItsOwn(_ engine: StoreEngine) async throws {
        try await engine.withStore { test in
            let mailbox = try await test.mailbox()
            let blob = try await test.blob(beside: mailbox, parts: 1)
            try await test.advance(mailbox, next: [test.grant()])
            await expectProblem(.epochEnded) { try await test.blob(beside: mailbox, parts: 1) }
            try await test.put(blob, 0, Self.part(0))
            #expect(try await test.store.part(blob.read, index: 0, today: test.today) == Self.part(0))
        }
    }

    @Test(arguments: StoreEngine.all)
    func aMailboxHoldsSoManyPartsAndGetsThemBack(_ engine: StoreEngine) async throws {
        var limits = RelayLimits()
        limits.maximumBlobParts = 40
        try await engine.withStore(limits: limits) { test in
            let mailbox = try await test.mailbox()
            let first = try await test.blob(beside: mailbox, parts: 20)
            _ = try await test.blob(beside: mailbox, parts: 20)
            await expectProblem(.mailboxFull) { try await test.blob(beside: mailbox, parts: 1) }
            _ = try await test.blob(beside: test.mailbox(), parts: 40)
            for index in 0..<20 { try await test.put(first, index, Self.part(index)) }
            try await test.store.deleteBlob(first.write, today: test.today)
            await expectProblem(.notPermitted) { try await test.store.partsPresent(first.read, today: test.today) }
            let again = try await test.blob(beside: mailbox, parts: 20)
            #expect(try await test.store.partsPresent(again.read, today: test.today).allSatisfy { !$0 })
        }
    }

    @Test(arguments: StoreEngine.all)
    func aBlobExpiresAfterTheEndOfItsDayAndLeavesNothing(_ engine: StoreEngine) async throws {
        try await engine.withStore { test in
            let mailbox = try await test.mailbox()
            let short = try await test.blob(beside: mailbox, parts: 40, retentionDays: 1)
            let long = try await test.blob(beside: mailbox, parts: 1)
            for index in 0..<40 { try await test.put(short, index, Self.part(index)) }
            try await test.put(long, 0, Self.part(0))
            #expect(try await test.store.partsPresent(short.read, today: test.today + 1).allSatisfy(\.self))
            await expectProblem(.notPermitted) {
                try await test.store.part(short.read, index: 0, today: test.today + 2)
            }
            #expect(try await test.store.expireSome(today: test.today + 1).hasMore == false)
            // In as many steps as the machine takes for it (`ExpiryStepTests`).
            while try await test.store.expireSome(today: test.today + 2).hasMore {}
            await expectProblem(.notPermitted) { try await test.store.partsPresent(short.read, today: test.today) }
            #expect(try await test.store.part(long.read, index: 0, today: test.today + 14) == Self.part(0))
            await expectProblem(.wrongRetention) { try await test.blob(beside: mailbox, parts: 1, retentionDays: 181) }
        }
    }

    private static func part(_ index: Int) -> [UInt8] {
        (0..<BlobPart.length).map { UInt8(truncatingIfNeeded: $0 &* 7 &+ index) }
    }
}

/// A blob's two capabilities.
struct BlobUnderTest {
    let write: HashedAccess
    let read: HashedAccess
}

extension HashedAccess {
    /// Another capability of the same mailbox.
    func with(_ hash: CapabilityHash) -> HashedAccess { HashedAccess(mailbox: mailbox, capability: hash) }
}

extension StoreUnderTest {
    @discardableResult
    func blob(beside mailbox: HashedAccess, parts: Int, retentionDays: UInt16 = 0) async throws -> BlobUnderTest {
        let blob = BlobUnderTest(
            write: mailbox.with(Capability.random().hash),
            read: mailbox.with(Capability.random().hash)
        )
        try await create(blob, beside: mailbox, parts: parts, retentionDays: retentionDays)
        return blob
    }

    func create(
        _ blob: BlobUnderTest,
        beside mailbox: HashedAccess,
        parts: Int,
        retentionDays: UInt16 = 0
    ) async throws {
        try await store.createBlob(
            BlobCommand(
                access: mailbox,
                writeHash: blob.write.capability,
                readHash: blob.read.capability,
                parts: parts,
                retentionDays: retentionDays,
                limits: limits,
                today: today
            )
        )
    }

    func put(_ blob: BlobUnderTest, _ index: Int, _ bytes: [UInt8]) async throws {
        try await store.putPart(blob.write, index: index, bytes: bytes, today: today)
    }
}
