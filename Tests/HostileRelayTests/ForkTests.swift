import Coalition
import RelayAPI
import Testing

@testable import MemberClient
@testable import MemberTesting

/// A relay that shows two logs (Protocol/detection.md, "The relay").
struct ForkTests {
    /// From now on the reader of the scene has a coalition group's log of its own, and everything else with the others.
    private func fork(_ scene: Scene) throws -> TestRelay {
        let other = try scene.coalition.copyOfRelay(keepsIncarnation: true)
        fork(scene, to: other)
        return other
    }

    private func fork(_ scene: Scene, to other: TestRelay) {
        let mailbox = scene.mailbox
        scene.relay.onRead { request, inner throws(RelayError) in
            try await (request.access.mailbox == mailbox ? other : inner).read(request)
        }
        scene.relay.onAppend { request, inner throws(RelayError) in
            try await (request.access.mailbox == mailbox ? other : inner).append(request)
        }
        scene.relay.onAdvance { request, inner throws(RelayError) in
            try await (request.access.mailbox == mailbox ? other : inner).advance(request)
        }
    }

    /// Shows the last entry of the founder's log on the other side, too.
    private func cross(_ scene: Scene, to other: TestRelay) async throws {
        let access = try scene.founder.access(to: .coalition)
        let log = try await scene.coalition.relay.read(ReadRequest(access: access, incarnation: .unknown, after: 0))
        let crossing = try #require(log.entries.last)
        _ = try await other.append(
            AppendRequest(
                access: access,
                epoch: log.epoch,
                entryID: crossing.entryID,
                kind: crossing.kind,
                body: try #require(crossing.body)
            )
        )
    }

    @Test func forkBetweenMessagesIsNoticedWithTheFirstMessageThatCrosses() async throws {
        let scene = try await Scene()
        let other = try fork(scene)
        try await scene.send("1")
        _ = try await scene.reader.send(text: "2", to: [.coalition])
        for member in [scene.founder, scene.reader] {
            #expect(try await member.takeTexts() == [])
            #expect(try member.takeFindings() == [])
        }
        // What the founder writes next is shown on both sides.
        try await scene.send("3")
        try await cross(scene, to: other)
        #expect(try await scene.reader.takeTexts() == ["3"])
        let finding = try #require(try scene.reader.unshownFindings().first)
        #expect(finding.kind == .splitView)
        #expect(finding.who == scene.founder.address)
        #expect(try await scene.founder.takeTexts() == [])
        await scene.close()
    }

    /// A new incarnation does not cover up what a relay had shown before.
    @Test func forkBeforeAClaimedRestoreIsNoticedWithTheFirstMessageThatCrosses() async throws {
        let scene = try await Scene()
        let restored = try scene.coalition.copyOfRelay(keepsIncarnation: false)
        _ = try fork(scene)
        try await scene.send("1")
        _ = try await scene.reader.send(text: "2", to: [.coalition])
        for member in [scene.founder, scene.reader] { #expect(try await member.takeTexts() == []) }
        fork(scene, to: restored)
        try await scene.send("3")
        try await cross(scene, to: restored)
        #expect(try await scene.reader.takeTexts() == ["3"])
        #expect(try scene.reader.unshownFindings().map(\.kind) == [.incarnationChanged, .splitView])
        await scene.close()
    }

    @Test func forkAtACommitIsNoticedWithTheFirstMessageThatCrossesInAnyGroup() async throws {
        let scene = try await Scene()
        let founderUser = try #require(UserAddress("admin@SMEX"))
        let readerUser = try #require(UserAddress("admin@JOSA"))
        _ = try await scene.founder.send(text: "before", to: [.user(readerUser)])
        #expect(try await scene.reader.takeTexts() == ["before"])
        let rima = try await scene.coalition.beginJoin(
            scene.founder.invite(.colleague(try #require(Name("rima")))),
            home: "rima"
        )
        let omar = try await scene.coalition.beginJoin(
            scene.reader.invite(.colleague(try #require(Name("omar")))),
            home: "omar"
        )
        _ = try fork(scene)
        // Each side sees its own Commit win.
        _ = try await scene.founder.approve(try #require(await scene.founder.requests().first).id, code: rima.code)
        _ = try await scene.reader.approve(try #require(await scene.reader.requests().first).id, code: omar.code)
        for member in [scene.founder, scene.reader] {
            _ = try await member.sync()
            #expect(try await member.members().count == 3)
            #expect(try member.takeFindings() == [])
        }
        _ = try await scene.founder.send(text: "across", to: [.user(readerUser)])
        #expect(try await scene.reader.takeTexts() == ["across"])
        let finding = try #require(try scene.reader.unshownFindings().first)
        #expect(finding.kind == .coalitionSplitView)
        #expect(finding.who == scene.founder.address)
        _ = try await scene.reader.send(text: "back", to: [.user(founderUser)])
        #expect(try await scene.founder.takeTexts() == ["back"])
        #expect(try scene.founder.takeFindings() == [.coalitionSplitView])
        for joining in [rima, omar] { await joining.close() }
        await scene.close()
    }

    /// Guards: an epoch that one side has not reached is remembered and compared when it does.
    @Test func forkToALaterEpochIsNoticedWhenThatEpochIsReached() async throws {
        let scene = try await Scene()
        let readerUser = try #require(UserAddress("admin@JOSA"))
        _ = try await scene.founder.send(text: "before", to: [.user(readerUser)])
        #expect(try await scene.reader.takeTexts() == ["before"])
        let omar = try await scene.coalition.beginJoin(
            scene.reader.invite(.colleague(try #require(Name("omar")))),
            home: "omar"
        )
        _ = try fork(scene)
        let rima = try await scene.coalition.admit(colleague: "rima", home: "rima", by: scene.founder)
        _ = try await scene.founder.send(text: "across", to: [.user(readerUser)])
        #expect(try await scene.reader.takeTexts() == ["across"])
        #expect(try scene.reader.takeFindings() == [])
        _ = try await scene.reader.approve(try #require(await scene.reader.requests().first).id, code: omar.code)
        let finding = try #require(try scene.reader.unshownFindings().first)
        #expect(finding.kind == .coalitionSplitView)
        #expect(finding.who == scene.founder.address)
        await omar.close()
        await rima.close()
        await scene.close()
    }
}
