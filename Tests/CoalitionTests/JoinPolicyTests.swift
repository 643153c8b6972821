import RelayAPI
import Sodium
import TLSCodec
import Testing

@testable import Coalition
@testable import MLS

/// A Welcome into a group, as its joiner sees it.
private struct JoinFixture {
    let fixture: GroupFixture
    let joiner: MemberFixture
    let charters: [SignedCharter]
    var groupInfo: GroupInfo
    var tree: RatchetTree
    var contents: WelcomeMessage.Contents
    var signer: DeviceFixture
    var expectation: JoinPolicy.Expectation
    var use = JoinPolicy.KeyPackageUse.first

    init(kind: GroupProfile.Kind = .coalition, joiner name: String = "noor@SMEX/laptop") throws {
        let coalition = try CoalitionFixture()
        // The chain must lead to the group's charter with its approvals, which the group's fixture does not have.
        let gathered = try coalition.gathered()
        let signed = SignedCharter(
            gathered,
            approvals: [coalition.smex.approve(gathered, after: coalition.founding, in: coalition.coalition)]
        )
        fixture = try GroupFixture(charter: signed, of: coalition, kind: kind)
        charters = [SignedCharter(coalition.founding)]
        let organisation = try #require(coalition.all.first { DeviceAddress(name)?.organisation == $0.name })
        joiner = try MemberFixture(name, of: organisation, number: 40, in: coalition.coalition)
        try fixture.merge(fixture.add(joiner) { $0.at = GroupFixture.founded.later(by: 20) })
        tree = fixture.group.tree
        groupInfo = GroupInfo(
            groupContext: fixture.group.context,
            extensions: [],
            confirmationTag: [],
            signer: LeafIndex(0)
        )
        contents = WelcomeMessage.Contents(
            welcome: [],
            incarnation: .unknown,
            opening: Position(sequence: 2, runningHash: RunningHash(opening: .random())),
            chain: charters,
            attestations: [
                PresentedAttestation(deviceHash: fixture.omar.hash, attestation: fixture.omar.attestation)
            ]
        )
        signer = fixture.amal.device
        expectation = JoinPolicy.Expectation(
            coalition: coalition.coalition,
            cipherSuite: MemberFixture.suite,
            group: kind == .coalition
                ? .coalition(
                    inviter: coalition.smex.name,
                    rootFingerprint: coalition.smex.entry.rootFingerprint
                )
                : .other(Directory(of: tree)),
            device: joiner.device.identity
        )
    }

    func expecting(
        coalition: CoalitionID? = nil,
        cipherSuite: CipherSuite? = nil,
        group: JoinPolicy.Expectation.Group? = nil,
        device: DeviceIdentity? = nil
    ) -> JoinFixture {
        var copy = self
        copy.expectation = JoinPolicy.Expectation(
            coalition: coalition ?? expectation.coalition,
            cipherSuite: cipherSuite ?? expectation.cipherSuite,
            group: group ?? expectation.group,
            device: device ?? expectation.device
        )
        return copy
    }

    func with(
        chain: [SignedCharter]? = nil,
        attestations: [PresentedAttestation]? = nil,
        secrets: OrganisationSecrets? = nil
    ) -> JoinFixture {
        var copy = self
        copy.contents = WelcomeMessage.Contents(
            welcome: contents.welcome,
            incarnation: contents.incarnation,
            opening: contents.opening,
            chain: chain ?? contents.chain,
            attestations: attestations ?? contents.attestations,
            secrets: secrets
        )
        return copy
    }

    func with(extensions: Extensions) -> JoinFixture {
        var copy = self
        var context = groupInfo.groupContext
        context.extensions = extensions
        copy.groupInfo = GroupInfo(
            groupContext: context,
            extensions: [],
            confirmationTag: [],
            signer: groupInfo.signer
        )
        return copy
    }

    @discardableResult
    func judge() throws -> JudgedJoin {
        try JoinPolicy(
            groupInfo: groupInfo,
            tree: tree,
            message: WelcomeMessage(signing: contents, key: signer.key),
            expectation: expectation,
            use: use
        )
        .judge()
    }

    func expectRefused(_ rule: PolicyRule, sourceLocation: SourceLocation = #_sourceLocation) {
        let violation = #expect(throws: PolicyViolation.self, sourceLocation: sourceLocation) { try judge() }
        #expect(violation?.rule == rule, sourceLocation: sourceLocation)
    }
}

@Suite("Policy for joining")
struct JoinPolicyTests {
    let now = OrganisationFixture.now

    @Test("a Welcome into the coalition by the organisation that invites is accepted")
    func accepted() throws {
        let fixture = try JoinFixture()
        let judged = try fixture.judge()
        #expect(judged.inviter.hash == fixture.fixture.amal.hash)
        #expect(judged.chain.charters.count == 2)
        // Omar's attestation still stands beside his leaf, and whoever joins later needs it.
        #expect(judged.presented.map(\.deviceHash) == [fixture.fixture.omar.hash])
    }

    @Test("what stands beside a leaf that has an attestation is kept where it renews it")
    func renewedAttestations() throws {
        let fixture = try JoinFixture()
        let (sara, insm) = (fixture.fixture.sara, fixture.fixture.coalition.insm)
        let omars = try fixture.judge().presented
        func kept(_ attestation: Attestation) throws -> Bool {
            let presented = PresentedAttestation(deviceHash: sara.hash, attestation: attestation)
            return try fixture.with(attestations: omars + [presented]).judge().presented.count == 2
        }
        func attest(by organisation: OrganisationFixture, daysLater days: UInt64) -> Attestation {
            let period = sara.attestation.period
            return organisation.attest(
                sara.device.identity,
                in: fixture.fixture.coalition.coalition,
                for: Period(notBefore: period.notBefore, notAfter: period.notAfter.advanced(by: .days(days)))
            )
        }
        #expect(try kept(attest(by: insm, daysLater: 1)))
        #expect(try !kept(sara.attestation))
        #expect(try !kept(attest(by: fixture.fixture.coalition.smex, daysLater: 1)))
    }

    @Test("a Welcome into another group, of devices in the directory, is accepted")
    func acceptedElsewhere() throws {
        try JoinFixture(kind: .group(name: Text("alerts"))).judge()
    }

    @Test("J1: another cipher suite")
    func j1() throws {
        try JoinFixture().expecting(cipherSuite: CipherSuite(rawValue: 0xf04d)).expectRefused(.j1)
    }

    @Test("J2: a GroupContext with other extensions than the profile's")
    func j2() throws {
        let fixture = try JoinFixture()
        let good = fixture.groupInfo.groupContext.extensions
        try fixture.with(extensions: good).judge()
        var more = good
        more.set(Extension(type: .externalSenders, data: [0]))
        fixture.with(extensions: more).expectRefused(.j2)
        var required = good
        required.set(.requiredCapabilities(RequiredCapabilities(credentials: [.basic])))
        fixture.with(extensions: required).expectRefused(.j2)
        var swapped = good
        swapped.elements.swapAt(0, 1)
        fixture.with(extensions: swapped).expectRefused(.j2)
        var garbage = good
        garbage.set(Extension(type: .groupProfile, data: [1]))
        fixture.with(extensions: garbage).expectRefused(.j2)
    }

    @Test("J3: another coalition, or a charter that no approved chain leads to")
    func j3() throws {
        let fixture = try JoinFixture()
        fixture.expecting(coalition: CoalitionID(unchecked: [UInt8](repeating: 0, count: 32))).expectRefused(.j3)
        fixture.with(chain: []).expectRefused(.j3)
        let terms = try GroupTerms(reading: fixture.groupInfo.groupContext)
        fixture.with(extensions: terms.under(SignedCharter(terms.charter.charter)).extensions).expectRefused(.j3)
    }

    @Test("J3: a group that says another coalition in its profile than its charter's")
    func j3Profile() throws {
        let fixture = try JoinFixture()
        let terms = try GroupTerms(reading: fixture.groupInfo.groupContext)
        let profile = try GroupProfile(
            kind: .coalition,
            coalition: CoalitionID(unchecked: [UInt8](repeating: 0, count: 32)),
            mailbox: terms.profile.mailbox
        )
        fixture.with(extensions: GroupTerms(charter: terms.charter, profile: profile).extensions).expectRefused(.j3)
    }

    @Test("J4: a device without attestation, in its leaf or beside")
    func j4Attestation() throws {
        let fixture = try JoinFixture()
        fixture.with(attestations: []).expectRefused(.j4)
        let foreign = PresentedAttestation(
            deviceHash: fixture.fixture.omar.hash,
            attestation: fixture.fixture.sara.attestation
        )
        fixture.with(attestations: [foreign]).expectRefused(.j4)
    }

    @Test("J4: an attestation that has run out is enough, because it was checked when the device came")
    func j4Expired() throws {
        let fixture = try JoinFixture()
        let old = fixture.fixture.coalition.josa.attest(
            fixture.fixture.omar.device.identity,
            in: fixture.expectation.coalition,
            for: Period(notBefore: now.earlier(by: 100), notAfter: now.earlier(by: 1))
        )
        try fixture.with(attestations: [PresentedAttestation(deviceHash: fixture.fixture.omar.hash, attestation: old)])
            .judge()
    }

    /// A fixture whose tree has one leaf more.
    private func withLeaf(_ bundle: consuming KeyPackageBundle) throws -> JoinFixture {
        var fixture = try JoinFixture()
        let draft = CommitDraft(
            proposals: [.add(bundle.keyPackage)],
            at: GroupFixture.founded.later(by: 30)
        )
        try fixture.fixture.merge(draft)
        fixture.tree = fixture.fixture.group.tree
        return fixture
    }

    @Test("J4: leaves that are no devices, have a name twice, other capabilities or other extensions")
    func j4Leaves() throws {
        let coalition = try CoalitionFixture()
        let zaid = try MemberFixture("zaid@SMEX/phone", of: coalition.smex, number: 45, in: coalition.coalition)
        try withLeaf(zaid.keyPackage()).judge()
        try withLeaf(zaid.keyPackage(identity: "zaid")).expectRefused(.j4)
        let twin = try MemberFixture("Amal@smex/Laptop", of: coalition.smex, number: 46, in: coalition.coalition)
        try withLeaf(twin.keyPackage()).expectRefused(.j4)
        var capabilities = Capabilities.profile(MemberFixture.suite)
        capabilities.credentials = [.basic, .x509]
        try withLeaf(zaid.keyPackage(capabilities: capabilities)).expectRefused(.j4)
        for extensions in [
            DeviceLeaf.extensions(attestation: zaid.attestation, addresses: nil, commitTime: nil),
            DeviceLeaf.extensions(attestation: zaid.attestation, addresses: zaid.addresses, commitTime: now),
        ] {
            try withLeaf(zaid.keyPackage(leafExtensions: extensions)).expectRefused(.j4)
        }
    }

    @Test("J5: a signer of another organisation than the one that invites, or with another root key")
    func j5Inviter() throws {
        let fixture = try JoinFixture()
        let coalition = fixture.fixture.coalition
        fixture.expecting(
            group: .coalition(inviter: coalition.josa.name, rootFingerprint: coalition.josa.entry.rootFingerprint)
        )
        .expectRefused(.j5)
        fixture.expecting(
            group: .coalition(inviter: coalition.josa.name, rootFingerprint: coalition.smex.entry.rootFingerprint)
        )
        .expectRefused(.j5)
        fixture.expecting(
            group: .coalition(inviter: coalition.smex.name, rootFingerprint: coalition.josa.entry.rootFingerprint)
        )
        .expectRefused(.j5)
    }

    @Test("J5: a group of another kind than the one that was asked for")
    func j5Kind() throws {
        let coalition = try JoinFixture()
        coalition.expecting(group: .other(Directory(of: coalition.tree))).expectRefused(.j5)
        let group = try JoinFixture(kind: .group(name: Text("alerts")))
        let smex = group.fixture.coalition.smex
        group.expecting(group: .coalition(inviter: smex.name, rootFingerprint: smex.entry.rootFingerprint))
            .expectRefused(.j5)
    }

    @Test("J5: a device that is not in the directory")
    func j5Directory() throws {
        let fixture = try JoinFixture(kind: .group(name: Text("alerts")))
        let smaller = try GroupFixture()
        fixture.expecting(group: .other(Directory(of: smaller.group.tree))).expectRefused(.j5)
    }

    @Test("J6: a message that the Welcome's signer has not signed")
    func j6Signature() throws {
        var fixture = try JoinFixture()
        fixture.signer = fixture.fixture.sara.device
        fixture.expectRefused(.j6)
    }

    @Test("J6: the secrets of an organisation from a colleague alone, and the ones that the charter names")
    func j6Secrets() throws {
        let fixture = try JoinFixture()
        let coalition = fixture.fixture.coalition
        let own = OrganisationSecrets(contactKey: coalition.smex.contact, accessToken: nil)
        try fixture.with(secrets: own).judge()
        let other = OrganisationSecrets(contactKey: coalition.josa.contact, accessToken: nil)
        fixture.with(secrets: other).expectRefused(.j6)
        let stranger = try JoinFixture(joiner: "noor@INSM/phone")
        try stranger.judge()
        stranger.with(secrets: OrganisationSecrets(contactKey: coalition.insm.contact, accessToken: nil))
            .expectRefused(.j6)
    }

    @Test("J7: a direct conversation of others, or with others in it")
    func j7() throws {
        let users = ["amal@SMEX", "noor@SMEX", "sara@INSM", "layla@JOSA", "omar@JOSA"].compactMap(UserAddress.init)
        // Sara, Layla and Omar are in the group.
        try JoinFixture(kind: GroupProfile.direct(users[0], users[1])).expectRefused(.j7)
        let fixture = try JoinFixture(kind: GroupProfile.direct(users[0], users[2]))
        fixture.expectRefused(.j7)
    }

    @Test("J7: a direct conversation of both participants' devices is accepted")
    func j7Accepted() throws {
        var fixture = try JoinFixture(kind: .group(name: Text("")))
        let amal = try #require(UserAddress("amal@smex"))
        let noor = try #require(UserAddress("noor@smex"))
        let terms = try GroupTerms(reading: fixture.groupInfo.groupContext)
        let profile = try GroupProfile(
            kind: GroupProfile.direct(amal, noor),
            coalition: terms.coalition,
            mailbox: terms.profile.mailbox
        )
        let statements = [
            fixture.fixture.removal(of: fixture.fixture.layla, approvedBy: [fixture.fixture.coalition.josa])
        ]
        var draft = try fixture.fixture.remove(
            [fixture.fixture.layla, fixture.fixture.omar, fixture.fixture.sara],
            statements
        )
        draft.at = GroupFixture.founded.later(by: 40)
        try fixture.fixture.merge(draft)
        fixture.tree = fixture.fixture.group.tree
        let direct = fixture.with(extensions: GroupTerms(charter: terms.charter, profile: profile).extensions)
        try direct.judge()
        // With somebody else in the participants' place, oneself is not among them.
        let sara = try #require(UserAddress("sara@INSM"))
        let others = try GroupProfile(
            kind: GroupProfile.direct(amal, sara),
            coalition: terms.coalition,
            mailbox: terms.profile.mailbox
        )
        fixture.with(extensions: GroupTerms(charter: terms.charter, profile: others).extensions).expectRefused(.j7)
    }

    @Test("J8: a KeyPackage that was used before, unless it is the last resort")
    func j8() throws {
        var fixture = try JoinFixture()
        fixture.use = .again
        fixture.expectRefused(.j8)
        fixture.use = .lastResort
        try fixture.judge()
    }

    @Test("a real Welcome is judged out of its pending join")
    func pendingJoin() throws {
        let fixture = try GroupFixture()
        let noor = try MemberFixture(
            "noor@SMEX/laptop",
            of: fixture.coalition.smex,
            number: 40,
            in: fixture.coalition.coalition
        )
        let bundle = try noor.keyPackage()
        let pending = try fixture.commit(CommitDraft(proposals: [.add(bundle.keyPackage)]))
        let invitation = pending.welcome
        let join = try PendingJoin(#require(invitation), keyPackage: bundle)
        let contents = WelcomeMessage.Contents(
            welcome: [],
            incarnation: .unknown,
            opening: Position(sequence: 2, runningHash: RunningHash(opening: .random())),
            chain: [],
            attestations: []
        )
        // The fixture's charter has no chain: everything before J3 is right.
        let violation = #expect(throws: PolicyViolation.self) {
            _ = try JoinPolicy.judge(
                join,
                message: WelcomeMessage(signing: contents, key: fixture.amal.device.key),
                expecting: JoinPolicy.Expectation(
                    coalition: fixture.coalition.coalition,
                    cipherSuite: MemberFixture.suite,
                    group: .other(Directory(of: fixture.group.tree)),
                    device: noor.device.identity
                ),
                use: .first
            )
        }
        #expect(violation?.rule == .j3)
    }
}
