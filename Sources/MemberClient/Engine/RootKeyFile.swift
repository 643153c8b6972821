internal import Coalition
internal import Sodium
internal import TLSCodec

/// An organisation's root key in a file of its own, to be kept offline: wrapped like the vault's key (Docs/vault.md), by
/// the same passphrase or key file.
///
///     struct {
///         uint8 version;            // 1
///         opaque organisation<V>;
///         uint8 method;
///         opaque salt[16];
///         uint32 operations;
///         uint32 memory_kib;
///         opaque wrapped[72];
///     } RootKeyFile;
struct RootKeyFile: WireCodable {
    private static let version: UInt8 = 1
    private static let wrappedLength =
        XChaCha20Poly1305.nonceLength + VaultKeys.length + XChaCha20Poly1305.tagLength
    static let name = "organisation-root.key"

    let organisation: Name
    private let slot: Slot

    init(
        wrapping seed: borrowing Secret,
        of organisation: Name,
        with unlock: borrowing Unlock
    ) throws(VaultError) {
        self.organisation = organisation
        slot = try Slot(wrapping: seed, with: unlock, parameters: .standard(for: unlock.method))
    }

    init(from reader: inout Reader) throws(CodecError) {
        guard try reader.readUInt8() == Self.version else { throw .invalid("root key file version") }
        organisation = try reader.read()
        guard let method = UnlockMethod(rawValue: try reader.readUInt8()) else { throw .invalid("unlock method") }
        let salt = try reader.readFixed(Argon2id.saltLength)
        let operations = Int(try reader.readUInt32())
        let memory = Int(try reader.readUInt32())
        let wrapped = try reader.readFixed(Self.wrappedLength)
        let parameters = SlotParameters(method: method, cost: Argon2id.Cost(operations: operations, memory: memory))
        guard parameters.isReasonable else { throw .invalid("cost") }
        slot = Slot(parameters: parameters, salt: salt, wrapped: wrapped)
    }

    func encode(to writer: inout Writer) {
        writer.write(Self.version)
        writer.write(organisation)
        writer.write(slot.parameters.method.rawValue)
        writer.writeFixed(slot.salt)
        writer.write(UInt32(slot.parameters.cost.operations))
        writer.write(UInt32(slot.parameters.cost.memory))
        writer.writeFixed(slot.wrapped)
    }

    /// In bytes.
    static let longest = 1024

    /// The key; nil when it is not wrapped for this.
    func open(with unlock: borrowing Unlock) throws(VaultError) -> Secret? { try slot.open(with: unlock) }

    static func path(in home: String) -> String { "\(home)/\(name)" }
}

extension Slot {
    fileprivate init(parameters: SlotParameters, salt: [UInt8], wrapped: [UInt8]) {
        self.parameters = parameters
        self.salt = salt
        self.wrapped = wrapped
    }
}

extension Engine {
    /// Moves the root key, if it is still in the vault, into its file. The vault lets go of it when the file is on disk.
    func exportRootKey(unlock: borrowing Unlock) throws {
        let path = RootKeyFile.path(in: home)
        let isThere = try vault.read { try $0.get(.rootKey) != nil }
        guard isThere else { return }
        // One that an earlier try made, before it could let go of the key.
        if try vault.read({ try isRootKey(in: path, unlock, $0) }) {
            return try vault.write { try $0.delete(.rootKey) }
        }
        let file = try vault.read { transaction in
            guard let seed = try transaction.getSecret(.rootKey) else { throw VaultError.damaged("no root key") }
            let organisation = try transaction.device().identity.address.organisation
            return try RootKeyFile(wrapping: seed, of: organisation, with: unlock)
        }
        let isMade: Bool
        do throws(KeyFileFault) {
            isMade = try PrivateFiles.make(path, holding: Secret(copying: file.encoded))
        } catch {
            throw MemberError(
                .cannotWrite,
                "the organisation's root key cannot be written: \(error.sentence)",
                lost: "nothing was lost: the key is still in the vault",
                advice: "make room in the home directory and run it again"
            )
        }
        guard isMade else {
            throw MemberError(
                .cannotWrite,
                "\(path) exists already, and is not overwritten",
                lost: "nothing was lost: the key is still in the vault",
                advice: "move that file away and run it again"
            )
        }
        try vault.write { try $0.delete(.rootKey) }
    }

    /// Whether a file holds the root key that is in the vault.
    private func isRootKey(
        in path: String,
        _ unlock: borrowing Unlock,
        _ transaction: borrowing VaultTransaction
    ) throws -> Bool {
        guard PrivateFiles.exists(path), let seed = try transaction.getSecret(.rootKey),
            let bytes = try? PrivateFiles.read(path, lengths: 1...RootKeyFile.longest),
            let file = try? RootKeyFile(decoding: bytes.withUnsafeBytes { Array($0) }),
            let kept = try file.open(with: unlock)
        else { return false }
        return kept.isEqual(to: seed)
    }
}
