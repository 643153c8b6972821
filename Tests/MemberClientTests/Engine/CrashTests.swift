import Coalition
import Foundation
import RelayAPI
import Synchronization
import Testing

@testable import MemberClient
@testable import MemberTesting

/// Ends whatever is done at its n-th step, as a kill between two steps does: nothing that comes after it happens. The task
/// is cancelled with it, so that nothing goes on for which one failure more or less makes no difference.
final class CrashAt: StepObserver {
    struct Crash: Error {}

    private let left: Mutex<Int>

    init(_ step: Int) { left = Mutex(step) }

    func willTake(_ step: Step) async throws {
        try left.withLock { left in
            left -= 1
            guard left < 0 else { return }
            withUnsafeCurrentTask { $0?.cancel() }
            throw Crash()
        }
    }

    /// Whether the step was never reached.
    var isUnused: Bool { left.withLock { $0 >= 0 } }
}

/// Does something in a task of its own, which a crash ends.
func untilCrash<Result: Sendable>(_ body: @escaping @Sendable () async throws -> Result) async -> Result? {
    try? await Task { try await body() }.value
}

/// Remembers every body that was handed over, and refuses none: one entry id has one body in one epoch, or a key was used
/// twice.
final class BodyRecorder: Sendable {
    private struct Place: Hashable {
        let mailbox: MailboxID
        let epoch: UInt64
        let entryID: EntryID
    }

    private let bodies = Mutex<[Place: Set<[UInt8]>]>([:])

    func watch(_ relay: InterceptedRelay) {
        relay.onAppend { request, inner throws(RelayError) in
            self.note(request.access.mailbox, request.epoch, request.entryID, request.body)
            return try await inner.append(request)
        }
        relay.onAdvance { request, inner throws(RelayError) in
            self.note(request.access.mailbox, request.epoch, request.entryID, request.body)
            return try await inner.advance(request)
        }
    }

    private func note(_ mailbox: MailboxID, _ epoch: UInt64, _ entryID: EntryID, _ body: [UInt8]) {
        _ = bodies.withLock { bodies in
            bodies[Place(mailbox: mailbox, epoch: epoch, entryID: entryID), default: []].insert(body)
        }
    }

    var isConsistent: Bool { bodies.withLock { $0.values.allSatisfy { $0.count == 1 } } }
}

struct CrashTests {
    @Test func messageCrossesOnceWhereverTheSenderIsKilled() async throws {
        let coalition = try await TestCoalition()
        let relay = InterceptedRelay(coalition.relay)
        let recorder = BodyRecorder()
        recorder.watch(relay)
        let founder = try await coalition.found("SMEX", relay: relay)
        let reader = try await coalition.admit(organisation: "JOSA", by: founder)
        _ = try await reader.sync()
        let user = try #require(UserAddress("admin@JOSA"))
        await founder.close()

        var expected: [String] = []
        for target in [Target.coalition, .user(user)] {
            for step in 0... {
                let observer = CrashAt(step)
                let member = try coalition.open("SMEX", relay: relay, observer: observer)
                let text = "\(target) \(step)"
                expected.append(text)
                _ = await untilCrash { try await member.send(text: text, to: [target]) }
                await member.close()
                if observer.isUnused { break }
                let again = try coalition.open("SMEX", relay: relay)
                _ = try await again.sync()
                #expect(try await again.status().queuedCount == 0)
                await again.close()
            }
        }
        #expect(expected.count >= 8)
        #expect(try await reader.takeTexts().sorted() == expected.sorted())
        #expect(try reader.takeFindings() == [])
        #expect(recorder.isConsistent)
        await reader.close()
    }

    @Test func admissionTakesEffectOnceWhereverTheAdminIsKilled() async throws {
        let coalition = try await TestCoalition()
        let relay = InterceptedRelay(coalition.relay)
        let recorder = BodyRecorder()
        recorder.watch(relay)
        let founder = try await coalition.found("SMEX", relay: relay)
        let reader = try await coalition.admit(organisation: "JOSA", by: founder)
        await founder.close()

        var count = 2
        for step in 0... {
            let admin = try coalition.open("SMEX", relay: relay)
            let invitation = try await admin.invite(.colleague(try #require(Name("user\(step)"))))
            await admin.close()
            let joining = try await coalition.beginJoin(invitation, home: "user\(step)")

            let observer = CrashAt(step)
            let crashing = try coalition.open("SMEX", relay: relay, observer: observer)
            let request = try #require(try await crashing.requests().first)
            _ = await untilCrash { try await crashing.approve(request.id, code: joining.code) }
            await crashing.close()

            let again = try coalition.open("SMEX", relay: relay)
            _ = try await again.sync()
            #expect(try await again.status().pendingCommitCount == 0)
            let member = try await joining.wait(seconds: 5)
            count += 1
            #expect(try await member.members().count == count)
            #expect(try await again.members().count == count)
            _ = try await member.send(text: "\(step)", to: [.coalition])
            #expect(try await again.takeTexts() == ["\(step)"])
            await member.close()
            await again.close()
            if observer.isUnused { break }
        }
        #expect(try await reader.takeTexts() == (2..<count).map { "\($0 - 2)" })
        #expect(try reader.takeFindings() == [])
        #expect(recorder.isConsistent)
        await reader.close()
    }

    @Test func joinGoesOnWhereverTheJoinerIsKilled() async throws {
        let coalition = try await TestCoalition()
        let founder = try await coalition.found("SMEX")
        for step in 0... {
            let invitation = try await founder.invite(.colleague(try #require(Name("user\(step)"))))
            let observer = CrashAt(step)
            let begun = await untilCrash {
                try await coalition.beginJoin(invitation, home: "user\(step)", observer: observer)
            }
            if let begun {
                await begun.close()
            }
            let joining = try await coalition.beginJoin(invitation, home: "user\(step)")
            let request = try #require(try await founder.requests().first)
            _ = try await founder.approve(request.id, code: joining.code)
            let member = try await joining.wait(seconds: 5)
            #expect(try await member.members().count == step + 2)
            await member.close()
            if observer.isUnused { break }
        }
        #expect(try founder.takeFindings() == [])
        await founder.close()
    }

    @Test func whoIsDeniedAfterAnApprovalThatWasCutShortIsNotAdmitted() async throws {
        let coalition = try await TestCoalition()
        let founder = try await coalition.found("SMEX")
        let invitation = try await founder.invite(.colleague(try #require(Name("rima"))))
        await founder.close()
        let joining = try await coalition.beginJoin(invitation, home: "rima")
        let crashing = try coalition.open("SMEX", observer: CrashAt(0))
        let request = try #require(try await crashing.requests().first)
        _ = await untilCrash { try await crashing.approve(request.id, code: joining.code) }
        await crashing.close()

        let again = try coalition.open("SMEX")
        try await again.deny(request.id)
        _ = try await again.sync()
        #expect(try await again.members().count == 1)
        await again.close()
        await joining.close()
    }
}
