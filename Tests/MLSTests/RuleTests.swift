import Sodium
import TLSCodec
import Testing

@testable import MLS

/// Something that breaks one rule, and nothing else.
struct Breach: Sendable, CustomTestStringConvertible {
    let rule: Rule
    let attempt: @Sendable () throws -> Void

    var testDescription: String { rule.rawValue }

    init(_ rule: Rule, _ attempt: @escaping @Sendable () throws -> Void) {
        self.rule = rule
        self.attempt = attempt
    }

    /// A message that a forger, member 0 of three, sends to member 1.
    static func message(
        _ rule: Rule,
        at time: UInt64? = nil,
        _ make: @escaping @Sendable (Forger, Party) throws -> MLSMessage
    ) -> Breach {
        Breach(rule) {
            let party = try Party(3)
            let message = try make(Forger(member: party[0]), party)
            _ = try party[1].group.open(message, at: time)
        }
    }

    /// A Commit by value of a forger's.
    static func proposals(
        _ rule: Rule,
        at time: UInt64? = nil,
        _ make: @escaping @Sendable (Forger, Party) throws -> [Proposal]
    ) -> Breach {
        message(rule, at: time) { forger, party in forger.commit(try make(forger, party)) }
    }

    /// A Commit that adds a forged KeyPackage.
    static func add(
        _ rule: Rule,
        leaf: @escaping @Sendable (inout LeafNode, Party) -> Void = { _, _ in },
        keyPackage: @escaping @Sendable (inout KeyPackage, Party) -> Void = { _, _ in },
        breakingLeafSignature: Bool = false
    ) -> Breach {
        proposals(rule) { _, party in
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
        _ change: @escaping @Sendable (inout Forger.Path, Party) throws -> Void
    ) -> Breach {
        Breach(rule) {
            let party = try Party(3)
            let message = try Forger(member: party[0]).commit { try change(&$0, party) }
            try party[1].follow(message)
        }
    }

    /// A tree of four members, all merged, as a joiner gets it forged.
    static func tree(_ rule: Rule, _ change: @escaping @Sendable (RatchetTree) throws -> RatchetTree) -> Breach {
        Breach(rule) {
            let party = try Party(4)
            var tree = try change(party[0].group.tree)
            var context = party[0].group.context
            context.treeHash = tree.treeHash(try crypto3())
            try tree.validate(for: context, at: nil, try crypto3())
        }
    }

    /// A Welcome from member 0 of two.
    static func welcome(_ rule: Rule, _ make: @escaping @Sendable (ForgedWelcome, Member) throws -> Welcome) -> Breach {
        Breach(rule) {
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
        let covered = Breach.all.map(\.rule)
        #expect(Set(covered) == Set(Rule.allCases))
        #expect(covered.count == Rule.allCases.count)
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
    static let all: [Breach] =
        messages + leaves + keyPackages + trees + commits + paths + fromOutside + joining + successions

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
        .add(
            .leafExtensionsListed,
            leaf: { leaf, _ in leaf.extensions = [Extension(type: .unsupported, data: [])] }
        ),
        .add(.leafCredentialListed, leaf: { leaf, _ in leaf.capabilities.credentials = [.x509] }),
        .proposals(.leafLifetime, at: 2001) { _, _ in
            let key = try SignaturePrivateKey(suite3)
            return [.add(try Forger.add(key))]
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
        .proposals(.signatureKeysUnique) { _, party in [.add(try Forger.add(party[2].key))] },
        .add(
            .encryptionKeysUnique,
            leaf: { leaf, party in
                leaf.encryptionKey = party[2].group.tree[LeafIndex(2)]?.encryptionKey ?? []
            }
        ),
        .add(.encryptionKeysUsable, leaf: { leaf, _ in leaf.encryptionKey.removeLast() }),
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
