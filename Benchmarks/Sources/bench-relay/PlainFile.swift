internal import Dispatch
internal import Glibc
internal import NIOCore
internal import RelayAPI
internal import Synchronization

/// The least that a durable answer can take in this server: what comes goes behind one another into a plain file, and all
/// that waits shares one fdatasync. No store could do with less; what one does beyond it is its own.
final class PlainFile: Sendable {
    struct Failure: Error {
        let code: Int32
    }

    typealias Answer = @Sendable (Result<ByteBuffer, Problem>) -> Void

    private struct State {
        var waiting: [(body: ByteBuffer, answer: Answer)] = []
        var isWriting = false
        var end = 0
    }

    private let file: Int32
    private let state = Mutex(State())
    private let writer = DispatchQueue(label: "plain file")

    /// As the store's log, the file has its length and has been written before it is used, and begins anew at its end.
    private static let length = 64 << 20

    init(path: String) throws(Failure) {
        file = open(path, O_CREAT | O_RDWR | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw Failure(code: errno) }
        let piece = [UInt8](repeating: 0, count: 1 << 20)
        for offset in stride(from: 0, to: Self.length, by: piece.count) {
            guard pwrite(file, piece, piece.count, off_t(offset)) == piece.count else { throw Failure(code: errno) }
        }
        guard fsync(file) == 0 else { throw Failure(code: errno) }
    }

    deinit {
        close(file)
    }

    /// - Parameter answer: called with the body, when it is on disk.
    func write(_ body: ByteBuffer, answer: @escaping Answer) {
        let isFirst = state.withLock { state in
            state.waiting.append((body, answer))
            defer { state.isWriting = true }
            return !state.isWriting
        }
        if isFirst { writer.async { [self] in writeAll() } }
    }

    private func writeAll() {
        while true {
            let (all, start) = state.withLock { state in
                let all = state.waiting
                state.waiting = []
                state.isWriting = !all.isEmpty
                let length = all.reduce(0) { $0 + $1.body.readableBytes }
                let start = state.end + length > Self.length ? 0 : state.end
                state.end = start + length
                return (all, start)
            }
            guard !all.isEmpty else { return }
            var piece = ByteBuffer()
            for (body, _) in all { piece.writeImmutableBuffer(body) }
            let isWritten = piece.withUnsafeReadableBytes { bytes in
                pwrite(file, bytes.baseAddress, bytes.count, off_t(start)) == bytes.count && fdatasync(file) == 0
            }
            for (body, answer) in all { answer(isWritten ? .success(body) : .failure(Problem(.unavailable))) }
        }
    }
}
