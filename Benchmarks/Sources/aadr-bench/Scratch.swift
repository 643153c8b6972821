internal import Foundation

/// A folder for what a suite leaves on disk, gone with its owner. It stands beside the program, because a temporary
/// folder may be in memory, where a write that waits for the disk costs nothing.
struct Scratch: ~Copyable {
    let path: String

    init() throws {
        let url = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath().deletingLastPathComponent()
            .appendingPathComponent("bench-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
        path = url.path
    }

    deinit {
        try? FileManager.default.removeItem(atPath: path)
    }

    func file(_ name: String) -> String { "\(path)/\(name)" }
}
