import Coalition
import RelayAPI
import Sodium
import TLSCodec

@testable import MLS
@testable import MemberClient

/// A Commit as somebody wants it, honest or not.
struct CraftedCommit: Sendable {
    var proposals: [Proposal] = []
    var statements: [Statement] = []
    var attestations: [PresentedAttestation] = []
    /// Nil for the time that an honest Commit has.
    var at: Time?
    /// Nil for the leaf that an honest Commit has.
    var leafChanges: LeafChanges?
    /// Whether it has a path also where RFC 9420 does not ask for one.
    var hasPath = true
    /// Nil for the grants that follow from the next epoch.
    var next: [Grant]?
    /// What no library makes, put into the Commit before it is signed: its confirmation tag is no longer right then.
    var forgery: Forgery?

    enum Forgery: Sendable {
        /// These proposals, in place of the others.
        case proposals([Proposal])
        /// A proposal by reference, besides the others.
        case reference(ProposalRef)
        /// A new signature key in the path's leaf, which is signed with it.
        case signatureKey
    }

    init() {}
}

/// What a group looks like to who crafts a Commit.
struct CraftingView: Sendable {
    let context: GroupContext
    let tree: RatchetTree
    let ownLeaf: LeafIndex
    let terms: GroupTerms

    init(_ group: LoadedGroup) throws {
        context = group.mls.context
        tree = group.mls.tree
        ownLeaf = group.mls.ownLeaf
        terms = try GroupTerms(reading: group.mls.context)
    }

    func leaf(of address: DeviceAddress) throws -> LeafIndex {
        guard
            let member = tree.members.first(where: { (try? DeviceLeaf(reading: $0.leaf))?.identity.address == address })
        else { throw NotInTheGroup() }
        return member.index
    }

    func device(at address: DeviceAddress) throws -> DeviceLeaf {
        guard let leaf = tree[try leaf(of: address)] else { throw NotInTheGroup() }
        return try DeviceLeaf(reading: leaf)
    }

    var charter: Charter { terms.charter.charter }
}

struct NotInTheGroup: Error {}

extension Member {
    /// Sends a Commit without asking whether it is allowed, and never merges it: what the others make of it is theirs to
    /// say, and where they apply it, this member has lost the group.
    /// - Parameter target: whose group it is for.
    /// - Returns: the entry id of the advance.
    @discardableResult
    func send(
        to target: Target = .coalition,
        crafted craft: (CraftingView) throws -> CraftedCommit
    ) async throws -> EntryID {
        let view = try engine.vault.read { try CraftingView(engine.group(of: target, $0)) }
        let crafted = try craft(view)
        let (mailbox, request) = try engine.vault.write { transaction in
            let group = try engine.group(of: target, transaction)
            return (group.record.profile.mailbox, try engine.craft(crafted, in: group, transaction))
        }
        _ = try await engine.relay(of: mailbox).advance(request)
        return request.entryID
    }

    /// Sends an application message with this content, whatever it is.
    func send(raw content: [UInt8]) async throws {
        let (mailbox, request) = try engine.vault.write { transaction in
            let group = try engine.group(of: .coalition, transaction)
            let message = try group.mls.protect(
                content,
                authenticatedData: try engine.messageContext(in: group.record, transaction).encoded,
                signatureKey: try engine.signatureKey(transaction)
            )
            try group.saveSent(in: transaction)
            return (group.record.profile.mailbox, try engine.append(message, in: group))
        }
        _ = try await engine.relay(of: mailbox).append(request)
    }

    /// Sends a proposal as a message of its own, which our groups do not use: the GroupContext as it is.
    func sendUnchangingProposal() async throws -> ProposalRef {
        let (mailbox, request, reference) = try engine.vault.write { transaction in
            let group = try engine.group(of: .coalition, transaction)
            let key = try engine.signatureKey(transaction)
            let context = try engine.messageContext(in: group.record, transaction)
            let proposal = Proposal.groupContextExtensions(group.mls.context.extensions)
            let message = try group.mls.propose(proposal, signatureKey: key, authenticatedData: context.encoded)
            try group.saveSent(in: transaction)
            guard let reference = group.mls.epoch.pendingProposals.entries.last?.reference else {
                throw VaultError.damaged("no proposal")
            }
            let request = try engine.append(message, in: group)
            return (group.record.profile.mailbox, request, reference)
        }
        _ = try await engine.relay(of: mailbox).append(request)
        return reference
    }
}

extension Engine {
    func group(of target: Target, _ transaction: borrowing VaultTransaction) throws -> LoadedGroup {
        switch target {
        case .coalition: return try LoadedGroup(coalitionGroup(transaction), in: transaction)
        case .user(let user):
            let kind = GroupProfile.direct(try transaction.device().identity.address.userAddress, user)
            for id in try transaction.groupIDs() where try transaction.group(id).profile.kind == kind {
                return try LoadedGroup(id, in: transaction)
            }
            throw NotInTheGroup()
        }
    }

    /// The request that hands a message over.
    func append(_ message: MLSMessage, in group: LoadedGroup) throws -> AppendRequest {
        let entryID = EntryID.random()
        let place = EnvelopeContext(
            mailbox: group.record.profile.mailbox.mailbox,
            epoch: group.record.cursor.epoch,
            entryID: entryID,
            kind: .application
        )
        return AppendRequest(
            access: group.record.access,
            epoch: group.record.cursor.epoch,
            entryID: entryID,
            kind: .application,
            body: try group.epochKeys().envelopeKey.seal(message.encoded, in: place).bytes
        )
    }

    fileprivate func craft(
        _ crafted: CraftedCommit,
        in group: LoadedGroup,
        _ transaction: borrowing VaultTransaction
    ) throws -> AdvanceRequest {
        let context = try messageContext(
            in: group.record,
            at: crafted.at,
            statements: crafted.statements,
            attestations: crafted.attestations,
            transaction
        )
        let honest = LeafChanges(extensions: try pathExtensions(at: context.at, in: group, transaction).0)
        var options = CommitOptions()
        options.authenticatedData = context.encoded
        options.leafChanges = crafted.leafChanges ?? honest
        options.alwaysHasPath = crafted.hasPath
        if crafted.forgery != nil { options.framing = .publicMessage }
        let key = try signatureKey(transaction)
        let pending = try group.mls.commit(crafted.proposals, signatureKey: key, options: options)
        var message = pending.message
        if let forgery = crafted.forgery { message = try group.mls.forge(forgery, in: message, signatureKey: key) }
        try group.saveSent(in: transaction)
        let grant = try nextKeys(of: pending.staged, in: group).derivedGrant
        return try advance(
            message,
            next: crafted.next ?? [grant],
            in: group,
            seen: try transaction.skippedAdvances(of: group.id).map(\.entryID)
        )
    }
}

extension MLS.Group {
    /// The Commit of a PublicMessage, changed, signed again and encrypted.
    fileprivate mutating func forge(
        _ forgery: CraftedCommit.Forgery,
        in message: MLSMessage,
        signatureKey: borrowing SignaturePrivateKey
    ) throws -> MLSMessage {
        guard case .publicMessage(let message) = message, case .commit(let good) = message.content.content else {
            throw NotInTheGroup()
        }
        var proposals = good.proposals
        var path = good.path
        switch forgery {
        case .proposals(let others): proposals = others.map { .proposal($0) }
        case .reference(let reference): proposals.append(.reference(reference))
        case .signatureKey:
            let newKey = try SignaturePrivateKey(context.cipherSuite)
            if let old = path {
                var leaf = old.leafNode
                leaf.signatureKey = newKey.publicKey
                leaf.sign(at: LeafNode.Place(groupID: context.groupID, leaf: ownLeaf), with: newKey, crypto)
                path = UpdatePath(leafNode: leaf, nodes: old.nodes)
            }
        }
        let content = epoch.framed(
            .commit(Commit(proposals: proposals, path: path)),
            authenticatedData: message.content.authenticatedData
        )
        let signature = try epoch.sign(content, .privateMessage, with: signatureKey).auth.signature
        let signed = AuthenticatedContent(
            wireFormat: .privateMessage,
            content: content,
            auth: FramedContentAuthData(signature: signature, confirmationTag: message.auth.confirmationTag)
        )
        return .privateMessage(try epoch.encrypt(signed, padding: .none))
    }
}
