import Testing

@testable import Sodium

@Suite("Secrets")
struct SecretTests {
    @Test(
        "a secret holds what it was made from, on both sides of the slot sizes",
        arguments: [0, 1, 32, 64, 65, 256, 257, 5000]
    )
    func contents(count: Int) {
        let bytes = Random.bytes(count)
        let secret = Secret(copying: bytes)
        #expect(secret.count == count)
        #expect(secret.exposed() == bytes)
        #expect(secret.copy().exposed() == bytes)
    }

    @Test("moving bytes in leaves zeros behind", arguments: [32, 100])
    func moving(count: Int) {
        let bytes = Random.bytes(count)
        var source = bytes.map { $0 }
        let secret = Secret(moving: &source)
        #expect(secret.exposed() == bytes)
        #expect(source == [UInt8](repeating: 0, count: count))
    }

    @Test("slices are secrets of their own")
    func slices() {
        let secret = Secret(copying: Array(0..<80 as Range<UInt8>))
        #expect(secret.prefix(3).exposed() == [0, 1, 2])
        #expect(secret.slice(78..<80).exposed() == [78, 79])
        #expect(secret.slice(40..<40).exposed() == [])
    }

    @Test("secrets are equal when all their bytes are")
    func equality() {
        let secret = Secret.random(count: 32)
        var bytes = secret.exposed()
        func isEqual(to other: borrowing Secret) -> Bool { secret.isEqual(to: other) }
        #expect(isEqual(to: secret.copy()) == true)
        #expect(isEqual(to: secret.prefix(31)) == false)
        bytes[31] ^= 1
        #expect(isEqual(to: Secret(copying: bytes)) == false)
    }

    @Test("byte arrays are equal when all their bytes are")
    func arrays() {
        #expect(ConstantTime.equal([1, 2], [1, 2]))
        #expect(!ConstantTime.equal([1, 2], [1, 3]))
        #expect(!ConstantTime.equal([1, 2], [1]))
        #expect(ConstantTime.equal([], []))
    }

    @Test("what is drawn at random differs")
    func randomness() {
        #expect(Secret.random(count: 32).exposed() != Secret.random(count: 32).exposed())
        #expect(Random.bytes(16) != Random.bytes(16))
        #expect(Random.bytes(0) == [])
    }

    @Test("what is not written is zero, and what the closure throws is thrown", arguments: [32, 100])
    func initializing(count: Int) throws {
        struct Refusal: Error {}
        let secret = Secret(count: count) { $0[1] = 7 }
        #expect(secret.exposed() == [0, 7] + [UInt8](repeating: 0, count: count - 2))
        #expect(throws: Refusal.self) {
            _ = try Secret(count: count) { (buffer: UnsafeMutableRawBufferPointer) throws(Refusal) in
                buffer[0] = 1
                throw Refusal()
            }
        }
    }

    @Test("a slot that is given back is zero, and the next to be given out", arguments: [64, 256])
    func slotsAreZeroed(size: Int) {
        let arena = SecretArena(slotSize: size)
        let slot = arena.allocate()
        let neighbour = arena.allocate()
        slot.update(repeating: 0xff, count: size)
        neighbour.update(repeating: 0xee, count: size)
        arena.release(slot)
        #expect(UnsafeBufferPointer(start: slot, count: size).allSatisfy { $0 == 0 })
        #expect(UnsafeBufferPointer(start: neighbour, count: size).allSatisfy { $0 == 0xee })
        #expect(arena.allocate() == slot)
        arena.release(slot)
        arena.release(neighbour)
    }

    @Test("nothing of a secret is left where it was, once its owner has let go of it", arguments: [64, 256])
    func secretsAreZeroed(count: Int) {
        let bytes = Random.bytes(count)
        let address = addressOfReleasedSecret(bytes)
        // Another test may own the slot by now, but never these bytes.
        #expect(Array(UnsafeRawBufferPointer(start: address, count: bytes.count)) != bytes)
    }

    private func addressOfReleasedSecret(_ bytes: [UInt8]) -> UnsafeRawPointer? {
        let secret = Secret(copying: bytes)
        return secret.withUnsafeBytes { $0.baseAddress }
    }

    @Test("secrets made and dropped by many threads never share a slot")
    func concurrency() async {
        let intact = await withTaskGroup(of: Bool.self) { group in
            for task in 0..<8 as Range<UInt8> {
                group.addTask {
                    (0..<500)
                        .allSatisfy { _ in
                            let first = Secret(copying: [UInt8](repeating: task, count: 48))
                            let second = Secret(copying: [UInt8](repeating: ~task, count: 48))
                            return first.exposed().allSatisfy { $0 == task }
                                && second.exposed().allSatisfy { $0 == ~task }
                        }
                }
            }
            return await group.allSatisfy { $0 }
        }
        #expect(intact)
    }

    @Test("thousands of secrets are at home together")
    func many() {
        let arena = SecretArena(slotSize: 64)
        let slots = (0..<5000).map { _ in arena.allocate() }
        #expect(Set(slots).count == slots.count)
        slots.forEach(arena.release)
    }
}
