internal import Foundation
internal import Measuring

/// Durable appends through HTTPS beside the same server's plain echo of as many bytes, and beside an echo that waits until
/// these are on disk in a plain file. Server and load are processes of their own; the three take turns.
struct RelaySuite {
    let effort: Effort

    func run() throws -> [Comparison] {
        let scratch = try Scratch()
        let relay = try RelayProcess(directory: scratch.file("relay"))
        let disk = try DiskSync(path: scratch.file("page"))
        var comparisons: [Comparison] = []
        for connections in [1, 16, 64, 256] {
            effort.say("relay: \(connections) connections")
            comparisons += try compare(relay, disk, connections: connections)
        }
        relay.process.stop()
        return comparisons
    }

    private func compare(_ relay: RelayProcess, _ disk: DiskSync, connections: Int) throws -> [Comparison] {
        var appends: [LoadRun] = []
        var echoes: [LoadRun] = []
        var durableEchoes: [LoadRun] = []
        var syncs = Samples()
        for round in 0..<effort.rounds(6) {
            for turn in 0..<3 {
                // None is always the one that finds the machine as the same other left it.
                switch round.isMultiple(of: 2) ? turn : 2 - turn {
                case 0: appends.append(try load("append", relay, connections: connections))
                case 1: echoes.append(try load("echo", relay, connections: connections))
                default: durableEchoes.append(try load("durable-echo", relay, connections: connections))
                }
            }
            if connections == 1 { syncs.add(try medianSync(disk)) }
        }

        func comparison(
            _ name: String,
            _ value: KeyPath<LoadRun, Double>,
            _ unit: Comparison.Unit,
            _ baselineName: String,
            _ baseline: [Double],
            aim: Comparison.Aim? = nil
        ) -> Comparison {
            Comparison(
                suite: "relay",
                name: "\(name), \(connections) conn.",
                unit: unit,
                samples: Samples(appends.map { $0[keyPath: value] }),
                baselineName: baselineName,
                baseline: Samples(baseline),
                aim: aim
            )
        }
        var comparisons = [
            comparison(
                "append 1 KiB",
                \.rate,
                .perSecond,
                "echo",
                echoes.map(\.rate),
                aim: connections == 64 ? .ratioAtLeast(0.8) : nil
            ),
            comparison("append 1 KiB", \.rate, .perSecond, "durable echo", durableEchoes.map(\.rate)),
            comparison(
                "append p50",
                \.median,
                .seconds,
                "durable echo",
                durableEchoes.map(\.median),
                aim: connections == 1 ? .ratioAtMost(1.5) : nil
            ),
            comparison("append p99", \.p99, .seconds, "durable echo", durableEchoes.map(\.p99)),
        ]
        if connections == 1 {
            let sums = zip(echoes, syncs.values).map { $0.median + $1 }
            comparisons.append(
                comparison("append p50", \.median, .seconds, "echo + fdatasync", sums, aim: .ratioAtMost(1.5))
            )
        }
        return comparisons
    }

    private func load(_ kind: String, _ relay: RelayProcess, connections: Int) throws -> LoadRun {
        try LoadRun(kind, port: relay.port, connections: connections, effort: effort, ["--token", relay.token])
    }

    private func medianSync(_ disk: DiskSync) throws -> Double {
        var samples = Samples()
        for _ in 0..<effort.rounds(200) {
            samples.add(try Stopwatch.time { () throws(DiskSync.Failure) in try disk.write() })
        }
        return samples.median
    }
}
