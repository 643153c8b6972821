import Sodium

@testable import MLS

/// A genuine invitation taken apart: what a script can change before it is signed, tagged and sealed again.
final class GenuineInvitation {
    let world: LiveGroup
    let invitee: Invitable
    /// Who signs for each leaf of the tree.
    let signers: [LeafIndex: Device.Signer]
    let welcome: Welcome
    let info: GroupInfo
    let tree: RatchetTree
    let joinerSecret: HeldSecret
    let pathSecret: HeldSecret?
    let preSharedKeyIDs: [PreSharedKeyID]
    /// Which the invitee has.
    let preSharedKeys: PreSharedKeys
    /// For one who joins by an external Commit instead.
    let externalKey: [UInt8]

    nonisolated(unsafe) static let classical = must { try all(of: LiveGroup.classical) }
    nonisolated(unsafe) static let postQuantum = must { try all(of: LiveGroup.postQuantum) }

    /// One in thirty-two is post-quantum: it takes some times as long.
    static func chosen(by script: inout Script) -> GenuineInvitation {
        let all = script.byte() & 31 == 31 ? postQuantum : classical
        return script.choice(of: all)
    }

    private static func all(of world: LiveGroup) throws -> [GenuineInvitation] {
        var bare = CommitOptions()
        bare.alwaysHasPath = false
        return try [
            GenuineInvitation(to: world, [], CommitOptions()),
            GenuineInvitation(to: world, [.external(id: LiveGroup.PSK.shared)], bare),
            GenuineInvitation(to: world, [.external(id: LiveGroup.PSK.shared), world.past.source(.application)], bare),
            GenuineInvitation(successorOf: world),
            GenuineInvitation(branchOf: world),
        ]
    }

    /// An invitation to the group itself.
    private convenience init(to world: LiveGroup, _ sources: [PreSharedKeyID.Source], _ options: CommitOptions) throws {
        let inviter = world.members[0].copy()
        let invitee = world.newcomers[0]
        var options = options
        options.preSharedKeys = world.sharedKeys
        let pending = try inviter.group.commit(
            [.add(invitee.keyPackage)] + (try sources.map { .preSharedKey(try PreSharedKeyID($0, for: world.suite)) }),
            signatureKey: inviter.signer.key,
            options: options
        )
        let welcome = pending.welcome
        var signers = [world.members[0], world.members[1], world.members[2]].map(\.signer)
        signers.append(invitee.signer)
        try inviter.group.merge(pending.takeStaged())
        try self.init(world, invitee, signers, welcome, world.sharedKeys, inviter.group)
    }

    /// An invitation to the group that goes on after a ReInit.
    private convenience init(successorOf world: LiveGroup) throws {
        let ended = world.members[0].copy()
        let reInit = ReInit(
            groupID: Array("successor".utf8),
            version: .mls10,
            cipherSuite: world.suite,
            extensions: []
        )
        try ended.group.merge(
            try ended.group.commit([.reInit(reInit)], signatureKey: ended.signer.key).takeStaged()
        )
        let predecessor = ended.group.predecessor { _ in true }
        let maker = world.newcomers[1]
        let linked = try Group.successor(
            of: predecessor,
            with: maker.bundle(),
            others: [world.newcomers[0].keyPackage],
            signatureKey: maker.signer.key
        )
        try self.init(world, predecessor, linked)
    }

    private convenience init(branchOf world: LiveGroup) throws {
        let predecessor = world.members[0].group.predecessor { _ in true }
        let maker = world.newcomers[1]
        let linked = try Group.branch(
            of: predecessor,
            as: Array("branch".utf8),
            with: maker.bundle(),
            others: [world.newcomers[0].keyPackage],
            signatureKey: maker.signer.key
        )
        try self.init(world, predecessor, linked)
    }

    private convenience init(
        _ world: LiveGroup,
        _ predecessor: Predecessor,
        _ linked: consuming LinkedGroup
    ) throws {
        var keys = world.sharedKeys
        keys.insert(predecessor)
        let signers = [world.newcomers[1].signer, world.newcomers[0].signer]
        let welcome = linked.welcome
        try self.init(world, world.newcomers[0], signers, welcome, keys, linked.accept())
    }

    private init(
        _ world: LiveGroup,
        _ invitee: Invitable,
        _ signers: [Device.Signer],
        _ welcome: Welcome?,
        _ preSharedKeys: PreSharedKeys,
        _ group: borrowing Group
    ) throws {
        guard let welcome else { throw MLSError.internalBug("no Welcome") }
        let crypto = group.crypto
        self.world = world
        self.invitee = invitee
        self.signers = Dictionary(
            uniqueKeysWithValues: signers.enumerated().map { (LeafIndex(UInt32($0.offset)), $0.element) }
        )
        self.welcome = welcome
        self.preSharedKeys = preSharedKeys
        let secrets = try welcome.groupSecrets(for: try invitee.bundle(), crypto)
        joinerSecret = HeldSecret(secrets.joinerSecret.copy())
        pathSecret = secrets.pathSecret
        preSharedKeyIDs = secrets.preSharedKeys
        info = try welcome.groupInfo(
            welcomeSecret: KeySchedule.welcomeSecret(
                joinerSecret: secrets.joinerSecret,
                pskSecret: try preSharedKeys.secret(for: secrets.preSharedKeys, crypto),
                crypto
            ),
            crypto
        )
        tree = group.tree
        externalKey = try crypto.deriveKeyPair(group.epoch.secrets.external.secret).publicKey
    }
}
