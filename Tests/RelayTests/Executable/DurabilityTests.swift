import Foundation
import HummingbirdTesting
import RelayAPI
import Testing

@testable import Relay

/// An answer means that the entry is on disk.
@Suite(.serialized) struct DurabilityTests {
    @Test func aKillUnderLoadLosesNothingAcknowledgedAndDoublesNothing() async throws {
        try await withTemporaryDirectory { data in
            let token = try RelayProcess.token(data: data)
            var mailboxes: [Access] = []
            var sent: [MailboxID: [Sent]] = [:]
            for round in 0..<3 {
                let relay = try RelayProcess(data: data, options: RelayProcess.withoutRates)
                if round == 0 {
                    let client = relay.connect()
                    for _ in 0..<3 { mailboxes.append(try await Caller(client).mailbox(token: token)) }
                    try await client.shutdown()
                }
                let connect = relay.connect
                let load = Task { [mailboxes] in await Self.load(connect, mailboxes) }
                try await Task.sleep(for: .milliseconds(700))
                relay.send(SIGKILL)
                relay.wait()
                for (mailbox, entries) in await load.value { sent[mailbox, default: []] += entries }
            }
            let relay = try RelayProcess(data: data, options: RelayProcess.withoutRates)
            let client = relay.connect()
            for access in mailboxes {
                let entries = try #require(sent[access.mailbox])
                #expect(entries.contains { $0.answer == nil })
                try await Self.check(Caller(client), access, entries)
            }
            try await client.shutdown()
            relay.send(SIGTERM)
            #expect(relay.wait() == 0)
        }
    }

    /// An append, and its answer if there was one.
    struct Sent {
        let id: EntryID
        var answer: AppendResponse?
    }

    /// Appends over twelve connections until they break.
    static func load(
        _ connect: @escaping @Sendable () -> TestClient,
        _ mailboxes: [Access]
    ) async -> [MailboxID: [Sent]] {
        await withTaskGroup(of: (MailboxID, [Sent]).self) { group in
            for worker in 0..<12 {
                let access = mailboxes[worker % mailboxes.count]
                group.addTask {
                    let client = connect()
                    var entries: [Sent] = []
                    do {
                        while true {
                            entries.append(Sent(id: .random()))
                            let answer = try await Caller(client).append(access, id: entries[entries.count - 1].id)
                            entries[entries.count - 1].answer = answer
                        }
                    } catch {
                        try? await client.shutdown()
                        return (access.mailbox, entries)
                    }
                }
            }
            return await group.reduce(into: [:]) { $0[$1.0, default: []] += $1.1 }
        }
    }

    static func check(_ caller: Caller, _ access: Access, _ sent: [Sent]) async throws {
        let (entries, last) = try await caller.readAll(access)
        let ids = Set(entries.map(\.entryID))
        #expect(ids.count == entries.count)
        var hash = last.openingHash
        for entry in entries {
            hash = hash.following(with: entry.runningHashEntry(epoch: 0))
            #expect(entry.runningHash == hash)
        }
        for entry in sent {
            guard let answer = entry.answer else { continue }
            let stored = entries[Int(answer.sequence) - 1]
            #expect(stored.entryID == entry.id)
            #expect(stored.runningHash == answer.runningHash)
        }
        // What got no answer can be asked for again, and is there once.
        for entry in sent where entry.answer == nil {
            let answer = try await caller.append(access, id: entry.id)
            #expect(answer.isDuplicate == ids.contains(entry.id))
        }
    }

    @Test(.enabled(if: Strace.isInstalled, "strace is not installed"))
    func anFdatasyncStandsBetweenEveryAppendAndItsAnswer() async throws {
        try await withTemporaryDirectory { directory in
            let data = directory.appending(path: "data")
            let trace = directory.appending(path: "trace")
            let token = try RelayProcess.token(data: data)
            let relay = try RelayProcess(
                data: data,
                options: ["--plain-http"],
                launcher: Strace.command(writingTo: trace)
            )
            let client = relay.connect()
            let access = try await Caller(client).mailbox(token: token)
            for _ in 0..<20 { _ = try await Caller(client).append(access) }
            try await client.shutdown()
            try Strace.terminate(childOf: relay)
            relay.wait()
            let events = try Strace.events(in: trace)
            #expect(events.count { $0 == .request } == 20)
            #expect(events.count { $0 == .sync } >= 20)
            var isOnDisk = true
            for event in events {
                switch event {
                case .request: isOnDisk = false
                case .sync: isOnDisk = true
                case .answer: #expect(isOnDisk, "an answer went out before the log was on disk")
                }
            }
        }
    }
}

/// What strace saw of the relay's system calls.
private enum Strace {
    enum Event {
        /// An append was read from the socket.
        case request
        /// An fdatasync came to its end.
        case sync
        /// A success was written to the socket.
        case answer
    }

    private static let path = "/usr/bin/strace"

    static var isInstalled: Bool { FileManager.default.isExecutableFile(atPath: path) }

    static func command(writingTo trace: URL) -> [String] {
        [
            path, "-f", "-q", "-s", "64", "-o", trace.path, "-e",
            "trace=read,recvfrom,recvmsg,write,writev,sendto,sendmsg,fdatasync",
        ]
    }

    static func terminate(childOf relay: RelayProcess) throws {
        let children = "/proc/\(relay.identifier)/task/\(relay.identifier)/children"
        let child = try String(contentsOfFile: children, encoding: .utf8).split(separator: " ").first
        kill(try #require(child.flatMap { Int32($0) }), SIGTERM)
    }

    static func events(in trace: URL) throws -> [Event] {
        try String(contentsOf: trace, encoding: .utf8).split(separator: "\n")
            .compactMap { line in
                if line.contains("POST /v1/append") { return .request }
                if line.contains("fdatasync"), line.hasSuffix("= 0") { return .sync }
                if line.contains("HTTP/1.1 200") { return .answer }
                return nil
            }
    }
}
