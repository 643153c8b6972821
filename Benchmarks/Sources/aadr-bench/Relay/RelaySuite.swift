internal import Foundation
internal import Measuring

/// Durable appends through HTTPS beside the same server's plain echo of as many bytes. Server and load are processes
/// of their own; runs of append and echo take turns.
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
        var syncs = Samples()
        for round in 0..<effort.rounds(6) {
            // Neither is always the one that finds the machine as the other left it.
            let kinds = round.isMultiple(of: 2) ? ["append", "echo"] : ["echo", "append"]
            for kind in kinds {
                let run = try load(kind, relay, connections: connections)
                if kind == "append" { appends.append(run) } else { echoes.append(run) }
            }
            if connections == 1 { syncs.add(try medianSync(disk)) }
        }

        func comparison(
            _ name: String,
            _ value: KeyPath<LoadRun, Double>,
            _ unit: Comparison.Unit,
            aim: Comparison.Aim? = nil
        ) -> Comparison {
            Comparison(
                suite: "relay",
                name: "\(name), \(connections) conn.",
                unit: unit,
                samples: Samples(appends.map { $0[keyPath: value] }),
                baselineName: "echo",
                baseline: Samples(echoes.map { $0[keyPath: value] }),
                aim: aim
            )
        }
        var comparisons = [
            comparison("append 1 KiB", \.rate, .perSecond, aim: .ratioAtLeast(0.5)),
            comparison("append p50", \.median, .seconds),
            comparison("append p99", \.p99, .seconds),
        ]
        if connections == 1 {
            comparisons.append(
                Comparison(
                    suite: "relay",
                    name: "append p50, 1 conn.",
                    unit: .seconds,
                    samples: Samples(appends.map(\.median)),
                    baselineName: "echo + fdatasync",
                    baseline: Samples(zip(echoes, syncs.values).map { $0.median + $1 }),
                    aim: .ratioAtMost(1.5)
                )
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
