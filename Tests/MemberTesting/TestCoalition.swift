import Coalition
import Foundation
import GRDB
import RelayAPI
import Sodium
import Testing

@testable import MemberClient
@testable import Relay

/// A relay and members of a coalition on it, all in this process, each in a home of its own.
final class TestCoalition: Sendable {
    let directory: URL
    let store: SQLiteMailboxStore
    /// What every member talks to unless a test says otherwise.
    let relay: TestRelay
    private let token: AccessToken
    private let suite: SuiteName

    init(suite: SuiteName = .xwing) async throws {
        self.suite = suite
        directory = FileManager.default.temporaryDirectory.appending(path: "aadr-member-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        store = try SQLiteMailboxStore(file: directory.appending(path: "relay.sqlite"))
        relay = TestRelay(service: RelayService(store: store))
        token = .random()
        try await store.issueToken(token.hash, label: "test", mailboxes: 100_000)
    }

    deinit {
        try? store.close()
        try? FileManager.default.removeItem(at: directory)
    }

    /// An access token of the relay's operator.
    func issueToken(mailboxes: UInt32) async throws -> AccessToken {
        let token = AccessToken.random()
        try await store.issueToken(token.hash, label: "test", mailboxes: mailboxes)
        return token
    }

    /// Takes back the token that founders get.
    func revokeToken() async throws {
        let revoked = try await store.revokeToken(id: StoredToken.id(of: token.hash))
        try #require(revoked)
    }

    /// A copy of the relay's store as it is now.
    /// - Parameter keepsIncarnation: false for what a restored backup is; true for what a relay hides.
    func copyOfRelay(keepsIncarnation: Bool = false) throws -> TestRelay {
        let copy = directory.appending(path: "copy-\(UUID().uuidString).sqlite")
        let source = try DatabaseQueue(path: directory.appending(path: "relay.sqlite").path)
        let target = try DatabaseQueue(path: copy.path)
        try source.backup(to: target)
        if !keepsIncarnation {
            try target.write { database in
                try database.execute(
                    sql: "UPDATE store SET incarnation = ?",
                    arguments: [Data(Incarnation.random().bytes)]
                )
            }
        }
        try target.close()
        try source.close()
        return TestRelay(service: RelayService(store: try SQLiteMailboxStore(file: copy)))
    }

    func home(_ name: String) -> String { directory.appending(path: name).path }

    func unlock(_ name: String) -> Unlock { .keyFile(directory.appending(path: "\(name).key").path) }

    func network(_ relay: (any MemberClient.Relay)? = nil) -> Network {
        Network(TestNetwork(relay: relay ?? self.relay))
    }

    static func relayAddress() throws -> RelayAddress { try RelayAddress("http://127.0.0.1:8443/") }

    /// Founds the coalition: the founder is `admin@ORGANISATION/laptop`.
    func found(
        _ organisation: String = "SMEX",
        relay: (any MemberClient.Relay)? = nil,
        observer: any StepObserver = NoObserver()
    ) async throws -> Member {
        let founding = Founding(
            relay: try Self.relayAddress(),
            relayToken: token,
            coalition: "Arab Alliance for Digital Rights",
            organisation: try #require(Name(organisation)),
            user: try #require(Name("admin")),
            device: try #require(Name("laptop")),
            suite: suite
        )
        return try await Member.found(
            founding,
            home: home(organisation),
            unlock: unlock(organisation),
            network: network(relay),
            observer: observer
        )
    }

    /// Opens a home once more, as another process would.
    func open(
        _ name: String,
        relay: (any MemberClient.Relay)? = nil,
        observer: any StepObserver = NoObserver()
    ) throws -> Member {
        try Member.open(home: home(name), unlock: unlock(name), network: network(relay), observer: observer)
    }

    /// Begins to join with an invitation, in the home of this name.
    func beginJoin(
        _ invitation: IssuedInvitation,
        home name: String,
        device: String = "laptop",
        relay: (any MemberClient.Relay)? = nil,
        observer: any StepObserver = NoObserver()
    ) async throws -> Joining {
        try await Member.beginJoin(
            invitation.text,
            device: try #require(Name(device)),
            home: home(name),
            unlock: unlock(name),
            network: network(relay),
            observer: observer
        )
    }

    /// Lets `admin` admit a new organisation, whose first admin is `admin@ORGANISATION/laptop`.
    func admit(organisation: String, by admin: Member, relay: (any MemberClient.Relay)? = nil) async throws -> Member {
        let name = try #require(Name(organisation))
        let firstAdmin = try #require(Name("admin"))
        let invitation = try await admin.invite(.organisation(name, firstAdmin: firstAdmin))
        return try await complete(invitation, home: organisation, by: admin, relay: relay)
    }

    /// Lets `admin` admit a colleague.
    func admit(
        colleague: String,
        device: String = "laptop",
        home name: String,
        by admin: Member,
        relay: (any MemberClient.Relay)? = nil
    ) async throws -> Member {
        let invitation = try await admin.invite(.colleague(try #require(Name(colleague))))
        return try await complete(invitation, home: name, device: device, by: admin, relay: relay)
    }

    private func complete(
        _ invitation: IssuedInvitation,
        home name: String,
        device: String = "laptop",
        by admin: Member,
        relay: (any MemberClient.Relay)?
    ) async throws -> Member {
        let joining = try await beginJoin(invitation, home: name, device: device, relay: relay)
        let requests = try await admin.requests()
        let request = try #require(requests.first { $0.address == joining.address })
        _ = try await admin.approve(request.id, code: joining.code)
        return try await joining.wait(seconds: 5)
    }
}

extension Member {
    /// The texts that have not been shown, in their order; shown now.
    func takeTexts(_ filter: MessageFilter = MessageFilter()) async throws -> [String] {
        _ = try await sync()
        let messages = try unshown(filter)
        try markShown(messages)
        return messages.compactMap(\.text)
    }

    func takeFindings() throws -> [FindingKind] {
        let findings = try unshownFindings()
        try markShown(findings)
        return findings.map(\.kind)
    }
}

/// Waits until something is so, at most half a minute.
func eventually(_ condition: () throws -> Bool) async throws {
    for _ in 0..<600 {
        if try condition() { return }
        try await Task.sleep(for: .milliseconds(50))
    }
    Issue.record("it did not happen")
}
