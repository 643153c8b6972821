public import Sodium
internal import TLSCodec

/// The pre-shared keys that an application lets a step use (RFC 9420, section 8.4): its own, and those of earlier
/// epochs and other groups. The key of a group's present epoch need not be among them.
public struct PreSharedKeys: Sendable {
    /// What both sides know a key by.
    public enum Name: Hashable, Sendable {
        case external(id: [UInt8])
        case resumption(groupID: [UInt8], epoch: UInt64)
    }

    private var keys: [Name: HeldSecret] = [:]
    private var predecessors: [Name: Predecessor] = [:]

    public init() {}

    /// Adds a key, or puts it in the place of one of that name. How much it protects depends on where it has been:
    /// a group takes keys of any length.
    public mutating func insert(_ key: consuming Secret, as name: Name) {
        keys[name] = HeldSecret(key)
    }

    /// Adds an epoch that another group may follow from, with its resumption PSK.
    public mutating func insert(_ predecessor: Predecessor) {
        keys[predecessor.name] = predecessor.resumptionPSK
        predecessors[predecessor.name] = predecessor
    }

    mutating func insert(_ key: HeldSecret, as name: Name) {
        keys[name] = key
    }

    func has(_ id: PreSharedKeyID) -> Bool { keys[id.name] != nil }

    /// The epoch that a group follows from by this key.
    func predecessor(_ id: PreSharedKeyID) -> Predecessor? { predecessors[id.name] }

    /// `psk_secret` (section 8.4).
    /// - Throws: `preSharedKeyKnown`.
    func secret(for ids: [PreSharedKeyID], _ crypto: Crypto) throws(MLSError) -> Secret {
        var secret = crypto.zeroSecret
        for (index, id) in ids.enumerated() {
            guard let key = keys[id.name] else { throw .invalid(.preSharedKeyKnown) }
            let label = PreSharedKeyLabel(id: id, index: UInt16(index), count: UInt16(ids.count))
            let input = crypto.expand(
                crypto.extract(salt: crypto.zeroSecret, key.secret),
                label: "derived psk",
                context: label.encoded,
                count: crypto.hashLength
            )
            secret = crypto.extract(salt: input, secret)
        }
        return secret
    }
}

extension PreSharedKeyID {
    /// A resumption PSK is the same whatever it is used for.
    var name: PreSharedKeys.Name {
        switch source {
        case .external(let id): .external(id: id)
        case .resumption(_, let groupID, let epoch): .resumption(groupID: groupID, epoch: epoch)
        }
    }

    /// A key of this source, under a fresh nonce.
    /// - Throws: `unsupportedCipherSuite`.
    public init(_ source: Source, for suite: CipherSuite) throws(MLSError) {
        guard let crypto = Crypto(suite) else { throw .misuse(.unsupportedCipherSuite) }
        self.init(source: source, nonce: Random.bytes(crypto.hashLength))
    }

    /// - Throws: `preSharedKeyNonceLength`.
    func validate(_ crypto: Crypto) throws(MLSError) {
        try require(nonce.count == crypto.hashLength, .preSharedKeyNonceLength)
    }
}
