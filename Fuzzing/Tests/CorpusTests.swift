import Foundation
import Testing

/// The fuzzing targets without a fuzzer: a broken promise stops the process. One after the other, as they share one
/// sequence of keys.
@Suite("Hostile input", .serialized)
struct CorpusTests {
    @Test("every seed, and each seed cut short, keeps its target's promises", arguments: FuzzTarget.allCases)
    func seeds(_ target: FuzzTarget) throws {
        let folder = URL(filePath: #filePath).deletingLastPathComponent()
            .appending(path: "../Corpus/\(target.rawValue)").standardizedFileURL
        let files = try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
        #expect(files.count >= 6)
        for file in files {
            let seed = [UInt8](try Data(contentsOf: file))
            for length in stride(from: seed.count, to: 0, by: -max(1, seed.count / 6)) {
                target.run(Array(seed.prefix(length)))
            }
        }
    }
}
