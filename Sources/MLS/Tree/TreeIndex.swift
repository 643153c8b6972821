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
    private var buckets = [Set<Key>](repeating: [], count: 256)

    /// Its bytes are hashed at once: an array hashes them one by one, and these are over a thousand.
    private struct Key: Hashable {
        let bytes: [UInt8]

        func hash(into hasher: inout Hasher) {
            bytes.withUnsafeBytes { hasher.combine(bytes: $0) }
        }
    }

    private func bucket(_ key: [UInt8]) -> Int { Int(key.first ?? 0) }

    func contains(_ key: [UInt8]) -> Bool {
        buckets[bucket(key)].contains(Key(bytes: key))
    }

    /// False when it was there already.
    mutating func insert(_ key: [UInt8]) -> Bool {
        buckets[bucket(key)].insert(Key(bytes: key)).inserted
    }

    mutating func remove(_ key: [UInt8]) {
        buckets[bucket(key)].remove(Key(bytes: key))
    }
}
