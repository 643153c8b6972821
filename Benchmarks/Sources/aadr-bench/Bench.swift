internal import ArgumentParser
internal import Foundation
internal import HPKE
internal import MLS
internal import Measuring

@main
struct Bench: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "aadr-bench",
        abstract: "Measures the MLS core, the relay and the command line, each beside its floor in the same run."
    )

    enum Suite: String, CaseIterable, ExpressibleByArgument {
        case mls, relay, redis, reads, fanout, readers, send, alert
    }

    @Argument(
        help: "What to measure: mls, relay, redis, reads, fanout, readers, send, alert; everything if none is named."
    )
    var suites: [Suite] = []

    @Option(help: ArgumentHelp("Where to write the figures as JSON.", valueName: "file"))
    var json = "results.json"

    @Option(help: ArgumentHelp("Sizes of groups, for mls; even, at least 4.", valueName: "count"))
    var members = [10, 100, 1000, 10_000]

    @Flag(help: "For mls, count processor time, all cores together, in place of time: for a machine that is not idle.")
    var processorTime = false

    @Flag(help: "Few samples: to see that everything works, not to learn how fast.")
    var quick = false

    func validate() throws {
        guard members.allSatisfy({ $0 >= 4 && $0.isMultiple(of: 2) }) else {
            throw ValidationError("--members takes even numbers, 4 or more")
        }
    }

    func run() throws {
        let effort = Effort(isQuick: quick)
        var comparisons: [Comparison] = []
        for suite in suites.isEmpty ? Suite.allCases : suites {
            switch suite {
            case .mls:
                comparisons += try mlsSuite(.x25519ChaCha20SHA256Ed25519, .x25519, effort).run()
                comparisons += try mlsSuite(.xwingChaCha20SHA256Ed25519, .xwing, effort).run()
            case .relay: comparisons += try RelaySuite(effort: effort).run()
            case .redis: comparisons += try RedisSuite(effort: effort).run()
            case .reads: comparisons += try ReadsSuite(effort: effort).run()
            case .fanout: comparisons += try FanoutSuite(effort: effort).run()
            case .readers: comparisons += try ReadersSuite(effort: effort).run()
            case .send: comparisons += try SendSuite(effort: effort).run()
            case .alert: comparisons += try AlertSuite(effort: effort).run()
            }
        }
        print(Table(comparisons).text)
        try Report(comparisons).write(to: URL(fileURLWithPath: json))
    }

    private func mlsSuite(_ suite: CipherSuite, _ kem: HPKE.KEM, _ effort: Effort) -> MLSSuite {
        MLSSuite(
            suite: suite,
            kem: kem,
            effort: effort,
            memberCounts: members,
            clock: processorTime ? .processor : .wall
        )
    }
}
