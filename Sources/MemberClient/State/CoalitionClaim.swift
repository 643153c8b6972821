internal import Coalition
internal import TLSCodec

/// What a member said of an epoch of the coalition group that this device has not reached yet.
struct CoalitionClaim: WireCodable, Equatable, Sendable {
    let epoch: UInt64
    let authenticator: [UInt8]
    let by: DeviceAddress
    let group: GroupID

    init(epoch: UInt64, authenticator: [UInt8], by: DeviceAddress, in group: GroupID) {
        self.epoch = epoch
        self.authenticator = authenticator
        self.by = by
        self.group = group
    }

    init(from reader: inout Reader) throws(CodecError) {
        epoch = try reader.readUInt64()
        authenticator = try reader.readVector(maximum: MessageContext.maximumAuthenticatorLength)
        guard let by = DeviceAddress(identity: try reader.readVector(maximum: 256)) else { throw .invalid("device") }
        self.by = by
        group = try reader.read()
    }

    func encode(to writer: inout Writer) {
        writer.write(epoch)
        writer.writeVector(authenticator)
        writer.writeVector(by.identity)
        writer.write(group)
    }

    /// What is kept of these when one of an organisation has been added: members that name epochs which never come must
    /// neither fill the vault nor crowd out what others say. An epoch that is far off goes first.
    static func keeping(_ claims: [CoalitionClaim], of organisation: Name) -> [CoalitionClaim] {
        let theirs = claims.indices.filter { claims[$0].by.organisation == organisation }
        guard theirs.count > maximumCount, let farthest = theirs.max(by: { claims[$0].epoch < claims[$1].epoch })
        else { return claims }
        var kept = claims
        kept.remove(at: farthest)
        return kept
    }

    /// Of one organisation.
    private static let maximumCount = 16
    /// How many epochs back other members' views are compared.
    static let epochsKept: UInt64 = 64
}
