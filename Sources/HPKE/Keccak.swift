/// Keccak-f[1600] (FIPS 202, section 3): no branch and no index depends on what it permutes.
enum Keccak {
    /// Lanes of 64 bits: `lanes[x + 5 * y]` is the standard's A[x, y].
    static let laneCount = 25

    static func permute(_ lanes: UnsafeMutableBufferPointer<UInt64>) {
        precondition(lanes.count == laneCount, "a state of 25 lanes")
        for constant in roundConstants {
            mixColumns(lanes)
            rotateAndMove(lanes)
            combineRows(lanes)
            lanes[0] ^= constant  // ι
        }
    }

    /// θ: every lane takes in the parities of two columns.
    private static func mixColumns(_ a: UnsafeMutableBufferPointer<UInt64>) {
        let c0 = a[0] ^ a[5] ^ a[10] ^ a[15] ^ a[20]
        let c1 = a[1] ^ a[6] ^ a[11] ^ a[16] ^ a[21]
        let c2 = a[2] ^ a[7] ^ a[12] ^ a[17] ^ a[22]
        let c3 = a[3] ^ a[8] ^ a[13] ^ a[18] ^ a[23]
        let c4 = a[4] ^ a[9] ^ a[14] ^ a[19] ^ a[24]
        let d0 = c4 ^ rotate(c1, 1)
        let d1 = c0 ^ rotate(c2, 1)
        let d2 = c1 ^ rotate(c3, 1)
        let d3 = c2 ^ rotate(c4, 1)
        let d4 = c3 ^ rotate(c0, 1)
        for row in stride(from: 0, to: laneCount, by: 5) {
            a[row] ^= d0
            a[row + 1] ^= d1
            a[row + 2] ^= d2
            a[row + 3] ^= d3
            a[row + 4] ^= d4
        }
    }

    /// ρ and π: the lanes but the first are one cycle, along which each moves on, rotated.
    private static func rotateAndMove(_ a: UnsafeMutableBufferPointer<UInt64>) {
        var moving = a[1]
        for (target, count) in cycle {
            let next = a[target]
            a[target] = rotate(moving, count)
            moving = next
        }
    }

    /// χ: the only step that is not linear.
    private static func combineRows(_ a: UnsafeMutableBufferPointer<UInt64>) {
        for row in stride(from: 0, to: laneCount, by: 5) {
            let (b0, b1, b2, b3, b4) = (a[row], a[row + 1], a[row + 2], a[row + 3], a[row + 4])
            a[row] = b0 ^ (~b1 & b2)
            a[row + 1] = b1 ^ (~b2 & b3)
            a[row + 2] = b2 ^ (~b3 & b4)
            a[row + 3] = b3 ^ (~b4 & b0)
            a[row + 4] = b4 ^ (~b0 & b1)
        }
    }

    private static func rotate(_ lane: UInt64, _ count: UInt64) -> UInt64 {
        lane << count | lane >> (64 - count)
    }

    /// Where the lane at hand goes, and by how much it is rotated on the way, beginning with A[1, 0].
    private static let cycle: [(target: Int, rotation: UInt64)] = [
        (10, 1), (7, 3), (11, 6), (17, 10), (18, 15), (3, 21), (5, 28), (16, 36),
        (8, 45), (21, 55), (24, 2), (4, 14), (15, 27), (23, 41), (19, 56), (13, 8),
        (12, 25), (2, 43), (20, 62), (14, 18), (22, 39), (9, 61), (6, 20), (1, 44),
    ]

    private static let roundConstants: [UInt64] = [
        0x0000_0000_0000_0001, 0x0000_0000_0000_8082, 0x8000_0000_0000_808a, 0x8000_0000_8000_8000,
        0x0000_0000_0000_808b, 0x0000_0000_8000_0001, 0x8000_0000_8000_8081, 0x8000_0000_0000_8009,
        0x0000_0000_0000_008a, 0x0000_0000_0000_0088, 0x0000_0000_8000_8009, 0x0000_0000_8000_000a,
        0x0000_0000_8000_808b, 0x8000_0000_0000_008b, 0x8000_0000_0000_8089, 0x8000_0000_0000_8003,
        0x8000_0000_0000_8002, 0x8000_0000_0000_0080, 0x0000_0000_0000_800a, 0x8000_0000_8000_000a,
        0x8000_0000_8000_8081, 0x8000_0000_0000_8080, 0x0000_0000_8000_0001, 0x8000_0000_8000_8008,
    ]
}
