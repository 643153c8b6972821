public import TLSCodec

/// Sets and removes grants of the epoch of the capability used.
public struct GrantRequest: OperationRequest, Equatable {
    public typealias Response = EmptyResponse
    public static let operation = Operation.grant

    /// Right: grant.
    public let access: Access
    /// New, or replacing the grant with this capability hash; at most 1,024.
    public let set: [Grant]
    /// At most 1,024.
    public let remove: [CapabilityHash]

    public init(access: Access, set: [Grant], remove: [CapabilityHash]) {
        self.access = access
        self.set = set
        self.remove = remove
    }

    public init(from reader: inout Reader) throws(CodecError) {
        access = try reader.read()
        set = try reader.readVector(maximumCount: Grant.maximumCount)
        remove = try reader.readVector(maximumCount: Grant.maximumCount)
    }

    public func encode(to writer: inout Writer) {
        writer.write(access)
        writer.writeVector(set)
        writer.writeVector(remove)
    }
}
