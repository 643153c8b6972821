import Foundation
import Testing

/// A disk of a relay's own, in a mount namespace that ends with the relay and takes the disk with it.
struct SmallDisk {
    /// A command, with arguments, that mounts the disk and becomes the command behind it.
    let launcher: [String]

    /// - Parameters:
    ///   - options: as `mount` takes them, what is mounted last.
    init(at data: URL, mounting options: String) {
        let mount = "mount \(options) \(data.path) && exec \"$@\""
        launcher = ["/usr/bin/unshare", "--mount", "/bin/sh", "-c", mount, "sh"]
    }

    /// In memory.
    /// - Parameter options: `size=80m` or `ro`, for example.
    static func memory(at data: URL, _ options: String) -> SmallDisk {
        SmallDisk(at: data, mounting: "-t tmpfs -o \(options) tmpfs")
    }

    /// ext4 as Debian's installer mounts it: a fault makes it read-only.
    static func ext4(_ image: URL, at data: URL) -> SmallDisk {
        SmallDisk(at: data, mounting: "-t ext4 -o loop,errors=remount-ro \(image.path)")
    }

    /// Makes an empty ext4 in a file.
    static func format(_ image: URL, megabytes: Int) throws {
        try run(["/sbin/mkfs.ext4", "-q", image.path, "\(megabytes)M"])
    }

    /// Repairs an ext4 as Debian does before it mounts one. The kernel unmounts it a moment after the end of the relay that
    /// had it.
    static func repair(_ image: URL) throws {
        let start = ContinuousClock.now
        while try isMounted(image) {
            try #require(ContinuousClock.now - start < .seconds(60))
            usleep(20_000)
        }
        // 1: mended.
        try run(["/sbin/e2fsck", "-p", image.path], statuses: 0...1)
    }

    private static func isMounted(_ image: URL) throws -> Bool {
        try FileManager.default.contentsOfDirectory(atPath: "/sys/block")
            .contains { device in
                let file = try? String(contentsOfFile: "/sys/block/\(device)/loop/backing_file", encoding: .utf8)
                return file?.hasSuffix("/\(image.pathComponents.suffix(2).joined(separator: "/"))\n") == true
            }
    }

    /// The command, with arguments, that runs another as the relay sees files: it alone has the disk.
    static func inside(_ relay: RelayProcess) -> [String] {
        ["/usr/bin/nsenter", "--target", String(relay.identifier), "--mount"]
    }

    /// Whether this process may mount what is in memory, and what is in a file.
    static let memoryIsMissing: Comment = "no disk can be mounted here: it takes root, and a namespace of its own"
    static let hasMemory = canMount { memory(at: $0, "size=1m") }
    static let ext4IsMissing: Comment = "no file can be mounted here as ext4: it takes root, and loop devices"
    static let hasExt4 = canMount { folder in
        let image = folder.appending(path: "image")
        try format(image, megabytes: 8)
        return ext4(image, at: folder)
    }

    private static func canMount(_ disk: (URL) throws -> SmallDisk) -> Bool {
        let folder = FileManager.default.temporaryDirectory.appending(path: "aadr-test-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: folder) }
        do {
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
            try run(disk(folder).launcher + ["/bin/true"])
            return true
        } catch {
            return false
        }
    }

    /// What could not be done with a disk.
    private struct Failure: Error {
        let command: [String]
        let status: Int32
    }

    static func run(_ command: [String], statuses: ClosedRange<Int32> = 0...0) throws {
        let process = Process()
        process.executableURL = URL(filePath: command[0])
        process.arguments = Array(command.dropFirst())
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        guard statuses.contains(process.terminationStatus) else {
            throw Failure(command: command, status: process.terminationStatus)
        }
    }
}
