import Foundation
import Testing

/// What whoever takes a relay has in hand, piece by piece.
struct Seized {
    private(set) var pieces: [(name: String, data: Data)] = []

    mutating func add(_ name: String, _ data: Data) {
        pieces.append((name, data))
    }

    /// Every file under a folder, as it is on disk.
    mutating func add(filesUnder folder: String) throws {
        let root = URL(fileURLWithPath: folder)
        let files = try #require(
            FileManager.default.enumerator(at: root, includingPropertiesForKeys: [.isRegularFileKey])
        )
        for case let file as URL in files {
            guard try file.resourceValues(forKeys: [.isRegularFileKey]).isRegularFile == true else { continue }
            // A running server's temporary files come and go.
            guard let data = FileManager.default.contents(atPath: file.path) else { continue }
            add(file.path, data)
        }
    }

    /// All memory that a process can write to. More than a core file holds, which leaves locked memory out.
    mutating func add(memoryOf process: Int32) throws {
        let maps = try String(contentsOfFile: "/proc/\(process)/maps", encoding: .utf8)
        let memory = open("/proc/\(process)/mem", O_RDONLY)
        try #require(memory >= 0)
        defer { close(memory) }
        var read = 0
        for line in maps.split(separator: "\n") {
            let fields = line.split(separator: " ")
            let range = fields[0].split(separator: "-").compactMap { UInt($0, radix: 16) }
            guard fields[1].hasPrefix("rw"), range.count == 2 else { continue }
            var data = Data(count: Int(range[1] - range[0]))
            let count = data.withUnsafeMutableBytes { pread(memory, $0.baseAddress, $0.count, off_t(range[0])) }
            // Address space that was reserved and never given memory cannot be read.
            guard count > 0 else { continue }
            read += count
            add("memory at \(fields[0])", data.prefix(count))
        }
        try #require(read > 1 << 20)
    }

    /// The pieces that hold a word in any form.
    func holding(_ word: String) -> [String] {
        let canary = Canary(word)
        return pieces.filter { canary.isFound(in: $0.data) }.map(\.name)
    }
}
