import CPowerCut
import Foundation
import Synchronization

/// What a program did to the files of one directory through SQLite, in order, with the tests' own marks in between.
struct Trace<Mark> {
    enum Event {
        case write(file: String, offset: Int, bytes: [UInt8])
        case truncate(file: String, length: Int)
        case sync(file: String)
        /// What was to be synced was not, and is lost.
        case loss(file: String)
        case delete(file: String)
        case mark(Mark)
    }

    var events: [Event] = []
}

/// Records what SQLite does in a directory. One at a time in a process, whose default VFS it becomes.
final class DiskRecorder<Mark: Sendable>: Sendable {
    /// A file as one connection has it open.
    private typealias Handle = UInt

    /// How many syncs of a file have failed, as Linux tells it: once to each that has the file open.
    private struct Failures {
        var isNext = false
        var count = 0
        var told: [Handle: Int] = [:]

        /// - Returns: whether what is to be synced is lost, and whether this handle is told of a failure.
        mutating func sync(by handle: Handle) -> (isLost: Bool, succeeds: Bool) {
            let isLost = isNext
            if isLost { count += 1 }
            isNext = false
            defer { told[handle] = count }
            return (isLost, told[handle, default: 0] == count)
        }
    }

    private struct State {
        var trace = Trace<Mark>()
        var failures: [String: Failures] = [:]
        var onWrite: (@Sendable (_ file: String, _ offset: Int) -> Void)?
    }

    private let state = Mutex(State())

    init(directory: URL) throws {
        let prefix = directory.path + "/"
        currentRecorder.withLock { recorder in
            recorder = { [this = Weak(self)] operation, path, handle, offset, bytes in
                guard path.hasPrefix(prefix), let this = this.object else { return true }
                return this.add(operation, String(path.dropFirst(prefix.count)), handle, offset, bytes)
            }
        }
        _ = vfsIsInstalled
    }

    func mark(_ mark: Mark) {
        state.withLock { $0.trace.events.append(.mark(mark)) }
    }

    /// The next sync of a file fails. What it should have written is lost, and yet taken for written, so that later ones
    /// succeed.
    func failNextSync(of file: String) {
        state.withLock { $0.failures[file, default: Failures()].isNext = true }
    }

    /// How many syncs of the file have succeeded.
    func syncs(of file: String) -> Int {
        state.withLock { state in
            state.trace.events.count { if case .sync(file) = $0 { true } else { false } }
        }
    }

    /// Whether a sync of the file has failed since.
    func hasFailed(_ file: String) -> Bool {
        state.withLock { $0.failures[file]?.isNext == false }
    }

    /// - Parameter body: called on the thread that has written, which goes on when it returns.
    func onWrite(_ body: @escaping @Sendable (_ file: String, _ offset: Int) -> Void) {
        state.withLock { $0.onWrite = body }
    }

    /// Ends the recording.
    func finish() -> Trace<Mark> {
        currentRecorder.withLock { $0 = nil }
        return state.withLock { $0.trace }
    }

    /// - Returns: whether a sync succeeds.
    private func add(
        _ operation: powercut_operation,
        _ file: String,
        _ handle: UInt,
        _ offset: Int,
        _ bytes: [UInt8]
    ) -> Bool {
        let (succeeds, onWrite) = state.withLock { state in
            var (isLost, succeeds) = (false, true)
            switch operation {
            case POWERCUT_OPEN:
                state.failures[file, default: Failures()].told[handle] = state.failures[file]?.count
            case POWERCUT_WRITE: state.trace.events.append(.write(file: file, offset: offset, bytes: bytes))
            case POWERCUT_TRUNCATE: state.trace.events.append(.truncate(file: file, length: offset))
            case POWERCUT_SYNC:
                (isLost, succeeds) = state.failures[file, default: Failures()].sync(by: handle)
                state.trace.events.append(isLost ? .loss(file: file) : .sync(file: file))
            default: state.trace.events.append(.delete(file: file))
            }
            return (succeeds, operation == POWERCUT_WRITE ? state.onWrite : nil)
        }
        onWrite?(file, offset)
        return succeeds
    }
}

private struct Weak<Object: AnyObject & Sendable>: Sendable {
    weak let object: Object?

    init(_ object: Object) { self.object = object }
}

private let currentRecorder =
    Mutex<
        (
            @Sendable (powercut_operation, _ path: String, _ handle: UInt, _ offset: Int, _ bytes: [UInt8])
                -> Bool
        )?
    >(nil)

private let vfsIsInstalled: Bool =
    powercut_install { operation, path, handle, offset, bytes, count in
        guard let path, let recorder = currentRecorder.withLock({ $0 }) else { return true }
        let copy = Array(UnsafeRawBufferPointer(start: bytes, count: bytes == nil ? 0 : Int(count)))
        return recorder(operation, String(cString: path), UInt(bitPattern: handle), Int(offset), copy)
    } == 0

/// A disk whose files keep for certain only what was synced.
struct Disk {
    private enum Operation {
        case write(offset: Int, bytes: [UInt8])
        case truncate(length: Int)
    }

    private struct File {
        var durable: [UInt8] = []
        /// A file is there for certain when it has been synced once: SQLite syncs the directory then.
        var isDurable = false
        /// Since the last sync.
        var pending: [Operation] = []
    }

    private var files: [String: File] = [:]

    mutating func apply<Mark>(_ event: Trace<Mark>.Event) {
        switch event {
        case .write(let file, let offset, let bytes):
            files[file, default: File()].pending.append(.write(offset: offset, bytes: bytes))
        case .truncate(let file, let length):
            files[file, default: File()].pending.append(.truncate(length: length))
        case .sync(let name):
            var file = files[name] ?? File()
            for operation in file.pending { Self.apply(operation, to: &file.durable) }
            file.pending = []
            file.isDurable = true
            files[name] = file
        case .loss(let file):
            files[file]?.pending = []
        case .delete(let file):
            files[file] = nil
        case .mark:
            break
        }
    }

    /// What is left when the power goes out now, and everything that was not synced is lost.
    func contents() -> [String: [UInt8]] {
        files.filter(\.value.isDurable).mapValues(\.durable)
    }

    /// What may be left as well: of what was not synced, any sectors, in any order.
    func contents(keepingSectorsBy generator: inout some RandomNumberGenerator) -> [String: [UInt8]] {
        files.mapValues { file in
            var bytes = file.durable
            for operation in file.pending {
                switch operation {
                case .truncate:
                    if Bool.random(using: &generator) { Self.apply(operation, to: &bytes) }
                case .write(let offset, let written):
                    for start in stride(from: 0, to: written.count, by: Self.sector)
                    where Bool.random(using: &generator) {
                        let part = Array(written[start..<min(start + Self.sector, written.count)])
                        Self.apply(.write(offset: offset + start, bytes: part), to: &bytes)
                    }
                }
            }
            return bytes
        }
    }

    private static let sector = 512

    private static func apply(_ operation: Operation, to bytes: inout [UInt8]) {
        switch operation {
        case .truncate(let length):
            if length < bytes.count { bytes.removeLast(bytes.count - length) }
        case .write(let offset, let written):
            let end = offset + written.count
            if bytes.count < end { bytes += [UInt8](repeating: 0, count: end - bytes.count) }
            bytes.replaceSubrange(offset..<end, with: written)
        }
    }
}
