import CSodium
import Glibc
import Synchronization

/// SplitMix64: a failing seed replays the same steps.
struct Steps: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var value = state
        value = (value ^ (value >> 30)) &* 0xbf58_476d_1ce4_e5b9
        value = (value ^ (value >> 27)) &* 0x94d0_49bb_1331_11eb
        return value ^ (value >> 31)
    }
}

/// Puts a seed in the place of the system's generator, for one task alone, so that every key, nonce and message of a
/// run comes again. libsodium lets a program do so from outside; the library itself knows only the one generator.
enum SeededRandomness {
    private final class Stream: Sendable {
        private let steps: Mutex<Steps>

        init(seed: UInt64) { steps = Mutex(Steps(seed: seed)) }

        func fill(_ bytes: UnsafeMutableRawBufferPointer) {
            steps.withLock { steps in
                for index in bytes.indices { bytes[index] = UInt8(truncatingIfNeeded: steps.next()) }
            }
        }
    }

    @TaskLocal private static var current: Stream?

    private static func fill(_ base: UnsafeMutableRawPointer, _ count: Int) {
        if let current {
            current.fill(UnsafeMutableRawBufferPointer(start: base, count: count))
        } else {
            arc4random_buf(base, count)
        }
    }

    /// libsodium keeps the pointer for as long as the process runs.
    private static let install: Void = {
        let implementation = UnsafeMutablePointer<randombytes_implementation>.allocate(capacity: 1)
        implementation.initialize(to: randombytes_implementation())
        implementation.pointee.random = {
            var value: UInt32 = 0
            withUnsafeMutableBytes(of: &value) { bytes in
                if let base = bytes.baseAddress { SeededRandomness.fill(base, bytes.count) }
            }
            return value
        }
        implementation.pointee.buf = { base, count in
            if let base { SeededRandomness.fill(base, count) }
        }
        _ = randombytes_set_implementation(implementation)
    }()

    static func run<Result>(seed: UInt64, _ body: () throws -> Result) rethrows -> Result {
        install
        return try $current.withValue(Stream(seed: seed), operation: body)
    }
}
