import ArgumentParser
import Foundation
import Relay

struct Check: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Reads the whole store, looks for damage, and prints how much of what it holds.",
        discussion: """
            Works beside a running relay. Every running hash and every body's hash is computed anew.

            Example:
              aadr-relay check --data /var/lib/aadr-relay
            """
    )

    @OptionGroup var store: StoreOptions

    @Flag(help: "One JSON object.")
    var json = false

    func run() async throws {
        let (_, kind, path) = try store.chosen
        try await Failure.reporting {
            let directory = try DataDirectory(path: path, creating: false)
            if kind.isMissing(in: directory) { throw StoreFault.missing }
            let report = try await kind.withStore(in: directory) { try await $0.check() }
            try Self.show(report, json: json, ifDamaged: "the store is damaged: restore it from a backup")
        }
    }

    /// Prints what a store holds; what is wrong with it ends the program.
    static func show(_ report: StoreReport, json: Bool, ifDamaged message: String) throws {
        if json {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
            try Output.line(String(decoding: try encoder.encode(report), as: UTF8.self))
        } else {
            for (name, count) in report.counts { try Output.line("\(name)\t\(count)") }
        }
        guard !report.faults.isEmpty else { return }
        for fault in report.faults { Output.complain(fault) }
        throw Failure(message, status: Failure.damaged)
    }
}
