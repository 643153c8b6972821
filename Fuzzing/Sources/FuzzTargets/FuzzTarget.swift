/// Something that takes hostile bytes, and the promises that it keeps for all of them (Docs/fuzzing.md). A broken
/// promise stops the process, as a crash does.
public enum FuzzTarget: String, CaseIterable, Sendable {
    case decode
    case group
    case message
    case welcome

    /// Makes what all inputs meet.
    public func prepare() {
        switch self {
        case .decode: break
        case .group: _ = (LiveGroup.classical, LiveGroup.postQuantum)
        case .message: _ = (GenuineMessages.classical, GenuineMessages.postQuantum)
        case .welcome: _ = (GenuineInvitation.classical, GenuineInvitation.postQuantum)
        }
    }

    public func run(_ input: [UInt8]) {
        switch self {
        case .decode: Decoding.run(input)
        case .group: Conversation(input).run()
        case .message:
            var network = HostileNetwork(input)
            network.run()
        case .welcome:
            var welcome = HostileWelcome(input)
            welcome.run()
        }
    }
}

/// Stops the process unless the promise is kept; with a word about it, which an optimised precondition does not give.
func promise(_ isKept: Bool, _ what: @autoclosure () -> String = "") {
    guard isKept else { fatalError(what()) }
}

/// Whether this input pays for a check that costs more than everything else: one in so many does, whichever they are.
func pays(_ input: [UInt8], oneIn count: UInt8) -> Bool { input.reduce(0, &+) % count == 0 }

/// The result of what cannot fail, unless a promise is broken.
func must<Value: ~Copyable>(_ body: () throws -> Value) -> Value {
    do {
        return try body()
    } catch {
        fatalError("\(error)")
    }
}
