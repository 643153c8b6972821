import Foundation
import HummingbirdTesting
import RelayAPI
import Testing

@testable import Relay

/// Mixed load from several clients, with a kill of a real relay every few seconds, on each store for a minute. `Scripts/soak`
/// runs it for as long as wanted.
@Suite(.serialized) struct LoadTests {
    private static let duration = seconds("AADR_LOAD_SECONDS", otherwise: 60)
    private static let killInterval = seconds("AADR_LOAD_KILL_SECONDS", otherwise: 3)

    @Test func oneRelayOnSQLite() async throws {
        try await withTemporaryDirectory { directory in
            try await Self.run(
                [{ try RelayProcess(data: directory, options: RelayProcess.withoutRates) }],
                token: RelayProcess.token(data: directory)
            )
        }
    }

    @Test func twoRelaysOnPostgreSQL() async throws {
        try await withTemporaryDirectory { directory in
            let environment = ["AADR_RELAY_STORE": try StoreEngine.database(for: directory).uri]
            let starts = (1...2)
                .map { number in
                    {
                        try RelayProcess(
                            data: directory.appending(path: "relay\(number)"),
                            options: RelayProcess.withoutRates,
                            environment: environment
                        )
                    }
                }
            let token = try RelayProcess.token(data: directory, environment: environment)
            try await Self.run(starts, token: token)
        }
    }

    private static func run(_ starts: [() throws -> RelayProcess], token: AccessToken) async throws {
        var processes = try starts.map { try $0() }
        let relays = Relays(processes.map(\.connect))
        let client = relays.connect()
        var logs: [History] = []
        for _ in 0..<2 { logs.append(History(try await Caller(client).mailbox(token: token))) }
        let inbox = History(try await Caller(client).mailbox(token: token))
        try await client.shutdown()

        let end = ContinuousClock.now + duration
        let load = Task { [logs] in
            await withTaskGroup(of: Void.self) { group in
                for history in logs + logs + logs {
                    group.addTask {
                        var client = LoadClient(relays, history)
                        await client.writeLog(until: end)
                        await client.end()
                    }
                }
                for _ in 0..<3 {
                    group.addTask {
                        var client = LoadClient(relays, inbox)
                        await client.useInbox(until: end)
                        await client.end()
                    }
                }
            }
        }
        var kills = 0
        while ContinuousClock.now + killInterval < end {
            try await Task.sleep(for: killInterval)
            let index = kills % processes.count
            processes[index].send(SIGKILL)
            processes[index].wait()
            processes[index] = try starts[index]()
            relays.replace(index, by: processes[index].connect)
            kills += 1
        }
        await load.value

        for history in logs + [inbox] {
            // A connection of its own: checking a long history takes longer than an idle one is kept.
            let checker = relays.connect()
            var log: [HashedAccess: StoredEpoch] = [:]
            for access in history.record({ $0.epochs }) {
                log[HashedAccess(access)] = try await StoredEpoch(Caller(checker), access)
            }
            try await checker.shutdown()
            try history.check(against: log)
            print("after \(kills) kills, answered: \(history.counts)")
        }
        #expect(kills > 0)
        for process in processes {
            process.send(SIGTERM)
            #expect(process.wait() == 0)
        }
    }

    private static func seconds(_ variable: String, otherwise: Int) -> Duration {
        .seconds(ProcessInfo.processInfo.environment[variable].flatMap { Int($0) } ?? otherwise)
    }
}
