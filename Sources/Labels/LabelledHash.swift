internal import Crypto
public import TLSCodec

/// `LabelledHash(name, content)` of Protocol/README.md: 32 bytes.
///
/// By swift-crypto, which uses the processor's own instructions for SHA-256, as Debian's libsodium does not: every body is
/// hashed where it is stored and where it is read, and that was a twentieth of an append.
public func labelledHash(_ label: Label, _ content: [UInt8]) -> [UInt8] {
    // Given its room at once, and the digest taken as it lies: growing and copying took longer than the hash.
    var writer = Writer(capacity: label.bytes.count + content.count + 8)
    writer.write(Labelled(label, content))
    return SHA256.hash(data: writer.bytes).withUnsafeBytes { Array($0) }
}

/// `LabelledHash(name, content)` over the wire form of a structure.
public func labelledHash(_ label: Label, _ content: some WireEncodable) -> [UInt8] {
    labelledHash(label, content.encoded)
}
