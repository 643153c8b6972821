internal import Sodium

/// What has to be known of a whole tree to judge a few new leaves, kept up to date so that a Commit need not look at
/// every member.
struct TreeIndex: Sendable {
    private(set) var encryptionKeys = KeySet()
    private(set) var signatureKeys = KeySet()
    private(set) var memberCount = 0
    private var supporters: [Feature: Int] = [:]
    private(set) var credentialsInUse: [CredentialType: Int] = [:]

    enum Feature: Hashable {
        case `extension`(ExtensionType)
        case proposal(ProposalType)
        case credential(CredentialType)
    }

    func isSupportedByAll(_ type: ExtensionType) -> Bool {
        type.isDefault || supporters[.extension(type), default: 0] == memberCount
    }

    func isSupportedByAll(_ type: ProposalType) -> Bool {
        type.isDefault || supporters[.proposal(type), default: 0] == memberCount
    }

    func isSupportedByAll(_ type: CredentialType) -> Bool {
        supporters[.credential(type), default: 0] == memberCount
    }

    mutating func insert(_ leaf: LeafNode) throws(MLSError) {
        try require(signatureKeys.insert(leaf.signatureKey), .signatureKeysUnique)
        try insert(encryptionKey: leaf.encryptionKey)
        memberCount += 1
        credentialsInUse[leaf.credential.type, default: 0] += 1
        for feature in Self.features(of: leaf.capabilities) { supporters[feature, default: 0] += 1 }
    }

    mutating func remove(_ leaf: LeafNode) {
        signatureKeys.remove(leaf.signatureKey)
        remove(encryptionKey: leaf.encryptionKey)
        memberCount -= 1
        Self.decrease(&credentialsInUse, leaf.credential.type)
        for feature in Self.features(of: leaf.capabilities) { Self.decrease(&supporters, feature) }
    }

    mutating func insert(encryptionKey: [UInt8]) throws(MLSError) {
        try require(encryptionKeys.insert(encryptionKey), .encryptionKeysUnique)
    }

    mutating func remove(encryptionKey: [UInt8]) {
        encryptionKeys.remove(encryptionKey)
    }

    private static func features(of capabilities: Capabilities) -> Set<Feature> {
        var features = Set<Feature>()
        for type in capabilities.extensions { features.insert(.extension(type)) }
        for type in capabilities.proposals { features.insert(.proposal(type)) }
        for type in capabilities.credentials { features.insert(.credential(type)) }
        return features
    }

    private static func decrease<Key>(_ counts: inout [Key: Int], _ key: Key) {
        let count = counts[key, default: 0] - 1
        counts[key] = count > 0 ? count : nil
    }
}

/// A set of public keys whose copies share all buckets but those that change.
struct KeySet: Sendable {
    private var buckets = [Set<Name>](repeating: [], count: 256)

    /// What tells keys apart, 32 bytes: a key that is as long itself, the hash of a longer one. They are plain numbers, so that
    /// copying a bucket does not touch the keys of members whom a Commit leaves alone.
    private typealias Name = SIMD4<UInt64>

    private static func name(of key: [UInt8]) -> Name {
        let bytes = key.count == MemoryLayout<Name>.size ? key : BLAKE2b.hash(key)
        return bytes.withUnsafeBytes { $0.loadUnaligned(as: Name.self) }
    }

    private func bucket(_ name: Name) -> Int { Int(truncatingIfNeeded: name.x) & 0xff }

    func contains(_ key: [UInt8]) -> Bool {
        let name = Self.name(of: key)
        return buckets[bucket(name)].contains(name)
    }

    /// False when it was there already.
    mutating func insert(_ key: [UInt8]) -> Bool {
        let name = Self.name(of: key)
        return buckets[bucket(name)].insert(name).inserted
    }

    mutating func remove(_ key: [UInt8]) {
        let name = Self.name(of: key)
        buckets[bucket(name)].remove(name)
    }
}
