internal import Sodium
internal import TLSCodec

/// The way from one epoch's init secret to the next epoch's secrets (RFC 9420, section 8).
///
///     init_secret ─┐
///     commit_secret┴─ joiner_secret ─┐
///     psk_secret ────────────────────┴─ member_secret ─┬─ welcome_secret
///                                                      └─ epoch_secret ── the epoch's secrets
enum KeySchedule {
    static func joinerSecret(
        initSecret: borrowing Secret,
        commitSecret: borrowing Secret,
        context: [UInt8],
        _ crypto: Crypto
    ) -> Secret {
        let extracted = crypto.extract(salt: initSecret, commitSecret)
        return crypto.expand(extracted, label: "joiner", context: context, count: crypto.hashLength)
    }

    private static func memberSecret(
        joinerSecret: borrowing Secret,
        pskSecret: borrowing Secret,
        _ crypto: Crypto
    ) -> Secret {
        crypto.extract(salt: joinerSecret, pskSecret)
    }

    static func welcomeSecret(
        joinerSecret: borrowing Secret,
        pskSecret: borrowing Secret,
        _ crypto: Crypto
    ) -> Secret {
        crypto.derive(memberSecret(joinerSecret: joinerSecret, pskSecret: pskSecret, crypto), label: "welcome")
    }

    /// - Parameter context: the encoded GroupContext of the epoch.
    static func epochSecrets(
        joinerSecret: borrowing Secret,
        pskSecret: borrowing Secret,
        context: [UInt8],
        _ crypto: Crypto
    ) -> NewEpochSecrets {
        let member = memberSecret(joinerSecret: joinerSecret, pskSecret: pskSecret, crypto)
        return NewEpochSecrets(
            epochSecret: crypto.expand(member, label: "epoch", context: context, count: crypto.hashLength),
            crypto
        )
    }
}

/// Everything that an epoch secret gives: what an epoch keeps, and what only its beginning needs.
struct NewEpochSecrets: ~Copyable {
    let kept: EpochSecrets
    /// The root of the secret tree.
    let encryptionSecret: HeldSecret
    let confirmationKey: Secret

    init(epochSecret: borrowing Secret, _ crypto: Crypto) {
        kept = EpochSecrets(
            senderData: HeldSecret(crypto.derive(epochSecret, label: "sender data")),
            exporter: HeldSecret(crypto.derive(epochSecret, label: "exporter")),
            external: HeldSecret(crypto.derive(epochSecret, label: "external")),
            membershipKey: HeldSecret(crypto.derive(epochSecret, label: "membership")),
            resumptionPSK: HeldSecret(crypto.derive(epochSecret, label: "resumption")),
            epochAuthenticator: HeldSecret(crypto.derive(epochSecret, label: "authentication")),
            initSecret: HeldSecret(crypto.derive(epochSecret, label: "init"))
        )
        encryptionSecret = HeldSecret(crypto.derive(epochSecret, label: "encryption"))
        confirmationKey = crypto.derive(epochSecret, label: "confirm")
    }

    /// `confirmation_tag` (section 6.1).
    func confirmationTag(_ confirmedTranscriptHash: [UInt8], _ crypto: Crypto) -> [UInt8] {
        crypto.mac(confirmedTranscriptHash, key: confirmationKey)
    }
}

/// The secrets of an epoch as long as it lasts (section 8, table 4).
struct EpochSecrets: Sendable {
    let senderData: HeldSecret
    let exporter: HeldSecret
    let external: HeldSecret
    let membershipKey: HeldSecret
    let resumptionPSK: HeldSecret
    let epochAuthenticator: HeldSecret
    /// For the next epoch.
    let initSecret: HeldSecret

    /// `MLS-Exporter` (section 8.5).
    func export(label: String, context: [UInt8], length: Int, _ crypto: Crypto) -> Secret {
        let derived = crypto.derive(exporter.secret, label: label)
        return crypto.expand(derived, label: "exported", context: crypto.hash(context), count: length)
    }
}

extension EpochSecrets {
    private var all: [HeldSecret] {
        [senderData, exporter, external, membershipKey, resumptionPSK, epochAuthenticator, initSecret]
    }

    func write(to writer: inout SecretWriter) {
        for secret in all { writer.writeSecret(secret) }
    }

    init(from reader: inout SecretReader) throws(CodecError) {
        senderData = HeldSecret(try reader.readSecret())
        exporter = HeldSecret(try reader.readSecret())
        external = HeldSecret(try reader.readSecret())
        membershipKey = HeldSecret(try reader.readSecret())
        resumptionPSK = HeldSecret(try reader.readSecret())
        epochAuthenticator = HeldSecret(try reader.readSecret())
        initSecret = HeldSecret(try reader.readSecret())
    }
}
