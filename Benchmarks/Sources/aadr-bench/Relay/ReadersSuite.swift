internal import Measuring

/// The memory that a server has for one reader who waits, over TLS, for what does not come: the relay's, in a subscription and in
/// a long poll, beside that of Redis, in a blocking XREAD.
struct ReadersSuite {
    let effort: Effort

    func run() throws -> [Comparison] {
        let scratch = try Scratch()
        let readers = effort.isQuick ? 500 : 10_000
        // Each has a relay of its own: what one has used is there for the next.
        let ours = try ["subscribe", "wait"]
            .map { kind in
                effort.say("readers: \(readers) at the relay (\(kind))")
                let relay = try RelayProcess(directory: scratch.file(kind))
                defer { relay.process.stop() }
                return try memoryPerReader(
                    of: relay.process,
                    [kind, "--port", relay.port, "--token", relay.token],
                    readers: readers
                )
            }
        effort.say("readers: \(readers) at Redis")
        let redis = try RedisProcess(directory: scratch.file("redis"), identity: scratch.file("wait/tls.pem"))
        let theirs = try memoryPerReader(of: redis.process, ["xread", "--port", redis.port], readers: readers)
        redis.process.stop()
        return zip(["subscribed", "in a long poll"], ours)
            .map { name, memory in
                Comparison(
                    suite: "readers",
                    name: "memory for each of \(readers) \(name)",
                    unit: .bytes,
                    samples: Samples([memory]),
                    baselineName: "Redis XREAD",
                    baseline: Samples([theirs])
                )
            }
    }

    private func memoryPerReader(of server: Child.Running, _ arguments: [String], readers: Int) throws -> Double {
        // Some come and go first: what a server makes once, and the room that it keeps, is not the readers'.
        try hold(arguments, readers: 100) {}
        let before = server.memory
        var during: Double?
        try hold(arguments, readers: readers) { during = server.memory }
        guard let before, let during else { throw BenchmarkError.unexpectedOutput("the server has ended") }
        return (during - before) / Double(readers)
    }

    /// Has as many readers wait while `body` runs.
    private func hold(_ arguments: [String], readers: Int, _ body: () -> Void) throws {
        let load = try Child.Running(
            Child.sibling("bench-load"),
            arguments + ["--connections", String(readers), "--seconds", "30", "--warm-up", "3"]
        )
        let line = load.readLine()
        guard line == "held" else { throw BenchmarkError.unexpectedOutput(line ?? "") }
        body()
        load.stop()
    }
}
