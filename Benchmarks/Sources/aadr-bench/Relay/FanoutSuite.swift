internal import Measuring

/// An append of 1 KiB, until 1,000 readers have it: the relay's subscribers, beside those who wait for Redis in XREAD. Runs
/// take turns; server, sender and all readers share the machine.
struct FanoutSuite {
    let effort: Effort

    func run() throws -> [Comparison] {
        let scratch = try Scratch()
        let readers = effort.isQuick ? 100 : 1000
        let relay = try RelayProcess(directory: scratch.file("relay"))
        let redis = try RedisProcess(directory: scratch.file("redis"), identity: scratch.file("relay/tls.pem"))
        effort.say("fanout: \(readers) readers")
        let options = ["--entries", String(effort.rounds(100))]
        var ours: [LoadRun] = []
        var theirs: [LoadRun] = []
        for _ in 0..<effort.rounds(6) {
            ours.append(
                try LoadRun(
                    "fanout",
                    port: relay.port,
                    connections: readers,
                    effort: effort,
                    options + ["--token", relay.token]
                )
            )
            theirs.append(
                try LoadRun("xfanout", port: redis.port, connections: readers, effort: effort, options)
            )
        }
        relay.process.stop()
        redis.process.stop()

        func comparison(_ name: String, _ value: KeyPath<LoadRun, Double>, aim: Comparison.Aim? = nil) -> Comparison {
            Comparison(
                suite: "fanout",
                name: "append to \(readers) readers, \(name)",
                unit: .seconds,
                samples: Samples(ours.map { $0[keyPath: value] }),
                baselineName: "Redis XREAD",
                baseline: Samples(theirs.map { $0[keyPath: value] }),
                aim: aim
            )
        }
        return [comparison("p50", \.median), comparison("p99", \.p99, aim: .valueAtMost(0.06))]
    }
}
