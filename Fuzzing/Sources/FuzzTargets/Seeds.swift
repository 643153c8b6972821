import TLSCodec

@testable import MLS

extension FuzzTarget {
    /// Inputs to begin with, by file name: valid structures of each form, as far as our own code makes them, and scripts.
    public func seeds() throws -> [String: [UInt8]] {
        switch self {
        case .decode: try Decoding.seeds()
        case .group: try Self.scripts().merging(LiveGroup.classical.seeds()) { $1 }
        case .message: Self.scripts().merging(GenuineMessages.classical.seeds()) { $1 }
        case .welcome: Self.scripts().merging(GenuineInvitation.classical[0].seeds()) { $1 }
        }
    }

    /// Scripts that do nothing but one thing each, and some that do at random.
    private static func scripts() -> [String: [UInt8]] {
        var scripts: [String: [UInt8]] = [:]
        for step in 0..<12 { scripts["step-\(step)"] = [0, UInt8(step)] + [UInt8](repeating: 0, count: 8) }
        var state: UInt64 = 1
        for number in 0..<64 {
            // SplitMix64, as in KnownRandomness.
            scripts["random-\(number)"] = (0..<48)
                .map { _ in
                    state &+= 0x9e37_79b9_7f4a_7c15
                    let mixed = (state ^ (state >> 30)) &* 0xbf58_476d_1ce4_e5b9
                    return UInt8(truncatingIfNeeded: mixed >> 40)
                }
        }
        return scripts
    }
}

extension Decoding {
    fileprivate static func seeds() throws -> [String: [UInt8]] {
        var seeds: [String: [UInt8]] = [:]
        for (suite, group) in [("x25519", LiveGroup.classical), ("xwing", LiveGroup.postQuantum)] {
            let structures = try structures(of: group)
            for (number, bytes) in structures.enumerated() where !bytes.isEmpty {
                seeds["\(suite)-\(number)"] = [UInt8(number)] + bytes
            }
            let application = try group.members[0].copy().group
                .protect([1], signatureKey: group.members[0].signer.key)
            seeds["\(suite)-private-message"] = [0] + application.encoded
        }
        // Of most of the fixed-size structures, zeros are a valid one.
        for number in 12..<wire.count {
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

    /// In the order of `wire`; nothing where none is at hand.
    private static func structures(of group: LiveGroup) throws -> [[UInt8]] {
        let sender = group.members[0].copy()
        let newcomer = group.newcomers[0].keyPackage
        var options = CommitOptions()
        options.framing = .publicMessage
        let pending = try sender.group.commit([.add(newcomer)], signatureKey: sender.signer.key, options: options)
        guard let welcome = pending.welcome, let leaf = sender.group.tree[LeafIndex(0)],
            case .publicMessage(let message) = pending.message
        else { throw MLSError.internalBug("no Welcome") }
        guard case .commit(let commit) = message.content.content, let path = commit.path else {
            throw MLSError.internalBug("no path")
        }
        return [
            pending.message.encoded, newcomer.encoded, leaf.encoded, welcome.encoded,
            try sender.group.groupInfo(signatureKey: sender.signer.key).encoded, sender.group.context.encoded,
            Proposal.add(newcomer).encoded, path.encoded,
            message.encoded, [], RequiredCapabilities(credentials: [.basic]).encoded, sender.group.tree.encoded,
        ]
    }
}

extension LiveGroup {
    /// What `Conversation.raw` reads: a message, and contents of one.
    fileprivate func seeds() throws -> [String: [UInt8]] {
        let sender = members[0].copy()
        let proposal = try sender.group.proposeUpdate(signatureKey: sender.signer.key, framing: .publicMessage)
        let contents: [String: Content] = [
            "application": .application([1, 2, 3]),
            "add": .proposal(.add(newcomers[0].keyPackage)),
            "commit-add": .commit(Commit(proposals: [.proposal(.add(newcomers[0].keyPackage))], path: nil)),
        ]
        return
            contents.mapValues { content in
                var writer = Writer()
                writer.writeFixed([0, 11, 0, 0, 0])
                writer.write(content.type)
                content.encode(to: &writer)
                return writer.bytes
            }
            .merging(["message": [0, 11, 1, 0, 0] + proposal.encoded]) { $1 }
    }
}

extension GenuineMessages {
    /// What `HostileNetwork` takes as it is.
    fileprivate func seeds() -> [String: [UInt8]] {
        Dictionary(uniqueKeysWithValues: all.enumerated().map { ("message-\($0.offset)", [0, 3] + $0.element) })
    }
}

extension GenuineInvitation {
    /// What `HostileWelcome.raw` reads.
    fileprivate func seeds() -> [String: [UInt8]] {
        // The last epoch there is: whoever joins it can go nowhere.
        var last = info.groupContext
        last.epoch = .max
        let lastInfo = GroupInfo(groupContext: last, extensions: [], confirmationTag: [], signer: info.signer)
        let forms = [
            "welcome": [0] + welcome.encoded,
            "group-info": [1] + info.encoded,
            "last-epoch": [1] + lastInfo.encoded,
            "tree": [2] + tree.encoded,
            "key-package": [3] + invitee.keyPackage.encoded,
            "external-join": [4] + info.encoded,
        ]
        return forms.mapValues { [0, 0, 7] + $0 }
    }
}
