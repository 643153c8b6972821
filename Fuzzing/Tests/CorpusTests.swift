import Foundation
import Testing

/// The fuzzing targets without a fuzzer: a broken promise stops the process. One after the other, as they share one
/// sequence of keys.
@Suite("Hostile input", .serialized)
struct CorpusTests {
    @Test(
        "every seed, whole and cut short, and everything kept of what was found keeps its target's promises",
        arguments: FuzzTarget.allCases
    )
    func corpus(_ target: FuzzTarget) throws {
        let folder = URL(filePath: #filePath).deletingLastPathComponent()
            .appending(path: "../Corpus/\(target.rawValue)").standardizedFileURL
        let files = try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
        let found = files.filter { $0.lastPathComponent.hasPrefix("found-") }
        let seeds = files.filter { !$0.lastPathComponent.hasPrefix("found-") }
        #expect(seeds.count >= 6)
        #expect(!found.isEmpty)
        for file in seeds {
            let seed = [UInt8](try Data(contentsOf: file))
            for length in stride(from: seed.count, to: 0, by: -max(1, seed.count / 6)) {
                target.run(Array(seed.prefix(length)))
            }
        }
        for file in found { target.run([UInt8](try Data(contentsOf: file))) }
    }
}
