import Foundation
import GRDB
import HTTPTypes
import HummingbirdTesting
import NIOCore
import RelayAPI
import Testing

@testable import Relay
@testable import RelayTesting

/// Running a relay: its settings, its monitoring, its backups.
@Suite struct OperatingTests {
    /// As on a disk that is full: what cannot be said is not said, and the relay serves.
    @Test func aLogThatTakesNothingEndsNoRelay() async throws {
        try await withTemporaryDirectory { data in
            let launcher = ["/bin/bash", "-c", "exec \"$@\" 2> /dev/full", "bash"]
            let relay = try RelayProcess(data: data, launcher: launcher)
            let token = try RelayProcess.token(data: data)
            let client = relay.connect()
            _ = try await Caller(client).mailbox(token: token)
            try await client.shutdown()
            relay.send(SIGTERM)
            #expect(relay.wait() == 0)
        }
    }

    @Test func aKeyThatHasGoneIsReplacedWithAWarning() async throws {
        try await withTemporaryDirectory { data in
            let log = data.appending(path: "log").path
            let launcher = ["/bin/bash", "-c", "log=$1; shift; exec \"$@\" 2>> \"$log\"", "bash", log]
            func warns() throws -> Bool {
                try String(contentsOfFile: log, encoding: .utf8).contains("a new key has been made")
            }
            for isExpected in [false, true] {
                let relay = try RelayProcess(data: data, launcher: launcher)
                // It knows the day by then, as a relay that serves does.
                let store = data.appending(path: "relay.sqlite").path
                try await eventually {
                    try await DatabaseQueue(path: store)
                        .read { try Int.fetchOne($0, sql: "SELECT last_day FROM store") } != nil
                }
                relay.send(SIGTERM)
                #expect(relay.wait() == 0)
                #expect(try warns() == isExpected)
                try FileManager.default.removeItem(at: data.appending(path: "tls.pem"))
            }
        }
    }

    @Test func aResultThatCannotBeWrittenIsNone() async throws {
        try await withTemporaryDirectory { data in
            let launcher = ["/bin/bash", "-c", "exec \"$@\" > /dev/full", "bash"]
            let command = ["token", "create", "--data", data.path, "--label", "first"]
            let outcome = try RelayProcess.run(command, launcher: launcher)
            #expect(outcome.status == 73)
            #expect(outcome.errors.contains("cannot be written to standard output"), "\(outcome.errors)")
            // Nobody has the token.
            #expect(try RelayProcess.run("token", "list", "--data", data.path).output.isEmpty)
        }
    }

    /// Runs with what is wanted in a settings file, and a port for monitoring.
    private static func withRelay(
        settings: String = "",
        environment: [String: String] = [:],
        _ body: (_ data: URL, _ relay: RelayProcess, _ admin: TestClient) async throws -> Void
    ) async throws {
        try await withTemporaryDirectory { data in
            let port = try FreePort.find()
            let file = data.appending(path: "settings")
            try Data("admin-listen = 127.0.0.1:\(port)\n\(settings)".utf8).write(to: file)
            let relay = try RelayProcess(data: data, options: ["--config", file.path], environment: environment)
            let admin = TestClient(host: "127.0.0.1", port: port, configuration: .init())
            admin.connect()
            try await body(data, relay, admin)
            try await admin.shutdown()
            relay.send(SIGTERM)
            #expect(relay.wait() == 0)
        }
    }

    @Test func metricsCountRequestsAndNameNobody() async throws {
        try await Self.withRelay { data, relay, admin in
            let client = relay.connect()
            let token = try RelayProcess.token(data: data)
            let access = try await Caller(client).mailbox(token: token)
            for _ in 0..<3 { _ = try await Caller(client).append(access) }
            await expectProblem(.notPermitted) {
                try await Caller(client).append(Access(mailbox: access.mailbox, capability: .random()))
            }
            let page = try await admin.look(at: "/metrics").text
            for line in [
                #"aadr_relay_requests_total{operation="append",outcome="ok"} 3"#,
                #"aadr_relay_requests_total{operation="append",outcome="not-permitted"} 1"#,
                #"aadr_relay_request_seconds_bucket{operation="append",le="+Inf"} 4"#,
                #"aadr_relay_request_seconds_count{operation="create"} 1"#,
                "aadr_relay_entries_appended_total 3", "aadr_relay_connections 1", "aadr_relay_subscriptions 0",
                "aadr_relay_held_bytes 0",
                "aadr_relay_ready 1",
            ] { #expect(page.contains(line + "\n"), "\(line) is not in \(page)") }
            let names = [access.mailbox.bytes, access.capability.hash.bytes, token.hash.bytes]
            for name in names.flatMap({ [Base64URL.encode($0), $0.map { String(format: "%02x", $0) }.joined()] }) {
                #expect(!page.contains(name))
            }
            #expect(try await admin.look(at: "/readyz").status == .ok)
            #expect(try await admin.look(at: "/v1/relay").status == .notFound)
            #expect(try await client.look(at: "/metrics").status == .notFound)
            try await client.shutdown()
        }
    }

    @Test func aBackupOfALiveRelayIsRestoredWithANewIncarnation() async throws {
        try await Self.withRelay { data, relay, _ in
            let client = relay.connect()
            let token = try RelayProcess.token(data: data)
            let access = try await Caller(client).mailbox(token: token)
            for _ in 0..<5 { _ = try await Caller(client).append(access) }
            let backup = data.appending(path: "backup").path
            #expect(try RelayProcess.run("backup", "--data", data.path, backup).status == 0)
            let mode = try FileManager.default.attributesOfItem(atPath: backup)[.posixPermissions] as? Int
            #expect(mode == 0o600)
            #expect(try RelayProcess.run("backup", "--data", data.path, backup).status == 73)
            // What comes later is not in it.
            let lost = try await Caller(client).append(access)
            #expect(try RelayProcess.run("restore", "--data", data.path, "--replace", backup).status == 73)
            try await client.shutdown()

            let other = data.appending(path: "other")
            let restored = try RelayProcess.run("restore", "--data", other.path, backup)
            #expect(restored.status == 0, "\(restored.errors)")
            #expect(restored.output.contains("entries\t5\n"))
            #expect(restored.errors.contains("revoke again what has been revoked since"), "\(restored.errors)")
            #expect(try RelayProcess.run("restore", "--data", other.path, backup).status == 73)
            #expect(try RelayProcess.run("restore", "--data", other.path, "--replace", backup).status == 0)
            let again = try RelayProcess(data: other)
            let client2 = again.connect()
            await expectProblem(.incarnationChanged) {
                try await Caller(client2).read(access, incarnation: lost.incarnation)
            }
            #expect(try await Caller(client2).read(access).entries.count == 5)
            #expect(try await Caller(client2).append(access).sequence == 6)
            try await client2.shutdown()
            again.send(SIGTERM)
            #expect(again.wait() == 0)
        }
    }

    @Test func whatIsNoBackupReplacesNothing() async throws {
        try await withTemporaryDirectory { data in
            _ = try RelayProcess.token(data: data)
            let file = data.appending(path: "file")
            try Data(repeating: 0x61, count: 8192).write(to: file)
            let empty = data.appending(path: "empty").path
            try await DatabaseQueue(path: empty).write { try $0.execute(sql: "CREATE TABLE other (id INTEGER)") }
            for (path, status) in [(file.path, 65), (empty, 65), (data.appending(path: "none").path, 66)]
                as [(String, Int32)]
            {
                let refused = try RelayProcess.run("restore", "--data", data.path, "--replace", path)
                #expect(refused.status == status, "\(refused.errors)")
            }
            #expect(try RelayProcess.run("check", "--data", data.path).output.contains("tokens\t1\n"))
        }
    }

    @Test func checkFindsWhatHasBeenChanged() async throws {
        try await withTemporaryDirectory { data in
            let relay = try RelayProcess(data: data)
            let client = relay.connect()
            let access = try await Caller(client).mailbox(token: RelayProcess.token(data: data))
            for _ in 0..<3 { _ = try await Caller(client).append(access) }
            let good = try RelayProcess.run("check", "--data", data.path, "--json")
            #expect(good.status == 0, "\(good.errors)")
            #expect(good.output.contains(#""entries":3"#) && good.output.contains(#""bodyBytes":3072"#))
            try await client.shutdown()
            relay.send(SIGTERM)
            #expect(relay.wait() == 0)
            let file = data.appending(path: "relay.sqlite").path
            try await DatabaseQueue(path: file)
                .write { db in
                    try db.execute(sql: "UPDATE body SET bytes = zeroblob(1024) WHERE id = 2")
                    try db.execute(sql: "UPDATE mailbox SET body_bytes = 1, grants = 0")
                }
            let damaged = try RelayProcess.run("check", "--data", data.path)
            #expect(damaged.status == 65)
            #expect(damaged.errors.contains("entry 2: the body is not what its hash says"), "\(damaged.errors)")
            #expect(damaged.errors.contains("its bodies have 3072 bytes, and it counts 1"), "\(damaged.errors)")
            #expect(damaged.errors.contains("it has 1 grants, and counts 0"), "\(damaged.errors)")
            #expect(try RelayProcess.run("check", "--data", data.appending(path: "none").path).status == 78)
            // What cannot be restored is no backup.
            let backup = data.appending(path: "backup.sqlite").path
            let refused = try RelayProcess.run("backup", "--data", data.path, backup)
            #expect(refused.status == 65)
            #expect(refused.errors.contains("no backup has been made"), "\(refused.errors)")
            #expect(!FileManager.default.fileExists(atPath: backup))
        }
    }
}

extension TestClient.Response {
    fileprivate var text: String { body.map { String(buffer: $0) } ?? "" }
}
