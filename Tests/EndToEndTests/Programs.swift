import Foundation
import Testing

/// What a program left behind: its exit status and what it wrote.
struct Outcome {
    let status: Int32
    let output: String
    let errors: String

    /// The lines of standard output.
    var lines: [String] { output.split(separator: "\n").map(String.init) }

    /// Each line of standard output as a JSON object.
    func objects() throws -> [[String: Any]] {
        try lines.map { line in
            try #require(JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any], "\(line)")
        }
    }
}

/// The real executables, which stand beside the test bundle.
enum Programs {
    static let folder: URL = {
        // The bundle is in the folder of the build products; on Linux it is the running executable itself.
        URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent()
    }()

    /// The checkout that these tests were built from.
    static let repository = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    static func start(_ name: String, _ arguments: [String]) throws -> RunningProgram {
        try RunningProgram(executable: folder.appendingPathComponent(name), arguments: arguments)
    }

    static func run(_ name: String, _ arguments: [String], input: String? = nil) async throws -> Outcome {
        let program = try RunningProgram(
            executable: folder.appendingPathComponent(name),
            arguments: arguments,
            input: input
        )
        return await program.outcome()
    }
}

/// A program under way. Its output is collected as it comes, so that it can be waited for.
final class RunningProgram: Sendable {
    private let process: Process
    private let output = CollectedText()
    private let errors = CollectedText()

    /// - Parameter temporaryFolder: where the program is told to put what it needs for a while.
    /// - Parameter environment: in place of, and beside, the little that every program gets.
    init(
        executable: URL,
        arguments: [String],
        input: String? = nil,
        environment: [String: String] = [:],
        temporaryFolder: URL? = nil
    ) throws {
        process = Process()
        process.executableURL = executable
        process.arguments = arguments
        // Nothing of the environment of whoever runs the tests reaches the programs but what they need to start.
        process.environment = ["PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", "HOME": "/nonexistent"]
            .merging(environment) { $1 }
        process.environment?["TMPDIR"] = temporaryFolder?.path
        let pipes = (output: Pipe(), errors: Pipe(), input: Pipe())
        process.standardOutput = pipes.output
        process.standardError = pipes.errors
        process.standardInput = input == nil ? FileHandle.nullDevice : pipes.input
        output.collect(pipes.output.fileHandleForReading)
        errors.collect(pipes.errors.fileHandleForReading)
        try process.run()
        if let input {
            try pipes.input.fileHandleForWriting.write(contentsOf: Data(input.utf8))
            try pipes.input.fileHandleForWriting.close()
        }
    }

    var identifier: Int32 { process.processIdentifier }

    var text: String { output.text }

    var errorText: String { errors.text }

    func signal(_ signal: Int32) {
        kill(process.processIdentifier, signal)
    }

    /// Waits until standard output holds a line that begins with `prefix`, and gives the rest of that line.
    func line(startingWith prefix: String, within seconds: Double = 30) async throws -> String {
        let deadline = Date(timeIntervalSinceNow: seconds)
        while Date() < deadline {
            // A last line without its end may still be growing.
            for line in output.text.split(separator: "\n", omittingEmptySubsequences: false).dropLast()
            where line.hasPrefix(prefix) {
                return String(line.dropFirst(prefix.count))
            }
            if !process.isRunning { break }
            try await Task.sleep(for: .milliseconds(10))
        }
        throw NotSeen(what: prefix, output: output.text, errors: errors.text)
    }

    func outcome() async -> Outcome {
        while process.isRunning { try? await Task.sleep(for: .milliseconds(5)) }
        await output.ended()
        await errors.ended()
        return Outcome(status: process.terminationStatus, output: output.text, errors: errors.text)
    }
}

struct NotSeen: Error, CustomStringConvertible {
    let what: String
    let output: String
    let errors: String

    var description: String { "no line “\(what)…”; output: \(output); errors: \(errors)" }
}

/// Text that arrives through a pipe.
private final class CollectedText: @unchecked Sendable {
    private let lock = NSLock()
    private var data = Data()
    private var isEnded = false

    func collect(_ handle: FileHandle) {
        // A thread of its own: a readability handler outlives its descriptor for a moment, and when the next program's pipe
        // gets the same number, that program's end is lost now and then.
        Thread.detachNewThread { [self] in
            while true {
                let more = handle.availableData
                lock.withLock {
                    if more.isEmpty { isEnded = true } else { data.append(more) }
                }
                if more.isEmpty { return }
            }
        }
    }

    var text: String { lock.withLock { String(decoding: data, as: UTF8.self) } }

    func ended() async {
        while !lock.withLock({ isEnded }) { try? await Task.sleep(for: .milliseconds(2)) }
    }
}
