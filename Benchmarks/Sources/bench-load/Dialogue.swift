internal import NIOCore

/// What one connection says, in bytes that stand ready, and how much of what it hears is one answer.
protocol Dialogue: Sendable {
    /// Said once, before anything is measured.
    var opening: ByteBuffer { get }

    /// What is said next.
    mutating func next() -> ByteBuffer

    /// The length of the first answer in `bytes`; nil while it is not all there.
    /// - Throws: `Refused` when it is not the answer that was hoped for.
    func answerLength(in bytes: ByteBuffer) throws -> Int?
}

struct Refused: Error, CustomStringConvertible {
    let description: String
}
