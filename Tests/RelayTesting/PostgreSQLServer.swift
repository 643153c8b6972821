import Foundation
import RelayAPI
import Testing

@testable import Relay

/// A real PostgreSQL of this process's own: in a temporary directory, reached by a Unix socket there, gone when the
/// process ends, however it ends.
///
/// Nothing in this object changes once it runs; hence `@unchecked Sendable`.
final class PostgreSQLServer: @unchecked Sendable {
    let directory: URL
    private let process: Process
    /// The server's, beside its data directory.
    private let options: [String]
    /// Its end tells the server to stop: it comes also when this process is killed.
    private let leash = Pipe()

    /// The server that all stores of this process share, each in a database of its own.
    static let shared = Result { try PostgreSQLServer() }

    /// - Parameter settings: as in `postgresql.conf`, beside those that a test server needs.
    init(settings: [String] = []) throws {
        directory = URL(filePath: "/tmp/aadr-postgresql-\(UUID().uuidString.prefix(8))")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        if let account = Self.account { try Self.run(["/bin/chown", account, directory.path]) }
        let data = directory.appending(path: "data").path
        try Self.run(
            Self.asUser + ["\(Self.programs)/initdb", "-D", data, "-U", "aadr", "-A", "trust", "-E", "UTF8", "-N"]
        )
        process = Process()
        options =
            ["-k", directory.path, "-h", ""]
            + (["max_connections=400", "logging_collector=off", "log_error_verbosity=terse"] + settings)
            .flatMap { ["-c", $0] }
        let server = Self.asUser + ["\(Self.programs)/postgres", "-D", data] + options
        process.executableURL = URL(filePath: "/bin/sh")
        // Beside the server, something that waits for the leash to end, stops the server at once and removes its directory.
        process.arguments =
            [
                "-c",
                """
                d=$1; shift; exec 3<&0 >"$d.log" 2>&1
                (read -r _ <&3; p=$(head -n 1 "$d/data/postmaster.pid"); kill -QUIT "$p"; kill -CONT "$p"; while [ -e "$d/data/postmaster.pid" ]; do sleep 0.05; done; rm -rf "$d" "$d.log") 2>/dev/null &
                exec "$@" </dev/null 3<&-
                """,
                "sh", directory.path,
            ] + server
        process.standardInput = leash
        try process.run()
        try waitUntilReady()
    }

    /// An address of a database of this server, made if it is not there.
    func database(_ name: String) throws -> PostgreSQLAddress {
        let connection = try PostgreSQLConnection(try address(of: "postgres"))
        let found = try connection.execute("SELECT 1::bigint FROM pg_database WHERE datname = $1", [.text(name)])
        if found.isEmpty { try connection.run(script: #"CREATE DATABASE "\#(name)" TEMPLATE template0"#) }
        return try address(of: name)
    }

    func address(of database: String) throws -> PostgreSQLAddress {
        try #require(PostgreSQLAddress("postgres:///\(database)?host=\(directory.path)&user=aadr"))
    }

    /// Stops the server, as the end of the process does.
    func stop() {
        try? leash.fileHandleForWriting.close()
        process.waitUntilExit()
    }

    /// Shuts the server down as its operator does, "fast": connections are broken, and nothing is lost. Its directory stays.
    func shutDown() throws {
        try control("-m", "fast", "stop")
    }

    /// Starts it again after `shutDown`, and waits until it answers.
    func startAgain() throws {
        let quoted = options.map { "'\($0)'" }.joined(separator: " ")
        try control("-o", quoted, "-l", directory.appending(path: "data/log").path, "start")
    }

    private func control(_ arguments: String...) throws {
        // `Process` waits for all that have its descriptors, which the server would inherit and keep.
        let alone = #"for fd in /proc/self/fd/*; do fd=${fd##*/}; ((fd > 2)) && eval "exec $fd>&-"; done; exec "$@""#
        let data = directory.appending(path: "data").path
        try Self.run(
            ["/bin/bash", "-c", alone, "bash"] + Self.asUser
                + ["\(Self.programs)/pg_ctl", "-D", data, "-w"] + arguments
        )
    }

    /// Sends a signal to the server's first process: SIGQUIT ends all at once, as a crash does.
    func send(_ signal: Int32) throws {
        kill(try firstProcess, signal)
    }

    /// Makes all its processes stand still: connections stay, and nothing comes any more.
    func freeze() throws {
        // The first one at first, so that there are no new ones.
        try send(SIGSTOP)
        for process in try otherProcesses { kill(process, SIGSTOP) }
    }

    /// Lets them go on.
    func thaw() throws {
        for process in try otherProcesses { kill(process, SIGCONT) }
        try send(SIGCONT)
    }

    private var firstProcess: Int32 {
        get throws {
            let file = directory.appending(path: "data/postmaster.pid")
            let first = try String(contentsOf: file, encoding: .utf8).split(separator: "\n").first
            return try #require(first.flatMap { Int32($0) })
        }
    }

    /// Its children; among these is also what waits for the leash to end.
    private var otherProcesses: [Int32] {
        get throws {
            let first = try firstProcess
            return try String(contentsOfFile: "/proc/\(first)/task/\(first)/children", encoding: .utf8)
                .split(separator: " ")
                .filter { try String(contentsOfFile: "/proc/\($0)/comm", encoding: .utf8) == "postgres\n" }
                .compactMap { Int32($0) }
        }
    }

    private func waitUntilReady() throws {
        let start = ContinuousClock.now
        while true {
            do {
                _ = try PostgreSQLConnection(try address(of: "postgres"))
                return
            } catch  where ContinuousClock.now - start < .seconds(30) && process.isRunning {
                usleep(20_000)
            }
        }
    }

    /// Debian's package, which does not put its programs into PATH.
    private static let programs = "/usr/lib/postgresql/15/bin"

    /// PostgreSQL refuses to run as root; then it runs as the user that Debian's package makes for it.
    private static let account = geteuid() == 0 ? "postgres" : nil

    private static var asUser: [String] {
        account.map { ["/usr/bin/setpriv", "--reuid=\($0)", "--regid=\($0)", "--init-groups", "--"] } ?? []
    }

    private static func run(_ command: [String]) throws {
        let program = command.first { $0.hasPrefix(programs) } ?? command[0]
        try #require(
            FileManager.default.isExecutableFile(atPath: program),
            "\(program) is missing: `Scripts/setup test` installs it"
        )
        let process = Process()
        process.executableURL = URL(filePath: command[0])
        process.arguments = Array(command.dropFirst())
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        try #require(process.terminationStatus == 0, "\(command)")
    }
}
