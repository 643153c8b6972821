public import MLS
internal import TLSCodec

/// A leaf node, read as the profile has it: a device (Protocol/mls-profile.md).
public struct DeviceLeaf: Sendable {
    public let identity: DeviceIdentity
    /// In the leaf; it may also stand beside it.
    public let attestation: Attestation?
    public let addresses: Addresses?
    /// `at` of the Commit that put the leaf there.
    public let commitTime: Time?
    let source: LeafNode.Source
    let extensionTypes: Set<ExtensionType>

    public var hash: DeviceHash { identity.hash }

    /// Why a leaf is not that of a device.
    public struct Malformed: Error, Equatable, Sendable {
        /// What is wrong with it.
        public let detail: String
    }

    public init(reading leaf: LeafNode) throws(Malformed) {
        guard let address = leaf.address else {
            throw Malformed(detail: "its credential is not that of a device")
        }
        identity = DeviceIdentity(address: address, signatureKey: leaf.signatureKey)
        extensionTypes = Set(leaf.extensions.elements.map(\.type))
        source = leaf.source
        do throws(CodecError) {
            attestation = try leaf.extensions.decoded(.attestation)
            addresses = try leaf.extensions.decoded(.addresses)
            commitTime = try leaf.extensions.decoded(.commitTime)
        } catch {
            throw Malformed(detail: "one of its extensions is not well-formed")
        }
    }

    /// The extensions of a leaf.
    public static func extensions(
        attestation: Attestation?,
        addresses: Addresses?,
        commitTime: Time?
    ) -> Extensions {
        var extensions: Extensions = []
        if let attestation { extensions.set(Extension(type: .attestation, data: attestation.encoded)) }
        if let addresses { extensions.set(Extension(type: .addresses, data: addresses.encoded)) }
        if let commitTime { extensions.set(Extension(type: .commitTime, data: commitTime.encoded)) }
        return extensions
    }

    /// Whether it has all of `required`, and nothing beside those and `optional`.
    func hasExtensions(_ required: Set<ExtensionType>, optional: Set<ExtensionType> = []) -> Bool {
        extensionTypes.isSuperset(of: required) && extensionTypes.isSubset(of: required.union(optional))
    }
}

extension LeafNode {
    /// Nil when the credential is not that of a device.
    var address: DeviceAddress? {
        guard case .basic(let identity) = credential else { return nil }
        return DeviceAddress(identity: identity)
    }

    /// Nil when there is none, or one that is not well-formed.
    var commitTime: Time? {
        extensions[.commitTime].flatMap { try? Time(decoding: $0) }
    }
}

extension Extensions {
    /// Nil when there is none of this type.
    func decoded<Value: WireDecodable>(_ type: ExtensionType) throws(CodecError) -> Value? {
        guard let data = self[type] else { return nil }
        return try Value(decoding: data)
    }
}
