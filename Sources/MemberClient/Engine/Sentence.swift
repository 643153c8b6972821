/// A sentence in English that knows how it was put together, so that a program can say it in another language.
///
/// A literal makes it: `"no request \(id) is waiting"` has the words `no request {} is waiting` and the value `id`. A value is
/// a sentence too, and may have a translation of its own.
public struct Sentence: Sendable, Equatable, CustomStringConvertible {
    /// With `{}` where a value stands.
    public let words: String
    public let values: [Sentence]

    /// What was put together elsewhere.
    public init(verbatim text: String) {
        words = text
        values = []
    }

    public var description: String { filled(words, with: values.map(\.description)) }

    /// Two are the same that say the same, however they were put together.
    public static func == (one: Sentence, other: Sentence) -> Bool { one.description == other.description }

    /// Words, these or a translation of them, with their values in place.
    public func filled(_ words: String, with values: [String]) -> String {
        guard !values.isEmpty else { return words }
        let parts = words.split(separator: "{}", omittingEmptySubsequences: false)
        return parts.indices.map { parts[$0] + (values.indices.contains($0) ? values[$0] : "") }.joined()
    }
}

extension Sentence: ExpressibleByStringInterpolation {
    public struct StringInterpolation: StringInterpolationProtocol {
        fileprivate var words = ""
        fileprivate var values: [Sentence] = []

        public init(literalCapacity: Int, interpolationCount: Int) {}

        public mutating func appendLiteral(_ literal: String) { words += literal }

        public mutating func appendInterpolation(_ value: Sentence) {
            words += "{}"
            values.append(value)
        }

        public mutating func appendInterpolation(_ value: some CustomStringConvertible) {
            appendInterpolation(Sentence(verbatim: value.description))
        }

        /// A defect of this program has no better words than Swift's own.
        public mutating func appendInterpolation(_ error: any Error) {
            appendInterpolation(Sentence(verbatim: "\(error)"))
        }
    }

    public init(stringInterpolation: StringInterpolation) {
        words = stringInterpolation.words
        values = stringInterpolation.values
    }

    public init(stringLiteral text: String) { self.init(verbatim: text) }
}
