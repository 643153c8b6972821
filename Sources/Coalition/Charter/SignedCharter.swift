public import TLSCodec

/// A charter with the approvals that brought it.
///
///     struct {
///         Charter charter;
///         Approval approvals<V>;
///     } SignedCharter;
public struct SignedCharter: WireCodable, Sendable {
    public let charter: Charter
    /// None for the founding charter.
    public let approvals: [Approval]

    public init(_ charter: Charter, approvals: [Approval] = []) {
        self.charter = charter
        self.approvals = approvals
    }

    public init(from reader: inout Reader) throws(CodecError) {
        charter = try reader.read()
        approvals = try reader.readVector(maximumCount: Approval.maximumCount)
    }

    public func encode(to writer: inout Writer) {
        writer.write(charter)
        writer.writeVector(approvals)
    }
}

/// The charters of a coalition from the founding one to the present one, every step checked; only verification makes one.
public struct CharterChain: Sendable {
    public let coalition: CoalitionID
    public private(set) var charters: [SignedCharter]

    public var current: Charter { charters[charters.count - 1].charter }

    /// The chain of a coalition that is being founded.
    public init(founding charter: Charter) {
        coalition = CoalitionID(founding: charter.hash)
        charters = [SignedCharter(charter)]
    }

    /// Checks that `charters` lead from the founding charter, whose hash is the coalition's id, each with the approvals
    /// that it needs. Times are not checked: they were when the step was made.
    public init(verifying charters: [SignedCharter], of coalition: CoalitionID) throws(CharterChainError) {
        guard let founding = charters.first else { throw .empty }
        guard founding.charter.number == 0, founding.approvals.isEmpty,
            CoalitionID(founding: founding.charter.hash) == coalition
        else { throw .otherCoalition }
        self.coalition = coalition
        self.charters = [founding]
        for charter in charters.dropFirst() {
            try append(charter, at: nil)
        }
    }

    /// Goes one step further.
    /// - Parameter time: of the Commit that brings the charter; nil where times are not checked.
    public mutating func append(_ next: SignedCharter, at time: Time?) throws(CharterChainError) {
        do throws(CharterViolation) {
            try current.judge(changeTo: next.charter, approvals: next.approvals, in: coalition, at: time)
        } catch {
            throw .step(next.charter.number, error)
        }
        charters.append(next)
    }

    /// Whether a charter is the present one or one before it.
    public func contains(_ charter: Charter) -> Bool {
        guard charter.number < UInt64(charters.count) else { return false }
        return charters[Int(charter.number)].charter.encoded == charter.encoded
    }
}

/// Why charters are not a chain of the coalition's.
public enum CharterChainError: Error, Equatable, Sendable {
    case empty
    /// The first is not the founding charter of the coalition that was expected.
    case otherCoalition
    /// The charter of this number may not follow the one before it.
    case step(UInt64, CharterViolation)
}
