import RelayAPI
import Sodium
import TLSCodec
import Testing

@testable import Coalition
@testable import MLS

@Suite("Policy for what Commits add, remove and change")
struct CommitChangePolicyTests {
    let now = OrganisationFixture.now

    // MARK: C7

    func newcomer(_ fixture: GroupFixture, _ address: String = "noor@Masaar/laptop") throws -> MemberFixture {
        try MemberFixture(address, of: fixture.coalition.masaar, number: 40, in: fixture.coalition.coalition)
    }

    func addition(_ bundle: consuming KeyPackageBundle) -> CommitDraft {
        CommitDraft(proposals: [.add(bundle.keyPackage)])
    }

    @Test("C7: no attestation")
    func c7Unattested() throws {
        let fixture = try GroupFixture()
        let noor = try newcomer(fixture)
        var draft = CommitDraft(proposals: [.add(try fixture.keyPackage(noor, attested: false))])
        expectOnly(.c7, try fixture.changes(draft))
        draft.attestations = [PresentedAttestation(deviceHash: noor.hash, attestation: noor.attestation)]
        expectKept(try fixture.changes(draft))
        draft.attestations = [PresentedAttestation(deviceHash: noor.hash, attestation: fixture.sara.attestation)]
        expectOnly(.c7, try fixture.changes(draft))
    }

    /// Guards: a false one would stay in the tree, and keep out everybody who joins later (J4).
    @Test("C7: an attestation in the leaf that has run out or is false, whatever is presented beside")
    func c7OwnAttestation() throws {
        let fixture = try GroupFixture()
        let noor = try newcomer(fixture)
        let coalition = fixture.coalition
        let old = coalition.masaar.attest(
            noor.device.identity,
            in: coalition.coalition,
            for: Period(notBefore: now.earlier(by: 100), notAfter: now.earlier(by: 1))
        )
        let ofAnother = coalition.smex.attest(noor.device.identity, in: coalition.coalition)
        for own in [old, ofAnother] {
            let extensions = DeviceLeaf.extensions(attestation: own, addresses: noor.addresses, commitTime: nil)
            var draft = addition(try noor.keyPackage(leafExtensions: extensions))
            expectOnly(.c7, try fixture.changes(draft))
            draft.attestations = [PresentedAttestation(deviceHash: noor.hash, attestation: noor.attestation)]
            expectOnly(.c7, try fixture.changes(draft))
        }
    }

    @Test("C7: a name that another device has, in whatever case")
    func c7Name() throws {
        let fixture = try GroupFixture()
        let twin = try MemberFixture(
            "SARA@insm/LAPTOP",
            of: fixture.coalition.insm,
            number: 41,
            in: fixture.coalition.coalition
        )
        expectOnly(.c7, try fixture.changes(fixture.add(twin)))
        // With the other gone in the same Commit, the name is free.
        var draft = try fixture.add(twin)
        draft.proposals.append(.remove(try fixture.index(of: fixture.sara)))
        draft.statements = [fixture.removal(of: fixture.sara, approvedBy: [fixture.coalition.insm])]
        expectKept(try fixture.changes(draft))
    }

    @Test("C7: an identity that is none")
    func c7Identity() throws {
        let fixture = try GroupFixture()
        let noor = try newcomer(fixture)
        let changes = try fixture.changes(addition(noor.keyPackage(identity: "noor")))
        // Without a name a leaf has no organisation either.
        #expect(rulesBroken(changes) == [.c7, .c9])
        #expect(throws: PolicyViolation.self) { try CommitPolicy.judge(changes) }
    }

    @Test("C7: a KeyPackage outside its lifetime")
    func c7Lifetime() throws {
        let fixture = try GroupFixture()
        let noor = try newcomer(fixture)
        for lifetime in [
            Period(notBefore: now.later(by: 1), notAfter: now.later(by: 9)),
            Period(notBefore: now.earlier(by: 9), notAfter: now.earlier(by: 1)),
        ] {
            expectOnly(.c7, try fixture.changes(addition(noor.keyPackage(lifetime: lifetime))))
        }
    }

    @Test("C7: other capabilities")
    func c7Capabilities() throws {
        let fixture = try GroupFixture()
        let noor = try newcomer(fixture)
        var capabilities = Capabilities.profile(MemberFixture.suite)
        capabilities.credentials = [.basic, .x509]
        expectOnly(.c7, try fixture.changes(addition(noor.keyPackage(capabilities: capabilities))))
    }

    @Test("C7: an extension too many or too few, in the leaf or the KeyPackage")
    func c7Extensions() throws {
        let fixture = try GroupFixture()
        let noor = try newcomer(fixture)
        let withTime = DeviceLeaf.extensions(
            attestation: noor.attestation,
            addresses: noor.addresses,
            commitTime: Time(seconds: .max)
        )
        expectOnly(.c7, try fixture.changes(addition(noor.keyPackage(leafExtensions: withTime))))
        let withoutAddresses = DeviceLeaf.extensions(attestation: noor.attestation, addresses: nil, commitTime: nil)
        expectOnly(.c7, try fixture.changes(addition(noor.keyPackage(leafExtensions: withoutAddresses))))
        let extra: Extensions = [Extension(type: .applicationID, data: [])]
        expectOnly(.c7, try fixture.changes(addition(noor.keyPackage(extensions: extra))))
    }

    @Test("C7: addresses outside the coalition group")
    func c7Addresses() throws {
        let fixture = try GroupFixture(kind: .group(name: Text("alerts")))
        let noor = try newcomer(fixture)
        expectKept(try fixture.changes(fixture.add(noor)))
        expectOnly(.c7, try fixture.changes(addition(noor.keyPackage())))
    }

    @Test("C7: a suspended device")
    func c7Suspended() throws {
        let fixture = try GroupFixture { coalition in
            try coalition.constituted()
                .successor(suspensions: [
                    Suspension(target: .organisation(coalition.masaar.name), by: coalition.josa.name, at: self.now)
                        .confirmed
                ])
        }
        expectOnly(.c7, try fixture.changes(fixture.add(try newcomer(fixture))))
    }

    @Test("C7: an organisation that comes with the same Commit may be added from")
    func c7NewOrganisation() throws {
        let fixture = try GroupFixture()
        let sixth = try OrganisationFixture("Sixth", number: 6)
        let member = try MemberFixture("x@Sixth/y", of: sixth, number: 41, in: fixture.coalition.coalition)
        var draft = try fixture.add(member)
        let changes = try fixture.changes(draft)
        // Not in the charter: then the leaf that it adds, and the tree that it leaves, are both wrong.
        #expect(rulesBroken(changes) == [.c7, .c9])
        let charter = fixture.terms.charter.charter
        let new = try charter.successor(organisations: charter.organisations + [sixth.entry])
        draft.proposals.append(fixture.change(to: new, approvedBy: Array(fixture.coalition.all.prefix(4))))
        expectKept(try fixture.changes(draft))
    }

    // MARK: C8

    @Test("C8: a removal without a statement, or with one that does not hold")
    func c8() throws {
        let fixture = try GroupFixture()
        expectOnly(.c8, try fixture.changes(fixture.remove([fixture.sara])))
        let foreign = fixture.removal(of: fixture.sara, approvedBy: [fixture.coalition.smex])
        expectOnly(.c8, try fixture.changes(fixture.remove([fixture.sara], [foreign])))
        let other = fixture.removal(of: fixture.layla, approvedBy: [fixture.coalition.josa])
        expectOnly(.c8, try fixture.changes(fixture.remove([fixture.sara], [other])))
    }

    @Test("C8: a statement of leaving is enough, in its group")
    func c8Leaving() throws {
        let fixture = try GroupFixture()
        func leaving(_ groupID: [UInt8]) -> Statement {
            Statement(
                about: fixture.sara.hash,
                reason: .leaving(
                    Leaving(
                        of: fixture.sara.device.identity,
                        from: groupID,
                        in: fixture.coalition.coalition,
                        expires: now,
                        key: fixture.sara.device.key
                    )
                )
            )
        }
        expectKept(try fixture.changes(fixture.remove([fixture.sara], [leaving(GroupFixture.groupID)])))
        expectOnly(.c8, try fixture.changes(fixture.remove([fixture.sara], [leaving([1])])))
    }

    @Test("C8: who has sent a Commit that breaks policy is removed without a statement, and nobody else")
    func c8Offenders() throws {
        let fixture = try GroupFixture()
        let sara = try fixture.index(of: fixture.sara)
        expectKept(try fixture.changes(fixture.remove([fixture.sara])), offenders: [sara])
        expectOnly(.c8, try fixture.changes(fixture.remove([fixture.layla])), offenders: [sara])
    }

    @Test("C8: only what the sender has signed makes an offender")
    func blame() {
        let blamed = PolicyRule.allCases.filter(\.blamesSender)
        #expect(blamed == [.c3, .c4, .c5, .c6, .c7, .c8, .c9, .c10, .c11])
    }

    // MARK: C9

    func rename(_ fixture: GroupFixture) throws -> Charter {
        try fixture.terms.charter.charter.successor(name: Text("other"))
    }

    @Test("C9: a change of the charter without the approvals that it needs")
    func c9Approvals() throws {
        let fixture = try GroupFixture()
        let new = try rename(fixture)
        let four = Array(fixture.coalition.all.prefix(4))
        let approved = try fixture.changes(CommitDraft(proposals: [fixture.change(to: new, approvedBy: four)]))
        expectKept(approved)
        #expect(try CommitPolicy.judge(approved).newCharter?.charter.hash == new.hash)
        let three = fixture.change(to: new, approvedBy: Array(four.dropLast()))
        expectOnly(.c9, try fixture.changes(CommitDraft(proposals: [three])))
    }

    @Test("C9: something of the GroupContext beside the charter")
    func c9Extensions() throws {
        let fixture = try GroupFixture()
        let terms = fixture.terms.under(fixture.signed(try rename(fixture), by: Array(fixture.coalition.all.prefix(4))))
        func expectRefused(_ edit: (inout Extensions) -> Void) throws {
            var extensions = terms.extensions
            edit(&extensions)
            expectOnly(.c9, try fixture.changes(CommitDraft(proposals: [.groupContextExtensions(extensions)])))
        }
        try expectRefused { $0.set(Extension(type: .externalSenders, data: [0])) }
        try expectRefused { $0.elements.swapAt(1, 2) }
        try expectRefused { $0.elements.removeLast() }
        try expectRefused { $0.elements.remove(at: 0) }
        let moved = try GroupProfile(
            kind: .coalition,
            coalition: terms.coalition,
            mailbox: MailboxAddress(relay: RelayAddress("https://other.example/"), mailbox: .random())
        )
        try expectRefused { $0.set(Extension(type: .groupProfile, data: moved.encoded)) }
        try expectRefused { $0.set(Extension(type: .charter, data: [9])) }
        try expectRefused { $0.elements.removeAll { $0.type == .charter } }
    }

    @Test("C9: an organisation goes with all its devices or not at all")
    func c9Leaves() throws {
        let fixture = try GroupFixture()
        let charter = fixture.terms.charter.charter
        let new = try charter.successor(
            quorum: charter.quorum,
            organisations: charter.organisations.filter { $0.id != fixture.coalition.josa.name }
        )
        let change = fixture.change(to: new, approvedBy: [fixture.coalition.josa])
        var draft = try fixture.remove([fixture.layla, fixture.omar])
        draft.proposals.append(change)
        expectKept(try fixture.changes(draft))
        var half = try fixture.remove([fixture.layla])
        half.proposals.append(change)
        expectOnly(.c9, try fixture.changes(half))
    }

    @Test("C9: other groups follow a charter long after, and the coalition group judges by the Commit's time")
    func c9Following() throws {
        let later = now.advanced(by: .days(31))
        for isCoalition in [true, false] {
            let fixture = try GroupFixture(kind: isCoalition ? .coalition : .group(name: Text("alerts")))
            let new = try rename(fixture)
            let change = fixture.change(to: new, approvedBy: Array(fixture.coalition.all.prefix(4)))
            let changes = try fixture.changes(CommitDraft(proposals: [change], at: later))
            if isCoalition { expectOnly(.c9, changes) } else { expectKept(changes) }
        }
    }

    // MARK: C10

    @Test("C10: a suspended device, or one of a suspended organisation")
    func c10() throws {
        let amal = try GroupFixture().amal
        let targets = [
            SuspensionTarget.device(amal.hash), .organisation(amal.organisation.name),
        ]
        for target in targets {
            let fixture = try GroupFixture { coalition in
                try coalition.constituted()
                    .successor(suspensions: [
                        Suspension(target: target, by: coalition.josa.name, at: self.now)
                    ])
            }
            expectOnly(.c10, try fixture.changes())
            // However late it claims to be: 72 hours pass when others say so.
            expectOnly(.c10, try fixture.changes(CommitDraft(at: now.advanced(by: .days(9)))))
        }
        let other = try GroupFixture { coalition in
            try coalition.constituted()
                .successor(suspensions: [
                    Suspension(target: .organisation(coalition.josa.name), by: coalition.smex.name, at: self.now)
                ])
        }
        expectKept(try other.changes())
    }

    @Test("C10: a suspension that nobody confirms lapses by the time of the others")
    func c10Lapse() throws {
        func suspended(at time: Time) throws -> GroupFixture {
            try GroupFixture { coalition in
                try coalition.constituted()
                    .successor(suspensions: [
                        Suspension(target: .organisation(coalition.insm.name), by: coalition.smex.name, at: time)
                    ])
            }
        }
        // The last Commit of another organisation is Amal's.
        let last = GroupFixture.founded.later(by: 10)
        let lapsed = try suspended(at: last.earlier(by: 259_200))
        expectKept(try MemberSide(lapsed, lapsed.sara).changes(CommitDraft(at: now)))
        let inForce = try suspended(at: last.earlier(by: 259_199))
        expectOnly(.c10, try MemberSide(inForce, inForce.sara).changes(CommitDraft(at: now)))
    }

    // MARK: C11

    @Test("C11: a direct conversation is of its participants' devices alone")
    func c11() throws {
        let amal = try #require(UserAddress("amal@SMEX"))
        let noor = try #require(UserAddress("noor@masaar"))
        let fixture = try GroupFixture(kind: GroupProfile.direct(amal, noor))
        expectKept(try fixture.changes(fixture.add(try newcomer(fixture))))
        expectOnly(.c11, try fixture.changes(fixture.add(try newcomer(fixture, "ali@Masaar/laptop"))))
    }

    // MARK: C12

    @Test("C12: other grants than the one that follows from the next epoch")
    func c12() throws {
        let derived = Grant(capabilityHash: Capability.random().hash, rights: [.read, .append, .advance])
        try CommitPolicy.checkGrants([derived], derived: derived)
        let wrong: [[Grant]] = [
            [], [derived, derived],
            [Grant(capabilityHash: Capability.random().hash, rights: derived.rights)],
            [Grant(capabilityHash: derived.capabilityHash, rights: [.read, .append])],
            [Grant(capabilityHash: derived.capabilityHash, rights: derived.rights, uses: 5)],
        ]
        for grants in wrong {
            let violation = #expect(throws: PolicyViolation.self) {
                try CommitPolicy.checkGrants(grants, derived: derived)
            }
            #expect(violation?.rule == .c12)
        }
    }
}
