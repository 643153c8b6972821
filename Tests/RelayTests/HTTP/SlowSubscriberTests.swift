import NIOCore
import NIOEmbedded
import NIOHTTP1
import RelayAPI
import Synchronization
import TLSCodec
import Testing

@testable import Relay

/// Subscribers that take what they get piece by piece.
@Suite struct SlowSubscriberTests {
    @Test func anEventMayTakeItsTimeForEachPieceAndNoMoreForOne() async throws {
        try await TestRelay.with(.socket) { relay in
            let access = try await relay.mailbox()
            for _ in 0..<2 { _ = try await relay.caller.append(access, body: StoreUnderTest.body(.oneMiB)) }
            let taker = SlowTaker()
            let service = Self.service(relay.service.store)
            let channel = try await Self.subscribe(to: access, of: service, taker)
            var events = SubscriptionEvents()
            var pieces = 0
            var event: SubscriptionEvent?
            while event == nil {
                let piece = try await Self.nextPiece(taker, channel)
                #expect(piece.bytes.readableBytes <= 64 * 1024)
                events.append(piece.bytes.readableBytesView)
                event = try events.next()
                pieces += 1
                await channel.testingEventLoop.advanceTime(by: .seconds(2))
                #expect(channel.isActive)
                // What is left of the event.
                #expect(service.admission.heldBytes >= piece.bytes.readableBytes)
                piece.promise?.succeed()
            }
            #expect(pieces > 16)
            guard case .entries(let response, mailbox: 0)? = event else { throw Problem(.internal) }
            #expect(response.entries.map(\.sequence) == [1])
            // Of the second event, the first piece is not taken.
            let piece = try await Self.nextPiece(taker, channel)
            await channel.testingEventLoop.advanceTime(by: .seconds(4))
            #expect(!channel.isActive)
            piece.promise?.fail(ChannelError.ioOnClosedChannel)
            try await eventually {
                await channel.testingEventLoop.run()
                return service.admission.subscriptions == 0
            }
            #expect(service.admission.heldBytes == 0)
        }
    }

    /// Also while no other comes.
    @Test func anEventThatHasBeenTakenIsHeldNoLonger() async throws {
        try await TestRelay.with(.socket) { relay in
            let access = try await relay.mailbox()
            _ = try await relay.caller.append(access, body: StoreUnderTest.body(.oneMiB))
            let taker = SlowTaker()
            let service = Self.service(relay.service.store)
            let channel = try await Self.subscribe(to: access, of: service, taker)
            var events = SubscriptionEvents()
            while try events.next() == nil {
                let piece = try await Self.nextPiece(taker, channel)
                events.append(piece.bytes.readableBytesView)
                #expect(service.admission.heldBytes >= piece.bytes.readableBytes)
                piece.promise?.succeed()
            }
            try await eventually {
                await channel.testingEventLoop.run()
                return service.admission.heldBytes == 0
            }
            #expect(service.admission.subscriptions == 1)
            try await channel.close()
        }
    }

    /// Else who has no capability could take all places with connections that take nothing.
    @Test func whoMayReadNothingKeepsNoPlaceWhileItTakesNothing() async throws {
        try await TestRelay.with(.socket) { relay in
            let access = try await relay.mailbox()
            let service = Self.service(relay.service.store)
            for refused in [
                Access(mailbox: .random(), capability: .random()),
                Access(mailbox: access.mailbox, capability: .random()),
            ] {
                let taker = SlowTaker()
                let channel = try await Self.subscribe(to: refused, of: service, taker)
                let piece = try await Self.nextPiece(taker, channel)
                #expect(service.admission.subscriptions == 0)
                #expect(relay.service.store.notifications.subscriberCount(of: refused.mailbox) == 0)
                piece.promise?.fail(ChannelError.ioOnClosedChannel)
                await channel.testingEventLoop.run()
            }
        }
    }

    private static func subscribe(
        to access: Access,
        of service: RelayService,
        _ taker: SlowTaker
    ) async throws -> NIOAsyncTestingChannel {
        let channel = try await channel(taker, to: service)
        let subscribe = SubscribeRequest(
            mailboxes: [SubscribedMailbox(access: access, incarnation: .unknown, after: 0)],
            heartbeatSeconds: 60
        )
        var head = HTTPRequestHead(version: .http1_1, method: .POST, uri: SubscribeRequest.operation.path)
        head.headers = ["host": "x", "content-type": RelayAPI.Operation.mediaType]
        try await channel.writeInbound(HTTPServerRequestPart.head(head))
        try await channel.writeInbound(HTTPServerRequestPart.body(ByteBuffer(bytes: subscribe.encoded)))
        try await channel.writeInbound(HTTPServerRequestPart.end(nil))
        return channel
    }

    private static func service(_ store: any MailboxStore) -> RelayService {
        var limits = RelayLimits()
        limits.slowestSubscriber = .seconds(3)
        return RelayService(store: store, limits: limits)
    }

    private static func channel(_ taker: SlowTaker, to service: RelayService) async throws -> NIOAsyncTestingChannel {
        try await NIOAsyncTestingChannel { channel in
            let connection = Connection(channel: channel, isServed: true, patience: .seconds(30))
            let handler = RequestHandler(Routes(service: service), of: service, admission: nil, on: connection)
            try channel.pipeline.syncOperations.addHandlers(TakingHandler(taker), handler)
            _ = channel.connect(to: try SocketAddress(ipAddress: "127.0.0.1", port: 1))
        }
    }

    private static func nextPiece(_ taker: SlowTaker, _ channel: NIOAsyncTestingChannel) async throws -> SlowTaker.Piece
    {
        var piece: SlowTaker.Piece?
        try await eventually {
            await channel.testingEventLoop.run()
            piece = taker.next()
            return piece != nil
        }
        return try #require(piece)
    }
}

/// What has been written, and is taken when the test says so.
private final class SlowTaker: Sendable {
    struct Piece {
        let bytes: ByteBuffer
        let promise: EventLoopPromise<Void>?
    }

    private let pieces = Mutex<[Piece]>([])

    func add(_ piece: Piece) {
        pieces.withLock { $0.append(piece) }
    }

    func next() -> Piece? {
        pieces.withLock { $0.isEmpty ? nil : $0.removeFirst() }
    }
}

private final class TakingHandler: ChannelOutboundHandler {
    typealias OutboundIn = HTTPServerResponsePart

    private let taker: SlowTaker

    init(_ taker: SlowTaker) {
        self.taker = taker
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        if case .body(.byteBuffer(let bytes)) = unwrapOutboundIn(data) {
            taker.add(SlowTaker.Piece(bytes: bytes, promise: promise))
        } else {
            promise?.succeed()
        }
    }
}
