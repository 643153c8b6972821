internal import Foundation
internal import Glibc
internal import Measuring

/// A relay with the route `/echo`, in a process of its own; it ends with this.
struct RelayProcess {
    struct Mailbox {
        let entries: String
        /// In base64url.
        let access: String
    }

    let process: Child.Running
    let port: String
    let token: String
    let mailboxes: [Mailbox]

    /// - Parameter entries: how many the mailboxes shall have that are made first.
    init(directory: String, mailboxes entries: [Int] = []) throws {
        process = try Child.Running(Child.sibling("bench-relay"), [directory] + entries.map(String.init))
        mailboxes = try entries.map { [process] _ in
            let (count, access) = try Self.pair(process.readLine())
            return Mailbox(entries: count, access: access)
        }
        (port, token) = try Self.pair(process.readLine())
    }

    private static func pair(_ line: String?) throws -> (String, String) {
        let words = (line ?? "").split(separator: " ").map(String.init)
        guard words.count == 2 else { throw BenchmarkError.unexpectedOutput(line ?? "") }
        return (words[0], words[1])
    }
}

/// Debian's Redis with TLS, each command on disk before it is answered; it ends with this.
struct RedisProcess {
    let process: Child.Running
    let port: String

    /// - Parameter identity: a certificate and its key, both in one file in PEM: the relay's, so that handshakes cost the same.
    init(directory: String, identity: String) throws {
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        port = String(try Self.freePort())
        process = try Child.Running(
            "/usr/bin/redis-server",
            [
                "--bind", "127.0.0.1", "--port", "0", "--tls-port", port, "--tls-cert-file", identity,
                "--tls-key-file", identity, "--tls-ca-cert-file", identity, "--tls-auth-clients", "no",
                "--dir", directory, "--save", "", "--appendonly", "yes", "--appendfsync", "always",
                "--auto-aof-rewrite-percentage", "0", "--maxclients", "12000",
            ]
        )
        while let line = process.readLine() {
            if line.contains("Ready to accept connections") { return }
        }
        try process.end()
        throw BenchmarkError.unexpectedOutput("redis-server has ended")
    }

    /// One that nobody listens on at this moment: Redis cannot be told to take any.
    private static func freePort() throws -> UInt16 {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = INADDR_LOOPBACK.bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let found = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, length) == 0 && getsockname(descriptor, $0, &length) == 0
            }
        }
        guard found else { throw BenchmarkError.unexpectedOutput("no free port") }
        return UInt16(bigEndian: address.sin_port)
    }
}

/// One run of the load.
struct LoadRun {
    /// Answers per second.
    let rate: Double
    /// Of the time to an answer, in seconds.
    let median: Double
    let p99: Double

    init(_ kind: String, port: String, connections: Int, effort: Effort, _ options: [String] = []) throws {
        let text = try Child.output(
            Child.sibling("bench-load"),
            [
                kind, "--port", port, "--connections", String(connections),
                "--seconds", effort.isQuick ? "0.5" : "3",
            ] + options
        )
        let numbers = text.split(separator: " ").compactMap { Double($0) }
        guard numbers.count == 3 else { throw BenchmarkError.unexpectedOutput(text) }
        (rate, median, p99) = (numbers[0], numbers[1], numbers[2])
    }
}
