internal import Measuring

/// Durable appends of 1 KiB beside Redis Streams: both over TLS, both on disk before they are answered, runs in turns.
struct RedisSuite {
    let effort: Effort

    func run() throws -> [Comparison] {
        let scratch = try Scratch()
        let relay = try RelayProcess(directory: scratch.file("relay"))
        let redis = try RedisProcess(directory: scratch.file("redis"), identity: scratch.file("relay/tls.pem"))
        var comparisons: [Comparison] = []
        for connections in [1, 16, 64, 256] {
            effort.say("redis: \(connections) connections")
            comparisons.append(try compare(relay, redis, connections: connections))
        }
        relay.process.stop()
        redis.process.stop()
        return comparisons
    }

    private func compare(_ relay: RelayProcess, _ redis: RedisProcess, connections: Int) throws -> Comparison {
        func append() throws -> Double {
            try LoadRun(
                "append",
                port: relay.port,
                connections: connections,
                effort: effort,
                ["--token", relay.token]
            )
            .rate
        }
        func add() throws -> Double {
            try LoadRun("xadd", port: redis.port, connections: connections, effort: effort).rate
        }
        var appends = Samples()
        var additions = Samples()
        for round in 0..<effort.rounds(6) {
            if round.isMultiple(of: 2) { appends.add(try append()) }
            additions.add(try add())
            if !round.isMultiple(of: 2) { appends.add(try append()) }
        }
        return Comparison(
            suite: "redis",
            name: "append 1 KiB, \(connections) conn.",
            unit: .perSecond,
            samples: appends,
            baselineName: "Redis XADD",
            baseline: additions,
            aim: connections == 64 ? .ratioAtLeast(0.5) : nil
        )
    }
}
