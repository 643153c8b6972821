internal import Sodium
public import TLSCodec

/// `LabelledHash(name, content)` of Protocol/README.md: 32 bytes.
public func labelledHash(_ label: Label, _ content: [UInt8]) -> [UInt8] {
    SHA256.hash(Labelled(label, content).encoded)
}

/// `LabelledHash(name, content)` over the wire form of a structure.
public func labelledHash(_ label: Label, _ content: some WireEncodable) -> [UInt8] {
    labelledHash(label, content.encoded)
}
