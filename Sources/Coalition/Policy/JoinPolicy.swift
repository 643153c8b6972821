public import MLS
internal import TLSCodec

/// Rules J1 to J8 of Protocol/policy.md: what a Welcome must be for a device to accept it. MLS has checked the rest of J1.
public struct JoinPolicy: Sendable {
    /// What the joiner knows beforehand.
    public struct Expectation: Sendable {
        public enum Group: Sendable {
            /// The coalition's own, by an invitation of this organisation.
            case coalition(inviter: Name, rootFingerprint: RootFingerprint)
            /// Another group, of devices that the joiner knows.
            case other(Directory)
        }

        public let coalition: CoalitionID
        public let cipherSuite: CipherSuite
        public let group: Group
        /// The joiner.
        public let device: DeviceIdentity

        public init(coalition: CoalitionID, cipherSuite: CipherSuite, group: Group, device: DeviceIdentity) {
            self.coalition = coalition
            self.cipherSuite = cipherSuite
            self.group = group
            self.device = device
        }
    }

    /// How often the KeyPackage of a Welcome was used before.
    public enum KeyPackageUse: Sendable {
        case first
        /// It is one that is handed out again and again.
        case lastResort
        case again
    }

    let groupInfo: GroupInfo
    let tree: RatchetTree
    let message: WelcomeMessage
    let expectation: Expectation
    let use: KeyPackageUse

    /// - Throws: the first rule that is broken, in their order.
    public static func judge(
        _ join: borrowing PendingJoin,
        message: WelcomeMessage,
        expecting expectation: Expectation,
        use: KeyPackageUse
    ) throws(PolicyViolation) -> JudgedJoin {
        try JoinPolicy(
            groupInfo: join.groupInfo,
            tree: join.tree,
            message: message,
            expectation: expectation,
            use: use
        )
        .judge()
    }

    func judge() throws(PolicyViolation) -> JudgedJoin {
        try checkSuite()
        let terms = try checkContext()
        let chain = try checkChain(terms)
        let leaves = try checkLeaves(terms)
        let signer = try checkSigner(terms, leaves)
        try checkSignature(terms, signer)
        try checkParticipants(terms, leaves)
        try checkKeyPackage()
        return JudgedJoin(
            terms: terms,
            chain: chain,
            inviter: signer.identity,
            presented: presented(for: leaves, terms)
        )
    }

    // MARK: J1

    func checkSuite() throws(PolicyViolation) {
        try require(
            groupInfo.groupContext.cipherSuite == expectation.cipherSuite,
            .j1,
            "the group has another cipher suite than the coalition"
        )
    }

    // MARK: J2

    func checkContext() throws(PolicyViolation) -> GroupTerms {
        do throws(GroupTerms.Malformed) {
            return try GroupTerms(reading: groupInfo.groupContext)
        } catch {
            throw PolicyViolation(.j2, "the group's context is not one of ours: \(error.detail)")
        }
    }

    // MARK: J3

    func checkChain(_ terms: GroupTerms) throws(PolicyViolation) -> CharterChain {
        try require(terms.coalition == expectation.coalition, .j3, "the group is of another coalition")
        do throws(CharterChainError) {
            return try CharterChain(verifying: message.contents.chain + [terms.charter], of: expectation.coalition)
        } catch {
            throw PolicyViolation(.j3, "the charter is not that of the coalition (\(error))")
        }
    }

    // MARK: J4

    func checkLeaves(_ terms: GroupTerms) throws(PolicyViolation) -> [LeafIndex: DeviceLeaf] {
        var leaves: [LeafIndex: DeviceLeaf] = [:]
        var names: Set<DeviceAddress> = []
        for member in tree.members {
            let leaf: DeviceLeaf
            do throws(DeviceLeaf.Malformed) {
                leaf = try DeviceLeaf(reading: member.leaf)
            } catch {
                throw PolicyViolation(.j4, "a leaf is not that of a device: \(error.detail)")
            }
            let name = leaf.identity.address
            try require(names.insert(name).inserted, .j4, "two devices are called \(name)")
            try require(
                member.leaf.capabilities == .profile(expectation.cipherSuite),
                .j4,
                "\(name) has other capabilities than the profile's"
            )
            try require(
                hasItsExtensions(leaf, at: member.index, terms),
                .j4,
                "\(name) does not have exactly the extensions that it must have"
            )
            try checkAttestation(of: leaf, terms)
            leaves[member.index] = leaf
        }
        return leaves
    }

    private func hasItsExtensions(_ leaf: DeviceLeaf, at index: LeafIndex, _ terms: GroupTerms) -> Bool {
        let own = terms.ownLeafExtensions
        switch leaf.source {
        case .commit: return leaf.hasExtensions(own.union([.attestation, .commitTime]))
        case .keyPackage:
            // Nobody but the group's creator, the first leaf, says a time without a Commit.
            return leaf.hasExtensions(
                own,
                optional: index == LeafIndex(0) ? [.attestation, .commitTime] : [.attestation]
            )
        case .update: return false
        }
    }

    private func checkAttestation(of leaf: DeviceLeaf, _ terms: GroupTerms) throws(PolicyViolation) {
        let presented = message.contents.attestations.first { $0.deviceHash == leaf.hash }?.attestation
        try require(
            [leaf.attestation, presented].compactMap { $0 }.contains { attests($0, leaf, terms) },
            .j4,
            "\(leaf.identity.address) is not attested by its organisation"
        )
    }

    private func attests(_ attestation: Attestation, _ leaf: DeviceLeaf, _ terms: GroupTerms) -> Bool {
        let verified = try? attestation.verify(
            for: leaf.identity,
            in: terms.coalition,
            charter: terms.charter.charter,
            at: nil
        )
        return verified != nil
    }

    // MARK: J5

    /// - Returns: the leaf of the Welcome's signer.
    func checkSigner(
        _ terms: GroupTerms,
        _ leaves: [LeafIndex: DeviceLeaf]
    ) throws(PolicyViolation) -> DeviceLeaf {
        guard let signer = leaves[groupInfo.signer] else { throw PolicyViolation(.j5, "its signer is not a member") }
        switch expectation.group {
        case .coalition(let inviter, let rootFingerprint):
            try require(terms.profile.kind == .coalition, .j5, "the group is not the coalition's own")
            let organisation = terms.charter.charter.organisation(named: signer.identity.address.organisation)
            try require(
                organisation?.id == inviter,
                .j5,
                "its signer is of another organisation than the one that invites"
            )
            try require(
                organisation?.rootFingerprint == rootFingerprint,
                .j5,
                "the root key of \(inviter) is not the one that the invitation names"
            )
        case .other(let directory):
            try require(terms.profile.kind != .coalition, .j5, "it calls itself the coalition's own group")
            for leaf in leaves.values {
                try require(
                    directory.contains(leaf.hash),
                    .j5,
                    "\(leaf.identity.address) is not a device of the coalition"
                )
            }
        }
        return signer
    }

    // MARK: J6

    func checkSignature(_ terms: GroupTerms, _ signer: DeviceLeaf) throws(PolicyViolation) {
        try require(message.isSigned(by: signer.identity.signatureKey), .j6, "its signature is not its signer's")
        guard let secrets = message.contents.secrets else { return }
        let own = expectation.device.address.organisation
        try require(
            signer.identity.address.organisation == own,
            .j6,
            "its signer hands on the secrets of another organisation"
        )
        let key = (try? secrets.contactKey())?.publicKey
        try require(
            key != nil && key == terms.charter.charter.organisation(named: own)?.contactKey,
            .j6,
            "the contact key that it hands on is not the one in the charter"
        )
    }

    // MARK: J7

    func checkParticipants(_ terms: GroupTerms, _ leaves: [LeafIndex: DeviceLeaf]) throws(PolicyViolation) {
        guard case .direct(let participants) = terms.profile.kind else { return }
        // The joiner's own leaf is one of them.
        for leaf in leaves.values {
            try require(
                participants.contains(leaf.identity.address.userAddress),
                .j7,
                "\(leaf.identity.address) is in a conversation of others"
            )
        }
    }

    // MARK: J8

    func checkKeyPackage() throws(PolicyViolation) {
        guard case .again = use else { return }
        throw PolicyViolation(.j8, "its KeyPackage was used before")
    }

    /// What has to be handed on to whoever joins later.
    private func presented(for leaves: [LeafIndex: DeviceLeaf], _ terms: GroupTerms) -> [PresentedAttestation] {
        let byHash = Dictionary(leaves.values.map { ($0.hash, $0) }) { first, _ in first }
        return message.contents.attestations.filter { presented in
            guard let leaf = byHash[presented.deviceHash] else { return false }
            // Beside a leaf that carries its own, one that renews it.
            if let own = leaf.attestation, own.end >= presented.attestation.end { return false }
            return attests(presented.attestation, leaf, terms)
        }
    }
}

/// A Welcome that keeps all rules; only `JoinPolicy` makes one.
public struct JudgedJoin: Sendable {
    public let terms: GroupTerms
    public let chain: CharterChain
    /// Who signed the Welcome.
    public let inviter: DeviceIdentity
    /// Attestations that stand beside the leaves they are for, with signatures that are right.
    public let presented: [PresentedAttestation]

    fileprivate init(
        terms: GroupTerms,
        chain: CharterChain,
        inviter: DeviceIdentity,
        presented: [PresentedAttestation]
    ) {
        self.terms = terms
        self.chain = chain
        self.inviter = inviter
        self.presented = presented
    }
}
