internal import HPKE
internal import Sodium

/// One of Sodium's or HPKE's operations, on an input of so many bytes.
enum Primitive: Sendable {
    case sign(Int)
    case verify(Int)
    case seal(Int)
    case open(Int)
    case hash(Int)
    case authenticate(Int)
    /// HKDF-Extract of one hash's length.
    case extract
    /// HKDF-Expand to one hash's length, from an `info` of so many bytes.
    case expand(Int)
    /// The KEM's `DeriveKeyPair`.
    case deriveKeyPair(HPKE.KEM)
    /// HPKE of one hash's length, with an `info` of so many bytes.
    case hpkeSeal(Int, HPKE.KEM)
    case hpkeOpen(Int, HPKE.KEM)

    /// The same operation on inputs that stand ready.
    func prepared() throws(SodiumError) -> PreparedPrimitive {
        try PreparedPrimitive(self)
    }
}

/// A primitive with keys, messages and signatures at hand, so that running it is all that takes time.
final class PreparedPrimitive {
    private let primitive: Primitive
    private let message: [UInt8]
    private let signatureKey = Ed25519.PrivateKey()
    private let signature: [UInt8]
    private let secret = Secret.random(count: SHA256.byteCount)
    private let nonce: [UInt8]
    private let sealed: [UInt8]
    private let privateKey: HPKE.PrivateKey
    private let hpkeSealed: (kemOutput: [UInt8], ciphertext: [UInt8])

    init(_ primitive: Primitive) throws(SodiumError) {
        self.primitive = primitive
        message = Random.bytes(primitive.inputLength)
        signature = signatureKey.sign(message)
        nonce = Random.bytes(ChaCha20Poly1305.nonceLength)
        sealed = ChaCha20Poly1305.seal(message, key: secret, nonce: nonce, authenticatedData: [])
        let kem = primitive.kem
        privateKey = try kem.generateKeyPair()
        hpkeSealed = try HPKE.seal(
            secret,
            to: privateKey.publicKey,
            info: HPKE.Info(message, for: kem),
            authenticatedData: []
        )
    }

    func run(times count: Int) throws(SodiumError) {
        for _ in 0..<count { try run() }
    }

    private func run() throws(SodiumError) {
        switch primitive {
        case .sign:
            _ = signatureKey.sign(message)
        case .verify:
            guard Ed25519.isValid(signature: signature, for: message, publicKey: signatureKey.publicKey) else {
                throw .authenticationFailed
            }
        case .seal:
            _ = ChaCha20Poly1305.seal(message, key: secret, nonce: nonce, authenticatedData: [])
        case .open:
            _ = try ChaCha20Poly1305.open(sealed, key: secret, nonce: nonce, authenticatedData: [])
        case .hash:
            _ = SHA256.hash(message)
        case .authenticate:
            _ = HMACSHA256.authenticationCode(for: message, key: secret)
        case .extract:
            _ = HKDFSHA256.extract(salt: secret, inputKeyMaterial: secret)
        case .expand:
            _ = HKDFSHA256.expand(pseudoRandomKey: secret, info: message, count: SHA256.byteCount)
        case .deriveKeyPair(let kem):
            _ = try kem.deriveKeyPair(inputKeyMaterial: secret)
        case .hpkeSeal(_, let kem):
            _ = try HPKE.seal(
                secret,
                to: privateKey.publicKey,
                info: HPKE.Info(message, for: kem),
                authenticatedData: []
            )
        case .hpkeOpen:
            _ = try HPKE.openSecret(
                hpkeSealed.ciphertext,
                kemOutput: hpkeSealed.kemOutput,
                privateKey: privateKey,
                info: message,
                authenticatedData: []
            )
        }
    }
}

extension Primitive {
    fileprivate var inputLength: Int {
        switch self {
        case .sign(let length), .verify(let length), .seal(let length), .open(let length), .hash(let length),
            .authenticate(let length), .expand(let length), .hpkeSeal(let length, _), .hpkeOpen(let length, _):
            length
        case .extract, .deriveKeyPair: 0
        }
    }

    /// Of the key pair that stands ready; any will do where none is used.
    fileprivate var kem: HPKE.KEM {
        switch self {
        case .deriveKeyPair(let kem), .hpkeSeal(_, let kem), .hpkeOpen(_, let kem): kem
        default: .x25519
        }
    }
}

/// The primitives that an algorithm cannot do without, each with how often: what it would take if all else were free.
struct Floor {
    private let steps: [(primitive: PreparedPrimitive, count: Int)]

    init(_ steps: [(Primitive, Int)]) throws(SodiumError) {
        var prepared: [(PreparedPrimitive, Int)] = []
        for (primitive, count) in steps where count > 0 {
            prepared.append((try primitive.prepared(), count))
        }
        self.steps = prepared
    }

    /// On one core.
    func run() throws(SodiumError) {
        for step in steps { try step.primitive.run(times: step.count) }
    }
}
