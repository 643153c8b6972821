public import TLSCodec

/// `KeyPackage` (RFC 9420, section 10): what a client publishes so that others can add it to groups.
public struct KeyPackage: Hashable, Sendable {
    public var version: ProtocolVersion
    public var cipherSuite: CipherSuite
    public var initKey: [UInt8]
    public var leafNode: LeafNode
    public var extensions: Extensions
    public var signature: [UInt8]

    init(cipherSuite: CipherSuite, initKey: [UInt8], leafNode: LeafNode, extensions: Extensions) {
        version = .mls10
        self.cipherSuite = cipherSuite
        self.initKey = initKey
        self.leafNode = leafNode
        self.extensions = extensions
        signature = []
    }

    /// `KeyPackageTBS`.
    func toBeSigned() -> [UInt8] {
        var writer = Writer(capacity: 1024)
        encodeUnsigned(to: &writer)
        return writer.bytes
    }

    private func encodeUnsigned(to writer: inout Writer) {
        writer.write(version)
        writer.write(cipherSuite)
        writer.writeVector(initKey)
        writer.write(leafNode)
        writer.write(extensions)
    }
}

extension KeyPackage: WireCodable {
    public init(from reader: inout Reader) throws(CodecError) {
        version = try reader.read()
        cipherSuite = try reader.read()
        initKey = try reader.readVector()
        leafNode = try reader.read()
        extensions = try reader.read()
        signature = try reader.readVector()
    }

    public func encode(to writer: inout Writer) {
        encodeUnsigned(to: &writer)
        writer.writeVector(signature)
    }
}

/// `KeyPackageRef` (RFC 9420, section 5.2): the hash by which a Welcome names a KeyPackage.
public struct KeyPackageRef: Hashable, Sendable, WireCodable {
    public let bytes: [UInt8]

    public init(bytes: [UInt8]) { self.bytes = bytes }

    public init(from reader: inout Reader) throws(CodecError) {
        bytes = try reader.readVector()
    }

    public func encode(to writer: inout Writer) {
        writer.writeVector(bytes)
    }
}
