internal import Labels
internal import Sodium
internal import TLSCodec

/// The keys of an open vault, and what they seal (Docs/vault.md, "Keys" and "Store").
final class VaultKeys: Sendable {
    static let length = 32

    /// What the slots wrap, and everything else comes from.
    let dataKey: Secret
    private let names: Secret
    private let values: Secret

    init(dataKey: consuming Secret) {
        names = labelledDerive(secret: dataKey, .vaultNames, context: [], count: Self.length)
        values = labelledDerive(secret: dataKey, .vaultValues, context: [], count: Self.length)
        self.dataKey = dataKey
    }

    /// The 16 bytes that stand in the file for a name.
    func key(for text: String) -> [UInt8] {
        Array(HMACSHA256.authenticationCode(for: Array(text.utf8), key: names).prefix(16))
    }

    func seal(_ value: [UInt8], at place: Place) -> [UInt8] {
        place.seal(value, key: values)
    }

    func seal(_ value: borrowing Secret, at place: Place) -> [UInt8] {
        place.seal(value, key: values)
    }

    func open(_ sealed: [UInt8], at place: Place) throws(VaultError) -> [UInt8] {
        try place.open(sealed, key: values)
    }

    func openSecret(_ sealed: [UInt8], at place: Place) throws(VaultError) -> Secret {
        try place.openSecret(sealed, key: values)
    }
}

extension Label {
    static let vaultKeyFile = Label("vault key file")
    static let vaultNames = Label("vault names")
    static let vaultSlot = Label("vault slot")
    static let vaultValues = Label("vault values")
}

/// Where a sealed value stands. It is bound to its place, so that nobody can move it to another.
enum Place {
    case state(key: [UInt8])
    case log(space: [UInt8], number: UInt64)
    case slot

    var authenticatedData: [UInt8] {
        var writer = Writer()
        switch self {
        case .state(let key):
            writer.writeFixed("state".utf8)
            writer.writeFixed(key)
        case .log(let space, let number):
            writer.writeFixed("log".utf8)
            writer.writeFixed(space)
            writer.write(number)
        case .slot:
            writer.writeFixed(Label.vaultSlot.bytes)
        }
        return writer.bytes
    }

    /// A nonce, drawn at random, and the ciphertext.
    func seal(_ value: [UInt8], key: borrowing Secret) -> [UInt8] {
        let nonce = Random.bytes(XChaCha20Poly1305.nonceLength)
        return nonce
            + XChaCha20Poly1305.seal(value, key: key, nonce: nonce, authenticatedData: authenticatedData)
    }

    func seal(_ value: borrowing Secret, key: borrowing Secret) -> [UInt8] {
        let nonce = Random.bytes(XChaCha20Poly1305.nonceLength)
        return nonce
            + XChaCha20Poly1305.seal(value, key: key, nonce: nonce, authenticatedData: authenticatedData)
    }

    func open(_ sealed: [UInt8], key: borrowing Secret) throws(VaultError) -> [UInt8] {
        let (nonce, ciphertext) = Self.split(sealed)
        do {
            return try XChaCha20Poly1305.open(
                ciphertext,
                key: key,
                nonce: nonce,
                authenticatedData: authenticatedData
            )
        } catch {
            throw .damaged(damage)
        }
    }

    func openSecret(_ sealed: [UInt8], key: borrowing Secret) throws(VaultError) -> Secret {
        let (nonce, ciphertext) = Self.split(sealed)
        do {
            return try XChaCha20Poly1305.openSecret(
                ciphertext,
                key: key,
                nonce: nonce,
                authenticatedData: authenticatedData
            )
        } catch {
            throw .damaged(damage)
        }
    }

    private static func split(_ sealed: [UInt8]) -> (nonce: [UInt8], ciphertext: [UInt8]) {
        let nonceLength = XChaCha20Poly1305.nonceLength
        return (Array(sealed.prefix(nonceLength)), Array(sealed.dropFirst(nonceLength)))
    }

    private var damage: String {
        switch self {
        case .state: "a value does not open"
        case .log(_, let number): "entry \(number) of a log does not open"
        case .slot: "a slot does not open"
        }
    }
}
