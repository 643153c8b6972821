import Foundation
import Testing

/// A folder of a test's own, gone with it.
final class Workplace: Sendable {
    let folder: URL

    init() throws {
        folder = FileManager.default.temporaryDirectory.appendingPathComponent("aadr-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    }

    deinit {
        try? FileManager.default.removeItem(at: folder)
    }

    func path(_ name: String) -> String { folder.appendingPathComponent(name).path }
}

/// The relay's executable on a free port of loopback, with its own certificate.
struct RelayUnderTest {
    let program: RunningProgram
    let data: String
    /// What members are given.
    var address: String
    private let options: [String]

    /// - Parameter options: of `serve`; those with a store are used for tokens too.
    static func start(
        in workplace: Workplace,
        listen: String = "127.0.0.1:0",
        options: [String] = []
    ) async throws -> RelayUnderTest {
        let data = workplace.path("relay")
        let program = try Programs.start("aadr-relay", ["serve", "--data", data, "--listen", listen] + options)
        let address = try await program.line(startingWith: "listening on ")
        return RelayUnderTest(program: program, data: data, address: address, options: options)
    }

    /// `HOST:PORT` of a relay that has been started, to start the next one on.
    var listen: String {
        get throws {
            let url = try #require(URL(string: address))
            return "\(try #require(url.host)):\(try #require(url.port))"
        }
    }

    func makeToken(label: String = "test") async throws -> String {
        let store = options.firstIndex(of: "--store").map { Array(options[$0...($0 + 1)]) } ?? []
        let outcome = try await Programs.run(
            "aadr-relay",
            ["token", "create", "--data", data, "--label", label] + store
        )
        #expect(outcome.status == 0, "\(outcome.errors)")
        return try #require(outcome.lines.first)
    }

    /// SIGTERM, and its exit status.
    func stop() async -> Int32 {
        program.signal(SIGTERM)
        return await program.outcome().status
    }
}

/// A member of staff with a home of their own.
struct Person {
    let name: String
    let organisation: String
    let workplace: Workplace

    var address: String { "\(name)@\(organisation)" }

    private var global: [String] { options }

    /// The language stands last.
    var options: [String] {
        ["--home", workplace.path(name), "--key-file", workplace.path("\(name).key"), "--lang", "en"]
    }

    func start(_ command: String, _ arguments: String...) throws -> RunningProgram {
        try Programs.start("aadr-msg", [command] + global + arguments)
    }

    func run(_ command: String, _ arguments: String..., input: String? = nil) async throws -> Outcome {
        try await Programs.run("aadr-msg", [command] + global + arguments, input: input)
    }

    /// Runs a command that must end with 0.
    @discardableResult
    func succeed(_ command: String, _ arguments: String...) async throws -> Outcome {
        let outcome = try await Programs.run("aadr-msg", [command] + global + arguments)
        try #require(outcome.status == 0, "\(name) \(command): exit \(outcome.status), \(outcome.errors)")
        return outcome
    }

    /// The texts of what is new, in order.
    func receive() async throws -> [String] {
        try await succeed("recv", "--json").objects().compactMap { $0["text"] as? String }
    }
}

/// A coalition on real executables: its founder and those who joined by invitation.
struct CoalitionUnderTest {
    let workplace: Workplace
    var relay: RelayUnderTest
    let founder: Person
    var people: [Person] = []

    /// - Parameters:
    ///   - relay: one of its own, unless given.
    ///   - founder: nadia@SMEX, unless given.
    static func found(
        in workplace: Workplace,
        suite: String = "xwing",
        relay given: RelayUnderTest? = nil,
        founder: Person? = nil,
        name: String = "Arab Alliance for Digital Rights",
        tokenLabel: String = "test"
    ) async throws -> CoalitionUnderTest {
        let relay = if let given { given } else { try await RelayUnderTest.start(in: workplace) }
        let founder = founder ?? Person(name: "nadia", organisation: "SMEX", workplace: workplace)
        try await founder.succeed(
            "found",
            "--relay",
            relay.address,
            "--relay-token",
            relay.makeToken(label: tokenLabel),
            "--coalition",
            name,
            "--org",
            founder.organisation,
            "--user",
            founder.name,
            "--suite",
            suite
        )
        return CoalitionUnderTest(workplace: workplace, relay: relay, founder: founder)
    }

    /// Invites, joins, and approves with the code that the joiner reads out.
    mutating func join(_ name: String, of organisation: String) async throws -> Person {
        let person = Person(name: name, organisation: organisation, workplace: workplace)
        let kind = organisation == founder.organisation ? [] : ["--new-org", organisation]
        let invitation = try await Programs.run(
            "aadr-msg",
            ["invite", "--home", workplace.path(founder.name), "--key-file", workplace.path("\(founder.name).key")]
                + kind + ["--user", name]
        )
        try #require(invitation.status == 0, "\(invitation.errors)")
        let joining = try person.start("join", try #require(invitation.lines.first), "--wait", "60")
        let code = try await joining.line(startingWith: "code: ")
        try await founder.succeed("approve", try await request(of: name), "--code", code)
        let outcome = await joining.outcome()
        try #require(outcome.status == 0, "\(outcome.errors)")
        people.append(person)
        return person
    }

    /// Waits for a request of `name`, and gives its id.
    func request(of name: String) async throws -> String {
        for _ in 0..<200 {
            for request in try await founder.succeed("requests", "--json").objects()
            where request["user"] as? String == name {
                return try #require(request["request"] as? String)
            }
            try await Task.sleep(for: .milliseconds(50))
        }
        throw NotSeen(what: "request of \(name)", output: "", errors: "")
    }
}
