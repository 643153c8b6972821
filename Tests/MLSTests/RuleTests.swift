import Sodium
import TLSCodec
import Testing

@testable import MLS

/// Something that breaks one rule, and nothing else.
struct Breach: Sendable, CustomTestStringConvertible {
    let rule: Rule
    /// Where a rule is enforced in several places, which of them this is about.
    let place: String?
    let attempt: @Sendable () throws -> Void

    var testDescription: String { rule.rawValue + (place.map { " (\($0))" } ?? "") }

    init(_ rule: Rule, _ place: String? = nil, _ attempt: @escaping @Sendable () throws -> Void) {
        self.rule = rule
        self.place = place
        self.attempt = attempt
    }

    /// A message that a forger, member 0 of three, sends to member 1.
    static func message(
        _ rule: Rule,
        _ place: String? = nil,
        at time: UInt64? = nil,
        _ make: @escaping @Sendable (Forger, Party) throws -> MLSMessage
    ) -> Breach {
        Breach(rule, place) {
            let party = try Party(3)
            let message = try make(Forger(member: party[0]), party)
            _ = try party[1].group.open(message, at: time)
        }
    }

    /// A Commit by value of a forger's.
    static func proposals(
        _ rule: Rule,
        _ place: String? = nil,
        at time: UInt64? = nil,
        _ make: @escaping @Sendable (Forger, Party) throws -> [Proposal]
    ) -> Breach {
        message(rule, place, at: time) { forger, party in forger.commit(try make(forger, party)) }
    }

    /// A Commit that adds a forged KeyPackage.
    static func add(
        _ rule: Rule,
        _ place: String? = nil,
        leaf: @escaping @Sendable (inout LeafNode, Party) -> Void = { _, _ in },
        keyPackage: @escaping @Sendable (inout KeyPackage, Party) -> Void = { _, _ in },
        breakingLeafSignature: Bool = false
    ) -> Breach {
        proposals(rule, place) { _, party in
            let key = try SignaturePrivateKey(suite3)
            return [
                .add(
                    try Forger.add(
                        key,
                        changingLeaf: { leaf(&$0, party) },
                        changingKeyPackage: { keyPackage(&$0, party) },
                        breakingLeafSignature: breakingLeafSignature
                    )
                )
            ]
        }
    }

    /// A Commit whose path is forged; staged when it opens.
    static func path(
        _ rule: Rule,
        _ place: String? = nil,
        _ change: @escaping @Sendable (inout Forger.Path, Party) throws -> Void
    ) -> Breach {
        Breach(rule, place) {
            let party = try Party(3)
            let message = try Forger(member: party[0]).commit { try change(&$0, party) }
            try party[1].follow(message)
        }
    }

    /// A tree of four members, all merged, as a joiner gets it forged.
    static func tree(
        _ rule: Rule,
        _ place: String? = nil,
        _ change: @escaping @Sendable (RatchetTree) throws -> RatchetTree
    ) -> Breach {
        Breach(rule, place) {
            let party = try Party(4)
            var tree = try change(party[0].group.tree)
            var context = party[0].group.context
            context.treeHash = tree.treeHash(try crypto3())
            try tree.validate(for: context, at: nil, try crypto3())
        }
    }

    /// A Welcome from member 0 of two.
    static func welcome(
        _ rule: Rule,
        _ place: String? = nil,
        _ make: @escaping @Sendable (ForgedWelcome, Member) throws -> Welcome
    ) -> Breach {
        Breach(rule, place) {
            let party = try Party(2)
            let forged = try ForgedWelcome(from: party[0])
            try forged.join(try make(forged, party[0]))
        }
    }
}

@Suite("Rules")
struct RuleTests {
    @Test("every rule has its breach")
    func coverage() {
        #expect(Set(Breach.all.map(\.rule)) == Set(Rule.allCases))
        #expect(Set(Breach.all.map(\.testDescription)).count == Breach.all.count)
        #expect(Rule.allCases.filter(\.failsOnlyForMe).count == 4)
    }

    @Test("a breach is refused under its rule's name", arguments: Breach.all)
    func breach(_ breach: Breach) {
        #expect(throws: MLSError.invalid(breach.rule)) { try breach.attempt() }
    }

    @Test("what the breaches alter is accepted unaltered")
    func controls() throws {
        let party = try Party(3)
        let forger = Forger(member: party[0])
        let key = try SignaturePrivateKey(suite3)
        _ = try party[1].openCommit(forger.commit([.add(try Forger.add(key))]))
        _ = try party[1].openCommit(try forger.commit { _ in })
        _ = try party[1].openData(try forger.privateMessage(from: LeafIndex(0), padding: [0, 0, 0]))
        _ = try party[1].group.open(forger.publicMessage(.proposal(try forger.update { _ in })))
        let forged = try ForgedWelcome(from: party[0])
        try forged.join(forged.welcome)
        try forged.join(try forged.rewritten())
        try forged.join(try forged.rewritten { $0.replacing(signedBy: party[0]) })
    }
}

extension Breach {
    /// By the names that Protocol/mls-validation.md calls them.
    static let lists: KeyValuePairs<String, [Breach]> = [
        "messages": messages,
        "leaves": leaves,
        "keyPackages": keyPackages,
        "trees": trees,
        "commits": commits,
        "paths": paths,
        "fromOutside": fromOutside,
        "joining": joining,
        "successions": successions,
    ]

    static let all = lists.flatMap(\.value)

    private static let messages: [Breach] = [
        .message(.expectedWireFormat) { _, party in
            .keyPackage(try Member.bundle("someone", party[0].key).keyPackage)
        },
        Breach(.groupIDMatches) {
            let party = try Party(2)
            let key = try SignaturePrivateKey(suite3)
            let other = try Group(creating: [1], with: try Member.bundle("someone", key))
            var stranger = other
            _ = try party[0].group.open(try stranger.protect([1], signatureKey: key))
        },
        .message(.epochMatches) { _, party in
            let message = try party[0].send("late")
            try party.commit(by: party[2])
            return message
        },
        .message(.applicationIsPrivate) { forger, _ in forger.publicMessage(.application([1])) },
        .message(.senderIsMember) { forger, _ in try forger.privateMessage(from: LeafIndex(3)) },
        .message(.messageSignature) { forger, _ in
            forger.publicMessage(.proposal(.remove(LeafIndex(2))), breakingSignature: true)
        },
        .message(.membershipTag) { forger, _ in
            guard case .publicMessage(let message) = forger.publicMessage(.proposal(.remove(LeafIndex(2)))) else {
                throw Member.UnexpectedContent()
            }
            return .publicMessage(PublicMessage(content: message.content, auth: message.auth, membershipTag: [1]))
        },
        .message(.senderDataAuthentic) { _, party in
            guard case .privateMessage(let message) = try party[0].send("x") else { throw Member.UnexpectedContent() }
            return .privateMessage(message.replacing(encryptedSenderData: message.encryptedSenderData.reversed()))
        },
        .message(.contentAuthentic) { _, party in
            guard case .privateMessage(let message) = try party[0].send("x") else { throw Member.UnexpectedContent() }
            var ciphertext = message.ciphertext
            ciphertext[ciphertext.count - 1] ^= 1
            return .privateMessage(message.replacing(ciphertext: ciphertext))
        },
        .message(.paddingIsZero) { forger, _ in try forger.privateMessage(from: LeafIndex(0), padding: [0, 1, 0]) },
        .message(.generationUnused) { _, party in
            let message = try party[0].send("twice")
            _ = try party[1].openData(message)
            return message
        },
        .message(.generationNotTooFar) { _, party in
            for _ in 0...ReceivingRatchet.forwardLimit { _ = try party[0].send("x") }
            return try party[0].send("too far")
        },
    ]

    private static let leaves: [Breach] = [
        .add(.leafSignature, breakingLeafSignature: true),
        .add(.leafSource, leaf: { leaf, _ in leaf.source = .update }),
        .message(.leafEncryptionKeyFresh) { forger, party in
            let old = party[0].group.tree[LeafIndex(0)]?.encryptionKey ?? []
            let update = forger.publicMessage(.proposal(try forger.update { $0.encryptionKey = old }))
            guard case .proposal(let received) = try party[1].group.open(update) else {
                throw Member.UnexpectedContent()
            }
            _ = try party[2].group.open(update)
            let commit = Commit(proposals: [.reference(received.reference)], path: nil)
            return Forger(member: party[2]).publicMessage(.commit(commit))
        },
        .path(.leafEncryptionKeyFresh, "in a path") { path, party in
            path.leafNode.encryptionKey = party[0].group.tree[LeafIndex(0)]?.encryptionKey ?? []
        },
        .add(
            .leafExtensionsListed,
            leaf: { leaf, _ in leaf.extensions = [Extension(type: .unsupported, data: [])] }
        ),
        .add(.leafSupportsGroup, leaf: { leaf, _ in leaf.capabilities.cipherSuites = [CipherSuite(rawValue: 1)] }),
        .add(.leafSupportsGroup, "but in another version", leaf: { leaf, _ in leaf.capabilities.versions = [] }),
        .add(.leafCredentialListed, leaf: { leaf, _ in leaf.capabilities.credentials = [.x509] }),
        .proposals(.leafLifetime, at: 2001) { _, _ in
            let key = try SignaturePrivateKey(suite3)
            return [.add(try Forger.add(key))]
        },
        Breach(.leafLifetime, "in a tree") {
            let party = try Party(1, filled: false)
            try ForgedWelcome(from: party[0]).join(at: 2001)
        },
        .message(.requiredCapabilities) { forger, _ in
            let required = RequiredCapabilities(extensions: [.unsupported])
            return try forger.commit(
                [.groupContextExtensions([])],
                replacedBy: [.groupContextExtensions([.requiredCapabilities(required)])]
            ) { _ in }
        },
        .message(.groupExtensionsSupported) { forger, _ in
            try forger.commit(
                [.groupContextExtensions([])],
                replacedBy: [.groupContextExtensions([Extension(type: .unsupported, data: [])])]
            ) { _ in }
        },
        .add(
            .credentialsSupportedByAll,
            leaf: { leaf, _ in
                leaf.credential = .x509(certificates: [[1]])
                leaf.capabilities.credentials = [.basic, .x509]
            }
        ),
        .add(
            .extensionsUnique,
            leaf: { leaf, _ in
                leaf.extensions = [Extension(type: .leafTest, data: []), Extension(type: .leafTest, data: [])]
            }
        ),
        .add(
            .extensionsUnique,
            "of a KeyPackage",
            keyPackage: { keyPackage, _ in
                keyPackage.extensions = [Extension(type: .test, data: []), Extension(type: .test, data: [])]
            }
        ),
        .message(.extensionsUnique, "of a GroupContext") { forger, _ in
            let twice: Extensions = [Extension(type: .test, data: []), Extension(type: .test, data: [])]
            return try forger.commit(
                [.groupContextExtensions([])],
                replacedBy: [.groupContextExtensions(twice)]
            ) { _ in }
        },
        .proposals(.extensionsUnique, "of a ReInit") { _, _ in
            [.reInit(.test(extensions: [Extension(type: .test, data: []), Extension(type: .test, data: [])]))]
        },
        .welcome(.extensionsUnique, "of a GroupInfo") { forged, member in
            try forged.rewritten { info in
                let extra = Extension(type: .unsupported, data: [])
                return GroupInfo(
                    signing: info.groupContext,
                    extensions: Extensions(info.extensions.elements + [extra, extra]),
                    confirmationTag: info.confirmationTag,
                    signer: info.signer,
                    member.key,
                    member.group.crypto
                )
                .encoded
            }
        },
        .proposals(.signatureKeysUnique) { _, party in [.add(try Forger.add(party[2].key))] },
        .add(
            .encryptionKeysUnique,
            leaf: { leaf, party in
                leaf.encryptionKey = party[2].group.tree[LeafIndex(2)]?.encryptionKey ?? []
            }
        ),
        .add(.encryptionKeysUsable, leaf: { leaf, _ in leaf.encryptionKey.removeLast() }),
        .add(
            .encryptionKeysUsable,
            "of low order",
            leaf: { leaf, _ in leaf.encryptionKey = [1] + [UInt8](repeating: 0, count: 30) + [0x80] }
        ),
        .add(
            .encryptionKeysUsable,
            "a known key with its top bit set",
            leaf: { leaf, party in
                leaf.encryptionKey = party[2].group.tree[LeafIndex(2)]?.encryptionKey ?? []
                leaf.encryptionKey[31] |= 0x80
            }
        ),
        .message(.encryptionKeysUsable, "of an Update, with its top bit set") { forger, party in
            let old = party[0].group.tree[LeafIndex(0)]?.encryptionKey ?? []
            let update = forger.publicMessage(
                .proposal(
                    try forger.update {
                        $0.encryptionKey = old
                        $0.encryptionKey[31] |= 0x80
                    }
                )
            )
            guard case .proposal(let received) = try party[1].group.open(update) else {
                throw Member.UnexpectedContent()
            }
            _ = try party[2].group.open(update)
            let commit = Commit(proposals: [.reference(received.reference)], path: nil)
            return Forger(member: party[2]).publicMessage(.commit(commit))
        },
        .add(.encryptionKeysUsable, "init key", keyPackage: { keyPackage, _ in keyPackage.initKey.removeLast() }),
        .path(.encryptionKeysUsable, "in a path") { path, _ in
            path.nodes[0] = UpdatePathNode(
                encryptionKey: [1],
                encryptedPathSecret: path.nodes[0].encryptedPathSecret
            )
        },
        .tree(.encryptionKeysUsable, "of a parent") { try $0.changingParent(3) { $0.encryptionKey.removeLast() } },
    ]

    private static let keyPackages: [Breach] = [
        Breach(.supportedCipherSuite) {
            let key = try SignaturePrivateKey(suite3)
            try Forger.add(key, changingKeyPackage: { $0.cipherSuite = CipherSuite(rawValue: 0x0a0a) })
                .validate(at: nil)
        },
        .add(.keyPackageVersion, keyPackage: { keyPackage, _ in keyPackage.version = ProtocolVersion(rawValue: 2) }),
        .add(
            .keyPackageCipherSuite,
            keyPackage: { keyPackage, _ in keyPackage.cipherSuite = CipherSuite(rawValue: 1) }
        ),
        .proposals(.keyPackageSignature) { _, _ in
            let key = try SignaturePrivateKey(suite3)
            var keyPackage = try Forger.add(key)
            keyPackage.signature[0] ^= 1
            return [.add(keyPackage)]
        },
        .add(
            .keyPackageInitKeyDiffers,
            keyPackage: { keyPackage, _ in keyPackage.initKey = keyPackage.leafNode.encryptionKey }
        ),
    ]
}
