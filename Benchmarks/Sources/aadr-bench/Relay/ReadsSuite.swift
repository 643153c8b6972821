internal import Measuring

/// Reads of sixteen entries, anywhere in a mailbox with very many, beside the same in one with a hundred.
struct ReadsSuite {
    let effort: Effort

    private static let connections = 16

    func run() throws -> [Comparison] {
        let scratch = try Scratch()
        let many = effort.isQuick ? 20_000 : 1_000_000
        effort.say("reads: making a mailbox of \(many) entries")
        let relay = try RelayProcess(directory: scratch.file("relay"), mailboxes: [many, 100])
        effort.say("reads: measuring")
        var large: [LoadRun] = []
        var small: [LoadRun] = []
        for round in 0..<effort.rounds(6) {
            if round.isMultiple(of: 2) { large.append(try read(relay, relay.mailboxes[0])) }
            small.append(try read(relay, relay.mailboxes[1]))
            if !round.isMultiple(of: 2) { large.append(try read(relay, relay.mailboxes[0])) }
        }
        relay.process.stop()

        func comparison(_ name: String, _ value: KeyPath<LoadRun, Double>, _ unit: Comparison.Unit) -> Comparison {
            Comparison(
                suite: "reads",
                name: "\(name) of \(many) entries",
                unit: unit,
                samples: Samples(large.map { $0[keyPath: value] }),
                baselineName: "of 100",
                baseline: Samples(small.map { $0[keyPath: value] }),
                aim: unit == .perSecond ? .ratioAtLeast(0.9) : nil
            )
        }
        return [comparison("reads", \.rate, .perSecond), comparison("read p99", \.p99, .seconds)]
    }

    private func read(_ relay: RelayProcess, _ mailbox: RelayProcess.Mailbox) throws -> LoadRun {
        try LoadRun(
            "read",
            port: relay.port,
            connections: Self.connections,
            effort: effort,
            ["--access", mailbox.access, "--entries", mailbox.entries]
        )
    }
}
