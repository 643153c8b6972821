internal import NIOCore
internal import RelayAPI
internal import TLSCodec

/// What one connection sends: once the request that makes its mailbox, and then the same append or echo again and
/// again, but for the entry id.
struct Requests: Sendable {
    let create: ByteBuffer
    private var repeated: ByteBuffer
    private let idOffset: Int

    init(kind: Load.Kind, token: AccessToken) {
        let access = Access(mailbox: .random(), capability: .random())
        let grant = Grant(capabilityHash: access.capability.hash, rights: [.append, .read])
        create = Self.post(
            CreateRequest.operation.path,
            CreateRequest(accessToken: token, mailbox: access.mailbox, epoch: 0, grants: [grant]).encoded
        )

        let id = EntryID.random()
        let append = AppendRequest(
            access: access,
            epoch: 0,
            entryID: id,
            kind: .application,
            body: [UInt8](repeating: 0x5a, count: BodyLength.oneKiB.rawValue)
        )
        let path = kind == .append ? AppendRequest.operation.path : "/echo"
        repeated = Self.post(path, append.encoded)
        // The entry id follows the access (48 bytes) and the epoch (8).
        idOffset = repeated.readableBytes - append.encoded.count + 56
    }

    /// An append of a new entry.
    mutating func next() -> ByteBuffer {
        repeated.setInteger(UInt64.random(in: .min ... .max), at: idOffset)
        return repeated
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
