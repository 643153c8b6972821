import RelayAPI
import Sodium
import TLSCodec
import Testing

@testable import Coalition

@Suite("Joining")
struct JoiningTests {
    let fixture: CoalitionFixture

    init() throws { fixture = try CoalitionFixture() }

    func invitation(_ kind: Invitation.Kind = .colleague, to organisation: String = "SMEX") throws -> Invitation {
        try Invitation(
            kind: kind,
            relay: RelayAddress("https://relay.example:8443/"),
            inbox: MailboxID(unchecked: Array(0..<16)),
            secret: Secret(copying: [UInt8](repeating: 9, count: 32)),
            childToken: AccessToken(unchecked: [UInt8](repeating: 8, count: 32)),
            coalition: fixture.coalition,
            cipherSuite: 3,
            inviter: fixture.smex.entry,
            organisation: #require(Name(organisation)),
            user: #require(Name("noor")),
            expires: Time(seconds: 1_800_000_000)
        )
    }

    @Test("an invitation is read back from its text, line breaks or not")
    func text() throws {
        let invitation = try invitation()
        #expect(try Invitation(text: invitation.text).encoded == invitation.encoded)
        let broken = "  " + invitation.text.map { "\($0)\n" }.joined()
        #expect(try Invitation(text: broken).encoded == invitation.encoded)
    }

    @Test("a truncated or mistyped invitation is called damaged, wherever it is")
    func damaged() throws {
        let text = try invitation().text
        let prefix = "aadr-invitation-1."
        for length in prefix.count..<text.count {
            #expect(throws: InvitationError.damaged) { try Invitation(text: String(text.prefix(length))) }
        }
        for index in prefix.count..<text.count {
            var characters = Array(text)
            characters[index] = characters[index] == "A" ? "B" : "A"
            #expect(throws: InvitationError.damaged) { try Invitation(text: String(characters)) }
        }
        #expect(throws: InvitationError.noInvitation) { try Invitation(text: "https://relay.example/") }
        #expect(throws: InvitationError.noInvitation) { try Invitation(text: "") }
        #expect(throws: InvitationError.newerVersion) { try Invitation(text: "aadr-invitation-2.AAAA") }
    }

    @Test("a colleague is of the inviter's organisation, and a new organisation is not")
    func kinds() throws {
        _ = try invitation(.colleague, to: "smex")
        _ = try invitation(.organisation, to: "JOSA")
        #expect(throws: CodecError.invalid("organisation")) { try invitation(.colleague, to: "JOSA") }
        #expect(throws: CodecError.invalid("organisation")) { try invitation(.organisation, to: "SMEX") }
    }

    @Test("a code is 12 characters in three groups, and read back as people type it")
    func code() throws {
        let body = try SealedBody([UInt8](repeating: 1, count: 1024))
        let code = try JoinCode(for: JoinRequestHash(of: body), answering: invitation())
        let text = code.description
        #expect(text.count == 14)
        #expect(text.split(separator: "-").map(\.count) == [4, 4, 4])
        let spoken = text.lowercased()
            .replacing("-", with: "  ")
            .replacing("0", with: "o")
            .replacing("1", with: "l")
        #expect(try #require(JoinCode(spoken)).matches(code))
        #expect(JoinCode(String(text.dropLast())) == nil)
        #expect(JoinCode(text + "0") == nil)
        #expect(JoinCode("UUUU-UUUU-UUUU") == nil)
        #expect(JoinCode("") == nil)
    }

    @Test("every character of a code counts")
    func comparison() throws {
        let code = try #require(JoinCode("0123-4567-89AB"))
        #expect(code.matches(try #require(JoinCode("o i 2 3 4567-89ab"))))
        for index in 0..<12 {
            var digits = Array("0123456789AB")
            digits[index] = "Z"
            #expect(!code.matches(try #require(JoinCode(String(digits)))))
        }
    }

    @Test("the code depends on every bit of the request, and on the invitation")
    func codeBinding() throws {
        let body = [UInt8](repeating: 1, count: 1024)
        let invitation = try invitation()
        let code = try JoinCode(for: JoinRequestHash(of: SealedBody(body)), answering: invitation)
        var changed = body
        changed[1023] ^= 1
        let other = try JoinCode(for: JoinRequestHash(of: SealedBody(changed)), answering: invitation)
        #expect(!code.matches(other))
    }

    @Test("a request is read back with and without a new organisation")
    func request() throws {
        for organisation in [nil, fixture.josa.entry] {
            let request = JoinRequest(
                keyPackage: [1, 2, 3],
                welcomeCapability: .random(),
                organisation: organisation
            )
            #expect(try JoinRequest(decoding: request.encoded).encoded == request.encoded)
        }
        #expect(throws: CodecError.invalid("join request version")) {
            try JoinRequest(
                decoding: [2] + JoinRequest(keyPackage: [], welcomeCapability: .random()).encoded.dropFirst()
            )
        }
    }

    @Test("a Welcome message is its signer's, to the last bit, and hands on the organisation's secrets")
    func welcome() throws {
        let signer = try DeviceFixture("a@smex/b", number: 40)
        let contents = WelcomeMessage.Contents(
            welcome: [1, 2, 3],
            incarnation: Incarnation(unchecked: Array(0..<16)),
            opening: Position(sequence: 4, runningHash: RunningHash(unchecked: Array(0..<32))),
            chain: [SignedCharter(fixture.founding)],
            attestations: [
                PresentedAttestation(
                    deviceHash: signer.identity.hash,
                    attestation: fixture.smex.attest(signer.identity, in: fixture.coalition)
                )
            ],
            secrets: OrganisationSecrets(
                contactKey: fixture.smex.contact,
                accessToken: AccessToken(unchecked: Array(1..<33))
            )
        )
        let message = WelcomeMessage(signing: contents, key: signer.key)
        let decoded = try WelcomeMessage(decoding: message.encoded)
        #expect(decoded.isSigned(by: signer.identity.signatureKey))
        let secrets = try #require(decoded.contents.secrets)
        #expect(try secrets.contactKey().publicKey == fixture.smex.contact.publicKey)
        #expect(secrets.accessToken?.bytes == Array(1..<33))
        #expect("\(secrets)" == "OrganisationSecrets")
        let bytes = message.encoded
        for index in bytes.indices {
            var changed = bytes
            changed[index] ^= 1
            let isAccepted = (try? WelcomeMessage(decoding: changed))?.isSigned(by: signer.identity.signatureKey)
            #expect(isAccepted != true, "byte \(index)")
        }
    }

    @Test("an access token among the secrets has 32 bytes or is none")
    func secretsToken() throws {
        let key = [UInt8](repeating: 1, count: 32)
        #expect(try OrganisationSecrets(decoding: key + [0]).accessToken == nil)
        #expect(throws: CodecError.invalid("access token")) { try OrganisationSecrets(decoding: key + [1, 7]) }
    }
}
