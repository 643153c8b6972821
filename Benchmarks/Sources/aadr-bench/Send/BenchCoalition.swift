internal import Foundation
internal import Measuring

/// Organisations of as many devices each, one for a person, on the real programs, a real relay and one machine.
final class BenchCoalition {
    private let scratch: Scratch
    private let relay: Child.Running
    static let messageProgram = Child.sibling("aadr-msg")
    private static let relayProgram = Child.sibling("aadr-relay")
    static let founder = "nadia"
    /// Everybody but the founder; whoever comes first is of another organisation.
    private(set) var others: [String] = []

    init(organisations: Int, devicesEach: Int) throws {
        let scratch = try Scratch()
        let data = scratch.file("relay")
        let relay = try Child.Running(Self.relayProgram, ["serve", "--data", data, "--listen", "127.0.0.1:0"])
        let greeting = relay.readLine() ?? ""
        guard let address = greeting.split(separator: " ").last else {
            throw BenchmarkError.unexpectedOutput(greeting)
        }
        let token = try Child.output(Self.relayProgram, ["token", "create", "--data", data, "--label", "bench"])
        self.scratch = scratch
        self.relay = relay

        try run(
            Self.founder,
            [
                "found", "--relay", String(address), "--relay-token", token, "--coalition", "Benchmark",
                "--org", "SMEX", "--user", Self.founder,
            ]
        )
        for organisation in 1..<organisations {
            let first = "first\(organisation)"
            try admit(first, by: Self.founder, ["--new-org", "Organisation\(organisation)"])
            for number in 1..<devicesEach { try admit("colleague\(organisation)-\(number)", by: first, []) }
        }
        for number in 1..<devicesEach { try admit("colleague-\(number)", by: Self.founder, []) }
    }

    deinit {
        relay.stop()
    }

    /// The arguments with which somebody calls `aadr-msg`.
    func arguments(_ person: String, _ command: [String]) -> [String] {
        ["--home", scratch.file(person), "--key-file", scratch.file("\(person).key")] + command
    }

    @discardableResult
    func run(_ person: String, _ command: [String]) throws -> String {
        try Child.output(Self.messageProgram, arguments(person, command))
    }

    /// - Parameter kind: of the invitation; empty for a colleague.
    private func admit(_ person: String, by admin: String, _ kind: [String]) throws {
        let invitation = try run(admin, ["invite"] + kind + ["--user", person])
        let joining = try Child.Running(Self.messageProgram, arguments(person, ["join", invitation, "--wait", "60"]))
        let line = joining.readLine() ?? ""
        guard line.hasPrefix("code: ") else { throw BenchmarkError.unexpectedOutput(line) }
        let request = try waitForRequest(to: admin)
        try run(admin, ["approve", request, "--code", String(line.dropFirst("code: ".count))])
        while joining.readLine() != nil {}
        try joining.end()
        others.append(person)
    }

    private func waitForRequest(to admin: String) throws -> String {
        struct Request: Decodable {
            let request: String
        }
        for _ in 0..<100 {
            let lines = try run(admin, ["requests", "--json"]).split(separator: "\n")
            if let line = lines.first { return try JSONDecoder().decode(Request.self, from: Data(line.utf8)).request }
            Thread.sleep(forTimeInterval: 0.05)
        }
        throw BenchmarkError.unexpectedOutput("no request")
    }
}
