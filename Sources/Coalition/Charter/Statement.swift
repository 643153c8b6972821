internal import Labels
public import Sodium
public import TLSCodec

/// The reason for a Remove, which everybody can check (Protocol/charter.md, "Statements").
///
///     struct {
///         StatementKind kind;
///         opaque device_hash[32];
///         select (Statement.kind) {
///             case removal: Approval approvals<V>;
///             case leaving: Leaving leaving;
///         };
///     } Statement;
public struct Statement: WireCodable, Sendable {
    public enum Reason: Sendable {
        case removal([Approval])
        case leaving(Leaving)
    }

    public let deviceHash: DeviceHash
    public let reason: Reason

    public init(about deviceHash: DeviceHash, reason: Reason) {
        self.deviceHash = deviceHash
        self.reason = reason
    }

    public init(from reader: inout Reader) throws(CodecError) {
        let kind = try reader.readUInt8()
        deviceHash = try reader.read()
        switch kind {
        case 1: reason = .removal(try reader.readVector(maximumCount: Approval.maximumCount))
        case 2: reason = .leaving(try reader.read())
        default: throw .invalid("statement kind")
        }
    }

    public func encode(to writer: inout Writer) {
        switch reason {
        case .removal(let approvals):
            writer.write(UInt8(1))
            writer.write(deviceHash)
            writer.writeVector(approvals)
        case .leaving(let leaving):
            writer.write(UInt8(2))
            writer.write(deviceHash)
            writer.write(leaving)
        }
    }

    /// Whether it is a reason to remove `device` from a group, at a Commit's time and under the charter before it.
    public func holds(
        for device: DeviceIdentity,
        in coalition: CoalitionID,
        groupID: [UInt8],
        charter: Charter,
        at time: Time
    ) -> Bool {
        guard deviceHash == device.hash else { return false }
        switch reason {
        case .removal(let approvals):
            return charter.approvesRemoval(of: device, in: coalition, approvals: approvals, at: time)
        case .leaving(let leaving):
            return leaving.isValid(for: device, in: coalition, groupID: groupID, at: time)
        }
    }
}

extension Charter {
    fileprivate func approvesRemoval(
        of device: DeviceIdentity,
        in coalition: CoalitionID,
        approvals: [Approval],
        at time: Time
    ) -> Bool {
        let subject = ApprovalSubject.removal(of: device.hash, under: self, in: coalition)
        let approvers = approvers(of: subject, approvals: approvals, at: time)
        let own = device.address.organisation
        if approvers.contains(own) { return true }
        switch phase {
        case .founding: return approvers.contains(founder.id)
        case .constituted: return isQuorum(approvers, concerned: [own])
        }
    }
}

/// A device asks to be removed from a group.
///
///     struct {
///         uint64 expires;
///         opaque signature[64];
///     } Leaving;
public struct Leaving: WireCodable, Sendable {
    /// What is signed.
    ///
    ///     struct {
    ///         opaque coalition_id[32];
    ///         opaque group_id<V>;
    ///         opaque device_hash[32];
    ///         uint64 expires;
    ///     } LeavingTBS;
    private struct Contents: WireEncodable {
        let coalition: CoalitionID
        let groupID: [UInt8]
        let deviceHash: DeviceHash
        let expires: Time

        func encode(to writer: inout Writer) {
            writer.write(coalition)
            writer.writeVector(groupID)
            writer.write(deviceHash)
            writer.write(expires)
        }
    }

    public let expires: Time
    public let signature: Signature

    /// - Parameter key: the private half of the device's signature key.
    public init(
        of device: DeviceIdentity,
        from groupID: [UInt8],
        in coalition: CoalitionID,
        expires: Time,
        key: borrowing Ed25519.PrivateKey
    ) {
        let contents = Contents(coalition: coalition, groupID: groupID, deviceHash: device.hash, expires: expires)
        self.expires = expires
        signature = Signature(unchecked: labelledSign(key: key, .leaving, contents))
    }

    public init(from reader: inout Reader) throws(CodecError) {
        expires = try reader.read()
        signature = try reader.read()
    }

    public func encode(to writer: inout Writer) {
        writer.write(expires)
        writer.write(signature)
    }

    func isValid(for device: DeviceIdentity, in coalition: CoalitionID, groupID: [UInt8], at time: Time) -> Bool {
        let contents = Contents(coalition: coalition, groupID: groupID, deviceHash: device.hash, expires: expires)
        return time <= expires
            && isValidLabelledSignature(signature.bytes, publicKey: device.signatureKey, .leaving, contents)
    }
}

extension Label {
    static let leaving = Label("leaving")
}
