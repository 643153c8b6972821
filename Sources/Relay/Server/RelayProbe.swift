internal import Glibc
internal import NIOCore
internal import NIOPosix
internal import NIOSSL
internal import RelayAPI
internal import Synchronization

/// Asks a relay on this machine whether it is ready, where it announced that it listens.
public struct RelayProbe: Sendable {
    private let speaksTLS: Bool
    private let address: RelayAddress

    /// - Parameter announced: `DataDirectory.lastAddress`. Plain HTTP is announced also where it is no address for
    ///   members, behind a proxy; so its form alone is looked at.
    public init?(announced: String) {
        speaksTLS = announced.hasPrefix("https://")
        let text = speaksTLS ? announced : announced.replacing("http://", with: "https://", maxReplacements: 1)
        guard let address = try? RelayAddress(text) else { return nil }
        self.address = address
    }

    /// Whether the relay answers 200 to `GET /readyz`, under a key of the address's pins.
    public func isReady() async throws(RelayProbeError) -> Bool {
        let verdict = Verdict()
        do {
            guard let answer = try await answer(verdict) else { throw RelayProbeError.noAnswer }
            return answer == Self.ready
        } catch let error as NIOConnectionError where error.isRefusal {
            throw .nobodyListens
        } catch {
            throw verdict.isOtherKey.load(ordering: .relaxed) ? .otherKey : .noAnswer
        }
    }

    /// The beginning of the answer; nil when there is none.
    private func answer(_ verdict: Verdict) async throws -> String? {
        let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .connectTimeout(Self.timeout)
            .channelInitializer { [address, speaksTLS] channel in
                channel.eventLoop.makeCompletedFuture {
                    if speaksTLS {
                        try channel.pipeline.syncOperations.addHandler(Self.tlsHandler(address.pins, verdict))
                    }
                }
            }
            .connect(host: host, port: Int(address.port)) { channel in
                channel.eventLoop.makeCompletedFuture {
                    try NIOAsyncChannel<ByteBuffer, ByteBuffer>(wrappingChannelSynchronously: channel)
                }
            }
        let deadline = channel.channel.eventLoop.scheduleTask(in: Self.timeout) {
            channel.channel.close(promise: nil)
        }
        defer { deadline.cancel() }
        return try await channel.executeThenClose { answers, requests in
            try await requests.write(
                ByteBuffer(string: "GET /readyz HTTP/1.1\r\nHost: \(address.host)\r\nConnection: close\r\n\r\n")
            )
            var answer = ByteBuffer()
            for try await part in answers {
                answer.writeImmutableBuffer(part)
                if answer.readableBytes >= Self.ready.utf8.count { break }
            }
            return answer.readString(length: Self.ready.utf8.count)
        }
    }

    /// A wildcard stands for all of this machine's addresses.
    private var host: String {
        switch address.host {
        case "0.0.0.0": "127.0.0.1"
        case "::": "::1"
        case let host: host
        }
    }

    private static func tlsHandler(
        _ pins: [KeyPin],
        _ verdict: Verdict
    ) throws -> NIOSSLClientHandler {
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.certificateVerification = .noHostnameVerification
        configuration.trustRoots = .certificates([])
        let context = try NIOSSLContext(configuration: configuration)
        return try NIOSSLClientHandler(context: context, serverHostname: nil) { chain, promise in
            let key = chain.first.flatMap { try? $0.extractPublicKey().toSPKIBytes() }
            let isPinned = key.map { pins.contains(KeyPin(subjectPublicKeyInfo: $0)) } ?? false
            if !isPinned { verdict.isOtherKey.store(true, ordering: .relaxed) }
            promise.succeed(isPinned ? .certificateVerified : .failed)
        }
    }

    private static let ready = "HTTP/1.1 200"
    private static let timeout = TimeAmount.seconds(4)
}

/// What was found of the key, which the error of a handshake does not tell.
private final class Verdict: Sendable {
    let isOtherKey = Atomic(false)
}

extension NIOConnectionError {
    fileprivate var isRefusal: Bool {
        connectionErrors.contains { ($0.error as? IOError)?.errnoCode == ECONNREFUSED }
    }
}

public enum RelayProbeError: Error, Equatable, CustomStringConvertible {
    case nobodyListens
    case noAnswer
    /// The relay answers under a key that is not in its data directory.
    case otherKey

    public var description: String {
        switch self {
        case .nobodyListens: "nothing listens where it did: it has been stopped, or has not started yet"
        case .noAnswer: "it does not answer"
        case .otherKey: "it serves under another key than is in its data directory: it has to be started again"
        }
    }
}
