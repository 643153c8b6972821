import Coalition
import Foundation
import Glibc
import RelayAPI
import Synchronization
import Testing

@testable import MemberClient
@testable import MemberTesting

/// Ends the process at its n-th step.
private final class KillAt: StepObserver {
    private let left: Mutex<Int>

    init(_ step: Int) { left = Mutex(step) }

    func willTake(_ step: Step) async throws {
        if left.withLock({ left in
            left -= 1; return left < 0
        }) {
            endProcess()
        }
    }
}

private func alertDraft(_ headline: String) -> AlertDraft {
    var info = JSONObject()
    info.set("language", to: .string("en-US"))
    info.set("category", to: .array([.string("Security")]))
    for (name, value) in [
        ("event", "Arrest"), ("urgency", "Immediate"), ("severity", "Severe"), ("certainty", "Observed"),
        ("headline", headline),
    ] {
        info.set(name, to: .string(value))
    }
    var draft = AlertDraft()
    draft.set("status", to: Alert.Status.actual.rawValue)
    draft.restrict(to: .amber)
    draft.infos = [info]
    return draft
}

/// As a power cut does: nothing is closed, nothing is flushed.
private func endProcess() -> Never {
    kill(getpid(), SIGKILL)
    fatalError("still alive")
}

/// Ends a process that was not killed before it had done everything, and leaves word of it.
private func finish(in directory: String) throws -> Never {
    try Data().write(to: URL(fileURLWithPath: "\(directory)/finished"))
    endProcess()
}

/// A member in a process of its own, over HTTP, that is killed between two steps; another process goes on from what is on
/// disk. `CrashTests` goes through the same steps by throwing, and compares what was handed over to the byte.
///
/// One after the other, and in a target of its own: the relay is in this process, and must not be kept from answering.
@Suite(.serialized)
struct KillTests {
    private func hasFinished(_ directory: String) -> Bool {
        FileManager.default.fileExists(atPath: "\(directory)/finished")
    }

    @Test func messageCrossesOnceWhereverItsProcessIsKilled() async throws {
        let coalition = try await TestCoalition()
        let founder = try await coalition.found("SMEX")
        let reader = try await coalition.admit(organisation: "JOSA", by: founder)
        _ = try await reader.sync()
        await founder.close()
        let directory = coalition.directory.path
        try await coalition.serving { address in
            var expected: [String] = []
            for step in 0..<64 where !hasFinished(directory) {
                expected.append("\(step)")
                await #expect(processExitsWith: .signal(SIGKILL)) {
                    [directory = directory as String, address = address as String, step = step as Int] in
                    let member = try Member.open("SMEX", in: directory, relay: address, observer: KillAt(step))
                    _ = try await member.send(text: "\(step)", to: [.coalition])
                    try finish(in: directory)
                }
                try await expectNothingLeft(in: coalition)
            }
            #expect(hasFinished(directory))
            #expect(expected.count == 4)
            #expect(try await reader.takeTexts() == expected)
            #expect(try reader.takeFindings() == [])
        }
        await reader.close()
    }

    /// The first message to somebody makes a group, a Commit and a Welcome: every step of these is one to be killed at.
    @Test func firstMessageToSomebodyCrossesOnceWhereverItsProcessIsKilled() async throws {
        let coalition = try await TestCoalition()
        let founder = try await coalition.found("SMEX")
        let admin = try await coalition.admit(organisation: "JOSA", by: founder)
        await founder.close()
        let directory = coalition.directory.path
        try await coalition.serving { address in
            var steps = 0
            for step in 0..<64 where !hasFinished(directory) {
                let receiver = try await coalition.admit(colleague: "user\(step)", home: "user\(step)", by: admin)
                try await expectNothingLeft(in: coalition)
                await #expect(processExitsWith: .signal(SIGKILL)) {
                    [directory = directory as String, address = address as String, step = step as Int] in
                    let member = try Member.open("SMEX", in: directory, relay: address, observer: KillAt(step))
                    let user = try #require(Target("user\(step)@JOSA"))
                    _ = try await member.send(text: "\(step)", to: [user])
                    try finish(in: directory)
                }
                try await expectNothingLeft(in: coalition)
                #expect(try await receiver.takeTexts() == ["\(step)"])
                #expect(try await receiver.status().groups.count == 2)
                #expect(try receiver.takeFindings() == [])
                await receiver.close()
                steps += 1
            }
            #expect(hasFinished(directory))
            #expect(steps >= 8)
        }
        await admin.close()
    }

    /// Guards: an alert is never lost, sent twice or half superseded, wherever the process that sends, updates or cancels it is
    /// killed: what the next process and everybody else see is the same.
    @Test(arguments: ["send", "update", "cancel"])
    func alertTakesEffectOnceWhereverItsProcessIsKilled(operation: String) async throws {
        let coalition = try await TestCoalition()
        let founder = try await coalition.found("SMEX")
        let reader = try await coalition.admit(organisation: "JOSA", by: founder)
        _ = try await reader.sync()
        await founder.close()
        let directory = coalition.directory.path
        try await coalition.serving { address in
            var steps = 0
            for step in 0..<64 where !hasFinished(directory) {
                let before = try coalition.open("SMEX")
                let first = try #require(try await before.send(alertDraft("\(step)"), to: [.coalition]).first)
                await before.close()
                _ = try await reader.sync()
                let known = try reader.alerts().count
                await #expect(processExitsWith: .signal(SIGKILL)) {
                    [
                        directory = directory as String, address = address as String, step = step as Int,
                        operation = operation as String, first = first.id as String,
                    ] in
                    let member = try Member.open("SMEX", in: directory, relay: address, observer: KillAt(step))
                    let id = try #require(MessageID(text: first))
                    switch operation {
                    case "send": _ = try await member.send(alertDraft("another"), to: [.coalition])
                    case "update": _ = try await member.update(id, with: alertDraft("updated"))
                    default: _ = try await member.cancel(id, note: "over")
                    }
                    try finish(in: directory)
                }
                try await expectNothingLeft(in: coalition)
                let again = try coalition.open("SMEX")
                _ = try await reader.sync()
                let alerts = try reader.alerts()
                #expect(alerts.count == known + 1)
                #expect(try again.alerts().map(\.id) == alerts.map(\.id))
                #expect(try again.alerts().map(\.state) == alerts.map(\.state))
                let newest = try #require(alerts.last)
                let state: AlertState =
                    switch operation {
                    case "send": .active
                    case "update": .updated(by: newest.id)
                    default: .cancelled(by: newest.id)
                    }
                #expect(alerts.first { $0.id == first.id }?.state == state)
                #expect(try reader.takeFindings() == [])
                await again.close()
                steps += 1
            }
            #expect(hasFinished(directory))
            #expect(steps >= 4)
        }
        await reader.close()
    }

    /// Opens the home once more, as the next command does, and does what the killed process left.
    private func expectNothingLeft(in coalition: TestCoalition) async throws {
        let again = try coalition.open("SMEX")
        _ = try await again.sync()
        let status = try await again.status()
        #expect(status.queuedCount == 0)
        #expect(status.pendingCommitCount == 0)
        #expect(try again.takeFindings() == [])
        await again.close()
    }

    @Test func admissionTakesEffectOnceWhereverItsProcessIsKilled() async throws {
        let coalition = try await TestCoalition()
        let founder = try await coalition.found("SMEX")
        let reader = try await coalition.admit(organisation: "JOSA", by: founder)
        await founder.close()
        let directory = coalition.directory.path
        try await coalition.serving { address in
            var count = 2
            for step in 0..<64 where !hasFinished(directory) {
                let admin = try coalition.open("SMEX")
                let invitation = try await admin.invite(.colleague(try #require(Name("user\(step)"))))
                await admin.close()
                let joining = try await coalition.beginJoin(invitation, home: "user\(step)")
                await #expect(processExitsWith: .signal(SIGKILL)) {
                    [
                        directory = directory as String, address = address as String, step = step as Int,
                        code = joining.code as String,
                    ] in
                    let member = try Member.open("SMEX", in: directory, relay: address, observer: KillAt(step))
                    let request = try #require(try await member.requests().first)
                    _ = try await member.approve(request.id, code: code)
                    try finish(in: directory)
                }
                let again = try coalition.open("SMEX")
                _ = try await again.sync()
                let member = try await joining.wait(seconds: 5)
                count += 1
                for each in [member, again, reader] {
                    _ = try await each.sync()
                    #expect(try await each.members().count == count)
                    #expect(try each.takeFindings() == [])
                }
                #expect(try await again.status().pendingCommitCount == 0)
                _ = try await member.send(text: "\(step)", to: [.coalition])
                #expect(try await again.takeTexts() == ["\(step)"])
                #expect(try await reader.takeTexts() == ["\(step)"])
                await member.close()
                await again.close()
            }
            #expect(hasFinished(directory))
            #expect(count >= 2 + 4)
        }
        await reader.close()
    }

    /// Guards: a service that follows on the same home finishes what a killed command has left, and neither disturbs the other.
    @Test func processThatFollowsFinishesWhatAKilledOneLeft() async throws {
        let coalition = try await TestCoalition()
        let founder = try await coalition.found("SMEX")
        let reader = try await coalition.admit(organisation: "JOSA", by: founder)
        _ = try await reader.sync()
        let following = Task { try await founder.follow { _ in .done } }
        let received = Mutex<[String]>([])
        let reading = Task {
            try await reader.follow { event in
                if case .message(let message) = event { received.withLock { $0.append(message.text ?? "") } }
                return .done
            }
        }
        let directory = coalition.directory.path
        try await coalition.serving { address in
            var expected: [String] = []
            for step in 0..<64 where !hasFinished(directory) {
                expected.append("\(step)")
                await #expect(processExitsWith: .signal(SIGKILL)) {
                    [directory = directory as String, address = address as String, step = step as Int] in
                    let member = try Member.open("SMEX", in: directory, relay: address, observer: KillAt(step))
                    _ = try await member.send(text: "\(step)", to: [.coalition])
                    try finish(in: directory)
                }
                try await eventually { received.withLock { $0.count } >= expected.count }
            }
            #expect(hasFinished(directory))
            #expect(received.withLock { $0 } == expected)
        }
        for task in [following, reading] {
            task.cancel()
            _ = try? await task.value
        }
        for member in [founder, reader] {
            _ = try await member.sync()
            #expect(try member.takeFindings() == [])
            #expect(try await member.status().queuedCount == 0)
            await member.close()
        }
    }
}
