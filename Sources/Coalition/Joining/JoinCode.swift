internal import Labels
internal import RelayAPI
public import Sodium

/// What the joiner reads to the admin by voice: it binds the joiner's keys to the person (Protocol/joining.md, "Code").
///
///     salt = first 16 bytes of LabelledHash("join code", secret || inbox)
///     code = first 60 bits of Argon2id(request hash, salt, 3 passes, 64 MiB, 1 lane, 32 bytes)
public struct JoinCode: Sendable, CustomStringConvertible {
    /// Five bits each.
    private let digits: [UInt8]

    private static let digitCount = 12
    private static let alphabet = Array("0123456789ABCDEFGHJKMNPQRSTVWXYZ".utf8)

    /// Takes a fraction of a second, so that guessing takes long.
    /// - Throws: `outOfMemory`, when 64 MiB are not to be had.
    public init(for request: JoinRequestHash, answering invitation: Invitation) throws(SodiumError) {
        let salt = labelledHash(.joinCode, invitation.secret.exposed() + invitation.inbox.bytes)
        let hash = try Argon2id.derive(
            password: Secret(copying: request.bytes),
            salt: Array(salt.prefix(Argon2id.saltLength)),
            cost: Argon2id.Cost(operations: 3, memory: 64 * 1024),
            count: 32
        )
        let first = hash.withUnsafeBytes { bytes in bytes.prefix(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) } }
        digits = (0..<Self.digitCount).map { UInt8(truncatingIfNeeded: first >> (59 - 5 * $0)) & 0x1f }
    }

    /// A code as somebody typed it: case, spaces and hyphens do not matter, nor do letters that look like digits. Nil
    /// when it is none.
    public init?(_ text: String) {
        var digits: [UInt8] = []
        for character in text.uppercased().utf8 {
            switch character {
            case UInt8(ascii: " "), UInt8(ascii: "-"): continue
            case UInt8(ascii: "O"): digits.append(0)
            case UInt8(ascii: "I"), UInt8(ascii: "L"): digits.append(1)
            default:
                guard let digit = Self.alphabet.firstIndex(of: character) else { return nil }
                digits.append(UInt8(digit))
            }
        }
        guard digits.count == Self.digitCount else { return nil }
        self.digits = digits
    }

    /// `XXXX-XXXX-XXXX`.
    public var description: String {
        stride(from: 0, to: digits.count, by: 4)
            .map { start in String(decoding: digits[start..<(start + 4)].map { Self.alphabet[Int($0)] }, as: UTF8.self)
            }
            .joined(separator: "-")
    }

    /// In constant time.
    public func matches(_ other: JoinCode) -> Bool {
        ConstantTime.equal(digits, other.digits)
    }
}

extension Label {
    static let joinCode = Label("join code")
}
