internal import CSodium
internal import Synchronization

/// The memory that secrets live in: zeroed when given back, kept out of core dumps and, where the system allows
/// it, out of swap.
public enum SecretMemory {
    private static let everythingLocked = Atomic<Bool>(true)

    /// Whether all memory given to secrets so far is locked against swapping. False once the system has refused,
    /// for `RLIMIT_MEMLOCK` most likely: secrets are zeroed all the same, and a program should say so once.
    public static var isLocked: Bool { everythingLocked.load(ordering: .relaxed) }

    /// `count` bytes of guarded memory, zero.
    static func allocate(_ count: Int) -> UnsafeMutablePointer<UInt8> {
        guard let arena = SecretArena.holding(count) else { return allocateGuarded(count) }
        return arena.allocate()
    }

    /// Zeroes and gives back what `allocate(count)` gave.
    static func release(_ base: UnsafeMutablePointer<UInt8>, _ count: Int) {
        guard let arena = SecretArena.holding(count) else { return sodium_free(base) }
        arena.release(base)
    }

    /// Pages of their own between two inaccessible ones, zero; to be given to `sodium_free`, which zeroes them.
    fileprivate static func allocateGuarded(_ count: Int) -> UnsafeMutablePointer<UInt8> {
        Library.prepare()
        guard let memory = sodium_malloc(count) else { fatalError("out of memory for secrets") }
        // sodium_malloc locks, but keeps to itself whether it could. Locking does not nest, so that asking again
        // tells, and costs no second unlocking.
        if sodium_mlock(memory, count) != 0 {
            everythingLocked.store(false, ordering: .relaxed)
        }
        sodium_memzero(memory, count)
        return memory.assumingMemoryBound(to: UInt8.self)
    }
}

/// Small secrets, side by side in locked regions.
///
/// `sodium_malloc` spends four pages and as many system calls on each allocation, and the memory that a process may
/// lock is often 8 MiB: a large group's thousands of 32-byte secrets need something denser. A region is one such
/// allocation, carved into slots. Regions are kept for the next secrets rather than given back.
///
/// Every free slot is zero.
final class SecretArena: Sendable {
    /// For keys, hashes, and Ed25519 keys with their public half.
    private static let small = SecretArena(slotSize: 64)
    /// For the state of a hash function.
    private static let large = SecretArena(slotSize: 256)

    private static let regionSize = 64 * 1024

    /// The arena for secrets of `count` bytes; nil for those that get pages of their own.
    static func holding(_ count: Int) -> SecretArena? {
        if count <= small.slotSize { return small }
        return count <= large.slotSize ? large : nil
    }

    /// In bytes; divides a region's size.
    let slotSize: Int

    // Pointers are Sendable only by promise: each is owned by the arena or by the one secret that it was given to.
    private struct State: @unchecked Sendable {
        var regions: [UnsafeMutablePointer<UInt8>] = []
        var free: [UnsafeMutablePointer<UInt8>] = []
    }

    private struct Slot: @unchecked Sendable {
        let base: UnsafeMutablePointer<UInt8>
    }

    private let state = Mutex(State())

    init(slotSize: Int) {
        self.slotSize = slotSize
    }

    deinit {
        state.withLock { state in
            for region in state.regions {
                sodium_free(region)
            }
        }
    }

    /// A slot of `slotSize` bytes, zero.
    func allocate() -> UnsafeMutablePointer<UInt8> {
        state.withLock { state in
            if state.free.isEmpty {
                let region = SecretMemory.allocateGuarded(Self.regionSize)
                state.regions.append(region)
                for offset in stride(from: 0, to: Self.regionSize, by: slotSize).reversed() {
                    state.free.append(region + offset)
                }
            }
            return Slot(base: state.free.removeLast())
        }
        .base
    }

    /// Zeroes a slot that `allocate` gave, and takes it back.
    func release(_ base: UnsafeMutablePointer<UInt8>) {
        sodium_memzero(base, slotSize)
        let slot = Slot(base: base)
        state.withLock { state in
            state.free.append(slot.base)
        }
    }
}
