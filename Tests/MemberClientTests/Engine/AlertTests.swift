import Coalition
import Foundation
import RelayAPI
import TLSCodec
import Testing

@testable import MemberClient
@testable import MemberTesting

/// An alert with what one must have.
func draft(_ headline: String, expires: UInt64? = nil) -> AlertDraft {
    var info = JSONObject()
    info.set("language", to: .string("ar"))
    info.set("category", to: .array([.string("Security")]))
    for (name, value) in [
        ("event", "توقيف"), ("urgency", "Immediate"), ("severity", "Severe"), ("certainty", "Observed"),
        ("headline", headline),
    ] {
        info.set(name, to: .string(value))
    }
    if let expires { info.set("expires", to: .string(AlertTime(Time(seconds: expires)).description)) }
    var draft = AlertDraft()
    draft.set("status", to: "Actual")
    draft.restrict(to: .amber)
    draft.infos = [info]
    return draft
}

extension Member {
    fileprivate func id(_ results: [SendResult]) throws -> MessageID {
        try #require(results.first.flatMap { MessageID(text: $0.id) })
    }

    fileprivate func reach(_ organisation: String, _ id: MessageID) throws -> OrganisationReach? {
        try reach(of: id).organisations.first { $0.organisation == Name(organisation) }
    }
}

struct AlertTests {
    @Test func statesAreTrueOneAfterTheOther() async throws {
        let coalition = try await TestCoalition()
        let relay = InterceptedRelay(coalition.relay)
        let sender = try await coalition.found("SMEX", relay: relay)
        let josa = try await coalition.admit(organisation: "JOSA", by: sender)
        let insm = try await coalition.admit(organisation: "INSM", by: sender)
        for member in [sender, josa, insm] { _ = try await member.sync() }

        // Queued: the relay has nothing, and nobody can.
        relay.isReachable = false
        let id = try sender.id(try await sender.send(draft("توقيف مدوّن"), to: [.coalition]))
        #expect(try sender.reach("JOSA", id)?.isRelayed == false)
        relay.isReachable = true
        _ = try await sender.sync()
        #expect(try sender.reach(of: id).organisations.map(\.organisation.description).sorted() == ["INSM", "JOSA"])
        #expect(try sender.reach("JOSA", id)?.isRelayed == true)
        #expect(try sender.reach("JOSA", id)?.delivered == nil)

        // Delivered: one device has it; the receipt comes when its time has come.
        _ = try await josa.sync()
        try await Task.sleep(for: .seconds(4))
        _ = try await josa.sync()
        _ = try await sender.sync()
        #expect(try sender.reach("JOSA", id)?.delivered != nil)
        #expect(try sender.reach("INSM", id)?.delivered == nil)
        #expect(try sender.reach("JOSA", id)?.read == nil)

        // Read: only because it is switched on.
        let shown = try josa.unshown()
        #expect(shown.map(\.kind) == ["alert"])
        #expect(shown.first?.alertState == .active)
        #expect(try josa.confirmsReading() == false)
        try josa.setConfirmsReading(true)
        try josa.markShown(shown, toPerson: true)
        try await Task.sleep(for: .seconds(4))
        _ = try await josa.sync()
        _ = try await sender.sync()
        #expect(try sender.reach("JOSA", id)?.read != nil)

        // Acknowledged, in somebody's words, for everybody to see.
        #expect(try sender.reach(of: id).hasReached(.acknowledged, quorum: 1) == false)
        _ = try await josa.acknowledge(id, text: "معكم")
        _ = try await sender.sync()
        _ = try await insm.sync()
        for member in [sender, insm] {
            let answer = try #require(try member.reach("JOSA", id)?.acknowledgements.first)
            #expect(answer.by == josa.address.userAddress)
            #expect(answer.text == "معكم")
        }
        #expect(try sender.reach(of: id).hasReached(.acknowledged, quorum: 1))
        #expect(try sender.reach(of: id).missing(.acknowledged).map(\.organisation.description) == ["INSM"])
        // Receipts are no messages.
        #expect(try sender.unshown().map(\.kind) == ["acknowledgement"])
        for member in [sender, josa, insm] {
            #expect(try member.takeFindings() == [])
            await member.close()
        }
    }

    @Test func readingIsConfirmedOnlyWhereSwitchedOnAndOnlyByAPerson() async throws {
        let coalition = try await TestCoalition()
        let sender = try await coalition.found("SMEX")
        let josa = try await coalition.admit(organisation: "JOSA", by: sender)
        for member in [sender, josa] { _ = try await member.sync() }
        func owed() throws -> Int {
            try josa.engine.vault.read { try $0.records(in: .dueReceipts, as: DueReceipt.self) }
                .count { $0.record.state == .read }
        }
        func show(toPerson: Bool) async throws {
            _ = try await sender.send(draft("x"), to: [.coalition])
            _ = try await josa.sync()
            try josa.markShown(try josa.unshown(), toPerson: toPerson)
        }

        try await show(toPerson: true)
        #expect(try owed() == 0)
        try josa.setConfirmsReading(true)
        try await show(toPerson: false)
        #expect(try owed() == 0)
        try await show(toPerson: true)
        #expect(try owed() == 1)
        // What has not gone yet is taken back.
        try josa.setConfirmsReading(false)
        #expect(try owed() == 0)
        for member in [sender, josa] { await member.close() }
    }

    @Test func alertSupersedesWhatItsOwnOrganisationSaidAndNothingElse() async throws {
        let coalition = try await TestCoalition()
        let sender = try await coalition.found("SMEX")
        let josa = try await coalition.admit(organisation: "JOSA", by: sender)
        let colleague = try await coalition.admit(colleague: "omar", home: "omar", by: sender)
        for member in [sender, josa, colleague] { _ = try await member.sync() }
        let first = try sender.id(try await sender.send(draft("1"), to: [.coalition]))
        _ = try await josa.sync()
        _ = try await colleague.sync()

        await #expect(throws: MemberError.self) { try await josa.update(first, with: draft("forged")) }
        let second = try colleague.id(try await colleague.update(first, with: draft("2")))
        let third = try colleague.id(try await colleague.cancel(first, note: "أُفرج عنه"))
        await #expect(throws: MemberError.self) { try await colleague.update(second, with: draft("3")) }
        for member in [sender, josa, colleague] {
            _ = try await member.sync()
            #expect(try member.alert(first).state == .cancelled(by: third.description))
            #expect(try member.alert(second).state == .cancelled(by: third.description))
            #expect(try member.alert(third).alert.note == "أُفرج عنه")
            #expect(try member.alert(third).alert.references.count == 2)
            #expect(try member.alerts().map(\.id) == [first, second, third].map(\.description))
        }

        // Below the rules: another organisation's update names the alert and changes nothing.
        let fourth = try sender.id(try await sender.send(draft("4"), to: [.coalition]))
        _ = try await josa.sync()
        let entry = try josa.alert(fourth)
        let forged = MessageID.random()
        let update = try draft("forged")
            .alert(
                .cancel,
                id: forged,
                from: josa.address.userAddress,
                at: josa.engine.now,
                references: [entry.alert.reference]
            )
        _ = try await josa.engine.send(
            try Content(id: forged, .alert(update.object), references: [Content.Reference(fourth, from: nil)]),
            to: [.coalition]
        )
        _ = try await sender.sync()
        _ = try await colleague.sync()
        for member in [sender, josa, colleague] {
            #expect(try member.alert(fourth).state == .active)
            await member.close()
        }
    }

    /// Guards: an update of an update, and a cancellation of any of them, leave none behind that still seems to hold.
    @Test(arguments: 0..<3) func chainIsSupersededWhicheverOfItIsNamed(named: Int) async throws {
        let coalition = try await TestCoalition()
        let sender = try await coalition.found("SMEX")
        let josa = try await coalition.admit(organisation: "JOSA", by: sender)
        for member in [sender, josa] { _ = try await member.sync() }
        var chain = [try sender.id(try await sender.send(draft("1"), to: [.coalition]))]
        chain.append(try sender.id(try await sender.update(chain[0], with: draft("2"))))
        // Of the newest, as a person names it who has read no other.
        chain.append(try sender.id(try await sender.update(chain[1], with: draft("3"))))
        for member in [sender, josa] {
            _ = try await member.sync()
            for earlier in chain.dropLast() {
                #expect(try member.alert(earlier).state == .updated(by: chain[2].description))
            }
            #expect(try member.alert(chain[2]).state == .active)
        }
        let end = try sender.id(try await sender.cancel(chain[named], note: nil))
        for member in [sender, josa] {
            _ = try await member.sync()
            for earlier in chain { #expect(try member.alert(earlier).state == .cancelled(by: end.description)) }
            #expect(try member.alert(end).references == chain.map(\.description))
            await member.close()
        }
    }

    /// Guards: of two updates at once everybody makes the same, whoever sent them, and a cancellation leaves neither.
    @Test(arguments: [false, true], [false, true])
    func changesThatCrossAreSeenAlikeByAll(colleagueIsFirst: Bool, areCancellations: Bool) async throws {
        let coalition = try await TestCoalition(suite: .x25519)
        let relay = InterceptedRelay(coalition.relay)
        let sender = try await coalition.found("SMEX", relay: relay)
        let josa = try await coalition.admit(organisation: "JOSA", by: sender)
        let colleague = try await coalition.admit(colleague: "omar", home: "omar", by: sender)
        let all = [sender, josa, colleague]
        for member in all { _ = try await member.sync() }
        let first = try sender.id(try await sender.send(draft("1"), to: [.coalition]))
        for member in all { _ = try await member.sync() }

        func change(_ member: Member) async throws -> MessageID {
            try member.id(
                areCancellations
                    ? try await member.cancel(first, note: nil) : try await member.update(first, with: draft("2"))
            )
        }
        // The sender's is queued before the colleague's, and comes behind it into the log; or the other way.
        let last: MessageID
        if colleagueIsFirst {
            relay.isReachable = false
            last = try await change(sender)
            _ = try await change(colleague)
            relay.isReachable = true
        } else {
            _ = try await change(sender)
            last = try await change(colleague)
        }
        for member in [sender, colleague, josa] { _ = try await member.sync() }
        for member in all {
            _ = try await member.sync()
            let state: AlertState =
                areCancellations ? .cancelled(by: last.description) : .updated(by: last.description)
            #expect(try member.alert(first).state == state)
        }
        guard !areCancellations else { return }
        let end = try sender.id(try await sender.cancel(first, note: nil))
        for member in all {
            _ = try await member.sync()
            #expect(try member.alerts().map(\.state).count { $0 == .cancelled(by: end.description) } == 3)
            await member.close()
        }
    }

    /// Guards: an alert that names messages which nobody here has seen is shown, and changes nothing.
    @Test func alertThatRefersToTheUnknownIsShownAndChangesNothing() async throws {
        let coalition = try await TestCoalition()
        let sender = try await coalition.found("SMEX")
        let josa = try await coalition.admit(organisation: "JOSA", by: sender)
        for member in [sender, josa] { _ = try await member.sync() }
        let text = try await sender.send(text: "no alert", to: [.coalition])
        let references = [MessageID.random(), try sender.id(text)].map { Content.Reference($0, from: nil) }
        let id = MessageID.random()
        let elsewhere = try draft("1").alert(.alert, id: .random(), from: josa.address.userAddress, at: josa.engine.now)
        let alert = try draft("2")
            .alert(
                .update,
                id: id,
                from: sender.address.userAddress,
                at: sender.engine.now,
                references: [elsewhere.reference]
            )
        _ = try await sender.engine.send(
            try Content(id: id, .alert(alert.object), references: references),
            to: [.coalition]
        )
        for member in [sender, josa] {
            _ = try await member.sync()
            #expect(try member.alerts().map(\.id) == [id.description])
            #expect(try member.alert(id).state == .active)
            #expect(try member.alert(id).references == references.map(\.id.description))
            #expect(try member.takeFindings() == [])
            await member.close()
        }
    }

    @Test func recordsFromBeforeSendersWerePartOfANameAreRead() throws {
        let identity = DeviceIdentity(
            address: try #require(DeviceAddress("admin@SMEX/laptop")),
            signatureKey: [UInt8](repeating: 7, count: 32)
        )
        var tracked = TrackedMessage(sender: identity, isOwn: false, places: [])
        tracked.superseded = TrackedMessage.Supersession(by: .random(), isCancelled: true)
        var messages = try TrackedMessages(decoding: tracked.encoded)
        #expect(messages.encoded == tracked.encoded)
        #expect(messages[identity.hash]?.superseded?.isCancelled == true)
        let other = DeviceIdentity(address: identity.address, signatureKey: [UInt8](repeating: 8, count: 32))
        messages.set(TrackedMessage(sender: other, isOwn: false, places: []))
        #expect(try TrackedMessages(decoding: messages.encoded).all.map(\.sender.hash) == [identity.hash, other.hash])

        for sender in [identity.hash, nil] {
            let receipt = DueReceipt(
                message: Content.Reference(.random(), from: sender),
                group: .random(),
                state: .read,
                due: Time(seconds: 9)
            )
            let read = try DueReceipt(decoding: receipt.encoded)
            #expect(read.message == receipt.message)
            #expect(read.encoded == receipt.encoded)
        }
    }

    @Test func expiredAlertSaysSo() async throws {
        let coalition = try await TestCoalition()
        let sender = try await coalition.found("SMEX")
        func send(holdingFor seconds: UInt64) async throws -> MessageID {
            let alert = draft("x", expires: sender.engine.now.seconds + seconds)
            return try sender.id(try await sender.send(alert, to: [.coalition]))
        }
        func isExpired(_ id: MessageID) throws -> Bool {
            if case .expired = try sender.alert(id).state { true } else { false }
        }
        let (long, short) = (try await send(holdingFor: 3600), try await send(holdingFor: 1))
        try await eventually { try isExpired(short) }
        #expect(try sender.alert(long).state == .active)
        await sender.close()
    }

    @Test func documentIsBroughtInOnce() async throws {
        let coalition = try await TestCoalition()
        let sender = try await coalition.found("SMEX")
        let alert = try draft("x")
            .alert(
                .alert,
                id: .random(),
                from: try #require(UserAddress("feed@example")),
                at: Time(seconds: 1_795_474_510)
            )
        let once = try await sender.bringIn(alert, to: [.coalition])
        let again = try await sender.bringIn(alert, to: [.coalition])
        #expect(once.map(\.id) == again.map(\.id))
        #expect(again.map(\.state) == [.relayed])
        #expect(try sender.alerts().count == 1)
        #expect(try sender.alerts().first?.alert.identifier == alert.identifier)
        // Guards: it was said to have been sent to whom it had never gone.
        let josa = try await coalition.admit(organisation: "JOSA", by: sender)
        let other = try #require(Target("admin@JOSA"))
        await #expect { try await sender.bringIn(alert, to: [.coalition, other]) } throws: { error in
            (error as? MemberError)?.kind == .badInput
        }
        for member in [sender, josa] { await member.close() }
    }

    /// Guards: an organisation that had one copy of two counted as one that has the message.
    @Test func aCopyThatIsLeftHereIsNotCalledSent() async throws {
        let coalition = try await TestCoalition(suite: .x25519)
        let relay = InterceptedRelay(coalition.relay)
        let sender = try await coalition.found("SMEX", relay: relay)
        let josa = try await coalition.admit(organisation: "JOSA", by: sender)
        for member in [sender, josa] { _ = try await member.sync() }
        let inbox = try josa.engine.vault.read { try $0.device().inbox.mailbox }
        relay.onAppend { request, inner throws(RelayError) in
            guard request.access.mailbox != inbox else { throw .problem(Problem(.unavailable)) }
            return try await inner.append(request)
        }
        let user = try #require(Target("admin@JOSA"))
        let results = try await sender.send(text: "1", to: [.coalition, user])
        #expect(results.map(\.state) == [.relayed, .queued])
        let id = try #require(results.first.flatMap { MessageID(text: $0.id) })
        let reach = try await sender.wait(for: id, state: .relayed, quorum: nil, seconds: 1)
        #expect(!reach.hasReached(.relayed, quorum: nil))
        #expect(reach.queued == [user])
        relay.onAppend(nil)
        #expect(
            try await sender.wait(for: id, state: .relayed, quorum: nil, seconds: 20).hasReached(.relayed, quorum: nil)
        )
        for member in [sender, josa] { await member.close() }
    }

    @Test func readingIsConfirmedAlsoAfterAClockThatWasAhead() async throws {
        let coalition = try await TestCoalition(suite: .x25519)
        let sender = try await coalition.found("SMEX")
        let josa = try await coalition.admit(organisation: "JOSA", by: sender)
        for member in [sender, josa] { _ = try await member.sync() }
        let id = try sender.id(try await sender.send(draft("x"), to: [.coalition]))
        _ = try await josa.sync()
        try josa.setConfirmsReading(true)
        try SystemClock.$lead.withValue(365 * 86_400) { try josa.markShown(try josa.unshown(), toPerson: true) }
        _ = try await josa.sync()
        _ = try await sender.sync()
        #expect(try sender.reach("JOSA", id)?.read != nil)
        for member in [sender, josa] { await member.close() }
    }

    @Test func oneDeviceOfAnOrganisationSendsItsReceipt() async throws {
        let coalition = try await TestCoalition()
        let sender = try await coalition.found("SMEX")
        let josa = try await coalition.admit(organisation: "JOSA", by: sender)
        let phone = try await coalition.admit(colleague: "issa", home: "issa", by: josa)
        for member in [sender, josa, phone] { _ = try await member.sync() }
        let id = try sender.id(try await sender.send(draft("x"), to: [.coalition]))
        for member in [josa, phone] { _ = try await member.sync() }
        try await Task.sleep(for: .seconds(4))
        // The first in order sends; the other reads that, and keeps silent when its turn comes.
        let devices = [josa, phone].map { $0 }
        for member in devices + devices { _ = try await member.sync() }
        _ = try await sender.sync()
        #expect(try sender.reach("JOSA", id)?.delivered != nil)
        let sent = try devices.map {
            try $0.engine.vault.read { try $0.records(in: .dueReceipts, as: DueReceipt.self).count }
        }
        #expect(sent.reduce(0, +) == 1)
        let identities = try devices.map { try $0.engine.vault.read { try $0.device().identity } }
        #expect(identities.map { Engine.rank(of: $0, among: identities, for: id) }.sorted() == [0, 1])
        for member in [sender, josa, phone] { await member.close() }
    }

    /// Guards: a sender whose clock is behind, or who says so, does not have every device of an organisation send at once.
    @Test func turnsOfThoseWhoFollowDoNotDependOnTheSendersClock() async throws {
        let coalition = try await TestCoalition()
        let sender = try await coalition.found("SMEX")
        let josa = try await coalition.admit(organisation: "JOSA", by: sender)
        let phone = try await coalition.admit(colleague: "issa", home: "issa", by: josa)
        for member in [sender, josa, phone] { _ = try await member.sync() }
        let lead: UInt64 = 3600
        let start = sender.engine.now.seconds + lead
        let following = [josa, phone]
            .map { member in
                Task { try await SystemClock.$lead.withValue(lead) { try await member.follow { _ in .keep } } }
            }
        let id = try sender.id(try await sender.send(draft("x"), to: [.coalition]))
        let identities = try [josa, phone].map { try $0.engine.vault.read { try $0.device().identity } }
        let isFirst = Engine.rank(of: identities[0], among: identities, for: id) == 0
        let second = isFirst ? phone : josa
        try await eventually { try !second.unshown().isEmpty }
        // Long enough for what is due at once to be sent.
        try await Task.sleep(for: .seconds(2))
        let due = try second.engine.vault.read {
            try $0.records(in: .dueReceipts, as: DueReceipt.self).map(\.record.due)
        }
        #expect(due.count == 1 && due.allSatisfy { $0.seconds >= start + 15 })
        for task in following {
            task.cancel()
            _ = await task.result
        }
        for member in [sender, josa, phone] { await member.close() }
    }

    @Test func changesAndAnswersTakeEffectOnceWhereverTheirSenderIsKilled() async throws {
        let coalition = try await TestCoalition()
        let sender = try await coalition.found("SMEX")
        let josa = try await coalition.admit(organisation: "JOSA", by: sender)
        for member in [sender, josa] { _ = try await member.sync() }
        await josa.close()
        for step in 0... {
            let id = try sender.id(try await sender.send(draft("\(step)"), to: [.coalition]))
            try await Task.sleep(for: .seconds(4))
            let observer = CrashAt(step)
            let crashing = try coalition.open("JOSA", observer: observer)
            _ = await untilCrash { try await crashing.sync() }
            _ = await untilCrash { try await crashing.acknowledge(id, text: "\(step)") }
            _ = await untilCrash { try await crashing.sync() }
            await crashing.close()
            let again = try coalition.open("JOSA")
            try await Task.sleep(for: .seconds(4))
            _ = try await again.sync()
            _ = try await again.sync()
            #expect(try await again.status().queuedCount == 0)
            _ = try await sender.sync()
            let messages = try sender.unshown()
            try sender.markShown(messages)
            let reach = try #require(try sender.reach("JOSA", id))
            #expect(reach.delivered != nil)
            #expect(messages.compactMap(\.text) == reach.acknowledgements.compactMap(\.text))
            await again.close()
            if observer.isUnused {
                #expect(messages.compactMap(\.text) == ["\(step)"])
                break
            }
        }
        #expect(try sender.takeFindings() == [])
        await sender.close()
    }
}
