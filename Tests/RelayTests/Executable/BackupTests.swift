import Foundation
import GRDB
import HummingbirdTesting
import RelayAPI
import Testing

@testable import Relay

/// A backup that goes to standard output, as it does from a container whose files nobody else reaches.
@Suite struct BackupTests {
    /// A command that runs another with its standard output, or input, as a shell's words say.
    private static func shell(_ words: String, _ argument: String = "") -> [String] {
        ["/bin/bash", "-c", "argument=$1; shift; set -o pipefail; umask 022; \"$@\" \(words)", "bash", argument]
    }

    private static func backup(_ data: URL, to words: String, _ argument: String = "") throws -> RelayProcess.Outcome {
        try RelayProcess.run("backup", "--data", data.path, "-", launcher: shell(words, argument))
    }

    /// Restores from standard input.
    private static func restore(_ file: URL, into data: URL, _ options: [String] = []) throws -> RelayProcess.Outcome {
        let launcher = shell("< \"$argument\"", file.path)
        return try RelayProcess.run(["restore", "--data", data.path] + options + ["-"], launcher: launcher)
    }

    /// - Parameter body: is given the directory of a relay that serves, and a place for files.
    private static func withRelay(_ body: (_ data: URL, _ directory: URL) async throws -> Void) async throws {
        try await withTemporaryDirectory { directory in
            let data = directory.appending(path: "data")
            let relay = try RelayProcess(data: data)
            let token = try RelayProcess.token(data: data)
            let client = relay.connect()
            let access = try await Caller(client).mailbox(token: token)
            for _ in 0..<5 { _ = try await Caller(client).append(access, body: StoreUnderTest.body(.oneMiB)) }
            try await client.shutdown()
            try await body(data, directory)
            // Nothing of it stays beside the store.
            #expect(!FileManager.default.fileExists(atPath: data.appending(path: "backup").path))
            relay.send(SIGTERM)
            #expect(relay.wait() == 0)
        }
    }

    @Test func whatGoesThroughStandardOutputIsRestoredFromStandardInput() async throws {
        try await Self.withRelay { data, directory in
            let file = directory.appending(path: "backup.sqlite")
            // What a process that was killed has left does not matter.
            try Data("left".utf8).write(to: data.appending(path: "backup"))
            let written = try Self.backup(data, to: "> \"$argument\"", file.path)
            #expect(written.status == 0, "\(written.errors)")
            let length = try Data(contentsOf: file).count
            let digest = try #require(try Self.digest(of: file))
            #expect(written.errors == "aadr-relay: the backup is whole: \(length) bytes, SHA-256 \(digest)\n")
            let other = directory.appending(path: "other")
            let restored = try Self.restore(file, into: other)
            #expect(restored.status == 0, "\(restored.errors)")
            #expect(restored.output.contains("entries\t5\n"))
            let mode = try FileManager.default.attributesOfItem(atPath: other.appending(path: "relay.sqlite").path)
            #expect(mode[.posixPermissions] as? Int == 0o600)
        }
    }

    @Test func aBackupThatEndsTooEarlyIsRefusedAndReplacesNothing() async throws {
        try await Self.withRelay { data, directory in
            let file = directory.appending(path: "backup.sqlite")
            #expect(try Self.backup(data, to: "> \"$argument\"", file.path).status == 0)
            let whole = try Data(contentsOf: file)
            let other = directory.appending(path: "other")
            _ = try RelayProcess.token(data: other)
            try Data().write(to: file)
            let nothing = try Self.restore(file, into: other, ["--replace"])
            #expect(nothing.status == 66)
            #expect(nothing.errors.contains("nothing on standard input"), "\(nothing.errors)")
            for length in [1, 100, 4096, whole.count / 2, whole.count - 4096, whole.count - 1] {
                try whole.prefix(length).write(to: file)
                let refused = try Self.restore(file, into: other, ["--replace"])
                #expect(refused.status == 65, "\(length) bytes: \(refused.status) \(refused.errors)")
                #expect(refused.errors.contains("take an earlier one"), "\(refused.errors)")
            }
            #expect(try RelayProcess.run("check", "--data", other.path).output.contains("tokens\t1\n"))
        }
    }

    /// In a container each process has the same number.
    @Test func whatAKilledBackupHasLeftKeepsNobodyFromTheNext() async throws {
        try await withTemporaryDirectory { directory in
            let store = directory.appending(path: "relay.sqlite")
            try SQLiteMailboxStore(file: store).close()
            let file = directory.appending(path: "backup.sqlite")
            let unfinished = directory.appending(path: "backup.sqlite.unfinished")
            try Data("left".utf8).write(to: unfinished)
            try Data("left".utf8).write(to: directory.appending(path: "backup.sqlite.\(getpid())"))
            try SQLiteBackup.write(store, to: file)
            #expect(!FileManager.default.fileExists(atPath: unfinished.path))
            let mode = try FileManager.default.attributesOfItem(atPath: file.path)[.posixPermissions] as? Int
            #expect(mode == 0o600)
            try SQLiteMailboxStore(file: file).close()
        }
    }

    @Test func whatAnotherBackupIsWritingIsLeftToIt() async throws {
        try await withTemporaryDirectory { directory in
            let store = directory.appending(path: "relay.sqlite")
            try SQLiteMailboxStore(file: store).close()
            let file = directory.appending(path: "backup.sqlite")
            let unfinished = directory.appending(path: "backup.sqlite.unfinished")
            try Data("somebody's".utf8).write(to: unfinished)
            let other = open(directory.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
            defer { close(other) }
            #expect(flock(other, LOCK_EX) == 0)
            #expect(throws: StoreFault.backupUnderWay) { try SQLiteBackup.write(store, to: file) }
            #expect(try Data(contentsOf: unfinished) == Data("somebody's".utf8))
            #expect(!FileManager.default.fileExists(atPath: file.path))
        }
    }

    /// Nor one that another backup has just removed: what SQLite then writes under the name would be another file.
    @Test func aFileThatAlsoHasAnotherNameIsNotWritten() async throws {
        try await withTemporaryDirectory { directory in
            let store = directory.appending(path: "relay.sqlite")
            try SQLiteMailboxStore(file: store).close()
            let (unfinished, other) = (directory.appending(path: "backup"), directory.appending(path: "other"))
            try Data("somebody's".utf8).write(to: other)
            try FileManager.default.linkItem(at: other, to: unfinished)
            #expect(throws: StoreFault.backupUnderWay) { try SQLiteBackup.write(store, through: unfinished) { _ in } }
            #expect(try Data(contentsOf: other) == Data("somebody's".utf8))
        }
    }

    /// It is killed when the log of the old store has gone, and the new one has its name yet to get.
    @Test func aRestoreThatIsKilledAtItsEndIsFinishedByTheRelay() async throws {
        try await Self.withRelay { data, directory in
            let file = directory.appending(path: "backup.sqlite")
            #expect(try Self.backup(data, to: "> \"$argument\"", file.path).status == 0)
            let other = directory.appending(path: "other")
            _ = try RelayProcess.token(data: other)
            try FileManager.default.copyItem(at: file, to: other.appending(path: "relay.sqlite.replacing"))
            // Of another one, which had not come so far.
            try FileManager.default.copyItem(at: file, to: other.appending(path: "relay.sqlite.restored"))
            for command in ["check", "token list", "backup \(directory.path)/none"] {
                let words = command.split(separator: " ").map(String.init)
                let refused = try RelayProcess.run(words + ["--data", other.path])
                #expect(refused.status == 75, "\(command): \(refused.errors)")
                #expect(refused.errors.contains("start the relay, which finishes it"), "\(refused.errors)")
            }
            let relay = try RelayProcess(data: other)
            relay.send(SIGTERM)
            #expect(relay.wait() == 0)
            #expect(try RelayProcess.run("check", "--data", other.path).output.contains("entries\t5\n"))
            for name in try FileManager.default.contentsOfDirectory(atPath: other.path) {
                #expect(!name.hasSuffix(".replacing") && !name.hasSuffix(".restored"))
            }
        }
    }

    /// It is killed when it draws the incarnation; and a relay was, when it made the store that is replaced.
    @Test func whatAKilledProcessHasLeftToBeRolledBackIsNotRolledBackIntoTheNext() async throws {
        try await Self.withRelay { data, directory in
            let file = directory.appending(path: "backup.sqlite")
            #expect(try Self.backup(data, to: "> \"$argument\"", file.path).status == 0)
            let journal = try await Self.journal(in: directory)
            let other = directory.appending(path: "other")
            _ = try RelayProcess.token(data: other)
            for name in ["relay.sqlite.restored-journal", "relay.sqlite-journal"] {
                let left = other.appending(path: name)
                try journal.write(to: left)
                let restored = try Self.restore(file, into: other, ["--replace"])
                #expect(restored.status == 0, "\(name): \(restored.errors)")
                #expect(!FileManager.default.fileExists(atPath: left.path))
                #expect(try RelayProcess.run("check", "--data", other.path).output.contains("entries\t5\n"))
            }
        }
    }

    /// A rollback journal, as it stands beside a small database that is being changed.
    private static func journal(in directory: URL) async throws -> Data {
        let path = directory.appending(path: "small").path
        let queue = try DatabaseQueue(path: path)
        defer { try? queue.close() }
        try await queue.writeWithoutTransaction { db in
            // So its header says from the beginning that it may be rolled back.
            try db.execute(
                sql: "PRAGMA synchronous = OFF; CREATE TABLE small (id INTEGER); INSERT INTO small VALUES (1)"
            )
        }
        return try await queue.write { db in
            try db.execute(sql: "UPDATE small SET id = 2")
            return try Data(contentsOf: URL(filePath: path + "-journal"))
        }
    }

    @Test func whoeverDoesNotTakeAllOfItIsToldThatThisIsNoBackup() async throws {
        try await Self.withRelay { data, _ in
            for words in ["> /dev/full", "| head -c 1000 > /dev/null"] {
                let cut = try Self.backup(data, to: words)
                #expect(cut.status == 73, "\(words): \(cut.errors)")
                #expect(cut.errors.contains("this is no backup"), "\(cut.errors)")
            }
        }
    }

    @Test func aTerminalGetsNone() async throws {
        try await Self.withRelay { data, _ in
            // A terminal of its own for a command whose words need no quotes.
            let launcher = ["/bin/bash", "-c", "exec script -qec \"$*\" /dev/null", "bash"]
            let refused = try RelayProcess.run("backup", "--data", data.path, "-", launcher: launcher)
            #expect(refused.status == 73)
            #expect(refused.output.contains("is a terminal"), "\(refused.output)")
        }
    }

    private static func digest(of file: URL) throws -> String? {
        let process = Process()
        let output = Pipe()
        process.executableURL = URL(filePath: "/usr/bin/sha256sum")
        process.arguments = [file.path]
        process.standardOutput = output
        try process.run()
        let printed = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        return printed.split(separator: " ").first.map(String.init)
    }
}
