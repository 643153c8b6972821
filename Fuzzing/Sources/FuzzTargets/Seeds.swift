import TLSCodec

@testable import MLS

extension FuzzTarget {
    /// Inputs to begin with, by file name: one valid input of each form, as far as our own code makes one.
    public func seeds() throws -> [String: [UInt8]] {
        switch self {
        case .decode: try Decoding.seeds()
        case .group: try LiveGroup().seeds()
        case .welcome: try Invitee().seeds()
        }
    }
}

extension Decoding {
    fileprivate static func seeds() throws -> [String: [UInt8]] {
        let group = try LiveGroup()
        let newcomer = try KeyPackageBundle.Kept("newcomer")
        var options = CommitOptions()
        options.framing = .publicMessage
        let pending = try group.sender.group.commit(
            [.add(newcomer.keyPackage)],
            signatureKey: group.sender.key,
            options: options
        )
        guard let welcome = pending.welcome, let leaf = group.sender.group.tree[LeafIndex(0)] else {
            throw MLSError.internalBug("no Welcome")
        }
        let application = try group.sender.group.protect([1], signatureKey: group.sender.key)
        let structures: [[UInt8]] = [
            pending.message.encoded, newcomer.keyPackage.encoded, leaf.encoded, welcome.encoded,
            [], group.sender.group.context.encoded, Proposal.add(newcomer.keyPackage).encoded,
            [], [], [], RequiredCapabilities(credentials: [.basic]).encoded, group.sender.group.tree.encoded,
        ]
        var seeds: [String: [UInt8]] = [:]
        for (number, bytes) in structures.enumerated() where !bytes.isEmpty {
            seeds["wire-\(number)"] = [UInt8(number)] + bytes
        }
        seeds["private-message"] = [0] + application.encoded
        // Of most of the fixed-size structures, zeros are a valid one.
        for number in structures.count..<wire.count {
            seeds["zeros-\(number)"] = [UInt8(number)] + [UInt8](repeating: 0, count: 256)
        }
        let texts = [
            #"{"v":1,"id":"00112233445566778899aabbccddeeff","kind":"text","text":"\u0633\ud83d\ude00"}"#,
            "https://[::1]:8443/#AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", "aadr-invitation-1.AAAA",
            #"{"status":400,"title":"","type":"urn:aadr:problem:malformed"}"#,
        ]
        for (number, text) in texts.enumerated() {
            seeds["text-\(number)"] = [UInt8(wire.count + number)] + Array(text.utf8)
        }
        return seeds
    }
}

extension LiveGroup {
    fileprivate func seeds() throws -> [String: [UInt8]] {
        let newcomer = try KeyPackageBundle.Kept("newcomer")
        let add = Proposal.add(newcomer.keyPackage)
        let update: Content
        let leaf = try sender.group.proposeUpdate(signatureKey: sender.key, framing: .publicMessage)
        guard case .publicMessage(let message) = leaf else { throw MLSError.internalBug("no PublicMessage") }
        update = message.content.content
        try sender.restore()
        let pending = try sender.group.commit([.remove(LeafIndex(2))], signatureKey: sender.key, options: .publicly)
        guard case .publicMessage(let commit) = pending.message else { throw MLSError.internalBug("no PublicMessage") }
        try sender.restore()
        func content(_ form: UInt8, _ content: Content) -> [UInt8] {
            var writer = Writer()
            writer.write(form)
            writer.write(content.type)
            content.encode(to: &writer)
            return writer.bytes
        }
        func committed(_ proposals: [Proposal]) -> [UInt8] {
            var writer = Writer()
            writer.write(UInt8(3))
            writer.writeVector(proposals)
            return writer.bytes
        }
        return [
            "message": [0] + leaf.encoded,
            "application": content(2, .application([1, 2, 3])),
            "add": content(1, .proposal(add)),
            "update": content(2, .proposal(update.proposal ?? add)),
            "commit-add": content(1, .commit(Commit(proposals: [.proposal(add)], path: nil))),
            "commit-path": content(2, commit.content.content),
            "proposals": committed([add, .remove(LeafIndex(2)), .groupContextExtensions([])]),
            "nothing": committed([]),
        ]
    }
}

extension CommitOptions {
    fileprivate static var publicly: CommitOptions {
        var options = CommitOptions()
        options.framing = .publicMessage
        return options
    }
}

extension Content {
    fileprivate var proposal: Proposal? {
        if case .proposal(let proposal) = self { proposal } else { nil }
    }
}

extension Invitee {
    fileprivate func seeds() throws -> [String: [UInt8]] {
        // The last epoch there is: whoever joins it can go nowhere.
        var last = groupInfo.groupContext
        last.epoch = .max
        let lastInfo = GroupInfo(
            groupContext: last,
            extensions: [],
            confirmationTag: [],
            signer: groupInfo.signer
        )
        return [
            "welcome": [0] + welcome.encoded,
            "group-info": [1] + groupInfo.encoded,
            "last-epoch": [1] + lastInfo.encoded,
            "signer": [2] + groupInfo.encoded,
            "tree": [3] + (groupInfo.extensions[.ratchetTree] ?? []),
            "key-package": [4] + kept.keyPackage.encoded,
        ]
    }
}
