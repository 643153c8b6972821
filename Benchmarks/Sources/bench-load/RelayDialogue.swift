internal import NIOCore
internal import RelayAPI
internal import TLSCodec

/// Requests to a relay, over HTTP/1.1.
struct RelayDialogue: Dialogue {
    let opening: ByteBuffer
    private var repeated: ByteBuffer
    /// Where eight bytes change with each request, and to what.
    private let offset: Int
    private let variety: ClosedRange<UInt64>

    /// Makes a mailbox unless it is there, and appends to it: each time the same but for the entry id.
    static func append(to access: Access, token: AccessToken) -> Self {
        // The entry id follows the access (48 bytes) and the epoch (8).
        return Self(opening: create(access, token), AppendRequest.operation.path, entry(access), changing: 56)
    }

    /// The body of an append, which is sent back as it is.
    /// - Parameter path: `/echo`, or `/durable-echo`.
    static func echo(_ path: String, token: AccessToken) -> Self {
        let access = Access(mailbox: .random(), capability: .random())
        return Self(opening: create(access, token), path, entry(access), changing: 56)
    }

    /// Reads sixteen entries of a mailbox that is there, behind any of its entries.
    static func read(_ access: Access, entries: UInt64) -> Self {
        let page: UInt64 = 16
        let request = ReadRequest(access: access, incarnation: .unknown, after: 0, limit: UInt16(page))
        let path = ReadRequest.operation.path
        // The cursor follows the access (48 bytes) and the incarnation (16).
        return Self(
            opening: post(path, request.encoded),
            path,
            request.encoded,
            changing: 64,
            to: 0...(entries - page)
        )
    }

    /// Makes a mailbox of its own, and waits for an entry that never comes.
    static func wait(token: AccessToken) -> Self {
        let access = Access(mailbox: .random(), capability: .random())
        let request = ReadRequest(
            access: access,
            incarnation: .unknown,
            after: 0,
            waitSeconds: ReadRequest.longestWaitSeconds
        )
        // The cursor stays as it is.
        return Self(
            opening: create(access, token),
            ReadRequest.operation.path,
            request.encoded,
            changing: 64,
            to: 0...0
        )
    }

    /// A mailbox, those who subscribe to it, and entries of 1 KiB.
    static func fanout(token: AccessToken) -> FanoutSpeech {
        let access = Access(mailbox: .random(), capability: .random())
        let subscription = SubscribeRequest(
            mailboxes: [SubscribedMailbox(access: access, incarnation: .unknown, after: 0)],
            heartbeatSeconds: SubscribeRequest.heartbeatsAllowed.upperBound
        )
        return FanoutSpeech(
            opening: create(access, token),
            waiting: post(SubscribeRequest.operation.path, subscription.encoded),
            waitsOnce: false,
            append: { post(AppendRequest.operation.path, entry(access)) }
        )
    }

    private init(
        opening: ByteBuffer,
        _ path: String,
        _ body: [UInt8],
        changing bodyOffset: Int,
        to variety: ClosedRange<UInt64> = .min ... .max
    ) {
        self.opening = opening
        repeated = Self.post(path, body)
        offset = repeated.readableBytes - body.count + bodyOffset
        self.variety = variety
    }

    mutating func next() -> ByteBuffer {
        repeated.setInteger(UInt64.random(in: variety), at: offset)
        return repeated
    }

    private static func create(_ access: Access, _ token: AccessToken) -> ByteBuffer {
        let grant = Grant(capabilityHash: access.capability.hash, rights: [.append, .read])
        let request = CreateRequest(accessToken: token, mailbox: access.mailbox, epoch: 0, grants: [grant])
        return post(CreateRequest.operation.path, request.encoded)
    }

    private static func entry(_ access: Access) -> [UInt8] {
        let body = [UInt8](repeating: 0x5a, count: BodyLength.oneKiB.rawValue)
        return AppendRequest(access: access, epoch: 0, entryID: .random(), kind: .application, body: body).encoded
    }

    private static func post(_ path: String, _ body: [UInt8]) -> ByteBuffer {
        var buffer = ByteBuffer()
        buffer.writeString(
            """
            POST \(path) HTTP/1.1\r
            Host: 127.0.0.1\r
            Content-Type: \(Operation.mediaType)\r
            Content-Length: \(body.count)\r
            \r

            """
        )
        buffer.writeBytes(body)
        return buffer
    }
}

/// Just enough of HTTP/1.1 to see where an answer ends.
extension RelayDialogue {
    private static let success = Array("HTTP/1.1 200 ".utf8)
    private static let lengthField = Array("content-length: ".utf8)

    /// Looks at each byte of the head once: what an answer takes here, it takes from the server.
    func answerLength(in bytes: ByteBuffer) throws -> Int? {
        try bytes.withUnsafeReadableBytes { bytes in
            var length: Int?
            var start = bytes.startIndex
            while let end = bytes[start...].firstIndex(of: 0x0a) {
                let line = bytes[start..<end].dropLast()
                start = end + 1
                if line.isEmpty {
                    guard let length else { throw Refused(description: "an answer without Content-Length") }
                    return bytes.count >= start + length ? start + length : nil
                } else if line.startIndex == bytes.startIndex {
                    guard line.starts(with: Self.success) else {
                        throw Refused(description: String(decoding: bytes, as: UTF8.self))
                    }
                } else if line.starts(with: Self.lengthField, by: { ($0 | 0x20) == ($1 | 0x20) }) {
                    length = Int(String(decoding: line.dropFirst(Self.lengthField.count), as: UTF8.self))
                }
            }
            return nil
        }
    }
}
