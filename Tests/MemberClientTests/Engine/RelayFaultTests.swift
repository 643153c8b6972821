import Coalition
import Foundation
import RelayAPI
import Synchronization
import Testing

@testable import MemberClient
@testable import MemberTesting
@testable import Relay

struct RelayFaultTests {
    @Test func messageCrossesOnceWhenTheAnswerIsLost() async throws {
        let coalition = try await TestCoalition()
        let relay = InterceptedRelay(coalition.relay)
        let founder = try await coalition.found("SMEX", relay: relay)
        let other = try await coalition.admit(organisation: "JOSA", by: founder)
        relay.onAppend { request, inner throws(RelayError) in
            _ = try await inner.append(request)
            throw .unreachable("the answer is lost")
        }
        #expect(try await founder.send(text: "1", to: [.coalition]).map(\.state) == [.queued])
        relay.onAppend(nil)
        _ = try await founder.send(text: "2", to: [.coalition])
        _ = try await founder.sync()
        #expect(try await founder.status().queuedCount == 0)
        #expect(try await other.takeTexts() == ["1", "2"])
        for member in [founder, other] {
            #expect(try member.takeFindings() == [])
            await member.close()
        }
    }

    @Test func commitWinsOnceWhenTheAnswerIsLost() async throws {
        let coalition = try await TestCoalition()
        let relay = InterceptedRelay(coalition.relay)
        let founder = try await coalition.found("SMEX", relay: relay)
        let other = try await coalition.admit(organisation: "JOSA", by: founder)
        let rima = try await coalition.admit(colleague: "rima", home: "rima", by: founder)
        relay.onAdvance { request, inner throws(RelayError) in
            _ = try await inner.advance(request)
            throw .unreachable("the answer is lost")
        }
        await #expect(throws: MemberError.self) { try await founder.remove(rima.address) }
        relay.onAdvance(nil)
        _ = try await founder.sync()
        #expect(try await other.members().count { $0.state == .active } == 2)
        #expect(try await founder.status().pendingCommitCount == 0)
        for member in [founder, other, rima] { await member.close() }
    }

    @Test func statusTellsWhyARelayThatAnswersTakesNothing() async throws {
        let coalition = try await TestCoalition()
        let relay = InterceptedRelay(coalition.relay)
        let founder = try await coalition.found("SMEX", relay: relay)
        relay.sayUnready(Problem(.unavailable, detail: "the disk is full, or the store as large as it may be"))
        guard case .unavailable(let reason) = try await founder.status().relay else {
            Issue.record("it is called otherwise")
            return
        }
        #expect(reason == "the disk is full, or the store as large as it may be")
        relay.sayUnready(nil)
        guard case .reachable = try await founder.status().relay else {
            Issue.record("it is called otherwise")
            return
        }
        await founder.close()
    }

    @Test func whatIsWrittenWithoutTheRelayCrossesLaterInOrder() async throws {
        let coalition = try await TestCoalition()
        let relay = InterceptedRelay(coalition.relay)
        let founder = try await coalition.found("SMEX", relay: relay)
        let other = try await coalition.admit(organisation: "JOSA", by: founder)
        relay.isReachable = false
        for text in ["1", "2", "3"] {
            let results = try await founder.send(text: text, to: [.coalition])
            #expect(results.map(\.state) == [.queued])
            #expect(results.first?.reason?.kind == .unreachable)
        }
        // The epoch ends meanwhile: what was encrypted for it is encrypted anew.
        let rima = try await coalition.admit(colleague: "rima", home: "rima", by: other)
        relay.isReachable = true
        _ = try await founder.sync()
        #expect(try await other.takeTexts() == ["1", "2", "3"])
        #expect(try await rima.takeTexts() == ["1", "2", "3"])
        for member in [founder, other, rima] {
            #expect(try member.takeFindings() == [])
            await member.close()
        }
    }
}
