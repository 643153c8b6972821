internal import Sodium
internal import TLSCodec

/// The key of one message (RFC 9420, section 9.1).
final class MessageKey: Sendable {
    let generation: UInt32
    let key: Secret
    private let nonce: Secret

    init(generation: UInt32, key: consuming Secret, nonce: consuming Secret) {
        self.generation = generation
        self.key = key
        self.nonce = nonce
    }

    /// The nonce, with its first bytes guarded against a sender that forgot its state (section 6.3.1).
    func nonce(guardedBy reuseGuard: [UInt8]) -> [UInt8] {
        var guarded = nonce.exposed()
        for (index, byte) in reuseGuard.enumerated() where index < guarded.count { guarded[index] ^= byte }
        return guarded
    }

    func write(to writer: inout SecretWriter) {
        writer.write(generation)
        writer.writeSecret(key)
        writer.writeSecret(nonce)
    }

    init(from reader: inout SecretReader) throws(CodecError) {
        generation = try reader.readUInt32()
        key = try reader.readSecret()
        nonce = try reader.readSecret()
    }
}

/// The head of a hash ratchet (section 9.1): a value, so that a step is taken for good only when its message has
/// proved authentic.
struct HashRatchet: Sendable {
    /// Of the next key.
    private(set) var generation: UInt32 = 0
    private var secret: HeldSecret

    init(_ secret: HeldSecret) {
        self.secret = secret
    }

    /// Takes the next key; nil after the last generation.
    mutating func next(_ crypto: Crypto) -> MessageKey? {
        guard generation < .max else { return nil }
        let current = secret
        let key = MessageKey(
            generation: generation,
            key: crypto.deriveTree(
                current.secret,
                label: "key",
                generation: generation,
                count: crypto.keyLength
            ),
            nonce: crypto.deriveTree(
                current.secret,
                label: "nonce",
                generation: generation,
                count: crypto.nonceLength
            )
        )
        skip(crypto)
        return key
    }

    /// Leaves a key out.
    private mutating func skip(_ crypto: Crypto) {
        secret = HeldSecret(
            crypto.deriveTree(secret.secret, label: "secret", generation: generation, count: crypto.hashLength)
        )
        generation += 1
    }

    /// Goes to `generation` without making the keys before it.
    mutating func advance(to generation: UInt32, _ crypto: Crypto) {
        while self.generation < generation { skip(crypto) }
    }

    func write(to writer: inout SecretWriter) {
        writer.write(generation)
        writer.writeSecret(secret)
    }

    init(from reader: inout SecretReader) throws(CodecError) {
        generation = try reader.readUInt32()
        secret = HeldSecret(try reader.readSecret())
    }
}

/// A ratchet at the receiving end: its head, and the keys of the last few messages that have not come yet.
struct ReceivingRatchet: Sendable {
    /// How far ahead of the head a message's generation may be.
    static let forwardLimit: UInt32 = 1000
    /// How many generations behind the newest one a message may come.
    static let outOfOrderLimit: UInt32 = 5

    private var head: HashRatchet
    /// Of generations before the head, ascending, none older than `outOfOrderLimit`.
    private var waiting: [MessageKey] = []

    init(_ secret: HeldSecret) {
        head = HashRatchet(secret)
    }

    init(_ head: HashRatchet) {
        self.head = head
    }

    /// Takes the key of `generation`, which is gone then.
    /// - Throws: `generationUnused`, `generationNotTooFar`.
    mutating func take(_ generation: UInt32, _ crypto: Crypto) throws(MLSError) -> MessageKey {
        guard generation >= head.generation else {
            guard let position = waiting.firstIndex(where: { $0.generation == generation }) else {
                throw .invalid(.generationUnused)
            }
            return waiting.remove(at: position)
        }
        try require(generation - head.generation <= Self.forwardLimit, .generationNotTooFar)
        let oldest = generation < Self.outOfOrderLimit ? 0 : generation - Self.outOfOrderLimit
        waiting.removeAll { $0.generation < oldest }
        head.advance(to: oldest, crypto)
        while head.generation < generation {
            guard let key = head.next(crypto) else { throw .invalid(.generationNotTooFar) }
            waiting.append(key)
        }
        guard let key = head.next(crypto) else { throw .invalid(.generationNotTooFar) }
        return key
    }

    func write(to writer: inout SecretWriter) {
        head.write(to: &writer)
        writer.write(UInt32(waiting.count))
        for key in waiting { key.write(to: &writer) }
    }

    init(from reader: inout SecretReader) throws(CodecError) {
        head = try HashRatchet(from: &reader)
        let count = try reader.readUInt32()
        guard count <= Self.outOfOrderLimit else { throw .tooLong }
        for _ in 0..<count { waiting.append(try MessageKey(from: &reader)) }
    }
}
