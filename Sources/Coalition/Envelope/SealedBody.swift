internal import RelayAPI

/// An entry's body as the relay holds it: noise of one of six lengths.
public struct SealedBody: Hashable, Sendable {
    public let bytes: [UInt8]

    /// A body as it came from a relay.
    public init(_ bytes: [UInt8]) throws(EnvelopeError) {
        guard BodyLength(rawValue: bytes.count) != nil else { throw .wrongLength }
        self.bytes = bytes
    }
}

/// The message out of a body that has been opened: authentic for its place in the mailbox, and not yet parsed. Only
/// opening makes one.
public struct OpenedMessage: Sendable {
    public let bytes: [UInt8]

    init(_ content: EnvelopeContent) throws(EnvelopeError) {
        bytes = try content.inlineMessage
    }
}
