import Sodium
import Testing

@testable import HPKE

@Suite("SHAKE256")
struct SHAKE256Tests {
    /// The beginning and the end of the 512 bytes that NIST's example files give.
    @Test(
        "NIST's examples: messages of 0 and of 1,600 bits",
        arguments: [
            (
                0,
                "46b9dd2b0ba88d13233b3feb743eeb243fcd52ea62b81b82b50c27646ed5762f",
                "ab0bae316339894304e35877b0c28a9b1fd166c796b9cc258a064a8f57e27f2a"
            ),
            (
                200,
                "cd8a920ed141aa0407a22d59288652e9d9f1a7ee0c1e7c1ca699424da84a904d",
                "6a1a9d7846436e4dca5728b6f760eef0ca92bf0be5615e96959d767197a0beeb"
            ),
        ]
    )
    func examples(count: Int, first: String, last: String) {
        let message = [UInt8](repeating: 0xa3, count: count)
        let output = SHAKE256.hash(Secret(copying: message), [], count: 512).exposed()
        #expect(Array(output.prefix(32)) == .init(hex: first))
        #expect(Array(output.suffix(32)) == .init(hex: last))
    }

    /// Computed with OpenSSL.
    @Test(
        "messages that end just before, at and after the end of a block",
        arguments: [
            135: "c45dae624ad8a2f5aa7bac9d7557737fd91c96eedb70a6be5574d57a844eade0",
            136: "b7ff4073b3f5a8eabd6e17705ca7f6761a31058f9df781a6a47e3a3063b9d67a",
            137: "01d90952c642a5eb2a8fc9d713f843a45d7ac05132dddcb2efc9bebc27e37bcb",
            272: "e3299fa992163e7ffc875aff708dac93d2157e9b4ccaa2a13ba1ca4ef0b40f29",
        ]
    )
    func blocks(count: Int, expected: String) {
        let message = (0..<count).map { UInt8($0 % 251) }
        // Wherever the message is divided, its halves are one message.
        for division in [0, 1, 135, count] {
            let output = SHAKE256.hash(Secret(copying: message[..<division]), Array(message[division...]), count: 32)
            #expect(output.exposed() == .init(hex: expected))
        }
    }

    @Test("a shorter output is the beginning of a longer one", arguments: [0, 1, 135, 136, 137])
    func outputs(count: Int) {
        let long = SHAKE256.hash(Secret(copying: [1]), [], count: 300).exposed()
        #expect(SHAKE256.hash(Secret(copying: [1]), [], count: count).exposed() == Array(long.prefix(count)))
    }
}
