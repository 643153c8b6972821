internal import Glibc
internal import Synchronization

/// The sockets of a store's connections, by which those are broken when the store closes: libpq blocks, for as long as a
/// server that has gone without a word is waited for.
final class PostgreSQLSockets: Sendable {
    private struct State {
        var isClosed = false
        var sockets: Set<Int32> = []
    }

    private let state = Mutex(State())

    /// Whether there is to be no new connection, and nothing to be tried again.
    var isClosed: Bool { state.withLock(\.isClosed) }

    /// Lets no new connection come.
    func close() {
        state.withLock { $0.isClosed = true }
    }

    /// Ends what the connections wait for: to libpq, the server has gone.
    func breakAll() {
        state.withLock { state in
            for socket in state.sockets { _ = shutdown(socket, Int32(SHUT_RDWR)) }
        }
    }

    /// - Parameter socket: libpq's, which it may close at any time.
    /// - Returns: another descriptor of it, to give back; nil when the store closes.
    fileprivate func add(_ socket: Int32) -> Int32? {
        state.withLock { state in
            guard !state.isClosed else { return nil }
            let copy = fcntl(socket, F_DUPFD_CLOEXEC, 0)
            guard copy >= 0 else { return nil }
            state.sockets.insert(copy)
            return copy
        }
    }

    fileprivate func remove(_ copy: Int32) {
        state.withLock { state in
            state.sockets.remove(copy)
            _ = Glibc.close(copy)
        }
    }
}

/// A connection's place among the sockets, for as long as it is.
struct PostgreSQLSocket: ~Copyable {
    private let copy: Int32
    private let sockets: PostgreSQLSockets

    /// - Returns: nil when the store closes.
    init?(_ socket: Int32, among sockets: PostgreSQLSockets) {
        guard let copy = sockets.add(socket) else { return nil }
        self.copy = copy
        self.sockets = sockets
    }

    deinit {
        sockets.remove(copy)
    }
}
