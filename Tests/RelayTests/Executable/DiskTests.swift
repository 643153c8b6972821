import Foundation
import HTTPTypes
import HummingbirdTesting
import RelayAPI
import Testing

@testable import Relay

/// The relay on disks that are full, that can only be read, and that fail under it.
@Suite(.serialized) struct DiskTests {
    @Test(.enabled(if: SmallDisk.hasMemory, SmallDisk.memoryIsMissing))
    func aFullDiskIsSaidAndLosesNothingAndServesAgainWhenThereIsRoom() async throws {
        try await withTemporaryDirectory { data in
            let disk = SmallDisk.memory(at: data, "size=80m")
            let relay = try RelayProcess(data: data, options: ["--plain-http"], launcher: disk.launcher)
            let inside = SmallDisk.inside(relay)
            let client = relay.connect()
            let caller = Caller(client)
            let access = try await caller.mailbox(token: RelayProcess.token(data: data, launcher: inside))
            let (kept, refusal) = try await caller.fill(access)
            #expect(kept > 20)
            #expect(refusal.name == .unavailable)
            #expect(refusal.detail?.contains("full") == true, "\(refusal)")
            #expect(try await client.look(at: "/healthz").status == .ok)
            #expect(try await client.look(at: "/readyz").status == .serviceUnavailable)
            #expect(try await caller.read(access, after: UInt64(kept) - 1).head == UInt64(kept))
            // What was acknowledged is there after a kill as well.
            let check = try RelayProcess.run("check", "--data", data.path, launcher: inside)
            #expect(check.status == 0, "\(check.errors)")
            #expect(check.output.contains("entries\t\(kept)\n"), "\(check.output)")
            try SmallDisk.run(inside + ["/bin/mount", "-o", "remount,size=160m", data.path])
            #expect(try await caller.append(access, body: StoreUnderTest.body(.oneMiB)).sequence == UInt64(kept) + 1)
            #expect(try await client.look(at: "/readyz").status == .ok)
            try await client.shutdown()
            relay.send(SIGTERM)
            #expect(relay.wait() == 0)
        }
    }

    @Test(.enabled(if: SmallDisk.hasMemory, SmallDisk.memoryIsMissing))
    func aDiskThatCanOnlyBeReadIsSaidAtTheStart() async throws {
        try await withTemporaryDirectory { data in
            let disk = SmallDisk.memory(at: data, "ro")
            let refused = try RelayProcess.run("serve", "--data", data.path, launcher: disk.launcher)
            #expect(refused.status == 73, "\(refused.errors)")
            #expect(refused.errors.contains("cannot write"), "\(refused.errors)")
        }
    }

    /// The kernel makes a disk read-only under open files only when it has found a fault, and nobody but an unmount takes
    /// that back.
    @Test(.enabled(if: SmallDisk.hasExt4, SmallDisk.ext4IsMissing))
    func aDiskThatTurnsReadOnlyIsSaidAndEverythingAcknowledgedIsThereWhenItIsMended() async throws {
        try await Self.withRelayOnExt4 { relay, data, start in
            let inside = SmallDisk.inside(relay)
            let token = try RelayProcess.token(data: data, launcher: inside)
            let client = relay.connect()
            let caller = Caller(client)
            let access = try await caller.mailbox(token: token)
            // The relay overwrites its whole log when it begins; before that, ext4 may lose what it is about to record.
            let isWritten = "! filefrag -v \(data.path)/relay.sqlite-wal | grep -q unwritten"
            try await Self.waiting { (try? SmallDisk.run(inside + ["/bin/sh", "-c", isWritten])) != nil }
            let writers = (0..<4).map { _ in Self.appending(access, over: relay.connect()) }
            try await Task.sleep(for: .milliseconds(500))
            try SmallDisk.run(inside + ["/bin/mount", "-o", "remount,abort", data.path])
            var kept: [UInt64: EntryID] = [:]
            for writer in writers {
                let (entries, refusal) = try await writer.value
                Self.expectCause(refusal)
                kept.merge(entries) { $1 }
            }
            #expect(!kept.isEmpty)
            try await Self.expectReadsAlone(client, access, kept)
            let another = try RelayProcess.run(
                "token",
                "create",
                "--data",
                data.path,
                "--label",
                "another",
                launcher: inside
            )
            #expect(another.status == 75, "\(another.status) \(another.errors)")
            #expect(another.errors.contains("only be read"), "\(another.errors)")
            try await client.shutdown()
            relay.send(SIGTERM)
            #expect(relay.wait() == 0)

            let next = try start()
            let nextClient = next.connect()
            try await Self.expectAll(kept, of: access, at: Caller(nextClient))
            #expect(try await nextClient.look(at: "/readyz").status == .ok)
            try await nextClient.shutdown()
            next.send(SIGTERM)
            #expect(next.wait() == 0)
        }
    }

    /// As a disk does whose line, or host, is gone for a while.
    @Test(.enabled(if: SmallDisk.hasExt4, SmallDisk.ext4IsMissing))
    func aDiskThatCannotBeWrittenForAWhileIsServedFromAgainWithoutAStart() async throws {
        try await Self.withRelayOnExt4 { relay, data, start in
            let inside = SmallDisk.inside(relay)
            let client = relay.connect()
            let caller = Caller(client)
            let access = try await caller.mailbox(token: RelayProcess.token(data: data, launcher: inside))
            let files = ["", "-wal"].map { data.appending(path: "relay.sqlite\($0)").path }
            var kept: [UInt64: EntryID] = [:]
            for round in 0..<3 {
                let writers = (0..<4).map { _ in Self.appending(access, over: relay.connect()) }
                try await Task.sleep(for: .milliseconds(300))
                try SmallDisk.run(inside + ["/usr/bin/chattr", "+i"] + files)
                for writer in writers {
                    let (entries, refusal) = try await writer.value
                    Self.expectCause(refusal)
                    kept.merge(entries) { $1 }
                }
                try await Self.expectReadsAlone(client, access, kept)
                try SmallDisk.run(inside + ["/usr/bin/chattr", "-i"] + files)
                #expect(try await client.look(at: "/readyz").status == .ok, "round \(round)")
                let id = EntryID.random()
                kept[try await caller.append(access, id: id).sequence] = id
                try await Self.expectAll(kept, of: access, at: caller)
            }
            try await client.shutdown()
            relay.send(SIGKILL)
            relay.wait()

            let next = try start()
            let nextClient = next.connect()
            try await Self.expectAll(kept, of: access, at: Caller(nextClient))
            try await nextClient.shutdown()
            let check = try RelayProcess.run("check", "--data", data.path, launcher: SmallDisk.inside(next))
            #expect(check.status == 0, "\(check.errors)")
            next.send(SIGTERM)
            #expect(next.wait() == 0)
        }
    }

    /// - Parameter body: is given a relay that serves, and what mends its disk and starts another.
    private static func withRelayOnExt4(
        _ body: (_ relay: RelayProcess, _ data: URL, _ start: () throws -> RelayProcess) async throws -> Void
    ) async throws {
        try await withTemporaryDirectory { directory in
            let (image, data) = (directory.appending(path: "image"), directory.appending(path: "data"))
            try FileManager.default.createDirectory(at: data, withIntermediateDirectories: true)
            try SmallDisk.format(image, megabytes: 96)
            let disk = SmallDisk.ext4(image, at: data)
            func start() throws -> RelayProcess {
                try SmallDisk.repair(image)
                let options = ["--plain-http"] + RelayProcess.withoutRates
                return try RelayProcess(data: data, options: options, launcher: disk.launcher)
            }
            try await body(try start(), data, start)
        }
    }

    /// Appends over a connection until that is refused.
    /// - Returns: what was acknowledged, by sequence number, and the refusal.
    private static func appending(
        _ access: Access,
        over client: TestClient
    ) -> Task<(kept: [UInt64: EntryID], refusal: Problem), any Error> {
        Task {
            var kept: [UInt64: EntryID] = [:]
            while true {
                let id = EntryID.random()
                do {
                    kept[try await Caller(client).append(access, id: id).sequence] = id
                } catch let problem as Problem {
                    try await client.shutdown()
                    return (kept, problem)
                }
            }
        }
    }

    private static func waiting(_ condition: () async throws -> Bool) async throws {
        let start = ContinuousClock.now
        while try await !condition() {
            try #require(ContinuousClock.now - start < .seconds(60))
            try await Task.sleep(for: .milliseconds(50))
        }
    }

    private static func expectCause(_ refusal: Problem?) {
        #expect(refusal?.name == .unavailable)
        #expect(refusal?.detail?.contains("disk fails") == true, "\(String(describing: refusal))")
        #expect(refusal?.retryAfter != nil)
    }

    /// Expects that nothing is acknowledged, that the relay says so, and that what was acknowledged is read.
    private static func expectReadsAlone(_ client: TestClient, _ access: Access, _ kept: [UInt64: EntryID]) async throws
    {
        for _ in 0..<3 {
            expectCause(await #expect(throws: Problem.self) { try await Caller(client).append(access) })
            let answer = try await Caller(client).send(.get, "/readyz", [:], [])
            #expect(answer.status == 503)
            expectCause(answer.problem)
            #expect(try await client.look(at: "/healthz").status == .ok)
            // What writes nothing says nothing of the disk.
            await expectProblem(.notPermitted) {
                try await Caller(client).append(Access(mailbox: access.mailbox, capability: .random()))
            }
            try await expectAll(kept, of: access, at: Caller(client))
        }
    }

    /// Reads a mailbox to its end. Beyond what was acknowledged there may be what was refused when its commit's outcome
    /// was not known, once.
    private static func expectAll(_ kept: [UInt64: EntryID], of access: Access, at caller: Caller) async throws {
        let entries = try await caller.readAll(access).entries
        #expect(Set(entries.map(\.entryID)).count == entries.count)
        for (sequence, id) in kept {
            #expect(entries.dropFirst(Int(sequence) - 1).first?.entryID == id, "\(sequence) of \(entries.count)")
        }
    }
}

extension Caller {
    /// Appends until that is refused.
    /// - Returns: how many were acknowledged, and the refusal.
    func fill(_ access: Access) async throws -> (kept: Int, refusal: Problem) {
        for kept in 0..<2_000 {
            do {
                _ = try await append(access, body: StoreUnderTest.body(.oneMiB))
            } catch let problem as Problem {
                return (kept, problem)
            }
        }
        throw Problem(.internal, detail: "the store takes everything")
    }
}
