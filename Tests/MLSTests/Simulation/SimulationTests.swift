import Foundation
import Testing

/// How to run more of it says Docs/architecture.md.
@Suite("Simulation")
struct SimulationTests {
    private static let environment = ProcessInfo.processInfo.environment

    private static func number(_ name: String) -> Int? { environment[name].flatMap { Int($0) } }

    /// `SIMULATION_SEED` alone, or a few.
    private static var seeds: [UInt64] { number("SIMULATION_SEED").map { [UInt64($0)] } ?? [1, 2, 3, 4] }

    private static var size: Simulation.Size {
        var size = Simulation.Size()
        size.members = number("SIMULATION_MEMBERS") ?? size.members
        size.steps = number("SIMULATION_STEPS") ?? size.steps
        return size
    }

    @Test("members of a random group agree, and nobody else reads it", arguments: seeds)
    func randomGroup(seed: UInt64) throws {
        try SeededRandomness.run(seed: seed) { try Simulation(seed: seed, Self.size).run() }
    }

    @Test("a seed gives the same messages again, to the byte")
    func replay() throws {
        func transcript(_ seed: UInt64) throws -> [UInt8] {
            try SeededRandomness.run(seed: seed) {
                let simulation = try Simulation(seed: seed, Simulation.Size(members: 6, steps: 25))
                try simulation.run()
                return simulation.transcript
            }
        }
        #expect(try transcript(7) == transcript(7))
        #expect(try transcript(7) != transcript(8))
    }
}
