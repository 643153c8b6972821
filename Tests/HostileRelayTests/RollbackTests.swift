import Coalition
import RelayAPI
import Testing

@testable import MemberClient
@testable import MemberTesting

/// A relay that goes back to an earlier state (Protocol/detection.md, "The relay").
struct RollbackTests {
    /// The same members on another relay.
    private func reopen(_ scene: Scene, on relay: any MemberClient.Relay) async throws -> [Member] {
        await scene.close()
        return try ["SMEX", "JOSA"].map { try scene.coalition.open($0, relay: relay) }
    }

    private func expectHealthy(_ members: [Member]) async throws {
        for (index, member) in members.enumerated() {
            let results = try await member.send(text: "after, from \(index)", to: [.coalition])
            #expect(results.map(\.state) == [.relayed])
        }
        #expect(try await members[0].takeTexts() == ["after, from 1"])
        #expect(try await members[1].takeTexts() == ["after, from 0"])
        for member in members {
            #expect(try member.takeFindings() == [])
            #expect(try await member.status().queuedCount == 0)
            await member.close()
        }
    }

    @Test(arguments: [false, true])
    func lostMessagesAreNoticedWithTheNextRead(inSilence: Bool) async throws {
        let scene = try await Scene()
        try await scene.send("1")
        let earlier = try scene.coalition.copyOfRelay(keepsIncarnation: inSilence)
        try await scene.send("2")
        #expect(try await scene.reader.takeTexts() == ["1", "2"])
        _ = try await scene.founder.sync()
        let members = try await reopen(scene, on: earlier)
        for member in members {
            _ = try await member.sync()
            #expect(try member.takeFindings().contains(inSilence ? .headBehind : .incarnationChanged))
            #expect(try await member.takeTexts() == [])
        }
        try await expectHealthy(members)
    }

    @Test(arguments: [false, true])
    func messageThatOnlyItsSenderKnowsOfIsNoticedAndSentAgain(inSilence: Bool) async throws {
        let scene = try await Scene()
        let earlier = try scene.coalition.copyOfRelay(keepsIncarnation: inSilence)
        // Acknowledged, and not read by anybody.
        try await scene.send("1")
        let members = try await reopen(scene, on: earlier)
        _ = try await members[0].sync()
        #expect(try await members[1].takeTexts() == ["1"])
        #expect(try members[0].takeFindings().contains(inSilence ? .acknowledgedEntryMissing : .incarnationChanged))
        for member in members {
            _ = try await member.sync()
            _ = try member.takeFindings()
        }
        try await expectHealthy(members)
    }

    @Test(arguments: [false, true])
    func lostCommitsAreNoticedWithTheNextReadAndHandedBack(inSilence: Bool) async throws {
        let scene = try await Scene()
        let rima = try await scene.coalition.admit(colleague: "rima", home: "rima", by: scene.founder)
        _ = try await scene.reader.sync()
        let earlier = try scene.coalition.copyOfRelay(keepsIncarnation: inSilence)
        try await scene.founder.remove(rima.address)
        try await scene.send("1")
        #expect(try await scene.reader.takeTexts() == ["1"])
        _ = try await scene.founder.sync()
        await rima.close()
        let members = try await reopen(scene, on: earlier)
        for member in members {
            _ = try await member.sync()
            #expect(try member.takeFindings().first == (inSilence ? .headBehind : .incarnationChanged))
            #expect(try await member.members().count { $0.state == .active } == 2)
        }
        for member in members {
            _ = try await member.sync()
            _ = try member.takeFindings()
        }
        try await expectHealthy(members)
    }

    /// Whoever restores a backup and says so is accused of nothing else, whoever notices first: also when members send before
    /// they read, one knows a message that the other does not, and one has an acknowledgement of what is gone.
    @Test func aRestoredBackupIsOneFindingAndNoAccusation() async throws {
        let scene = try await Scene()
        try await scene.send("1")
        #expect(try await scene.reader.takeTexts() == ["1"])
        _ = try await scene.founder.sync()
        let earlier = try scene.coalition.copyOfRelay(keepsIncarnation: false)
        try await scene.send("2")
        _ = try await scene.founder.sync()
        // Acknowledged, and not read even by its sender.
        try await scene.send("3")
        let members = try await reopen(scene, on: earlier)
        #expect(try await members[0].send(text: "4", to: [.coalition]).map(\.state) == [.relayed])
        #expect(try await members[1].send(text: "5", to: [.coalition]).map(\.state) == [.relayed])
        var texts: [[String]] = [[], []]
        for _ in 0..<3 {
            for (index, member) in members.enumerated() { texts[index] += try await member.takeTexts() }
        }
        #expect(texts[0] == ["5"])
        #expect(texts[1].sorted() == ["3", "4"])
        for member in members { #expect(try Set(member.takeFindings()) == [.incarnationChanged]) }
        try await expectHealthy(members)
    }

    /// Guards: what an insider puts there before anybody has handed anything back keeps nobody out, and who is further on and
    /// who is not come together again.
    @Test func lostCommitsAreHandedBackBehindAdvancesThatCameFirst() async throws {
        let scene = try await Scene()
        let insm = try await scene.coalition.admit(organisation: "INSM", by: scene.founder)
        for member in [scene.reader, insm] { _ = try await member.sync() }
        let earlier = try scene.coalition.copyOfRelay()
        let (epoch, access) = (try insm.epoch().epoch, try insm.access(to: .coalition))
        // Two epochs further on, which one member has not seen.
        for colleague in ["rima", "sami"] {
            await (try await scene.coalition.admit(colleague: colleague, home: colleague, by: scene.founder)).close()
        }
        _ = try await scene.reader.sync()
        await insm.close()
        for _ in 0..<300 {
            _ = try await earlier.append(
                AppendRequest(
                    access: access,
                    epoch: epoch,
                    entryID: .random(),
                    kind: .application,
                    body: [UInt8](repeating: 7, count: BodyLength.oneKiB.rawValue)
                )
            )
        }
        try await earlier.advanceIntoNothing(from: access, epoch: epoch, seeing: [])
        let members = try await reopen(scene, on: earlier)
        let late = try scene.coalition.open("INSM", relay: earlier)
        for member in members + [late] {
            _ = try await member.sync()
            #expect(try await member.members().count { $0.state == .active } == 5)
        }
        #expect(try late.takeFindings().contains(.garbageAdvance))
        for member in members { _ = try member.takeFindings() }
        #expect(try await late.send(text: "from who was late", to: [.coalition]).map(\.state) == [.relayed])
        for member in members { #expect(try await member.takeTexts() == ["from who was late"]) }
        try await expectHealthy(members)
        #expect(try await late.takeTexts() == ["after, from 0", "after, from 1"])
        await late.close()
    }

    /// Guards: a Commit that counts and came first keeps those who cannot follow it from nothing but each other, and is noticed.
    @Test func whoeverIsFurtherOnGoesOnBesideACommitThatCameFirst() async throws {
        let scene = try await Scene()
        let insm = try await scene.coalition.admit(organisation: "INSM", by: scene.founder)
        for member in [scene.founder, scene.reader, insm] { _ = try await member.sync() }
        let (admin, late) = (try #require(UserAddress("admin@SMEX")), try #require(UserAddress("admin@INSM")))
        _ = try await scene.founder.send(text: "before", to: [.user(late)])
        #expect(try await insm.takeTexts() == ["before"])
        let earlier = try scene.coalition.copyOfRelay()
        let rima = try await scene.coalition.admit(colleague: "rima", home: "rima", by: scene.founder)
        _ = try await scene.reader.sync()
        for member in [insm, rima] { await member.close() }
        let other = try scene.coalition.open("INSM", relay: earlier)
        let sami = try await scene.coalition.admit(colleague: "sami", home: "sami", by: other, relay: earlier)
        let members = try await reopen(scene, on: earlier)
        for member in members {
            _ = try await member.sync()
            #expect(try Set(member.takeFindings()) == [.incarnationChanged])
        }
        _ = try await other.send(text: "after", to: [.user(admin)])
        #expect(try await members[0].takeTexts() == ["after"])
        #expect(try members[0].takeFindings() == [.coalitionSplitView])
        try await expectHealthy(members)
        for member in [other, sami] { await member.close() }
    }

    /// Guards: a relay that changes its incarnation with every answer keeps nobody busy for ever.
    @Test func endlessIncarnationsEndTheCommandAndNotTheGroup() async throws {
        let scene = try await Scene()
        try await scene.send("1")
        scene.relay.onRead { request, inner throws(RelayError) in
            guard request.access.mailbox == scene.mailbox, request.incarnation != .unknown else {
                return try await inner.read(request)
            }
            throw .problem(Problem(.incarnationChanged, incarnation: .random()))
        }
        await #expect { try await scene.reader.sync() } throws: { error in
            (error as? MemberError)?.kind == .violation
        }
        #expect(try scene.reader.takeFindings().allSatisfy { $0 == .incarnationChanged })
        scene.relay.becomeHonest()
        #expect(try await scene.reader.takeTexts() == ["1"])
        _ = try scene.reader.takeFindings()
        try await scene.expectHealthy()
        await scene.close()
    }
}
