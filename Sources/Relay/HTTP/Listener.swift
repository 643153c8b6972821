internal import NIOCore
internal import NIOPosix
internal import ServiceLifecycle
internal import Synchronization

/// Takes connections on a port, until a graceful shutdown.
struct Listener {
    let host: String
    /// 0 for any that is free.
    let port: Int
    let setup: ConnectionSetup

    /// - Parameter onListening: called once, with the real port, when requests are answered.
    func run(onListening: (_ port: Int) async -> Void) async throws {
        let connections = OpenConnections()
        let server = try await ServerBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .serverChannelOption(.backlog, value: 256)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            // Who has closed its side still gets its answers.
            .childChannelOption(.allowRemoteHalfClosure, value: true)
            // A client that asks without taking answers leaves no more here than one read brings.
            .childChannelOption(.maxMessagesPerRead, value: 1)
            .childChannelOption(
                .recvAllocator,
                value: AdaptiveRecvByteBufferAllocator(minimum: 64, initial: 2048, maximum: 16384)
            )
            .childChannelInitializer { [setup] channel in
                setup.setUp(channel).map { connections.add($0) }
            }
            .bind(host: host, port: port)
            .get()
        try await withTaskCancellationHandler {
            try await withGracefulShutdownHandler {
                await onListening(server.localAddress?.port ?? 0)
                try await server.closeFuture.get()
                // At a shutdown, and when the system has closed it.
                connections.quiesce()
                await connections.waitUntilAllAreClosed()
            } onGracefulShutdown: {
                server.close(promise: nil)
            }
        } onCancel: {
            server.close(promise: nil)
            connections.closeAll()
        }
    }
}

/// The connections of a listener.
private final class OpenConnections: Sendable {
    private struct State {
        var connections: [ObjectIdentifier: Connection] = [:]
        var isQuiescing = false
        /// Who waits until there is none.
        var waiter: CheckedContinuation<Void, Never>?
    }

    private let state = Mutex(State())

    func add(_ connection: Connection) {
        let isQuiescing = state.withLock { state in
            state.connections[ObjectIdentifier(connection)] = connection
            return state.isQuiescing
        }
        connection.closeFuture.whenComplete { [self] _ in remove(connection) }
        if isQuiescing { connection.close() }
    }

    private func remove(_ connection: Connection) {
        let waiter = state.withLock { state in
            state.connections[ObjectIdentifier(connection)] = nil
            return state.connections.isEmpty ? state.waiter.take() : nil
        }
        waiter?.resume()
    }

    /// Has each closed when what is under way on it has been answered, and those that are still to come at once.
    func quiesce() {
        for connection in beginQuiescing() { connection.quiesce() }
    }

    func closeAll() {
        for connection in beginQuiescing() { connection.close() }
    }

    private func beginQuiescing() -> [Connection] {
        state.withLock { state in
            state.isQuiescing = true
            return Array(state.connections.values)
        }
    }

    func waitUntilAllAreClosed() async {
        await withCheckedContinuation { continuation in
            let areClosed = state.withLock { state in
                if state.connections.isEmpty { return true }
                state.waiter = continuation
                return false
            }
            if areClosed { continuation.resume() }
        }
    }
}
