import Coalition
import Foundation
import RelayAPI
import Synchronization
import Testing

@testable import MemberClient
@testable import MemberTesting

struct ConcurrencyTests {
    @Test func followingAndSendingOnOneHomeDoNotDisturbEachOther() async throws {
        let coalition = try await TestCoalition()
        let founder = try await coalition.found("SMEX")
        let other = try await coalition.admit(organisation: "JOSA", by: founder)
        let follower = try coalition.open("SMEX")
        let received = Mutex<[String]>([])

        let following = Task {
            try await follower.follow { event in
                if case .message(let message) = event { received.withLock { $0.append(message.text ?? "") } }
                return .done
            }
        }
        let texts = (0..<8).map { "\($0)" }
        for text in texts {
            _ = try await other.send(text: "إلى \(text)", to: [.coalition])
            _ = try await founder.send(text: "من \(text)", to: [.coalition])
        }
        try await eventually { received.withLock { $0.count } == texts.count }
        following.cancel()
        _ = try? await following.value

        #expect(received.withLock { $0 } == texts.map { "إلى \($0)" })
        #expect(try await other.takeTexts() == texts.map { "من \($0)" })
        #expect(try await founder.takeTexts() == [])
        #expect(try founder.takeFindings() == [])
        #expect(try other.takeFindings() == [])
        for member in [founder, other, follower] { await member.close() }
    }

    @Test func messageThatTheReceiverKeepsIsHandedOverAgainByTheNextRun() async throws {
        let coalition = try await TestCoalition()
        let founder = try await coalition.found("SMEX")
        let other = try await coalition.admit(organisation: "JOSA", by: founder)
        _ = try await founder.send(text: "1", to: [.coalition])
        for handling in [Handling.keep, .done] {
            let received = Mutex<[String]>([])
            let following = Task {
                try await other.follow { event in
                    if case .message(let message) = event { received.withLock { $0.append(message.text ?? "") } }
                    return handling
                }
            }
            try await eventually { received.withLock { $0 } == ["1"] }
            following.cancel()
            _ = try? await following.value
        }
        #expect(try other.unshown().isEmpty)
        for member in [founder, other] { await member.close() }
    }

    @Test func failureOfTheReceiverEndsFollowing() async throws {
        struct BrokenPipe: Error {}
        let coalition = try await TestCoalition()
        let founder = try await coalition.found("SMEX")
        let other = try await coalition.admit(organisation: "JOSA", by: founder)
        _ = try await founder.send(text: "1", to: [.coalition])
        await #expect(throws: BrokenPipe.self) {
            try await other.follow { _ in throw BrokenPipe() }
        }
        #expect(try other.unshown().count == 1)
        for member in [founder, other] { await member.close() }
    }
}
