internal import Sodium

/// SHAKE256 (FIPS 202, section 6.2) of a secret, for a secret: Debian 12's libsodium has none.
enum SHAKE256 {
    /// What one permutation takes in or gives out, in bytes.
    private static let rate = 136

    /// The first `count` bytes of SHAKE256(`secret` || `suffix`).
    static func hash(_ secret: borrowing Secret, _ suffix: [UInt8], count: Int) -> Secret {
        Secret(count: count) { output in
            // The sponge's state is as secret as what it holds, and is zeroed like it. What the permutation leaves
            // in registers and on the stack is not.
            _ = Secret(count: Keccak.laneCount * MemoryLayout<UInt64>.size) { state in
                var sponge = Sponge(lanes: state.bindMemory(to: UInt64.self))
                secret.withUnsafeBytes { sponge.absorb($0) }
                suffix.withUnsafeBytes { sponge.absorb($0) }
                sponge.finishAbsorbing()
                sponge.squeeze(into: output)
            }
        }
    }

    /// The state, zero at first, and how much of the block at hand is full or spent.
    private struct Sponge {
        let lanes: UnsafeMutableBufferPointer<UInt64>
        var position = 0

        init(lanes: UnsafeMutableBufferPointer<UInt64>) {
            self.lanes = lanes
        }

        private func add(_ byte: UInt8, at position: Int) {
            lanes[position / 8] ^= UInt64(byte) << UInt64(8 * (position % 8))
        }

        mutating func absorb(_ bytes: UnsafeRawBufferPointer) {
            for byte in bytes {
                add(byte, at: position)
                position += 1
                if position == rate { nextBlock() }
            }
        }

        /// Pads: SHAKE's four bits 1, and the first and the last bit of Keccak's padding.
        mutating func finishAbsorbing() {
            add(0x1f, at: position)
            add(0x80, at: rate - 1)
            nextBlock()
        }

        mutating func squeeze(into output: UnsafeMutableRawBufferPointer) {
            for index in output.indices {
                if position == rate { nextBlock() }
                output[index] = UInt8(truncatingIfNeeded: lanes[position / 8] >> UInt64(8 * (position % 8)))
                position += 1
            }
        }

        private mutating func nextBlock() {
            Keccak.permute(lanes)
            position = 0
        }
    }
}
