import Sodium
import TLSCodec

@testable import MLS

/// What somebody without a single key can do to the members' messages on their way: the network, or the relay.
///
/// No member takes anything but what a member has made, to the bit.
struct HostileNetwork {
    private let world: LiveGroup
    private let genuine: GenuineMessages
    private let isThorough: Bool
    /// Whether a message that nobody has changed is worth its time: it is taken, which takes longest.
    private let handsOnGenuine: Bool
    private var script: Script

    init(_ input: [UInt8]) {
        script = Script(input)
        world = LiveGroup.chosen(by: &script)
        genuine = world === LiveGroup.classical ? .classical : .postQuantum
        isThorough = pays(input, oneIn: 32)
        handsOnGenuine = pays(input, oneIn: 64)
    }

    mutating func run() {
        KnownRandomness.begin(0)
        let bytes = script.choice(of: 4) == 3 ? script.rest() : spoilt()
        guard handsOnGenuine || !genuine.set.contains(bytes), let message = try? MLSMessage(decoding: bytes) else {
            return
        }
        for member in world.members { hand(message, bytes, to: member.copy()) }
    }

    /// A genuine message, changed in up to three places; as it is when the script has ended.
    private mutating func spoilt() -> [UInt8] {
        var bytes = script.choice(of: genuine.all)
        script.spoiling { script in
            let position = (Int(script.byte()) << 8 | Int(script.byte())) % max(1, bytes.count)
            switch script.choice(of: 6) {
            case 0 where !bytes.isEmpty: bytes[position] ^= 1 << script.choice(of: 8)
            case 1 where !bytes.isEmpty: bytes[position] = script.byte()
            case 2: bytes.removeSubrange(position..<min(bytes.count, position + 1 + script.choice(of: 64)))
            case 3: bytes.insert(contentsOf: script.bytes(atMost: 16), at: position)
            case 4: bytes.removeSubrange(position...)
            default:
                // From there on as another message.
                bytes.replaceSubrange(position..., with: script.choice(of: genuine.all).dropFirst(position))
            }
        }
        return bytes
    }

    private func hand(_ message: MLSMessage, _ bytes: [UInt8], to member: Device) {
        let state = isThorough ? GroupState(of: member.group) : nil
        let opened: Opened
        do throws(MLSError) {
            opened = try member.group.open(message)
        } catch {
            Tally.count(error)
            if let state {
                promise(state.isEqual(to: GroupState(of: member.group)), "a refused message has changed the group")
            }
            return
        }
        let isGenuine = genuine.set.contains(bytes)
        guard case .commit(let verified) = opened else {
            promise(isGenuine, "a message that nobody has made is opened")
            Tally.countTaken()
            return
        }
        do throws(MLSError) {
            try member.group.merge(try member.group.stage(verified, preSharedKeys: world.sharedKeys))
            promise(isGenuine, "a Commit that nobody has made is followed")
            Tally.countTaken()
        } catch {
            Tally.count(error)
            // For leaf 2 there is no next epoch. Neither signature nor membership tag holds an external Commit's
            // confirmation tag (section 6.1): whoever follows the Commit notices.
            promise(
                error == (isGenuine ? .misuse(.removedFromGroup) : .invalid(.confirmationTag)),
                "cannot follow: \(error)"
            )
        }
    }
}

/// One message of each kind that the members of a live group, and those about it, can make.
struct GenuineMessages {
    let all: [[UInt8]]
    let set: Set<[UInt8]>

    static let classical = must { try GenuineMessages(of: .classical) }
    static let postQuantum = must { try GenuineMessages(of: .postQuantum) }

    private init(of world: LiveGroup) throws {
        KnownRandomness.begin(UInt64(world.suite.rawValue) + 1)
        var messages: [MLSMessage] = []
        for member in world.members {
            let sender = member.copy()
            messages.append(try sender.group.protect([1, 2, 3], signatureKey: sender.signer.key))
        }
        let newcomer = world.newcomers[0]
        for framing in [HandshakeFraming.publicMessage, .privateMessage(.none)] {
            let (proposer, committer) = (world.members[1].copy(), world.members[0].copy())
            messages.append(try proposer.group.proposeUpdate(signatureKey: proposer.signer.key, framing: framing))
            messages.append(
                try proposer.group.propose(
                    .add(newcomer.keyPackage),
                    signatureKey: proposer.signer.key,
                    framing: framing
                )
            )
            var options = CommitOptions()
            options.framing = framing
            messages.append(
                try committer.group
                    .commit(
                        [.add(newcomer.keyPackage), .remove(LeafIndex(2))],
                        signatureKey: committer.signer.key,
                        options: options
                    )
                    .message
            )
        }
        let host = world.members[0].copy()
        let info = try host.group.groupInfo(signatureKey: host.signer.key)
        let leaf = newcomer.keyPackage.leafNode
        messages.append(
            try ExternalJoin(info)
                .commit(
                    as: ExternalJoin.Joiner(credential: leaf.credential, capabilities: leaf.capabilities),
                    signatureKey: newcomer.signer.key
                )
                .message
        )
        messages += [.groupInfo(info), .keyPackage(newcomer.keyPackage)]
        all = messages.map(\.encoded)
        set = Set(all)
    }
}
