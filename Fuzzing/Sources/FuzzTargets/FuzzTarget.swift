/// Something that takes hostile bytes, and the promises that it keeps for all of them (Docs/fuzzing.md). A broken
/// promise stops the process, as a crash does.
public enum FuzzTarget: String, CaseIterable, Sendable {
    case decode
    case group
    case welcome

    public func run(_ input: [UInt8]) {
        switch self {
        case .decode: Decoding.run(input)
        case .group: LiveGroup.shared.run(input)
        case .welcome: Invitee.shared.run(input)
        }
    }
}

/// The result of what cannot fail, unless a promise is broken.
func must<Value: ~Copyable>(_ body: () throws -> Value) -> Value {
    do {
        return try body()
    } catch {
        preconditionFailure("\(error)")
    }
}
