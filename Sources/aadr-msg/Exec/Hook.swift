internal import Subprocess
internal import SystemPackage

/// The command of `recv --exec`. It gets each message on standard input, as the line that `recv --json` would print, and
/// nothing of it in its arguments or environment, which other users of the machine may see.
struct Hook: Sendable {
    /// For the shell.
    let command: String
    /// A command that runs longer is ended, with everything it has started, and has failed.
    let timeout: Duration

    /// Between being asked to end, and being made to.
    private static let grace = Duration.seconds(5)

    enum Outcome: Equatable, Sendable {
        case done
        case failed(Failure)
    }

    enum Failure: Equatable, Sendable, CustomStringConvertible {
        case exit(Int32)
        case signal(Int32)
        case timeout
        case notStarted

        /// The same in every language.
        var description: String {
            switch self {
            case .exit(let status): "exit \(status)"
            case .signal(let number): "signal \(number)"
            case .timeout: "timeout"
            case .notStarted: "not-started"
            }
        }
    }

    /// Runs the command to its end.
    /// - Throws: `CancellationError`; the command has been ended then.
    func run(_ line: String) async throws -> Outcome {
        let running = Task { try await start(line) }
        let outcome: Outcome
        do {
            outcome = try await withTaskCancellationHandler {
                try await withThrowingTaskGroup(of: Outcome?.self) { tasks in
                    tasks.addTask { try await running.value }
                    tasks.addTask {
                        try await Task.sleep(for: timeout)
                        running.cancel()
                        return nil
                    }
                    let first = try await tasks.next() ?? nil
                    if first == nil { _ = try? await running.value }
                    tasks.cancelAll()
                    return first ?? .failed(.timeout)
                }
            } onCancel: {
                running.cancel()
            }
        } catch is SubprocessError {
            outcome = .failed(.notStarted)
        } catch is Errno {
            // There is no room for its input: as long as that is so, no command begins.
            outcome = .failed(.notStarted)
        }
        try Task.checkCancellation()
        return outcome
    }

    private func start(_ line: String) async throws -> Outcome {
        var options = PlatformOptions()
        // A session of its own: it has no terminal to ask anything on, and is ended as a whole.
        options.createSession = true
        options.teardownSequence = [.gracefulShutDown(toProcessGroup: true, allowedDurationToNextStep: Self.grace)]
        let input = try InputFile(line + "\n")
        let result = try await Subprocess.run(
            .path("/bin/sh"),
            arguments: ["-c", command],
            platformOptions: options,
            input: .fileDescriptor(input.descriptor, closeAfterSpawningProcess: false),
            output: .currentStandardOutput,
            error: .currentStandardError
        )
        switch result.terminationStatus {
        case .exited(0): return .done
        case .exited(let status): return .failed(.exit(status))
        case .signaled(let number): return .failed(.signal(number))
        }
    }
}
