internal import Foundation
internal import Measuring

/// Five organisations with one person each, on the real programs, a real relay and one machine.
final class BenchCoalition {
    private let scratch: Scratch
    private let relay: Child.Running
    static let messageProgram = Child.sibling("aadr-msg")
    private static let relayProgram = Child.sibling("aadr-relay")
    static let founder = "nadia"
    private static let others = [("issa", "JOSA"), ("haidar", "INSM"), ("layan", "7amleh"), ("farida", "Masaar")]

    init() throws {
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
        for (person, organisation) in Self.others { try admit(person, of: organisation) }
    }

    deinit {
        relay.stop()
    }

    /// The arguments with which somebody calls `aadr-msg`.
    func arguments(_ person: String, _ command: [String]) -> [String] {
        ["--home", scratch.file(person), "--key-file", scratch.file("\(person).key")] + command
    }

    @discardableResult
    private func run(_ person: String, _ command: [String]) throws -> String {
        try Child.output(Self.messageProgram, arguments(person, command))
    }

    private func admit(_ person: String, of organisation: String) throws {
        let invitation = try run(Self.founder, ["invite", "--new-org", organisation, "--user", person])
        let joining = try Child.Running(Self.messageProgram, arguments(person, ["join", invitation, "--wait", "20"]))
        let line = joining.readLine() ?? ""
        guard line.hasPrefix("code: ") else { throw BenchmarkError.unexpectedOutput(line) }
        let request = try waitForRequest()
        try run(Self.founder, ["approve", request, "--code", String(line.dropFirst("code: ".count))])
        while joining.readLine() != nil {}
        try joining.end()
    }

    private func waitForRequest() throws -> String {
        struct Request: Decodable {
            let request: String
        }
        for _ in 0..<100 {
            let lines = try run(Self.founder, ["requests", "--json"]).split(separator: "\n")
            if let line = lines.first { return try JSONDecoder().decode(Request.self, from: Data(line.utf8)).request }
            Thread.sleep(forTimeInterval: 0.05)
        }
        throw BenchmarkError.unexpectedOutput("no request")
    }
}
