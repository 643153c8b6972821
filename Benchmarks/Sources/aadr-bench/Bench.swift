internal import ArgumentParser
internal import Foundation
internal import Measuring

@main
struct Bench: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "aadr-bench",
        abstract: "Measures the MLS core, the relay and the command line, each beside its floor in the same run."
    )

    enum Suite: String, CaseIterable, ExpressibleByArgument {
        case mls, relay, send
    }

    @Argument(help: "What to measure: mls, relay, send; everything if none is named.")
    var suites: [Suite] = []

    @Option(help: ArgumentHelp("Where to write the figures as JSON.", valueName: "file"))
    var json = "results.json"

    @Flag(help: "Few samples: to see that everything works, not to learn how fast.")
    var quick = false

    func run() throws {
        let effort = Effort(isQuick: quick)
        var comparisons: [Comparison] = []
        for suite in suites.isEmpty ? Suite.allCases : suites {
            switch suite {
            case .mls: comparisons += try MLSSuite(effort: effort).run()
            case .relay: break
            case .send: break
            }
        }
        print(Table(comparisons).text)
        try Report(comparisons).write(to: URL(fileURLWithPath: json))
    }
}
