internal import Foundation
internal import Glibc

/// A program that was started, with nothing on its standard input. What it writes to standard error is kept for the
/// case that it fails.
public struct Child: ~Copyable {
    public struct Failure: Error, CustomStringConvertible {
        public let description: String
    }

    /// What a program took from its start to its end.
    public struct Duration: Sendable {
        public let seconds: Double
        /// In which it, or the system for it, had a processor.
        public let processorSeconds: Double
    }

    private let identifier: pid_t
    private let program: String
    private let errors: UnsafeMutablePointer<FILE>

    /// - Parameter output: a file descriptor for its standard output; -1 to throw that away.
    private init(_ program: String, _ arguments: [String], output: Int32) throws(Failure) {
        guard let errors = tmpfile() else { throw Failure(description: "no file for the errors of \(program)") }
        _ = fcntl(fileno(errors), F_SETFD, FD_CLOEXEC)
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_adddup2(&actions, fileno(errors), STDERR_FILENO)
        if output < 0 {
            posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0)
        } else {
            posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO)
        }
        var vector = ([program] + arguments).map { strdup($0) } + [nil]
        defer { vector.forEach { free($0) } }
        var identifier = pid_t()
        let status = posix_spawn(&identifier, program, &actions, nil, &vector, environ)
        guard status == 0 else {
            fclose(errors)
            throw Failure(description: "\(program): \(String(cString: strerror(status)))")
        }
        self.identifier = identifier
        self.program = program
        self.errors = errors
    }

    deinit {
        fclose(errors)
    }

    /// Waits for its end.
    /// - Returns: the processor time that it took, in seconds.
    @discardableResult
    private borrowing func end() throws(Failure) -> Double {
        var status: Int32 = 0
        var usage = rusage()
        while wait4(identifier, &status, 0, &usage) < 0, errno == EINTR {}
        guard status == 0 else {
            let how = status & 0x7f == 0 ? "exit status \(status >> 8)" : "signal \(status & 0x7f)"
            throw Failure(description: "\(program): \(how)\n\(errorText)")
        }
        return [usage.ru_utime, usage.ru_stime].reduce(0) { $0 + Double($1.tv_sec) + Double($1.tv_usec) * 1e-6 }
    }

    private var errorText: String {
        rewind(errors)
        var bytes = [UInt8](repeating: 0, count: 4096)
        let count = fread(&bytes, 1, bytes.count, errors)
        return String(decoding: bytes.prefix(count), as: UTF8.self)
    }

    /// Runs it to its end, its output thrown away: from the call that starts it to the one that says it has ended.
    public static func time(_ program: String, _ arguments: [String]) throws(Failure) -> Duration {
        let watch = Stopwatch()
        let child = try Child(program, arguments, output: -1)
        let processorSeconds = try child.end()
        return Duration(seconds: watch.seconds, processorSeconds: processorSeconds)
    }

    /// Runs it to its end.
    /// - Returns: what it wrote, without the last line's end.
    public static func output(_ program: String, _ arguments: [String]) throws(Failure) -> String {
        let running = try Running(program, arguments)
        var lines: [String] = []
        while let line = running.readLine() { lines.append(line) }
        try running.end()
        return lines.joined(separator: "\n")
    }

    /// A program that goes on beside us, and whose output is read line by line.
    public final class Running {
        private let child: Child
        private let output: UnsafeMutablePointer<FILE>
        private var hasEnded = false

        public init(_ program: String, _ arguments: [String]) throws(Failure) {
            var ends: [Int32] = [0, 0]
            guard pipe(&ends) == 0, let stream = fdopen(ends[0], "r") else {
                throw Failure(description: "no pipe for \(program)")
            }
            output = stream
            defer { close(ends[1]) }
            // Programs that are started later must not hold this one's pipe open.
            for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
            child = try Child(program, arguments, output: ends[1])
        }

        /// One that is forgotten is ended.
        deinit {
            stop()
            fclose(output)
        }

        /// Waits for the next line. Nil when there are no more.
        public func readLine() -> String? {
            var line: UnsafeMutablePointer<CChar>?
            var capacity = 0
            defer { free(line) }
            guard getline(&line, &capacity, output) >= 0, let line else { return nil }
            let text = String(cString: line)
            return text.hasSuffix("\n") ? String(text.dropLast()) : text
        }

        /// The memory that is its own, in bytes, as Linux counts it; nil when it has ended.
        public var memory: Double? {
            let path = "/proc/\(child.identifier)/smaps_rollup"
            guard let text = try? String(contentsOfFile: path, encoding: .utf8) else { return nil }
            let kibibytes = text.split(separator: "\n").filter { $0.hasPrefix("Private_") }
                .compactMap { $0.split(separator: " ").dropFirst().first.flatMap { Double($0) } }
            return kibibytes.reduce(0, +) * 1024
        }

        /// Waits for its end.
        public func end() throws(Failure) {
            hasEnded = true
            try child.end()
        }

        /// Asks it to end if it has not, and waits, whatever its exit status then is.
        public func stop() {
            guard !hasEnded else { return }
            kill(child.identifier, SIGTERM)
            try? end()
        }
    }

    /// The path of a program that was built beside this one.
    public static func sibling(_ name: String) -> String {
        let own = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
        return own.deletingLastPathComponent().appendingPathComponent(name).path
    }
}
