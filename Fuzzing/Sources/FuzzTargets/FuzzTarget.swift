/// Something that takes hostile bytes, and the promises that it keeps for all of them (Docs/fuzzing.md). A broken
/// promise stops the process, as a crash does.
public enum FuzzTarget: String, CaseIterable, Sendable {
    case decode
    case group
    case welcome

    /// Makes what all inputs meet.
    public func prepare() {
        switch self {
        case .decode: break
        case .group: _ = (LiveGroup.classical, LiveGroup.postQuantum)
        case .welcome: _ = (GenuineInvitation.classical, GenuineInvitation.postQuantum)
        }
    }

    public func run(_ input: [UInt8]) {
        switch self {
        case .decode: Decoding.run(input)
        case .group: Conversation(input).run()
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

/// The result of what cannot fail, unless a promise is broken.
func must<Value: ~Copyable>(_ body: () throws -> Value) -> Value {
    do {
        return try body()
    } catch {
        fatalError("\(error)")
    }
}
