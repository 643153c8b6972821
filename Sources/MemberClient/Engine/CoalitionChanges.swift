internal import Coalition
internal import MLS
internal import RelayAPI
internal import Sodium
internal import TLSCodec

/// The devices in a group's tree.
struct Membership {
    let devices: [DeviceHash: DeviceIdentity]

    init(tree: RatchetTree) {
        var devices: [DeviceHash: DeviceIdentity] = [:]
        for member in tree.members {
            if let device = member.leaf.device { devices[device.hash] = device }
        }
        self.devices = devices
    }
}

/// What a Commit in the coalition group changed.
struct CoalitionChange {
    let before: Membership
    let after: Membership
    let charterBefore: SignedCharter
}

/// What a new epoch of the coalition group means for this device.
extension Engine {
    func followCoalition(
        _ change: CoalitionChange,
        _ context: MessageContext,
        _ pending: PendingCommitRecord?,
        of group: LoadedGroup,
        _ transaction: borrowing VaultTransaction
    ) throws {
        var device = try transaction.device()
        let charter = try GroupTerms(reading: group.mls.context).charter
        if charter.charter.number != change.charterBefore.charter.number {
            _ = try transaction.append(change.charterBefore.encoded, to: .charters)
            try transaction.setRecord(.charter, to: charter)
            device.grantedCharter = []
        }
        let removed = change.before.devices.filter { change.after.devices[$0.key] == nil }
        if !removed.isEmpty {
            device.contactKeyIsStale = true
            let known = try transaction.record(.removedDevices, as: RecordList<DeviceIdentity>.self)?.values ?? []
            try transaction.setRecord(.removedDevices, to: RecordList(known + removed.values))
        }
        if pending?.renewsContactKey == true, let key = try transaction.getSecret(.nextContactKey) {
            try transaction.setSecret(.contactKey, to: key)
            try transaction.delete(.nextContactKey)
            // A removal in this very Commit could be read by the device that it removes: then the key stays stale.
            device.contactKeyIsStale = !removed.isEmpty
            device.grantedCharter = []
        }
        try transaction.setRecord(.device, to: device)
        try settleClaims(
            epoch: group.record.cursor.epoch,
            authenticator: group.mls.epochAuthenticator,
            transaction
        )
    }
}
