import Foundation
import Testing

@testable import aadr_msg

@Suite("The command of recv --exec", .serialized)
struct HookTests {
    private let file = FileManager.default.temporaryDirectory.appending(path: "hook-\(UUID().uuidString)")

    private func run(
        _ command: String,
        _ line: String = "{}",
        timeout: Duration = .seconds(30)
    ) async throws -> Hook.Outcome {
        try await Hook(command: command, timeout: timeout).run(line)
    }

    private func written() throws -> String {
        defer { try? FileManager.default.removeItem(at: file) }
        return try String(contentsOf: file, encoding: .utf8)
    }

    @Test("gets the line on standard input, whole", arguments: [0, 1, 3_000_000])
    func input(length: Int) async throws {
        let line = String(repeating: "م", count: length)
        #expect(try await run("cat > '\(file.path)'", line) == .done)
        #expect(try written() == line + "\n")
    }

    @Test("may read nothing of it")
    func unread() async throws {
        for _ in 0..<20 { #expect(try await run("true", String(repeating: "x", count: 200_000)) == .done) }
    }

    @Test("fails with its exit status, or its signal")
    func failures() async throws {
        #expect(try await run("exit 3") == .failed(.exit(3)))
        #expect(try await run("/nonexistent/program 2> /dev/null") == .failed(.exit(127)))
        #expect(try await run("kill -9 $$") == .failed(.signal(9)))
    }

    @Test("finds nothing of a message in its arguments or environment")
    func nothingElsewhere() async throws {
        let command = "tr '\\0' '\\n' < /proc/$$/cmdline > '\(file.path)'; env >> '\(file.path)'"
        #expect(try await run(command, "the secret words") == .done)
        #expect(try !written().contains("secret"))
    }

    @Test("that hangs is ended with all that it started, and has failed")
    func timeout() async throws {
        // The second does not end when it is asked to; both write down who they are.
        let command = "trap '' TERM; sleep 300 & echo $! > '\(file.path)'; wait; sleep 300"
        #expect(try await run(command, timeout: .milliseconds(300)) == .failed(.timeout))
        let child = try #require(Int32(try written().trimmingCharacters(in: .newlines)))
        for _ in 0..<100 where kill(child, 0) == 0 { try await Task.sleep(for: .milliseconds(20)) }
        #expect(kill(child, 0) != 0)
    }

    @Test("is ended when nobody waits for it any longer")
    func cancellation() async throws {
        let running = Task { try await run("echo $$ > '\(file.path)'; exec sleep 300") }
        while (try? String(contentsOf: file, encoding: .utf8))?.hasSuffix("\n") != true {
            try await Task.sleep(for: .milliseconds(10))
        }
        running.cancel()
        await #expect(throws: CancellationError.self) { try await running.value }
        let child = try #require(Int32(try written().trimmingCharacters(in: .newlines)))
        #expect(kill(child, 0) != 0)
    }
}
