import Coalition
import RelayAPI
import Synchronization
import Testing

@testable import MemberClient
@testable import MemberTesting

/// What organisations may do at a device's mailboxes, and what they no longer may (Protocol/envelope.md, "Capabilities of
/// organisations").
struct GrantTests {
    /// What an organisation may do at a device's mailboxes.
    private struct Contact {
        let addresses: Addresses
        let inbox: Capability
        let keyPackages: Capability

        /// As a member of the organisation derives it now.
        init(with device: DeviceAddress, by member: Member) throws {
            let engine = member.engine
            self = try engine.vault.read { transaction in
                let own = try transaction.device()
                let leaf = try engine.directory(transaction).devices.values.first { $0.identity.address == device }
                let addresses = try #require(leaf?.addresses)
                guard let raw = try transaction.getSecret(.organisationContactKey) else { throw NotInTheGroup() }
                let key = try ContactKey(raw: raw)
                let organisation = own.identity.address.organisation
                return Contact(
                    addresses: addresses,
                    inbox: try key.inboxCapability(
                        with: addresses.contactKey,
                        organisation: organisation,
                        in: own.coalition,
                        mailbox: addresses.inbox.mailbox
                    ),
                    keyPackages: try key.keyPackageCapability(
                        with: addresses.contactKey,
                        organisation: organisation,
                        in: own.coalition,
                        mailbox: addresses.keyPackages.mailbox
                    )
                )
            }
        }

        private init(addresses: Addresses, inbox: Capability, keyPackages: Capability) {
            self.addresses = addresses
            self.inbox = inbox
            self.keyPackages = keyPackages
        }

        /// That both are good at the relay, or neither.
        func expect(good: Bool, _ relay: TestRelay, sourceLocation: SourceLocation = #_sourceLocation) async {
            let append = AppendRequest(
                access: Access(mailbox: addresses.inbox.mailbox, capability: inbox),
                epoch: 0,
                entryID: .random(),
                kind: .application,
                body: [UInt8](repeating: 0, count: BodyLength.allCases[0].rawValue)
            )
            let take = TakeRequest(access: Access(mailbox: addresses.keyPackages.mailbox, capability: keyPackages))
            let answers = [
                await refusal { () async throws(RelayError) in _ = try await relay.append(append) },
                await refusal { () async throws(RelayError) in _ = try await relay.take(take) },
            ]
            #expect(answers == (good ? [nil, nil] : [.notPermitted, .notPermitted]), sourceLocation: sourceLocation)
        }

        private func refusal(_ body: () async throws(RelayError) -> Void) async -> Problem.Name? {
            do throws(RelayError) {
                try await body()
                return nil
            } catch .problem(let problem) {
                return problem.name
            } catch {
                return .internal
            }
        }
    }

    /// Draws a new contact key with the next path, as after a removal.
    private func renewContactKey(of member: Member) async throws {
        let coalition = try member.engine.vault.write { transaction in
            var device = try transaction.device()
            device.contactKeyIsStale = true
            try transaction.setRecord(.device, to: device)
            return try member.engine.coalitionGroup(transaction)
        }
        try await member.engine.openEpoch(of: coalition)
    }

    @Test func removedDeviceLosesItsOrganisationsCapabilities() async throws {
        let coalition = try await TestCoalition()
        let founder = try await coalition.found("SMEX")
        let josa = try await coalition.admit(organisation: "JOSA", by: founder)
        let insm = try await coalition.admit(organisation: "INSM", by: founder)
        let phone = try await coalition.admit(colleague: "rima", device: "phone", home: "phone", by: josa)
        for member in [founder, josa, insm, phone] { _ = try await member.sync() }
        let old = try Contact(with: founder.address, by: phone)
        await old.expect(good: true, coalition.relay)

        try await josa.remove(phone.address)
        _ = try await founder.sync()
        // The key is drawn with the next path.
        _ = try await coalition.admit(colleague: "hala", home: "hala", by: founder)
        _ = try await founder.sync()
        await old.expect(good: false, coalition.relay)
        for member in [josa, insm] {
            _ = try await member.sync()
            try await Contact(with: founder.address, by: member).expect(good: true, coalition.relay)
        }
        let user = try #require(UserAddress("admin@SMEX"))
        #expect(try await josa.send(text: "1", to: [.user(user)]).map(\.state) == [.relayed])
        #expect(try await founder.takeTexts() == ["1"])
        for member in [founder, josa, insm, phone] { await member.close() }
    }

    @Test func oldKeysCapabilitiesAreWithdrawnWhereverTheOwnerIsKilled() async throws {
        let coalition = try await TestCoalition()
        let founder = try await coalition.found("SMEX")
        let josa = try await coalition.admit(organisation: "JOSA", by: founder)
        let address = founder.address
        await founder.close()
        for step in 0... {
            _ = try await josa.sync()
            let old = try Contact(with: address, by: josa)
            let member = try coalition.open("SMEX")
            try await renewContactKey(of: member)
            await member.close()
            let observer = CrashAt(step)
            let killed = try coalition.open("SMEX", observer: observer)
            _ = await untilCrash { try await killed.sync() }
            await killed.close()
            let again = try coalition.open("SMEX")
            _ = try await again.sync()
            await again.close()
            _ = try await josa.sync()
            await old.expect(good: false, coalition.relay)
            try await Contact(with: address, by: josa).expect(good: true, coalition.relay)
            if observer.isUnused { break }
        }
        await josa.close()
    }

    @Test func oldKeysCapabilitiesAreWithdrawnWhenTheAnswerIsLost() async throws {
        let coalition = try await TestCoalition()
        let relay = InterceptedRelay(coalition.relay)
        let founder = try await coalition.found("SMEX", relay: relay)
        let josa = try await coalition.admit(organisation: "JOSA", by: founder)
        for member in [founder, josa] { _ = try await member.sync() }
        // Two keys in a row, of the first of which only the relay knows that it was granted.
        var old = [try Contact(with: founder.address, by: josa)]
        relay.onGrant { request, inner throws(RelayError) in
            _ = try await inner.grant(request)
            throw .unreachable("the answer is lost")
        }
        try await renewContactKey(of: founder)
        await #expect(throws: MemberError.self) { try await founder.sync() }
        _ = try await josa.sync()
        old.append(try Contact(with: founder.address, by: josa))
        relay.onGrant(nil)
        try await renewContactKey(of: founder)
        for member in [founder, josa] { _ = try await member.sync() }
        for contact in old { await contact.expect(good: false, coalition.relay) }
        try await Contact(with: founder.address, by: josa).expect(good: true, coalition.relay)
        for member in [founder, josa] { await member.close() }
    }

    @Test func keyThatIsNewByTheTimeTheRelayAnswersIsGrantedNext() async throws {
        let coalition = try await TestCoalition()
        let relay = InterceptedRelay(coalition.relay)
        let founder = try await coalition.found("SMEX", relay: relay)
        let josa = try await coalition.admit(organisation: "JOSA", by: founder)
        for member in [founder, josa] { _ = try await member.sync() }
        try await renewContactKey(of: founder)
        let other = try coalition.open("SMEX")
        relay.onGrant { request, inner throws(RelayError) in
            relay.onGrant(nil)
            let answer = try await inner.grant(request)
            // Another process of the same home.
            try? await self.renewContactKey(of: other)
            _ = try? await josa.sync()
            return answer
        }
        _ = try await founder.sync()
        _ = try await founder.sync()
        _ = try await josa.sync()
        try await Contact(with: founder.address, by: josa).expect(good: true, coalition.relay)
        for member in [founder, josa, other] { await member.close() }
    }

    @Test func usesAreRenewedOnceADay() async throws {
        let coalition = try await TestCoalition()
        let relay = InterceptedRelay(coalition.relay)
        let founder = try await coalition.found("SMEX", relay: relay)
        let josa = try await coalition.admit(organisation: "JOSA", by: founder)
        for member in [founder, josa] { _ = try await member.sync() }
        let contact = try Contact(with: founder.address, by: josa)
        for _ in 0..<ContactKey.keyPackageUses {
            _ = try await coalition.relay.take(
                TakeRequest(
                    access: Access(mailbox: contact.addresses.keyPackages.mailbox, capability: contact.keyPackages)
                )
            )
        }
        let requests = Mutex(0)
        relay.onGrant { request, inner throws(RelayError) in
            requests.withLock { $0 += 1 }
            return try await inner.grant(request)
        }
        _ = try await founder.sync()
        #expect(requests.withLock { $0 } == 0)
        try founder.engine.vault.write { transaction in
            var grants = try transaction.grants()
            grants.renewed = Time(seconds: grants.renewed.seconds - 86_400)
            try transaction.setRecord(.grants, to: grants)
        }
        for _ in 0..<2 { _ = try await founder.sync() }
        #expect(requests.withLock { $0 } == 2)
        await contact.expect(good: true, coalition.relay)
        for member in [founder, josa] { await member.close() }
    }
}
