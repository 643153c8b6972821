internal import RelayAPI
internal import Sodium
public import TLSCodec

/// The form in which people pass an invitation on:
///
///     "aadr-invitation-1." || base64url(Invitation || first 4 bytes of H(Invitation))
extension Invitation {
    private static let prefix = "aadr-invitation-"
    private static let checksumLength = 4

    public var text: String {
        let bytes = encoded
        return Self.prefix + "\(Self.version)." + Base64URL.encode(bytes + Self.checksum(bytes))
    }

    /// Reads an invitation back, from text that may have been broken into lines on its way.
    public init(text: String) throws(InvitationError) {
        let text = String(text.filter { !$0.isWhitespace })
        guard text.hasPrefix(Self.prefix) else { throw .noInvitation }
        let rest = text.dropFirst(Self.prefix.count)
        guard let dot = rest.firstIndex(of: ".") else { throw .damaged }
        guard rest[..<dot] == "\(Self.version)" else {
            throw UInt8(rest[..<dot]) == nil ? .damaged : .newerVersion
        }
        guard let bytes = Base64URL.decode(String(rest[rest.index(after: dot)...])), bytes.count > Self.checksumLength
        else { throw .damaged }
        let invitation = Array(bytes.dropLast(Self.checksumLength))
        guard Array(bytes.suffix(Self.checksumLength)) == Self.checksum(invitation) else { throw .damaged }
        do throws(CodecError) {
            try self.init(decoding: invitation)
        } catch {
            throw .malformed(error)
        }
    }

    private static func checksum(_ invitation: [UInt8]) -> [UInt8] {
        Array(SHA256.hash(invitation).prefix(checksumLength))
    }
}

/// Why a text is no invitation.
public enum InvitationError: Error, Equatable, Sendable, CustomStringConvertible {
    /// It does not begin as an invitation does.
    case noInvitation
    /// Something of it is missing or mistyped.
    case damaged
    case newerVersion
    /// It is as it was made, and still not well-formed.
    case malformed(CodecError)

    public var description: String {
        switch self {
        case .noInvitation: "this is not an invitation: one begins with aadr-invitation-1."
        case .damaged: "the invitation is incomplete or mistyped: copy the whole of it once more"
        case .newerVersion: "the invitation was made by a newer version of this program: install that one"
        case .malformed: "the invitation is not well-formed, though complete: ask for another one"
        }
    }
}
