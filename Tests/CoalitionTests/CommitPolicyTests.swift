import RelayAPI
import Sodium
import TLSCodec
import Testing

@testable import Coalition
@testable import MLS

@Suite("Policy for Commits")
struct CommitPolicyTests {
    let now = OrganisationFixture.now

    // MARK: What is allowed

    @Test("a path alone, an Add and a Remove with a statement are allowed")
    func allowed() throws {
        let fixture = try GroupFixture()
        expectKept(try fixture.changes())
        let noor = try MemberFixture(
            "noor@Masaar/laptop",
            of: fixture.coalition.masaar,
            number: 40,
            in: fixture.coalition.coalition
        )
        expectKept(try fixture.changes(fixture.add(noor)))
        let statement = fixture.removal(of: fixture.sara, approvedBy: [fixture.coalition.insm])
        expectKept(try fixture.changes(fixture.remove([fixture.sara], [statement])))
    }

    @Test("what a Commit brings is told: its time, its charter, and attestations to be handed on")
    func judged() throws {
        let fixture = try GroupFixture()
        let noor = try MemberFixture(
            "noor@SMEX/laptop",
            of: fixture.coalition.smex,
            number: 40,
            in: fixture.coalition.coalition
        )
        var draft = CommitDraft(proposals: [.add(try fixture.keyPackage(noor, attested: false))])
        let stranger = try MemberFixture(
            "dana@SMEX/laptop",
            of: fixture.coalition.smex,
            number: 41,
            in: fixture.coalition.coalition
        )
        draft.attestations = [
            PresentedAttestation(deviceHash: noor.hash, attestation: noor.attestation),
            // Of a device that is in the group already: renewed.
            PresentedAttestation(deviceHash: fixture.omar.hash, attestation: fixture.omar.attestation),
            // By another organisation than its own, and of a device that is not in the group.
            PresentedAttestation(
                deviceHash: fixture.sara.hash,
                attestation: fixture.coalition.smex.attest(
                    fixture.sara.device.identity,
                    in: fixture.coalition.coalition
                )
            ),
            PresentedAttestation(deviceHash: stranger.hash, attestation: stranger.attestation),
        ]
        let judged = try CommitPolicy.judge(fixture.changes(draft))
        #expect(judged.context.at == now)
        #expect(judged.committer?.hash == fixture.amal.hash)
        #expect(judged.presented.map(\.deviceHash) == [noor.hash, fixture.omar.hash])
        #expect(judged.newCharter == nil)
    }

    // MARK: C1

    @Test("C1: an advance holds a PrivateMessage of this group and epoch, sealed for its place")
    func c1() throws {
        let fixture = try GroupFixture()
        let mailbox = fixture.terms.profile.mailbox.mailbox
        let keys = try GroupEpochKeys(mailbox: mailbox) { label, context, length throws(MLSError) in
            try fixture.group.export(label: label, context: context, length: length)
        }
        let context = EnvelopeContext(
            mailbox: mailbox,
            epoch: fixture.group.context.epoch,
            entryID: .random(),
            kind: .advance,
            next: [keys.derivedGrant]
        )
        func open(_ message: MLSMessage, in place: EnvelopeContext? = nil, group: GroupContext? = nil) throws {
            let body = try keys.envelopeKey.seal(message.encoded, in: context)
            _ = try EntryPolicy.open(body, in: place ?? context, keys: keys, group: group ?? fixture.group.context)
        }
        func expectC1(_ body: () throws -> Void) {
            let violation = #expect(throws: PolicyViolation.self, performing: body)
            #expect(violation?.rule == .c1)
        }
        let pending = try fixture.commit(CommitDraft())
        let message = pending.message
        try open(message)
        expectC1 {
            try open(
                message,
                in: EnvelopeContext(mailbox: mailbox, epoch: context.epoch, entryID: .random(), kind: .advance)
            )
        }
        expectC1 { try open(.keyPackage(try fixture.keyPackage(fixture.sara))) }
        try fixture.group.merge(pending.takeStaged())
        expectC1 { try open(message) }
        var otherGroup = try Group(creating: [1], with: fixture.amal.keyPackage()).context
        otherGroup.epoch = context.epoch
        expectC1 { try open(message, group: otherGroup) }
        let application = ApplicationMessage(sender: LeafIndex(0), generation: 0, authenticatedData: [], data: [])
        expectC1 { _ = try EntryPolicy.commit(.application(application)) }
    }

    // MARK: C3

    @Test("C3: a proposal by reference")
    func c3Reference() throws {
        let fixture = try GroupFixture()
        let changes = try fixture.changes(
            fixture.remove([fixture.sara], [fixture.removal(of: fixture.sara, approvedBy: [fixture.coalition.insm])])
        )
        let referenced = changes.proposals.map {
            CommittedProposal(proposal: $0.proposal, sender: $0.sender, isByReference: true)
        }
        expectOnly(.c3, changes.replacing(proposals: referenced))
    }

    @Test("C3: a proposal of another type")
    func c3Type() throws {
        let fixture = try GroupFixture()
        let changes = try fixture.changes()
        let others: [Proposal] = [
            .update(try #require(changes.committerLeaf)),
            .preSharedKey(PreSharedKeyID(source: .external(id: [1]), nonce: [2])),
            .reInit(ReInit(groupID: [1], version: .mls10, cipherSuite: changes.context.cipherSuite, extensions: [])),
            .externalInit(kemOutput: [1]),
        ]
        for proposal in others {
            let committed = CommittedProposal(
                proposal: proposal,
                sender: .member(LeafIndex(1)),
                isByReference: false
            )
            expectOnly(.c3, changes.replacing(proposals: [committed]))
        }
    }

    @Test("C3: a sender that joins by its Commit")
    func c3External() throws {
        let fixture = try GroupFixture()
        let noor = try MemberFixture(
            "noor@Masaar/laptop",
            of: fixture.coalition.masaar,
            number: 40,
            in: fixture.coalition.coalition
        )
        let leaf = try fixture.keyPackage(noor).leafNode
        let join = try ExternalJoin(fixture.group.groupInfo(signatureKey: fixture.amal.signatureKey))
        let commit = try join.commit(
            as: ExternalJoin.Joiner(
                credential: leaf.credential,
                capabilities: leaf.capabilities,
                extensions: leaf.extensions
            ),
            signatureKey: noor.signatureKey
        )
        expectOnly(.c3, commit.changes)
    }

    @Test("C3: no path")
    func c3Path() throws {
        let fixture = try GroupFixture()
        let noor = try MemberFixture(
            "noor@SMEX/laptop",
            of: fixture.coalition.smex,
            number: 40,
            in: fixture.coalition.coalition
        )
        expectOnly(.c3, try fixture.changes(fixture.add(noor) { $0.hasPath = false }))
    }

    // MARK: C4

    @Test("C4: authenticated data that is no MessageContext", arguments: [[], [2], [1, 0]] as [[UInt8]])
    func c4Data(data: [UInt8]) throws {
        let fixture = try GroupFixture()
        expectOnly(.c4, try fixture.changes(CommitDraft(authenticatedData: data)))
    }

    @Test("C4: a device stated twice")
    func c4Statements() throws {
        let fixture = try GroupFixture()
        let statement = fixture.removal(of: fixture.sara, approvedBy: [fixture.coalition.insm])
        expectOnly(.c4, try fixture.changes(fixture.remove([fixture.sara], [statement, statement])))
    }

    @Test("C4: a device presented twice")
    func c4Attestations() throws {
        let fixture = try GroupFixture()
        let presented = PresentedAttestation(deviceHash: fixture.omar.hash, attestation: fixture.omar.attestation)
        expectOnly(.c4, try fixture.changes(CommitDraft(attestations: [presented, presented])))
    }

    // MARK: C5

    @Test("C5: a time before that of an earlier Commit")
    func c5Earlier() throws {
        let fixture = try GroupFixture()
        let last = GroupFixture.founded.later(by: 10)
        expectKept(try fixture.changes(CommitDraft(at: last)))
        expectOnly(.c5, try fixture.changes(CommitDraft(at: last.earlier(by: 1))))
    }

    @Test("C5: another time in the leaf than in the Commit, or none")
    func c5Leaf() throws {
        let fixture = try GroupFixture()
        let extensions = DeviceLeaf.extensions(
            attestation: fixture.amal.attestation,
            addresses: fixture.amal.addresses,
            commitTime: now.later(by: 1)
        )
        expectOnly(.c5, try fixture.changes(CommitDraft(leafChanges: LeafChanges(extensions: extensions))))
    }

    @Test("C5: who claims a time in the future is removed at the others' time")
    func c5Poison() throws {
        let fixture = try GroupFixture()
        let future = Time(seconds: .max - 1)
        // Amal's clock is wrong: her Commit is allowed, and all that come after hers would have to be later.
        let sara = try MemberSide(fixture, fixture.sara)
        try sara.apply(fixture, CommitDraft(at: future))
        expectOnly(.c5, try sara.changes(CommitDraft(at: now)))
        let statement = fixture.removal(of: fixture.amal, approvedBy: [fixture.coalition.smex])
        var draft = CommitDraft(at: now)
        draft.proposals = [.remove(LeafIndex(0))]
        draft.statements = [statement]
        expectKept(try sara.changes(draft))
    }

    // MARK: C6

    @Test("C6: another credential in the path")
    func c6Credential() throws {
        let fixture = try GroupFixture()
        let changes = LeafChanges(credential: .basic(identity: Array("amal@INSM/laptop".utf8)))
        // Her attestation is the one she had: it is not looked at.
        expectOnly(.c6, try fixture.changes(CommitDraft(leafChanges: changes)))
    }

    @Test("C6: another signature key in the path")
    func c6SignatureKey() throws {
        let fixture = try GroupFixture()
        let changes = try fixture.changes()
        var leaf = try #require(changes.pathLeaf)
        leaf.signatureKey = fixture.sara.device.identity.signatureKey
        expectOnly(.c6, changes.replacing(pathLeaf: leaf))
    }

    @Test("C6: other capabilities in the path")
    func c6Capabilities() throws {
        let fixture = try GroupFixture()
        var capabilities = Capabilities.profile(MemberFixture.suite)
        capabilities.proposals = [ProposalType(rawValue: 0xf000)]
        let changes = LeafChanges(capabilities: capabilities)
        expectOnly(.c6, try fixture.changes(CommitDraft(leafChanges: changes)))
    }

    @Test("C6: an extension too few in the path")
    func c6Extensions() throws {
        let fixture = try GroupFixture()
        let bare = [
            DeviceLeaf.extensions(attestation: nil, addresses: fixture.amal.addresses, commitTime: now),
            DeviceLeaf.extensions(attestation: fixture.amal.attestation, addresses: nil, commitTime: now),
        ]
        for extensions in bare {
            expectOnly(.c6, try fixture.changes(CommitDraft(leafChanges: LeafChanges(extensions: extensions))))
        }
    }

    @Test("C6: an extension too many in the path")
    func c6ForeignExtension() throws {
        let fixture = try GroupFixture()
        var extensions = DeviceLeaf.extensions(
            attestation: fixture.amal.attestation,
            addresses: fixture.amal.addresses,
            commitTime: now
        )
        extensions.set(Extension(type: .applicationID, data: [1]))
        expectOnly(.c6, try fixture.changes(CommitDraft(leafChanges: LeafChanges(extensions: extensions))))
    }

    @Test("C6: a new attestation that is not valid at the time, while an old one may have run out")
    func c6Attestation() throws {
        let fixture = try GroupFixture()
        let later = now.advanced(by: .days(390))
        expectKept(try fixture.changes(CommitDraft(at: later)))
        func renewed(_ period: Period) -> CommitDraft {
            let attestation = fixture.coalition.smex.admin.attest(
                fixture.amal.device.identity,
                in: fixture.coalition.coalition,
                for: period,
                certificate: fixture.coalition.smex.root.certify(
                    fixture.coalition.smex.admin.publicKey,
                    of: fixture.coalition.smex.name,
                    for: Period(notBefore: now, notAfter: now.advanced(by: .days(1000)))
                )
            )
            let extensions = DeviceLeaf.extensions(
                attestation: attestation,
                addresses: fixture.amal.addresses,
                commitTime: later
            )
            return CommitDraft(at: later, leafChanges: LeafChanges(extensions: extensions))
        }
        expectKept(try fixture.changes(renewed(Period(notBefore: later, notAfter: later.advanced(by: .days(1))))))
        expectOnly(.c6, try fixture.changes(renewed(Period(notBefore: now, notAfter: now.advanced(by: .days(1))))))
    }
}
