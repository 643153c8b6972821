import Sodium
import TLSCodec
import Testing

@testable import MLS

/// A group whose members do random things at random times, over a log as a relay keeps it: the first Commit of an epoch
/// in the log is the one that everyone follows, and each member reads the log when it gets to it.
final class Simulation {
    struct Size {
        var members = 20
        var steps = 120
    }

    /// What the relay has.
    private struct Entry {
        let message: MLSMessage
        let sender: SimulatedMember?
        let epoch: UInt64
    }

    /// What all who have been in an epoch agree on.
    private struct Agreement: Equatable {
        let authenticator: [UInt8]
        let treeHash: [UInt8]
    }

    private let size: Size
    private var random: Steps
    private var log: [Entry] = []
    private(set) var members: [SimulatedMember] = []
    private var removed: [SimulatedMember] = []
    private var epochs: [UInt64: Agreement] = [:]
    private var keys = PreSharedKeys()
    private var used = UsedKeys()
    private var born = 0
    private let crypto: Crypto
    /// Of everything that was sent.
    private(set) var transcript: [UInt8] = []

    init(seed: UInt64, _ size: Size) throws {
        self.size = size
        random = Steps(seed: seed)
        crypto = try crypto3()
        for id in 0..<Self.keyCount { keys.insert(.random(count: 32), as: .external(id: [id])) }
        let key = try SignaturePrivateKey(suite3)
        let group = try Group(creating: Array("group".utf8), with: try Member.bundle("member 0", key))
        let founder = SimulatedMember(name: "member 0", key: key, group: group)
        members = [founder]
        try expectAgreement(founder)
    }

    private static let keyCount: UInt8 = 4

    func run() throws {
        for step in 0..<size.steps {
            try self.step()
            try expectRemovedAreOut(step)
        }
        for member in members { try catchUp(member) }
        // A last Commit without what is still proposed, so that everyone may send.
        var last = CommitOptions()
        last.references = []
        try commit(by: members[0], [], last)
        for member in members { try catchUp(member) }
        for member in members { try sendToAll(from: member) }
    }

    private func step() throws {
        guard let member = members.randomElement(using: &random) else { return }
        switch Int.random(in: 0..<20, using: &random) {
        case 0..<7:
            try catchUp(member)
            try commit(by: member, proposals(by: member), options())
        case 7..<9:
            try race()
        case 9..<12:
            try catchUp(member)
            try propose(by: member)
        case 12:
            try joinFromOutside(beside: member)
        case 13..<16:
            try catchUp(member)
            try sendToAll(from: member)
        default:
            try catchUp(member)
        }
    }

    // MARK: What members do

    private func options() -> CommitOptions {
        var options = CommitOptions()
        options.alwaysHasPath = Bool.random(using: &random)
        options.framing = Bool.random(using: &random) ? .publicMessage : .privateMessage(.toMultiple(of: 512))
        options.preSharedKeys = keys
        return options
    }

    private func proposals(by committer: SimulatedMember) throws -> [Proposal] {
        var proposals: [Proposal] = []
        if members.count < size.members {
            for _ in 0..<Int.random(in: 0...2, using: &random) { proposals.append(.add(try newcomer())) }
        }
        if members.count > 3, Int.random(in: 0..<4, using: &random) == 0,
            let victim = members.filter({ $0 !== committer }).randomElement(using: &random)
        {
            proposals.append(.remove(victim.group.ownLeaf))
        }
        if Int.random(in: 0..<4, using: &random) == 0 { proposals.append(try preSharedKey()) }
        return proposals
    }

    private func preSharedKey() throws -> Proposal {
        let id = UInt8.random(in: 0..<Self.keyCount, using: &random)
        return .preSharedKey(try PreSharedKeyID(.external(id: [id]), for: suite3))
    }

    private var candidates: [KeyPackageRef: (key: SignatureKeyBox, bundle: HeldSecret)] = [:]

    private final class SignatureKeyBox {
        let key: SignaturePrivateKey
        init() throws { key = try SignaturePrivateKey(suite3) }
    }

    private func newcomer() throws -> KeyPackage {
        born += 1
        let box = try SignatureKeyBox()
        let bundle = try Member.bundle("member \(born)", box.key)
        candidates[crypto.reference(to: bundle.keyPackage)] = (box, HeldSecret(bundle.serialized()))
        return bundle.keyPackage
    }

    private func propose(by member: SimulatedMember) throws {
        let framing: HandshakeFraming = Bool.random(using: &random) ? .publicMessage : .privateMessage(.none)
        if framing != .publicMessage { used.note(member, .handshake) }
        let message: MLSMessage
        switch Int.random(in: 0..<5, using: &random) {
        case 0: message = try member.propose(preSharedKey(), framing)
        case 1:
            let data = [UInt8.random(in: 0...255, using: &random)]
            message = try member.propose(.groupContextExtensions([Extension(type: .test, data: data)]), framing)
        case 2 where members.count > 4:
            let victim = member.group.tree.members.randomElement(using: &random)?.index ?? member.group.ownLeaf
            message = try member.propose(.remove(victim), framing)
        case 3 where members.count < size.members: message = try member.propose(.add(newcomer()), framing)
        default: message = try member.group.proposeUpdate(signatureKey: member.key, framing: framing)
        }
        append(message, from: member, in: member.group.context.epoch)
        member.position = log.count
    }

    /// Commits, and follows if nobody else's is first.
    private func commit(by member: SimulatedMember, _ proposals: [Proposal], _ options: CommitOptions) throws {
        if options.framing != .publicMessage { used.note(member, .handshake) }
        let pending = try member.group.commit(proposals, signatureKey: member.key, options: options)
        let welcome = pending.welcome
        let changes = pending.changes
        append(pending.message, from: member, in: member.group.context.epoch)
        member.position = log.count
        try member.group.merge(pending.takeStaged())
        try expectAgreement(member)
        try settle(changes, welcome)
    }

    /// Two members commit in one epoch, and one is first.
    private func race() throws {
        let pair = members.shuffled(using: &random).prefix(2)
        guard pair.count == 2, let first = pair.first, let second = pair.last else { return }
        for member in pair { try catchUp(member) }
        guard members.contains(where: { $0 === first }), members.contains(where: { $0 === second }) else { return }
        let losing = options()
        if losing.framing != .publicMessage { used.note(second, .handshake) }
        let lost = try second.group.commit(signatureKey: second.key, options: losing)
        try commit(by: first, proposals(by: first), options())
        append(lost.message, from: second, in: second.group.context.epoch)
        try catchUp(second)
        guard members.contains(where: { $0 === second }) else { return }
        #expect(second.group.context.epoch == first.group.context.epoch)
        do {
            try second.group.merge(lost.takeStaged())
            Issue.record("a Commit that lost was merged")
        } catch {
            #expect(error == .misuse(.staleCommit))
        }
    }

    /// Someone new joins by an external Commit, or a member that lost its state takes its place again.
    private func joinFromOutside(beside member: SimulatedMember) throws {
        try catchUp(member)
        guard members.contains(where: { $0 === member }) else { return }
        let lost = members.filter { $0 !== member && $0.position == log.count }.randomElement(using: &random)
        let isResync = Bool.random(using: &random) && lost != nil
        guard isResync || members.count < size.members else { return }
        born += 1
        let key =
            try isResync ? SignaturePrivateKey(suite3, raw: try #require(lost).key.raw) : SignaturePrivateKey(suite3)
        var options = CommitOptions()
        options.preSharedKeys = keys
        var ids: [PreSharedKeyID] = []
        if Bool.random(using: &random), case .preSharedKey(let id) = try preSharedKey() { ids = [id] }
        let pending = try ExternalJoin(member.group.groupInfo(signatureKey: member.key))
            .commit(
                as: Member.joiner("member \(born)"),
                signatureKey: key,
                replacing: isResync ? lost?.group.ownLeaf : nil,
                preSharedKeys: ids,
                options: options
            )
        append(pending.message, from: nil, in: member.group.context.epoch)
        let changes = pending.changes
        let joiner = SimulatedMember(name: "member \(born)", key: key, group: pending.accept())
        joiner.position = log.count
        try settle(changes, nil)
        members.append(joiner)
        try expectAgreement(joiner)
    }

    /// Lets those whom a Commit adds join, and moves those whom it removes out.
    private func settle(_ changes: CommitChanges, _ welcome: Welcome?) throws {
        for leaf in changes.removed {
            guard let index = members.firstIndex(where: { $0.key.publicKey == leaf.leaf.signatureKey }) else {
                continue
            }
            removed.append(members.remove(at: index))
        }
        for added in changes.added {
            let reference = crypto.reference(to: added.keyPackage)
            let found = candidates.removeValue(forKey: reference)
            let candidate = try #require(found)
            let join = try PendingJoin(
                try #require(welcome),
                keyPackage: try KeyPackageBundle(serialized: candidate.bundle.secret),
                preSharedKeys: keys
            )
            let member = SimulatedMember(
                name: "joiner",
                key: try SignaturePrivateKey(suite3, raw: candidate.key.key.raw),
                group: join.accept()
            )
            member.position = log.count
            members.append(member)
            try expectAgreement(member)
        }
    }

    /// Reads what is in the log, as far as it goes.
    private func catchUp(_ member: SimulatedMember) throws {
        while member.position < log.count {
            let entry = log[member.position]
            member.position += 1
            // One's own, and Commits of an epoch that another one ended.
            guard entry.sender !== member, entry.epoch == member.group.context.epoch else { continue }
            guard case .commit(let verified) = try member.group.open(entry.message) else { continue }
            guard !verified.changes.removes(member.group.ownLeaf) else { return }
            try member.group.merge(try member.group.stage(verified, preSharedKeys: keys))
            try expectAgreement(member)
        }
    }

    /// An application message, which all who are in the epoch read once.
    private func sendToAll(from sender: SimulatedMember) throws {
        guard members.contains(where: { $0 === sender }), !sender.group.epoch.pendingProposals.isCommitDue else {
            return
        }
        let key = used.note(sender, .application)
        let message = try sender.send("from \(sender.name)")
        transcript = crypto.hash(transcript + message.encoded)
        for member in members where member !== sender && member.position == log.count {
            #expect(try member.openData(message) == Array("from \(sender.name)".utf8))
            #expect(throws: MLSError.invalid(.generationUnused)) { _ = try member.group.open(message) }
            let isKept = member.group.serializedReceiving().contains(key)
            #expect(!isKept)
        }
        let isKept = sender.group.serializedSending().contains(key)
        #expect(!isKept)
        for member in removed.suffix(3) {
            #expect(throws: MLSError.self) { _ = try member.group.open(message) }
        }
    }

    private func append(_ message: MLSMessage, from sender: SimulatedMember?, in epoch: UInt64) {
        log.append(Entry(message: message, sender: sender, epoch: epoch))
        transcript = crypto.hash(transcript + message.encoded)
    }

    // MARK: What must hold

    private func expectAgreement(_ member: Member) throws {
        let context = member.group.context
        let own = Agreement(authenticator: member.group.epochAuthenticator, treeHash: context.treeHash)
        #expect(epochs[context.epoch] ?? own == own, "epoch \(context.epoch)")
        epochs[context.epoch] = own
        var tree = member.group.tree
        #expect(tree.treeHash(crypto) == context.treeHash)
        try expectConsistentKeys(member)
    }

    /// Whoever was removed opens none of what came later.
    private func expectRemovedAreOut(_ step: Int) throws {
        guard let last = log.last else { return }
        for member in removed.suffix(3) where last.epoch > member.group.context.epoch {
            #expect(throws: MLSError.self, "step \(step)") { _ = try member.group.open(last.message) }
        }
    }

    /// Section 4.2: a member holds the private keys of the nodes above it into which it is merged, and no others.
    private func expectConsistentKeys(_ member: Member) throws {
        let tree = member.group.tree
        let own = member.group.ownLeaf
        let held = member.group.epoch.privateKeys.keys
        for (node, key) in held {
            #expect(try crypto.keyPair(raw: key.secret.copy()).publicKey == tree[node]?.encryptionKey)
        }
        let expected = tree.leafCount.directPath(of: own)
            .filter { node in
                tree.parent(at: node).map { !$0.unmergedLeaves.contains(own) } ?? false
            }
        #expect(Set(held.keys) == Set(expected + [own.node]))
    }
}

/// A member, and how far it has read.
final class SimulatedMember: Member {
    var position = 0

    func propose(_ proposal: Proposal, _ framing: HandshakeFraming) throws -> MLSMessage {
        try group.propose(proposal, signatureKey: key, framing: framing)
    }
}

/// Every key that any member has encrypted with.
struct UsedKeys {
    private var keys: Set<[UInt8]> = []

    /// Notes the key that the member's next message takes. A key is used with one nonce, so that no key may come twice.
    @discardableResult
    mutating func note(_ member: SimulatedMember, _ kind: RatchetKind) -> [UInt8] {
        var ratchets = member.group.epoch.sending
        guard let key = try? ratchets.next(kind, member.group.crypto).key.exposed() else {
            Issue.record("no key left")
            return []
        }
        #expect(keys.insert(key).inserted, "a key is used twice")
        return key
    }
}

extension Secret {
    /// Whether `bytes` stand in it.
    func contains(_ bytes: [UInt8]) -> Bool {
        withUnsafeBytes { own in
            own.count >= bytes.count
                && (0...(own.count - bytes.count)).contains { own[$0..<($0 + bytes.count)].elementsEqual(bytes) }
        }
    }
}
