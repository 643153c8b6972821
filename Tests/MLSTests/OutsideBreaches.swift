import Sodium
import TLSCodec
import Testing

@testable import MLS

extension ReInit {
    static func test(version: ProtocolVersion = .mls10, extensions: Extensions = []) -> ReInit {
        ReInit(groupID: Array("successor".utf8), version: version, cipherSuite: suite3, extensions: extensions)
    }
}

/// An external Commit that its sender has changed, and signed again.
struct ForgedExternalCommit {
    var proposals: [ProposalOrRef]
    var path: UpdatePath?

    /// Lets member 1 of three open what `change` makes of a good Commit.
    static func open(_ change: (inout ForgedExternalCommit) throws -> Void) throws {
        let party = try Party(3)
        let key = try SignaturePrivateKey(suite3)
        let pending = try ExternalJoin(party[0].group.groupInfo(signatureKey: party[0].key))
            .commit(as: Member.joiner("joiner"), signatureKey: key)
        guard case .publicMessage(let message) = pending.message, case .commit(let commit) = message.content.content
        else { throw Member.UnexpectedContent() }
        var forged = ForgedExternalCommit(proposals: commit.proposals, path: commit.path)
        try change(&forged)
        let content = FramedContent(
            groupID: message.content.groupID,
            epoch: message.content.epoch,
            sender: .newMemberCommit,
            authenticatedData: [],
            content: .commit(Commit(proposals: forged.proposals, path: forged.path))
        )
        let signature = AuthenticatedContent.signature(
            of: content,
            .publicMessage,
            context: party[0].group.context.encoded,
            with: key,
            party[0].group.crypto
        )
        let auth = FramedContentAuthData(signature: signature, confirmationTag: message.auth.confirmationTag)
        try party[1].follow(.publicMessage(PublicMessage(content: content, auth: auth, membershipTag: nil)))
    }
}

/// Two members of a group, of whom the first makes a group that follows from it, and the second joins that.
final class Succession {
    let old: Party
    private let maker: SignaturePrivateKey
    private let joiner: SignaturePrivateKey
    private let joinersBundle: HeldSecret

    /// - Parameter ended: whether a ReInit has ended the old group.
    init(ended: Bool) throws {
        old = try Party(2)
        if ended { try old.commit([.reInit(.test())], by: old[0]) }
        maker = try SignaturePrivateKey(suite3)
        joiner = try SignaturePrivateKey(suite3)
        joinersBundle = HeldSecret(try Member.bundle("member 1", joiner).serialized())
    }

    private func others() throws -> [KeyPackage] {
        [try KeyPackageBundle(serialized: joinersBundle.secret).keyPackage]
    }

    func successor() throws -> LinkedGroup {
        try Group.successor(
            of: old[0].group.predecessor(),
            with: Member.bundle("member 0", maker),
            others: others(),
            signatureKey: maker
        )
    }

    func branch(of predecessor: Predecessor? = nil) throws -> LinkedGroup {
        try Group.branch(
            of: predecessor ?? old[0].group.predecessor(),
            as: [7],
            with: Member.bundle("member 0", maker),
            others: others(),
            signatureKey: maker
        )
    }

    /// A Welcome to a group whose second Commit, not its first, says that it is a branch.
    func lateBranch() throws -> Welcome? {
        var group = try Group(creating: [7], with: Member.bundle("member 0", maker))
        try group.merge(try group.commit(signatureKey: maker).takeStaged())
        let predecessor = old[0].group.predecessor()
        var options = CommitOptions()
        options.preSharedKeys.insert(predecessor)
        let id = try PreSharedKeyID(predecessor.source(.branch), for: suite3)
        return
            try group.commit(
                try others().map { .add($0) } + [.preSharedKey(id)],
                linkedBy: .branch,
                signatureKey: maker,
                options: options
            )
            .welcome
    }

    @discardableResult
    func join(_ welcome: Welcome?, from predecessor: Predecessor? = nil) throws -> Group {
        var keys = PreSharedKeys()
        keys.insert(predecessor ?? old[1].group.predecessor())
        let bundle = try KeyPackageBundle(serialized: joinersBundle.secret)
        return try PendingJoin(try #require(welcome), keyPackage: bundle, preSharedKeys: keys).accept()
    }
}

extension Predecessor {
    /// As one remembers it who is wrong.
    func replacing(suite: CipherSuite? = nil, reInit: ReInit?) -> Predecessor {
        let context = GroupContext(
            cipherSuite: suite ?? self.context.cipherSuite,
            groupID: self.context.groupID,
            epoch: self.context.epoch,
            treeHash: self.context.treeHash,
            confirmedTranscriptHash: self.context.confirmedTranscriptHash,
            extensions: self.context.extensions
        )
        return Predecessor(
            context: context,
            tree: tree,
            reInit: reInit,
            resumptionPSK: resumptionPSK,
            client: client
        )
    }
}

extension Breach {
    static let fromOutside: [Breach] = [
        .message(.contentAllowedForSender) { forger, _ in
            forger.publicMessage(.commit(Commit(proposals: [], path: nil)), sender: .external(0))
        },
        .message(.externalSenderListed) { forger, _ in
            forger.publicMessage(.proposal(.remove(LeafIndex(2))), sender: .external(0))
        },
        .message(.externalProposalType) { forger, _ in
            forger.publicMessage(.proposal(try forger.update { _ in }), sender: .external(0))
        },
        .message(.newMemberProposesAdd) { forger, _ in
            forger.publicMessage(.proposal(.remove(LeafIndex(2))), sender: .newMemberProposal)
        },
        .externalCommit(.externalCommitPath) { $0.path = nil },
        .externalCommit(.externalCommitByValue) { $0.proposals.append(.reference(ProposalRef(bytes: [1]))) },
        .externalCommit(.externalCommitProposals) { $0.proposals.append(.proposal(.groupContextExtensions([]))) },
        .externalCommit(.oneExternalInit) { $0.proposals.append($0.proposals[0]) },
        .externalCommit(.oneRemovalByNewMember) {
            $0.proposals += [.proposal(.remove(LeafIndex(1))), .proposal(.remove(LeafIndex(2)))]
        },
        .externalCommit(.externalInitUsable) { $0.proposals = [.proposal(.externalInit(kemOutput: [1]))] },
        Breach(.externalKeyPresent) {
            let party = try Party(2)
            var info = try party[0].group.groupInfo(signatureKey: party[0].key)
            info = GroupInfo(
                signing: info.groupContext,
                extensions: [Extension(type: .ratchetTree, data: party[0].group.tree.encoded)],
                confirmationTag: info.confirmationTag,
                signer: info.signer,
                party[0].key,
                party[0].group.crypto
            )
            _ = try ExternalJoin(info)
        },
    ]

    private static func externalCommit(
        _ rule: Rule,
        _ change: @escaping @Sendable (inout ForgedExternalCommit) throws -> Void
    ) -> Breach {
        Breach(rule) { try ForgedExternalCommit.open(change) }
    }

    static let successions: [Breach] = [
        .welcome(.onePredecessor) { forged, member in
            let ids = try (0..<2)
                .map { _ in
                    try PreSharedKeyID(member.group.predecessor().source(.branch), for: suite3)
                }
            return try forged.rewritten(preSharedKeys: ids)
        },
        .welcome(.predecessorKnown) { forged, member in
            let id = try PreSharedKeyID(member.group.predecessor().source(.branch), for: suite3)
            return try forged.rewritten(preSharedKeys: [id])
        },
        Breach(.successorEpoch) {
            let succession = try Succession(ended: false)
            try succession.join(try succession.lateBranch())
        },
        Breach(.reInitPredecessor) {
            let succession = try Succession(ended: true)
            let mistaken = succession.old[1].group.predecessor().replacing(reInit: nil)
            try succession.join(try succession.successor().welcome, from: mistaken)
        },
        Breach(.reInitParameters) {
            let succession = try Succession(ended: true)
            let other = ReInit.test(extensions: [Extension(type: .test, data: [])])
            let mistaken = succession.old[1].group.predecessor().replacing(reInit: other)
            try succession.join(try succession.successor().welcome, from: mistaken)
        },
        Breach(.reInitMembers) {
            let succession = try Succession(ended: true)
            let alone = succession.old[1].group.predecessor { AnyHashable($0.encryptionKey) }
            try succession.join(try succession.successor().welcome, from: alone)
        },
        Breach(.branchParameters) {
            let succession = try Succession(ended: false)
            let mistaken = succession.old[1].group.predecessor()
                .replacing(suite: CipherSuite(rawValue: 1), reInit: nil)
            try succession.join(try succession.branch().welcome, from: mistaken)
        },
        Breach(.branchMembers) {
            let succession = try Succession(ended: false)
            let alone = succession.old[1].group.predecessor { AnyHashable($0.encryptionKey) }
            try succession.join(try succession.branch().welcome, from: alone)
        },
    ]
}
