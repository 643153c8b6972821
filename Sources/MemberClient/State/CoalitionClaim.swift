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

    /// Members that name epochs which never come must not fill the vault.
    static let maximumCount = 256
    /// How many epochs back other members' views are compared.
    static let epochsKept: UInt64 = 64
}
