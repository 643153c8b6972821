import Foundation
import HummingbirdTesting
import NIOSSL
import RelayAPI
import Testing

@testable import Relay

/// The executable `aadr-relay`, as an operator runs it.
final class RelayProcess {
    /// What a command that has ended left behind.
    struct Outcome {
        let status: Int32
        let output: String
        let errors: String
    }

    let address: RelayAddress
    private let process: Process
    private let output: Pipe

    /// Starts serving, and waits until it says that it listens.
    /// - Parameter launcher: a command, with arguments, that runs the relay as its child.
    /// - Parameter environment: what it gets besides this process's own.
    init(
        data: URL,
        options: [String] = [],
        launcher: [String] = [],
        environment: [String: String] = [:]
    ) throws {
        process = Process()
        output = Pipe()
        let command =
            launcher + [try Self.executable().path, "serve", "--data", data.path, "--listen", "127.0.0.1:0"] + options
        process.executableURL = URL(filePath: command[0])
        process.arguments = Array(command.dropFirst())
        process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        process.standardOutput = output
        try process.run()
        var line = ""
        while !line.hasSuffix("\n") {
            let more = output.fileHandleForReading.availableData
            if more.isEmpty { break }
            line += String(decoding: more, as: UTF8.self)
        }
        let prefix = "listening on "
        try #require(line.hasPrefix(prefix), "\(line)")
        address = try RelayAddress(String(line.dropFirst(prefix.count).dropLast()))
    }

    /// For load, which is more than anybody may ask for.
    static let withoutRates = ["connection", "capability", "token"].flatMap { ["--\($0)-rate", "0"] }

    deinit {
        // A test that failed leaves nothing running.
        if process.isRunning { send(SIGKILL) }
    }

    var identifier: Int32 { process.processIdentifier }

    func send(_ signal: Int32) {
        kill(identifier, signal)
    }

    var isRunning: Bool { process.isRunning }

    /// - Returns: the exit status, or the number of the signal that killed it.
    @discardableResult
    func wait() -> Int32 {
        process.waitUntilExit()
        return process.terminationStatus
    }

    /// A connection to it. The pin has a test of its own.
    var connect: @Sendable () -> TestClient {
        let address = address
        return { Self.connect(to: address) }
    }

    private static func connect(to address: RelayAddress) -> TestClient {
        var tls = TLSConfiguration.makeClientConfiguration()
        tls.certificateVerification = .none
        let client = TestClient(
            host: address.host,
            port: Int(address.port),
            configuration: .init(
                tlsConfiguration: address.scheme == .https ? tls : nil,
                timeout: .seconds(70),
                serverName: certificateName
            )
        )
        client.connect()
        return client
    }

    /// Runs a command to its end.
    /// - Parameters:
    ///   - launcher: a command, with arguments, that runs it as its child or in its place.
    ///   - input: what it reads; short enough for a pipe to hold.
    static func run(
        _ arguments: String...,
        launcher: [String] = [],
        environment: [String: String] = [:],
        input: String = ""
    ) throws -> Outcome {
        try run(arguments, launcher: launcher, environment: environment, input: input)
    }

    static func run(
        _ arguments: [String],
        launcher: [String] = [],
        environment: [String: String] = [:],
        input: String = ""
    ) throws -> Outcome {
        let process = Process()
        let (input, output, errors) = (try pipe(holding: input), Pipe(), Pipe())
        let command = launcher + [try executable().path] + arguments
        process.executableURL = URL(filePath: command[0])
        process.arguments = Array(command.dropFirst())
        process.environment = environment
        process.standardInput = input
        process.standardOutput = output
        process.standardError = errors
        try process.run()
        let printed = output.fileHandleForReading.readDataToEndOfFile()
        let complained = errors.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return Outcome(
            status: process.terminationStatus,
            output: String(decoding: printed, as: UTF8.self),
            errors: String(decoding: complained, as: UTF8.self)
        )
    }

    private static func pipe(holding text: String) throws -> Pipe {
        let pipe = Pipe()
        try pipe.fileHandleForWriting.write(contentsOf: Data(text.utf8))
        try pipe.fileHandleForWriting.close()
        return pipe
    }

    static func token(
        data: URL,
        launcher: [String] = [],
        environment: [String: String] = [:]
    ) throws -> AccessToken {
        let created = try run(
            "token",
            "create",
            "--data",
            data.path,
            "--label",
            "a label",
            launcher: launcher,
            environment: environment
        )
        return try #require(AccessToken(text: created.output.trimmingCharacters(in: .newlines)), "\(created.errors)")
    }

    /// It is built beside the tests.
    private static func executable() throws -> URL {
        let root = URL(filePath: #filePath).appending(path: "../../../../").standardized
        let candidates =
            [Bundle.main.bundleURL, Bundle.main.bundleURL.deletingLastPathComponent()]
            + CommandLine.arguments.map { URL(filePath: $0).deletingLastPathComponent() }
            + [root.appending(path: ".build/debug")]
        let executables = candidates.map { $0.appending(path: "aadr-relay") }
        return try #require(
            executables.first { url in
                var isDirectory: ObjCBool = false
                let exists = FileManager.default.fileExists(atPath: url.path, isDirectory: &isDirectory)
                return exists && !isDirectory.boolValue && FileManager.default.isExecutableFile(atPath: url.path)
            }
        )
    }
}
