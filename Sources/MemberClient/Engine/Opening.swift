internal import Coalition
internal import HPKE
internal import MLS
internal import RelayAPI
internal import TLSCodec

extension Engine {
    static func create(
        home: String,
        unlock: borrowing Unlock,
        network: Network,
        observer: any StepObserver
    ) throws(MemberError) -> Engine {
        do throws(VaultError) {
            let vault = try Vault.create(at: home, unlock: unlock)
            return Engine(home: home, vault: vault, network: network.relays, observer: observer)
        } catch {
            throw MemberError(error)
        }
    }

    static func open(
        home: String,
        unlock: borrowing Unlock,
        network: Network,
        observer: any StepObserver
    ) throws(MemberError) -> Engine {
        do throws(VaultError) {
            let vault = try Vault.open(at: home, unlock: unlock)
            return Engine(home: home, vault: vault, network: network.relays, observer: observer)
        } catch {
            throw MemberError(error)
        }
    }

    /// Checks that a home holds no other join than one on this invitation, and no member.
    func checkResumes(_ invitation: Invitation) throws {
        let joining = try vault.read { try $0.record(.joining, as: JoiningRecord.self) }
        if let joining, joining.invitation.encoded == invitation.encoded { return }
        // A home in which nothing was put after it was made.
        if joining == nil, try vault.read({ try $0.get(.device) }) == nil { return }
        throw MemberError(
            .cannotWrite,
            joining == nil ? "this home has a member already" : "this home has begun to join on another invitation",
            advice: "choose another home"
        )
    }
}

extension CipherSuite {
    /// What inboxes are sealed with (Protocol/envelope.md).
    var inboxKEM: HPKE.KEM {
        get throws(MemberError) {
            guard let kem else {
                throw MemberError(
                    .configuration,
                    "the coalition uses a cipher suite that this program does not know",
                    advice: "install the newer program"
                )
            }
            return kem
        }
    }
}

extension SuiteName {
    var cipherSuite: CipherSuite {
        switch self {
        case .xwing: .xwingChaCha20SHA256Ed25519
        case .x25519: .x25519ChaCha20SHA256Ed25519
        }
    }

    init(_ suite: CipherSuite) {
        self = suite == .x25519ChaCha20SHA256Ed25519 ? .x25519 : .xwing
    }
}
