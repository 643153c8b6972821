import HPKE
import RelayAPI
import Sodium
import TLSCodec
import Testing

@testable import Coalition

/// Whether a device can be reached, as whoever wants to reach it finds before it tries.
struct AddressesTests {
    private static let relay = "http://127.0.0.1:8443/"

    private func addresses(
        _ kem: HPKE.KEM = .x25519,
        inbox: String = relay,
        keyPackages: String = relay,
        inboxKey: [UInt8]? = nil,
        contactKey: [UInt8]? = nil
    ) throws -> Addresses {
        try Addresses(
            inbox: mailbox(at: inbox),
            inboxKey: inboxKey ?? kem.generateKeyPair().publicKey,
            contactKey: ContactPublicKey(unchecked: contactKey ?? ContactKey().publicKey.bytes),
            keyPackages: mailbox(at: keyPackages),
            keyPackageSecret: Random.bytes(Addresses.keyPackageSecretLength)
        )
    }

    /// With whatever text, as it can come from others.
    private func mailbox(at relay: String) throws -> MailboxAddress {
        var writer = Writer()
        writer.writeVector(relay.utf8)
        writer.write(MailboxID.random())
        return try MailboxAddress(decoding: writer.bytes)
    }

    @Test(arguments: HPKE.KEM.allCases)
    func rightOnesAreUsable(kem: HPKE.KEM) throws {
        #expect(try addresses(kem).areUsable(with: kem))
    }

    @Test func keysOfAnotherKEMAreNot() throws {
        #expect(try !addresses(.x25519).areUsable(with: .xwing))
        #expect(try !addresses(.xwing).areUsable(with: .x25519))
    }

    @Test func relayAddressesMustParse() throws {
        for text in ["", "nowhere", "ftp://relay.example/"] {
            #expect(try !addresses(inbox: text).areUsable(with: .x25519))
            #expect(try !addresses(keyPackages: text).areUsable(with: .x25519))
        }
    }

    @Test func keysMustGiveASecret() throws {
        let zero = [UInt8](repeating: 0, count: 32)
        #expect(try !addresses(inboxKey: zero).areUsable(with: .x25519))
        #expect(try !addresses(contactKey: zero).areUsable(with: .x25519))
        #expect(!ContactPublicKey(unchecked: zero).isUsable)
        #expect(ContactKey().publicKey.isUsable)
    }
}
