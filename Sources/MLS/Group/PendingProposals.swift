internal import Sodium
internal import TLSCodec

/// A proposal that a Commit carries, by value or by reference.
public struct CommittedProposal: Hashable, Sendable {
    public let proposal: Proposal
    public let sender: Sender
    /// Whether it was sent before the Commit, which names its hash.
    public let isByReference: Bool
}

/// The proposals sent in an epoch, until a Commit ends it; and the private keys for this member's own Updates.
struct PendingProposals: Sendable {
    /// Most proposals kept in an epoch.
    static let limit = 1024

    struct Entry: Sendable {
        let reference: ProposalRef
        let proposal: Proposal
        let sender: Sender
        /// Whether a Commit could hold it and nothing else. Such a Commit is due before anything is sent (RFC 9420, section
        /// 12.4); what nobody can commit keeps nobody from sending.
        var standsAlone: Bool

        /// As a Commit has it that names it.
        var committed: CommittedProposal {
            CommittedProposal(proposal: proposal, sender: sender, isByReference: true)
        }
    }

    private var byReference: [ProposalRef: Entry] = [:]
    private var arrivals: [ProposalRef] = []
    private var updateKeys: [(publicKey: [UInt8], privateKey: HeldSecret)] = []

    /// In the order of their arrival.
    var entries: [Entry] { arrivals.compactMap { byReference[$0] } }

    var isCommitDue: Bool { byReference.values.contains(where: \.standsAlone) }

    subscript(reference: ProposalRef) -> Entry? { byReference[reference] }

    /// - Throws: `pendingProposalsBounded`.
    mutating func insert(_ entry: Entry) throws(MLSError) {
        guard self[entry.reference] == nil else { return }
        try require(arrivals.count < Self.limit, .pendingProposalsBounded)
        append(entry)
    }

    private mutating func append(_ entry: Entry) {
        byReference[entry.reference] = entry
        arrivals.append(entry.reference)
    }

    mutating func remove(_ reference: ProposalRef) {
        guard byReference.removeValue(forKey: reference) != nil else { return }
        arrivals.removeAll { $0 == reference }
    }

    mutating func insert(updateKey pair: EncryptionKeyPair) {
        updateKeys.append((pair.publicKey, pair.privateKey))
    }

    func updateKey(for publicKey: [UInt8]) -> HeldSecret? {
        updateKeys.first { $0.publicKey == publicKey }?.privateKey
    }

    func write(to writer: inout SecretWriter) {
        writer.write(UInt32(arrivals.count))
        for entry in entries {
            writer.writeValue(entry.reference)
            writer.writeValue(entry.proposal)
            writer.writeValue(entry.sender)
        }
        writer.write(UInt32(updateKeys.count))
        for key in updateKeys {
            writer.write { $0.writeVector(key.publicKey) }
            writer.writeSecret(key.privateKey)
        }
        for entry in entries { writer.write(UInt8(entry.standsAlone ? 1 : 0)) }
    }

    init() {}

    /// What was written before it was noted which stand alone ends here; then all do, and nothing is sent that should not be.
    init(from reader: inout SecretReader) throws(CodecError) {
        for _ in 0..<(try reader.readUInt32()) {
            append(
                Entry(
                    reference: try reader.readValue(),
                    proposal: try reader.readValue(),
                    sender: try reader.readValue(),
                    standsAlone: true
                )
            )
        }
        for _ in 0..<(try reader.readUInt32()) {
            updateKeys.append((try reader.readVector(), HeldSecret(try reader.readSecret())))
        }
        guard !reader.isAtEnd else { return }
        for reference in arrivals { byReference[reference]?.standsAlone = try reader.readUInt8() != 0 }
    }
}
