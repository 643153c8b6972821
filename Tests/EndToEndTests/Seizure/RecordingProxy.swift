import Foundation
import NIOCore
import NIOPosix
import Synchronization

/// Stands between members and a relay, as whoever listens on the line does, and keeps every byte.
final class RecordingProxy: Sendable {
    let port: Int
    private let channel: any Channel
    private let record: Record

    private final class Record: Sendable {
        let bytes = Mutex(Data())
    }

    /// - Parameter target: the relay's port on loopback.
    init(to target: Int) async throws {
        let record = Record()
        self.record = record
        channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { client in
                ClientBootstrap(group: client.eventLoop)
                    .connect(host: "127.0.0.1", port: target)
                    .flatMapThrowing { relay in
                        try client.pipeline.syncOperations.addHandler(Forwarder(to: relay, record))
                        try relay.pipeline.syncOperations.addHandler(Forwarder(to: client, record))
                    }
            }
            .bind(host: "127.0.0.1", port: 0)
            .get()
        port = channel.localAddress?.port ?? 0
    }

    func stop() async throws {
        try await channel.close()
    }

    /// What came from either side, on all connections.
    var recorded: Data { record.bytes.withLock { $0 } }

    private final class Forwarder: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer

        private let peer: any Channel
        private let record: Record

        init(to peer: any Channel, _ record: Record) {
            self.peer = peer
            self.record = record
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            let bytes = unwrapInboundIn(data)
            record.bytes.withLock { $0.append(contentsOf: bytes.readableBytesView) }
            peer.writeAndFlush(bytes, promise: nil)
        }

        func channelInactive(context: ChannelHandlerContext) {
            peer.close(promise: nil)
        }
    }
}
