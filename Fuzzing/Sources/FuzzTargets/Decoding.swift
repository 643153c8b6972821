import MLS
import RelayAPI
import TLSCodec

@testable import Coalition

/// Every structure that is read off the network. The first byte chooses it, the rest is its encoding.
enum Decoding {
    /// Decodes and encodes again; nil for bytes that are not such a structure.
    typealias Decoder = @Sendable ([UInt8]) -> [UInt8]?

    static func run(_ input: [UInt8]) {
        guard let choice = input.first else { return }
        let bytes = Array(input.dropFirst())
        let number = Int(choice)
        if number < wire.count {
            // The presentation language has one encoding of a value.
            if let encoded = wire[number](bytes) { promise(encoded == bytes, "decoded to another encoding") }
        } else if number - wire.count < text.count {
            let decoder = text[number - wire.count]
            // Text has many forms and one that is written: that one is read back.
            if let written = decoder(bytes) { promise(decoder(written) == written, "written, and not read back") }
        }
    }

    private static func structure<Value: WireCodable & SendableMetatype>(_ type: Value.Type) -> Decoder {
        { bytes in (try? Value(decoding: bytes))?.encoded }
    }

    static let wire: [Decoder] = [
        structure(MLSMessage.self), structure(KeyPackage.self), structure(LeafNode.self), structure(Welcome.self),
        structure(GroupInfo.self), structure(GroupContext.self), structure(Proposal.self), structure(UpdatePath.self),
        structure(PublicMessage.self), structure(PrivateMessage.self), structure(RequiredCapabilities.self),
        { bytes in (try? RatchetTree(decoding: bytes))?.encoded },

        structure(CreateRequest.self), structure(CreateResponse.self), structure(ChildTokenRequest.self),
        structure(GrantRequest.self), structure(AppendRequest.self), structure(AppendResponse.self),
        structure(AdvanceRequest.self), structure(ReadRequest.self), structure(ReadResponse.self),
        structure(TakeRequest.self), structure(TakeResponse.self), structure(DeleteRequest.self),

        structure(AdminCertificate.self), structure(DeviceIdentity.self), structure(Attestation.self),
        structure(PresentedAttestation.self), structure(Addresses.self), structure(MessageContext.self),
        structure(GroupProfile.self), structure(Invitation.self), structure(WelcomeMessage.self),
        structure(OrganisationSecrets.self), structure(JoinRequest.self), structure(Suspension.self),
        structure(Charter.self), structure(SignedCharter.self), structure(Statement.self), structure(Approval.self),
        structure(InboxMessage.self),
    ]

    static let text: [Decoder] = [
        { bytes in (try? Content(json: bytes))?.json },
        { bytes in (try? RelayAddress(String(decoding: bytes, as: UTF8.self))).map { Array($0.description.utf8) } },
        { bytes in (try? Invitation(text: String(decoding: bytes, as: UTF8.self))).map { Array($0.text.utf8) } },
        { bytes in Problem(json: bytes)?.json },
        { bytes in RelayInformation(json: bytes)?.json },
        // Not written again: its padding says how long the body is.
        { bytes in
            _ = try? EnvelopeContent(plaintext: bytes)
            return nil
        },
    ]
}
