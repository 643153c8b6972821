import NIOCore
import NIOPosix
import RelayAPI
import TLSCodec
import Testing

@testable import Relay

/// HTTP/1.1 as it goes over the wire, without TLS.
enum RawHTTP {
    typealias Connection = NIOAsyncChannel<ByteBuffer, ByteBuffer>

    static func connect(port: Int) async throws -> Connection {
        try await ClientBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .channelOption(.allowRemoteHalfClosure, value: true)
            .connect(host: "127.0.0.1", port: port) { channel in
                channel.eventLoop.makeCompletedFuture {
                    try Connection(
                        wrappingChannelSynchronously: channel,
                        configuration: .init(isOutboundHalfClosureEnabled: true)
                    )
                }
            }
    }

    /// Sends everything, closes its side unless told not to, and takes what comes until the relay closes too.
    static func exchange(_ requests: ByteBuffer, port: Int, closingItsSide: Bool = true) async throws -> ByteBuffer {
        try await connect(port: port)
            .executeThenClose { inbound, outbound in
                async let isSent: Void = {
                    try await outbound.write(requests)
                    if closingItsSide { outbound.finish() }
                }()
                var answers = ByteBuffer()
                for try await part in inbound { answers.writeImmutableBuffer(part) }
                try await isSent
                return answers
            }
    }

    static func exchange(_ request: String, port: Int, closingItsSide: Bool = true) async throws -> String {
        String(buffer: try await exchange(ByteBuffer(string: request), port: port, closingItsSide: closingItsSide))
    }
}

extension ByteBuffer {
    /// - Parameter fields: further header fields, each with the end of its line.
    mutating func writeRequest(_ request: some OperationRequest, fields: String = "") {
        let body = request.encoded
        writeHead(of: request, "\(fields)Content-Length: \(body.count)")
        writeBytes(body)
    }

    /// The same in two chunks, without its length.
    mutating func writeChunkedRequest(_ request: some OperationRequest) {
        let body = request.encoded
        writeHead(of: request, "Transfer-Encoding: chunked")
        for chunk in [body[..<50], body[50...]] {
            writeString(String(chunk.count, radix: 16) + "\r\n")
            writeBytes(chunk)
            writeString("\r\n")
        }
        writeString("0\r\n\r\n")
    }

    private mutating func writeHead<Request: OperationRequest>(of request: Request, _ framing: String) {
        writeString(
            """
            POST \(Request.operation.path) HTTP/1.1\r
            Host: localhost\r
            Content-Type: application/octet-stream\r
            \(framing)\r
            \r

            """
        )
    }

    /// Takes the next answer, which must be a success in chunks.
    /// - Returns: its body; nil when there is none.
    mutating func readStream() throws -> [UInt8]? {
        guard let end = readableBytesView.firstRange(of: Array("\r\n\r\n".utf8))?.upperBound,
            let head = readString(length: end - readerIndex)?.lowercased()
        else { return nil }
        #expect(head.hasPrefix("http/1.1 200") && head.contains("transfer-encoding: chunked"))
        var body: [UInt8] = []
        while let line = readableBytesView.firstRange(of: Array("\r\n".utf8)) {
            let length = try #require(readString(length: line.lowerBound - readerIndex).flatMap { Int($0, radix: 16) })
            moveReaderIndex(forwardBy: 2)
            body += try #require(readBytes(length: length))
            moveReaderIndex(forwardBy: 2)
            if length == 0 { return body }
        }
        return nil
    }

    /// Takes the next answer, which must be a success.
    /// - Returns: its body; nil when there is none.
    mutating func readAnswer() throws -> [UInt8]? {
        guard let end = readableBytesView.firstRange(of: Array("\r\n\r\n".utf8))?.upperBound,
            let head = readString(length: end - readerIndex)
        else { return nil }
        let lines = head.split(separator: "\r\n")
        #expect(lines.first?.hasPrefix("HTTP/1.1 200") == true)
        let field = try #require(lines.first { $0.lowercased().hasPrefix("content-length:") })
        let length = try #require(field.split(separator: " ").last.flatMap { Int($0) })
        return readBytes(length: length)
    }
}
