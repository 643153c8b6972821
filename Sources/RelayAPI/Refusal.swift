public import TLSCodec

/// A problem where an answer holds more than one outcome, and so cannot be a problem document as a whole.
///
///     struct {
///         opaque problem<V>;        // its name
///         opaque incarnation[16];   // the relay's, with incarnation-changed; else all zero
///     } Refusal;
public struct Refusal: WireCodable, Equatable, Sendable {
    /// Without the detail that a document has: clients decide by the name alone.
    public let problem: Problem

    public init(_ problem: Problem) {
        self.problem = Problem(problem.name, incarnation: problem.incarnation)
    }

    public init(from reader: inout Reader) throws(CodecError) {
        let name = String(decoding: try reader.readVector(maximum: 64), as: UTF8.self)
        guard let name = Problem.Name(rawValue: name) else { throw .invalid("problem") }
        let incarnation: Incarnation = try reader.read()
        problem = Problem(name, incarnation: incarnation == .unknown ? nil : incarnation)
    }

    public func encode(to writer: inout Writer) {
        writer.writeVector(Array(problem.name.rawValue.utf8))
        writer.write(problem.incarnation ?? .unknown)
    }
}
