import CSodium
import Synchronization

/// Randomness that is the same in every process, so that a seed's keys are the target's keys and a finding replays.
/// For fuzzing alone: whoever knows it knows every key.
enum KnownRandomness {
    private static let state = Mutex<UInt64>(0)

    nonisolated(unsafe) private static var implementation = randombytes_implementation(
        implementation_name: { nil },
        random: { KnownRandomness.next() },
        stir: nil,
        uniform: nil,
        buf: { target, count in
            let target = UnsafeMutableRawBufferPointer(start: target, count: count)
            for index in target.indices { target[index] = UInt8(truncatingIfNeeded: KnownRandomness.next()) }
        },
        close: nil
    )

    private static let installed: Void = {
        precondition(randombytes_set_implementation(&implementation) == 0, "libsodium keeps its own randomness")
    }()

    /// Begins a sequence anew.
    /// - Parameter sequence: no key of one is a key of another.
    static func begin(_ sequence: UInt64) {
        _ = installed
        state.withLock { $0 = sequence << 48 }
    }

    /// SplitMix64's upper half.
    private static func next() -> UInt32 {
        state.withLock { state in
            state &+= 0x9e37_79b9_7f4a_7c15
            var value = state
            value = (value ^ (value >> 30)) &* 0xbf58_476d_1ce4_e5b9
            value = (value ^ (value >> 27)) &* 0x94d0_49bb_1331_11eb
            return UInt32(truncatingIfNeeded: (value ^ (value >> 31)) >> 32)
        }
    }
}
