public import TLSCodec

/// Appends many entries, to any mailboxes, each as if it had been asked for alone and in this order; all that are not
/// refused reach the disk together.
public struct BatchRequest: OperationRequest, Equatable {
    public typealias Response = BatchResponse
    public static let operation = Operation.batch

    /// 1 to 256.
    public let appends: [AppendRequest]

    public static let maximumCount = 256

    public init(appends: [AppendRequest]) {
        self.appends = appends
    }

    public init(from reader: inout Reader) throws(CodecError) {
        appends = try reader.readVector(maximumCount: Self.maximumCount)
        guard !appends.isEmpty else { throw .invalid("appends") }
    }

    public func encode(to writer: inout Writer) {
        writer.writeVector(appends)
    }
}

/// What came of one append of a batch.
///
///     enum { appended(1), refused(2), (255) } AppendState;
public enum AppendOutcome: WireCodable, Equatable, Sendable {
    case appended(AppendResponse)
    case refused(Refusal)

    public init(from reader: inout Reader) throws(CodecError) {
        switch try reader.readUInt8() {
        case 1: self = .appended(try reader.read())
        case 2: self = .refused(try reader.read())
        default: throw .invalid("append state")
        }
    }

    public func encode(to writer: inout Writer) {
        switch self {
        case .appended(let response):
            writer.write(UInt8(1))
            writer.write(response)
        case .refused(let refusal):
            writer.write(UInt8(2))
            writer.write(refusal)
        }
    }
}

/// Answers a batch, in the order of its appends.
public struct BatchResponse: WireCodable, Equatable, Sendable {
    public let outcomes: [AppendOutcome]

    public init(outcomes: [AppendOutcome]) {
        self.outcomes = outcomes
    }

    public init(from reader: inout Reader) throws(CodecError) {
        outcomes = try reader.readVector(maximumCount: BatchRequest.maximumCount)
    }

    public func encode(to writer: inout Writer) {
        writer.writeVector(outcomes)
    }
}
