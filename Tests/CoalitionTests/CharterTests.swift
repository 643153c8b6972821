import Labels
import Sodium
import TLSCodec
import Testing

@testable import Coalition

@Suite("Charter")
struct CharterTests {
    let fixture: CoalitionFixture
    let gathered: Charter
    let constituted: Charter
    let now = OrganisationFixture.now

    init() throws {
        fixture = try CoalitionFixture()
        gathered = try fixture.gathered()
        constituted = try fixture.constituted()
    }

    // MARK: Structure

    @Test("a charter is read back, and its hash covers every byte")
    func roundTrip() throws {
        let suspension = Suspension(target: .organisation(fixture.insm.name), by: fixture.josa.name, at: now)
        let charter = try constituted.successor(suspensions: [suspension, suspension.confirmed])
        #expect(try Charter(decoding: charter.encoded).hash == charter.hash)
        #expect(charter.hash != constituted.hash)
    }

    @Test("organisations differ in name, root key and contact key")
    func distinct() throws {
        let josa = fixture.josa.entry
        let alike = [
            try Organisation(
                id: #require(Name("smex")),
                rootKey: josa.rootKey,
                contactKey: josa.contactKey
            ),
            try Organisation(id: josa.id, rootKey: fixture.smex.entry.rootKey, contactKey: josa.contactKey),
            try Organisation(id: josa.id, rootKey: josa.rootKey, contactKey: fixture.smex.entry.contactKey),
        ]
        for entry in alike {
            #expect(throws: CodecError.invalid("two organisations alike")) {
                try fixture.founding.successor(organisations: [fixture.smex.entry, entry])
            }
        }
    }

    @Test("a quorum is 0 in the founding phase, and from 1 to all organisations afterwards")
    func quorumBounds() throws {
        #expect(throws: CodecError.invalid("quorum")) { try gathered.successor(quorum: 1) }
        for quorum in [0, 6] as [UInt16] {
            #expect(throws: CodecError.invalid("quorum")) { try fixture.constituted(quorum: quorum) }
        }
        #expect((1...9).map(Charter.defaultQuorum) == [1, 2, 3, 3, 4, 5, 5, 6, 7])
    }

    @Test("a coalition's name has 1 to 256 bytes, and organisations are 1 to 1,024")
    func bounds() throws {
        let longest = Text(String(repeating: "n", count: 256))
        _ = try fixture.founding.successor(name: longest)
        for name in ["", String(repeating: "n", count: 257)] {
            #expect(throws: CodecError.invalid("coalition name")) {
                try fixture.founding.successor(name: Text(name))
            }
        }
        #expect(throws: CodecError.invalid("organisations")) { try fixture.founding.successor(organisations: []) }
    }

    // MARK: What every change must keep

    @Test("a change keeps the nonce and counts on")
    func continuity() throws {
        let next = try gathered.successor(name: Text("other"))
        func changed(nonce: [UInt8]? = nil, number: UInt64? = nil, previous: CharterHash? = nil) throws -> Charter {
            try Charter(
                nonce: nonce ?? next.nonce,
                name: next.name,
                number: number ?? next.number,
                previous: previous ?? next.previous,
                phase: next.phase,
                quorum: next.quorum,
                organisations: next.organisations,
                suspensions: next.suspensions
            )
        }
        #expect(try fixture.judge(gathered, to: changed(), approvedBy: [fixture.smex]) == .founding)
        #expect(throws: CharterViolation.nonce) {
            try fixture.judge(
                gathered,
                to: changed(nonce: [UInt8](repeating: 0, count: 32)),
                approvedBy: [fixture.smex]
            )
        }
        #expect(throws: CharterViolation.number) {
            try fixture.judge(gathered, to: changed(number: next.number + 1), approvedBy: [fixture.smex])
        }
        #expect(throws: CharterViolation.previous) {
            try fixture.judge(gathered, to: changed(previous: fixture.founding.hash), approvedBy: [fixture.smex])
        }
    }

    @Test("organisations keep their order, and new ones come last")
    func order() throws {
        let founding = try fixture.gathered([fixture.smex, fixture.josa, fixture.insm])
        func change(_ organisations: [OrganisationFixture]) throws {
            let new = try founding.successor(organisations: organisations.map(\.entry))
            try fixture.judge(founding, to: new, approvedBy: [fixture.smex])
        }
        try change([fixture.smex, fixture.insm, fixture.hamleh])
        #expect(throws: CharterViolation.order) { try change([fixture.smex, fixture.insm, fixture.josa]) }
        #expect(throws: CharterViolation.order) {
            try change([fixture.smex, fixture.hamleh, fixture.josa, fixture.insm])
        }
    }

    // MARK: Approvals

    @Test("an approval counts in its time alone, and for at most 30 days ahead")
    func approvalTimes() throws {
        let new = try gathered.successor(name: Text("other"))
        let subject = ApprovalSubject.charter(new, after: gathered, in: fixture.coalition)
        func approvers(expires: Time, at time: Time?) -> Set<Name> {
            let approval = fixture.smex.approve(subject, expires: expires)
            return gathered.approvers(of: subject, approvals: [approval], at: time)
        }
        let thirtyDays = now.advanced(by: .days(30))
        #expect(approvers(expires: now, at: now) == [fixture.smex.name])
        #expect(approvers(expires: thirtyDays, at: now) == [fixture.smex.name])
        #expect(approvers(expires: now.earlier(by: 1), at: now).isEmpty)
        #expect(approvers(expires: thirtyDays.later(by: 1), at: now).isEmpty)
        #expect(approvers(expires: now.earlier(by: 1), at: nil) == [fixture.smex.name])
        #expect(approvers(expires: thirtyDays, at: OrganisationFixture.period.notAfter.later(by: 1)).isEmpty)
    }

    @Test("an approval is for one subject, under one charter, in one coalition")
    func approvalBinding() throws {
        let new = try gathered.successor(name: Text("other"))
        let device = try DeviceFixture("a@josa/b", number: 50).identity.hash
        let subject = ApprovalSubject.removal(of: device, under: gathered, in: fixture.coalition)
        let otherCoalition = CoalitionID(unchecked: [UInt8](repeating: 0, count: 32))
        let others = [
            ApprovalSubject.removal(of: device, under: new, in: fixture.coalition),
            ApprovalSubject.removal(of: device, under: gathered, in: otherCoalition),
            ApprovalSubject.charter(new, after: gathered, in: fixture.coalition),
            ApprovalSubject.removal(
                of: try DeviceFixture("a@josa/c", number: 50).identity.hash,
                under: gathered,
                in: fixture.coalition
            ),
        ]
        for other in others {
            let approval = fixture.josa.approve(other)
            #expect(gathered.approvers(of: subject, approvals: [approval], at: now).isEmpty)
        }
        #expect(gathered.approvers(of: subject, approvals: [fixture.josa.approve(subject)], at: now).count == 1)
    }

    /// Guards: they stay with the charter, and a chain that is too long for a Welcome keeps everybody out.
    @Test("a charter comes with no approvals but those that count")
    func idleApprovals() throws {
        let new = try constituted.successor(name: Text("other"))
        let four = Array(fixture.all.prefix(4))
        func judge(with more: [Approval]) throws -> CharterChange {
            let approvals = four.map { $0.approve(new, after: constituted, in: fixture.coalition) }
            return try constituted.judge(
                changeTo: new,
                approvals: approvals + more,
                in: fixture.coalition,
                at: OrganisationFixture.now
            )
        }
        #expect(try judge(with: []) == .constituted)
        let again = four[0].approve(new, after: constituted, in: fixture.coalition)
        let ofAnother = fixture.all[4].approve(gathered, after: constituted, in: fixture.coalition)
        for idle in [again, ofAnother] {
            #expect(throws: CharterViolation.idleApproval) { try judge(with: [idle]) }
        }
    }

    @Test("an organisation counts once, however often it approves, and a stranger never")
    func countedOnce() throws {
        let new = try constituted.successor(name: Text("other"))
        let stranger = try OrganisationFixture("Stranger", number: 9)
        #expect(throws: CharterViolation.notApproved) {
            try fixture.judge(
                constituted,
                to: new,
                approvedBy: [fixture.smex, fixture.josa, fixture.insm, fixture.insm, stranger]
            )
        }
    }

    // MARK: 1. An organisation's own entry

    @Test("an organisation alone changes its names and contact key, and nobody else does")
    func ownEntry() throws {
        let renamed = try Organisation(
            id: fixture.josa.name,
            rootKey: fixture.josa.entry.rootKey,
            contactKey: ContactKey().publicKey,
            names: [DisplayName(language: "ar", name: Text("جوسا"))]
        )
        var organisations = constituted.organisations
        organisations[1] = renamed
        let new = try constituted.successor(organisations: organisations)
        #expect(
            try fixture.judge(constituted, to: new, approvedBy: [fixture.josa]) == .ownEntry(fixture.josa.name)
        )
        // Not even a quorum changes another organisation's contact key.
        let others = [fixture.smex, fixture.insm, fixture.hamleh, fixture.masaar]
        #expect(throws: CharterViolation.notApproved) {
            try fixture.judge(constituted, to: new, approvedBy: others)
        }
        // And with its own change, an organisation brings no other.
        let more = try constituted.successor(name: Text("mine"), organisations: organisations)
        #expect(throws: CharterViolation.notProvidedFor) {
            try fixture.judge(constituted, to: more, approvedBy: [fixture.josa])
        }
    }

    @Test("an organisation leaves with its own approval, but the founder not in the founding phase")
    func leaving() throws {
        let withoutJosa = try gathered.successor(
            organisations: gathered.organisations.filter { $0.id != fixture.josa.name }
        )
        #expect(
            try fixture.judge(gathered, to: withoutJosa, approvedBy: [fixture.josa]) == .ownEntry(fixture.josa.name)
        )
        let withoutFounder = try gathered.successor(organisations: Array(gathered.organisations.dropFirst()))
        #expect(throws: CharterViolation.notProvidedFor) {
            try fixture.judge(gathered, to: withoutFounder, approvedBy: fixture.all)
        }
        let later = try constituted.successor(organisations: Array(constituted.organisations.dropFirst()))
        #expect(try fixture.judge(constituted, to: later, approvedBy: [fixture.smex]) == .ownEntry(fixture.smex.name))
    }

    @Test("an organisation that leaves takes a quorum of all down with it, and no further")
    func leavingLowersQuorum() throws {
        let three = try fixture.constituted([fixture.smex, fixture.josa, fixture.insm], quorum: 3)
        func leave(quorum: UInt16) throws {
            let new = try three.successor(quorum: quorum, organisations: Array(three.organisations.dropLast()))
            try fixture.judge(three, to: new, approvedBy: [fixture.insm])
        }
        try leave(quorum: 2)
        #expect(throws: CharterViolation.notApproved) { try leave(quorum: 1) }
    }

    // MARK: 2. Suspensions

    func suspend(
        _ target: SuspensionTarget,
        by organisation: OrganisationFixture,
        at time: Time? = nil,
        in charter: Charter? = nil,
        approvedBy: OrganisationFixture? = nil
    ) throws -> CharterChange {
        let charter = charter ?? constituted
        let suspension = Suspension(target: target, by: organisation.name, at: time ?? now)
        let new = try charter.successor(suspensions: charter.suspensions + [suspension])
        return try fixture.judge(charter, to: new, approvedBy: [approvedBy ?? organisation])
    }

    @Test("one organisation suspends a device or another organisation, in either phase")
    func suspension() throws {
        let device = try DeviceFixture("a@josa/b", number: 50).identity.hash
        #expect(try suspend(.device(device), by: fixture.insm) == .suspension(by: fixture.insm.name))
        for charter in [gathered, constituted] {
            #expect(
                try suspend(.organisation(fixture.josa.name), by: fixture.insm, in: charter)
                    == .suspension(by: fixture.insm.name)
            )
        }
    }

    @Test("a suspension is in its author's name, of the Commit's time, of another member, and the only one")
    func wrongSuspensions() throws {
        let josa = SuspensionTarget.organisation(fixture.josa.name)
        #expect(throws: CharterViolation.notApproved) {
            try suspend(josa, by: fixture.insm, approvedBy: fixture.hamleh)
        }
        #expect(throws: CharterViolation.notProvidedFor) { try suspend(josa, by: fixture.insm, at: now.later(by: 1)) }
        #expect(throws: CharterViolation.notProvidedFor) { try suspend(josa, by: fixture.josa) }
        let stranger = try OrganisationFixture("Stranger", number: 9)
        #expect(throws: CharterViolation.notProvidedFor) { try suspend(josa, by: stranger) }
        #expect(throws: CharterViolation.notProvidedFor) {
            try suspend(.organisation(stranger.name), by: fixture.insm)
        }
        let suspended = try constituted.successor(suspensions: [
            Suspension(target: josa, by: fixture.hamleh.name, at: now.earlier(by: 1_000_000))
        ])
        #expect(throws: CharterViolation.notProvidedFor) { try suspend(josa, by: fixture.insm, in: suspended) }
    }

    /// Guards: with all others suspended, nobody would be left to say that the time has come.
    @Test("nobody suspends two at a time, nor the only other organisation")
    func oneSuspensionAtATime() throws {
        let (insm, hamleh) = (SuspensionTarget.organisation(fixture.insm.name), fixture.hamleh)
        let open = Suspension(target: .organisation(fixture.josa.name), by: hamleh.name, at: now.earlier(by: 1_000_000))
        let suspended = try constituted.successor(suspensions: [open])
        #expect(throws: CharterViolation.notProvidedFor) { try suspend(insm, by: hamleh, in: suspended) }
        #expect(try suspend(insm, by: fixture.smex, in: suspended) == .suspension(by: fixture.smex.name))
        let confirmed = try suspended.successor(suspensions: [open.confirmed])
        #expect(try suspend(insm, by: hamleh, in: confirmed) == .suspension(by: hamleh.name))
        let two = try constituted.successor(
            quorum: 2,
            organisations: constituted.organisations.filter { [fixture.insm.name, hamleh.name].contains($0.id) }
        )
        #expect(throws: CharterViolation.notProvidedFor) { try suspend(insm, by: hamleh, in: two) }
    }

    @Test("a suspension lasts 72 hours without a quorum's word, and until it is lifted with it")
    func suspensionTime() {
        let suspension = Suspension(target: .organisation(fixture.josa.name), by: fixture.insm.name, at: now)
        #expect(suspension.isInForce(at: now))
        #expect(suspension.isInForce(at: now.later(by: 259_199)))
        #expect(!suspension.isInForce(at: now.later(by: 259_200)))
        #expect(suspension.confirmed.isInForce(at: Time(seconds: .max)))
    }

    @Test(
        "a quorum confirms or lifts a suspension, the suspended organisation not counted, and changes nothing else of it"
    )
    func confirmation() throws {
        let suspension = Suspension(target: .organisation(fixture.josa.name), by: fixture.insm.name, at: now)
        let suspended = try constituted.successor(suspensions: [suspension])
        let confirmed = try suspended.successor(suspensions: [suspension.confirmed])
        let lifted = try suspended.successor(suspensions: [])
        let four = [fixture.smex, fixture.insm, fixture.hamleh, fixture.masaar]
        let fourWithJosa = [fixture.smex, fixture.insm, fixture.hamleh, fixture.josa]
        #expect(try fixture.judge(suspended, to: confirmed, approvedBy: four) == .constituted)
        #expect(throws: CharterViolation.notApproved) {
            try fixture.judge(suspended, to: confirmed, approvedBy: fourWithJosa)
        }
        #expect(try fixture.judge(suspended, to: lifted, approvedBy: fourWithJosa) == .constituted)
        let prolonged = Suspension(target: suspension.target, by: suspension.by, at: now.later(by: 9))
        for wrong in [[prolonged], [suspension, prolonged], [suspension.confirmed, suspension.confirmed]] {
            let new = try suspended.successor(suspensions: wrong)
            #expect(throws: CharterViolation.notProvidedFor) {
                try fixture.judge(suspended, to: new, approvedBy: fixture.all)
            }
        }
        let unconfirmed = try confirmed.successor(suspensions: [suspension])
        #expect(throws: CharterViolation.notProvidedFor) {
            try fixture.judge(confirmed, to: unconfirmed, approvedBy: fixture.all)
        }
    }

    // MARK: 3. The founding phase

    @Test("in the founding phase the founder admits, removes, renames and constitutes, and nobody else does")
    func founding() throws {
        let changes = [
            try fixture.founding.successor(organisations: [fixture.smex.entry, fixture.josa.entry]),
            try fixture.founding.successor(name: Text("other")),
            try fixture.founding.successor(phase: .constituted, quorum: 1),
        ]
        for change in changes {
            #expect(try fixture.judge(fixture.founding, to: change, approvedBy: [fixture.smex]) == .founding)
            #expect(throws: CharterViolation.notApproved) {
                try fixture.judge(fixture.founding, to: change, approvedBy: [fixture.josa])
            }
        }
        let without = try gathered.successor(organisations: [fixture.smex.entry])
        #expect(try fixture.judge(gathered, to: without, approvedBy: [fixture.smex]) == .founding)
        #expect(throws: CharterViolation.notApproved) {
            try fixture.judge(gathered, to: without, approvedBy: Array(fixture.all.dropFirst()))
        }
    }

    @Test("in the founding phase no root key changes, whoever approves")
    func foundingRootKeys() throws {
        var organisations = gathered.organisations
        organisations[1] = try Organisation(
            id: fixture.josa.name,
            rootKey: OrganisationRootKey().publicKey,
            contactKey: fixture.josa.entry.contactKey,
            names: fixture.josa.entry.names
        )
        let new = try gathered.successor(organisations: organisations)
        #expect(throws: CharterViolation.notProvidedFor) {
            try fixture.judge(gathered, to: new, approvedBy: fixture.all)
        }
    }

    // MARK: 4. Constituted

    @Test("once constituted, a quorum decides and nobody decides alone")
    func quorum() throws {
        let sixth = try OrganisationFixture("Sixth", number: 6)
        var renewed = constituted.organisations
        renewed[0] = try Organisation(
            id: fixture.smex.name,
            rootKey: OrganisationRootKey().publicKey,
            contactKey: fixture.smex.entry.contactKey,
            names: fixture.smex.entry.names
        )
        let changes = [
            try constituted.successor(organisations: constituted.organisations + [sixth.entry]),
            try constituted.successor(name: Text("other")),
            try constituted.successor(quorum: 5),
            try constituted.successor(organisations: renewed),
        ]
        for change in changes {
            let four = Array(fixture.all.prefix(4))
            #expect(try fixture.judge(constituted, to: change, approvedBy: four) == .constituted)
            #expect(throws: CharterViolation.notApproved) {
                try fixture.judge(constituted, to: change, approvedBy: Array(four.dropLast()))
            }
        }
    }

    @Test("the founding phase never comes back")
    func phase() throws {
        let back = try constituted.successor(phase: .founding, quorum: 0)
        #expect(throws: CharterViolation.notProvidedFor) {
            try fixture.judge(constituted, to: back, approvedBy: fixture.all)
        }
    }

    @Test("nobody votes on its own removal; against one, all others are a quorum of all")
    func removal() throws {
        let four = [fixture.smex, fixture.insm, fixture.hamleh, fixture.masaar]
        let without = constituted.organisations.filter { $0.id != fixture.josa.name }
        let new = try constituted.successor(organisations: without)
        #expect(try fixture.judge(constituted, to: new, approvedBy: four) == .constituted)
        let threeAndJosa = [fixture.smex, fixture.insm, fixture.hamleh]
        #expect(throws: CharterViolation.notApproved) {
            try fixture.judge(constituted, to: new, approvedBy: threeAndJosa)
        }
        let unanimous = try fixture.constituted(quorum: 5)
        let fromUnanimous = try unanimous.successor(quorum: 4, organisations: without)
        #expect(try fixture.judge(unanimous, to: fromUnanimous, approvedBy: four) == .constituted)
        #expect(throws: CharterViolation.notApproved) {
            try fixture.judge(unanimous, to: fromUnanimous, approvedBy: threeAndJosa)
        }
    }

    @Test("one organisation cannot remove all others by leaving nobody to be asked")
    func takeover() throws {
        let alone = try constituted.successor(quorum: 1, organisations: [fixture.masaar.entry])
        #expect(throws: CharterViolation.notApproved) {
            try fixture.judge(constituted, to: alone, approvedBy: [fixture.masaar])
        }
        let strangers = try constituted.successor(quorum: 1, organisations: [OrganisationFixture("X", number: 9).entry])
        #expect(throws: CharterViolation.notApproved) { try fixture.judge(constituted, to: strangers, approvedBy: []) }
        let two = try fixture.constituted([fixture.smex, fixture.josa], quorum: 2)
        let one = try two.successor(quorum: 1, organisations: [fixture.smex.entry])
        #expect(throws: CharterViolation.notApproved) { try fixture.judge(two, to: one, approvedBy: [fixture.smex]) }
    }

    // MARK: Chains

    func chain() throws -> [SignedCharter] {
        [
            SignedCharter(fixture.founding),
            SignedCharter(
                gathered,
                approvals: [fixture.smex.approve(gathered, after: fixture.founding, in: fixture.coalition)]
            ),
            SignedCharter(
                constituted,
                approvals: [fixture.smex.approve(constituted, after: gathered, in: fixture.coalition)]
            ),
        ]
    }

    @Test("a chain leads from the coalition's id to the present charter")
    func validChain() throws {
        let chain = try CharterChain(verifying: chain(), of: fixture.coalition)
        #expect(chain.current.hash == constituted.hash)
        #expect(chain.contains(gathered))
        #expect(!chain.contains(try gathered.successor()))
        #expect(!chain.contains(try constituted.successor()))
    }

    @Test("a chain with a step missing, changed or not approved is refused")
    func brokenChains() throws {
        let chain = try chain()
        func verify(_ charters: [SignedCharter], of coalition: CoalitionID? = nil) throws {
            _ = try CharterChain(verifying: charters, of: coalition ?? fixture.coalition)
        }
        #expect(throws: CharterChainError.empty) { try verify([]) }
        #expect(throws: CharterChainError.otherCoalition) { try verify(Array(chain.dropFirst())) }
        let other = CoalitionID(unchecked: [UInt8](repeating: 0, count: 32))
        #expect(throws: CharterChainError.otherCoalition) { try verify(chain, of: other) }
        #expect(throws: CharterChainError.step(2, .number)) { try verify([chain[0], chain[2]]) }
        #expect(throws: CharterChainError.step(1, .notApproved)) {
            try verify([chain[0], SignedCharter(gathered), chain[2]])
        }
    }

    // MARK: Statements

    func holds(_ statement: Statement, for device: DeviceFixture, charter: Charter, at time: Time? = nil) -> Bool {
        statement.holds(
            for: device.identity,
            in: fixture.coalition,
            groupID: [1, 2, 3],
            charter: charter,
            at: time ?? now
        )
    }

    @Test("a removal needs the device's own organisation, or a quorum of the others, or the founder while it decides")
    func removalStatements() throws {
        let device = try DeviceFixture("a@josa/b", number: 50)
        func removal(_ organisations: [OrganisationFixture], under charter: Charter) -> Statement {
            let subject = ApprovalSubject.removal(of: device.identity.hash, under: charter, in: fixture.coalition)
            return Statement(about: device.identity.hash, reason: .removal(organisations.map { $0.approve(subject) }))
        }
        func isEnough(_ organisations: [OrganisationFixture], under charter: Charter) -> Bool {
            holds(removal(organisations, under: charter), for: device, charter: charter)
        }
        for charter in [gathered, constituted] {
            #expect(isEnough([fixture.josa], under: charter))
            #expect(!isEnough([], under: charter))
            #expect(!isEnough([fixture.insm], under: charter))
        }
        #expect(isEnough([fixture.smex], under: gathered))
        #expect(!isEnough([fixture.smex], under: constituted))
        #expect(!isEnough([fixture.smex, fixture.insm, fixture.hamleh], under: constituted))
        #expect(isEnough([fixture.smex, fixture.insm, fixture.hamleh, fixture.masaar], under: constituted))
        let statement = removal([fixture.josa], under: gathered)
        #expect(!holds(statement, for: device, charter: constituted))
        #expect(!holds(statement, for: try DeviceFixture("a@josa/c", number: 50), charter: gathered))
        #expect(!holds(statement, for: device, charter: gathered, at: now.advanced(by: .days(31))))
    }

    @Test("a device leaves one group, by its own signature, for as long as it said")
    func leavingStatements() throws {
        let device = try DeviceFixture("a@josa/b", number: 50)
        let other = try DeviceFixture("a@josa/b", number: 51)
        func leaving(groupID: [UInt8] = [1, 2, 3], by signer: DeviceFixture, expires: Time) -> Statement {
            let leaving = Leaving(
                of: device.identity,
                from: groupID,
                in: fixture.coalition,
                expires: expires,
                key: signer.key
            )
            return Statement(about: device.identity.hash, reason: .leaving(leaving))
        }
        let statement = leaving(by: device, expires: now)
        #expect(holds(statement, for: device, charter: gathered))
        #expect(!holds(statement, for: device, charter: gathered, at: now.later(by: 1)))
        #expect(!holds(leaving(groupID: [9], by: device, expires: now), for: device, charter: gathered))
        #expect(!holds(leaving(by: other, expires: now), for: device, charter: gathered))
        #expect(try Statement(decoding: statement.encoded).encoded == statement.encoded)
    }
}
