import Coalition
import HPKE
import RelayAPI
import Synchronization
import Testing

@testable import MemberClient
@testable import MemberTesting

/// Messages to an inbox that are too long for an entry (Protocol/envelope.md, "Blobs").
struct LongMessageTests {
    /// The parts that were put, in their order.
    private final class Parts: Sendable {
        private let puts = Mutex<[BlobPutRequest]>([])

        var all: [BlobPutRequest] { puts.withLock { $0 } }

        func note(_ request: BlobPutRequest) { puts.withLock { $0.append(request) } }
    }

    @Test func aWelcomeToManyDevicesCrossesInABlobThatIsGoneAfterwards() async throws {
        let coalition = try await TestCoalition()
        let relay = InterceptedRelay(coalition.relay)
        let parts = Parts()
        relay.onPutPart { request, inner throws(RelayError) in
            parts.note(request)
            return try await inner.putPart(request)
        }
        let founder = try await coalition.found("SMEX", relay: relay)
        var members: [Member] = []
        // A device takes about 4.5 KB of the ratchet tree in a Welcome.
        while parts.all.isEmpty, members.count < 20 {
            let name = "user\(members.count)"
            members.append(try await coalition.admit(colleague: name, home: name, by: founder, relay: relay))
        }
        #expect(!parts.all.isEmpty)
        _ = try await founder.send(text: "to all of you", to: [.coalition])
        #expect(try await members.last?.takeTexts() == ["to all of you"])
        #expect(try members.last?.takeFindings() == [])
        for part in parts.all {
            await #expect(throws: RelayError.self) { try await relay.blobState(BlobStateRequest(access: part.access)) }
        }
        for member in members { await member.close() }
        await founder.close()
    }

    @Test func aTransferThatWasCutGoesOnWithWhatIsMissing() async throws {
        let scene = try await Scene()
        let parts = Parts()
        scene.relay.onPutPart { request, inner throws(RelayError) in
            if parts.all.count == 1, request.index == 1 {
                parts.note(request)
                throw .unreachable("cut by the test")
            }
            parts.note(request)
            return try await inner.putPart(request)
        }
        await #expect(throws: RelayError.self) { try await scene.deliver() }
        try await scene.deliver()
        #expect(parts.all.map(\.index) == [0, 1, 1, 2])
        _ = try await scene.reader.sync()
        #expect(try scene.reader.takeFindings() == [.unknownInboxMessage])
        await scene.close()
    }

    @Test func gettingThatWasCutGoesOnAndLosesNothing() async throws {
        let scene = try await Scene()
        try await scene.deliver()
        scene.relay.onGetPart { request, inner throws(RelayError) in
            if request.index == 2 { throw .problem(Problem(.unavailable)) }
            return try await inner.getPart(request)
        }
        _ = try? await scene.reader.sync()
        #expect(try scene.reader.takeFindings() == [])
        scene.relay.onGetPart(nil)
        _ = try await scene.reader.sync()
        #expect(try scene.reader.takeFindings() == [.unknownInboxMessage])
        await scene.close()
    }

    @Test func aBlobThatIsNotThereIsReportedAndHoldsNothingUp() async throws {
        let scene = try await Scene()
        try await scene.deliver()
        scene.relay.onGetPart { _, _ in BlobGetResponse(bytes: nil) }
        _ = try await scene.reader.sync()
        #expect(try scene.reader.takeFindings() == [.garbageInInbox])
        scene.relay.onGetPart(nil)
        _ = try await scene.founder.send(text: "still there", to: [.coalition])
        #expect(try await scene.reader.takeTexts() == ["still there"])
        #expect(try scene.reader.takeFindings() == [])
        await scene.close()
    }

    /// Parts that the relay exchanges do not open.
    @Test func changedPartsAreReported() async throws {
        let scene = try await Scene()
        try await scene.deliver()
        scene.relay.onGetPart { request, inner throws(RelayError) in
            let other = BlobGetRequest(access: request.access, index: 2 - request.index)
            return try await inner.getPart(other)
        }
        _ = try await scene.reader.sync()
        #expect(try scene.reader.takeFindings() == [.garbageInInbox])
        await scene.close()
    }
}

/// Two members, and a message from one to the other's inbox that takes three parts.
private struct Scene {
    let coalition: TestCoalition
    let relay: InterceptedRelay
    let founder: Member
    let reader: Member
    let delivery: InboxDelivery

    init() async throws {
        coalition = try await TestCoalition()
        relay = InterceptedRelay(coalition.relay)
        founder = try await coalition.found("SMEX", relay: relay)
        reader = try await coalition.admit(organisation: "JOSA", by: founder, relay: relay)
        let inbox = try await founder.takeKeyPackage(of: reader.engine.vault.read { try $0.device().identity }).inbox
        delivery = try InboxDelivery(
            sealing: .unknown(type: 7, message: [UInt8](repeating: 1, count: 0x28000)),
            to: inbox,
            kem: .xwing
        )
    }

    func deliver() async throws {
        _ = try await relay.answer(to: delivery).get()
    }

    func close() async {
        await founder.close()
        await reader.close()
    }
}
