import Sodium
import TLSCodec
import Testing

@testable import MLS

/// A member of a test's group: a device's signature key and its view of the group.
class Member {
    let name: String
    let key: SignaturePrivateKey
    var group: Group

    init(name: String, key: consuming SignaturePrivateKey, group: consuming Group) {
        self.name = name
        self.key = key
        self.group = group
    }

    /// Founds a group.
    convenience init(founding name: String, extensions: Extensions = []) throws {
        let key = try SignaturePrivateKey(suite3)
        let group = try Group(
            creating: Array("group".utf8),
            with: try Member.bundle(name, key),
            extensions: extensions
        )
        self.init(name: name, key: key, group: group)
    }

    static let capabilities = Capabilities(cipherSuites: [suite3], extensions: [.test, .leafTest])
    static let lifetime = Lifetime(notBefore: 1000, notAfter: 2000)

    static func bundle(_ name: String, _ key: borrowing SignaturePrivateKey) throws -> KeyPackageBundle {
        try KeyPackageBundle(
            suite3,
            credential: .basic(identity: Array(name.utf8)),
            signatureKey: key,
            capabilities: capabilities,
            lifetime: lifetime
        )
    }

    static func joiner(_ name: String) -> ExternalJoin.Joiner {
        ExternalJoin.Joiner(credential: .basic(identity: Array(name.utf8)), capabilities: capabilities)
    }

    /// Commits, and merges at once.
    @discardableResult
    func commit(_ proposals: [Proposal] = [], options: CommitOptions = CommitOptions()) throws -> Sent {
        let pending = try group.commit(proposals, signatureKey: key, options: options)
        let sent = Sent(message: pending.message, welcome: pending.welcome)
        try group.merge(pending.takeStaged())
        return sent
    }

    struct Sent {
        let message: MLSMessage
        let welcome: Welcome?
    }

    /// Opens a Commit, stages and merges it.
    @discardableResult
    func follow(_ message: MLSMessage) throws -> CommitChanges {
        let verified = try openCommit(message)
        try group.merge(try group.stage(verified))
        return verified.changes
    }

    func openCommit(_ message: MLSMessage) throws -> VerifiedCommit {
        guard case .commit(let verified) = try group.open(message) else { throw UnexpectedContent() }
        return verified
    }

    func openData(_ message: MLSMessage) throws -> [UInt8] {
        guard case .application(let application) = try group.open(message) else { throw UnexpectedContent() }
        return application.data
    }

    func send(_ text: String) throws -> MLSMessage {
        try group.protect(Array(text.utf8), signatureKey: key)
    }

    struct UnexpectedContent: Error {}
}

extension ExtensionType {
    /// What the test's members support in a GroupContext, and in leaves.
    static let test = ExtensionType(rawValue: 0xff01)
    static let leafTest = ExtensionType(rawValue: 0xff02)
    /// What none of them supports.
    static let unsupported = ExtensionType(rawValue: 0xff03)
}

/// A group of members who have followed every Commit.
struct Party {
    var members: [Member]

    /// A group whose tree a Commit of each member has filled, or which has the blanks that Adds leave.
    init(_ count: Int, filled: Bool = true) throws {
        members = [try Member(founding: "member 0")]
        for number in 1..<max(count, 1) where count > 1 { try add("member \(number)") }
        if filled {
            for member in members { try commit(by: member) }
        }
    }

    subscript(index: Int) -> Member { members[index] }

    mutating func add(_ name: String, by committer: Int = 0, options: CommitOptions = CommitOptions()) throws {
        let key = try SignaturePrivateKey(suite3)
        let bundle = try Member.bundle(name, key)
        let sent = try commit([.add(bundle.keyPackage)], by: members[committer], options: options)
        let join = try PendingJoin(try #require(sent.welcome), keyPackage: bundle)
        members.append(Member(name: name, key: key, group: join.accept()))
    }

    @discardableResult
    func commit(
        _ proposals: [Proposal] = [],
        by committer: Member,
        options: CommitOptions = CommitOptions()
    ) throws -> Member.Sent {
        let sent = try committer.commit(proposals, options: options)
        for member in members where member !== committer { try member.follow(sent.message) }
        return sent
    }

    /// Hands a proposal to everyone but its sender.
    func deliver(_ message: MLSMessage, from sender: Member) throws {
        for member in members where member !== sender { _ = try member.group.open(message) }
    }

    func expectAgreement() throws {
        let authenticators = Set(members.map { $0.group.epochAuthenticator })
        #expect(authenticators.count == 1)
        let contexts = Set(members.map { $0.group.context })
        #expect(contexts.count == 1)
        for sender in members {
            let message = try sender.send("from \(sender.name)")
            for receiver in members where receiver !== sender {
                #expect(try receiver.openData(message) == Array("from \(sender.name)".utf8))
            }
        }
    }
}
