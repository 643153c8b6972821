internal import NIOCore
internal import RelayAPI

/// Commands to a Redis server (its protocol RESP2), each connection with a stream of its own.
struct RedisDialogue: Dialogue {
    let opening: ByteBuffer
    private let repeated: ByteBuffer

    /// Adds as many bytes to a stream as an entry's body has.
    static var append: Self {
        let body = String(repeating: "Z", count: BodyLength.oneKiB.rawValue)
        return Self(["XADD", stream(), "*", "b", body])
    }

    /// Waits for an entry that never comes.
    static var wait: Self {
        Self(["XREAD", "BLOCK", "0", "STREAMS", stream(), "$"])
    }

    /// A stream, those who wait for its next entry, and entries of 1 KiB.
    static var fanout: FanoutSpeech {
        let stream = stream()
        let body = String(repeating: "Z", count: FanoutSpeech.entryLength)
        return FanoutSpeech(
            opening: bytes(of: ["PING"]),
            waiting: bytes(of: ["XREAD", "BLOCK", "0", "STREAMS", stream, "$"]),
            waitsOnce: true,
            append: { bytes(of: ["XADD", stream, "*", "b", body]) }
        )
    }

    private init(_ command: [String]) {
        opening = Self.bytes(of: ["PING"])
        repeated = Self.bytes(of: command)
    }

    mutating func next() -> ByteBuffer { repeated }

    /// A simple string (`+OK`), or one with its length (`$15`) in front.
    func answerLength(in bytes: ByteBuffer) throws -> Int? {
        let view = bytes.readableBytesView
        guard let end = view.firstIndex(of: 0x0a) else { return nil }
        let line = String(decoding: view[..<end].dropLast(), as: UTF8.self)
        let lineLength = end + 1 - view.startIndex
        switch line.first {
        case "+":
            return lineLength
        case "$":
            guard let length = Int(line.dropFirst()) else { throw Refused(description: line) }
            let total = lineLength + length + 2
            return view.count >= total ? total : nil
        default:
            throw Refused(description: line)
        }
    }

    private static func stream() -> String { "stream:\(UInt64.random(in: .min ... .max))" }

    private static func bytes(of command: [String]) -> ByteBuffer {
        ByteBuffer(string: "*\(command.count)\r\n" + command.map { "$\($0.utf8.count)\r\n\($0)\r\n" }.joined())
    }
}
