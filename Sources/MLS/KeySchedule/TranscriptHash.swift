internal import TLSCodec

/// The running hashes over all Commits of a group (RFC 9420, section 8.2).
enum TranscriptHash {
    /// - Parameter interim: the interim hash of the epoch in which the Commit was sent.
    static func confirmed(
        interim: [UInt8],
        _ wireFormat: WireFormat,
        _ content: FramedContent,
        signature: [UInt8],
        _ crypto: Crypto
    ) -> [UInt8] {
        var writer = Writer(capacity: 2048)
        writer.writeFixed(interim)
        writer.write(wireFormat)
        writer.write(content)
        writer.writeVector(signature)
        return crypto.hash(writer.bytes)
    }

    static func interim(confirmed: [UInt8], confirmationTag: [UInt8], _ crypto: Crypto) -> [UInt8] {
        var writer = Writer(capacity: confirmed.count + confirmationTag.count + 1)
        writer.writeFixed(confirmed)
        writer.writeVector(confirmationTag)
        return crypto.hash(writer.bytes)
    }
}
