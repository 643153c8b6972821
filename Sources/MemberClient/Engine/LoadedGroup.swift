internal import Coalition
internal import MLS
internal import RelayAPI
internal import Sodium

extension LeafNode {
    /// Nil when it is not that of a device, which policy does not let into a tree.
    var device: DeviceIdentity? { (try? DeviceLeaf(reading: self))?.identity }
}

/// A group as one transaction sees it: the record and the whole MLS state. It does not outlive the transaction.
final class LoadedGroup {
    let id: GroupID
    var record: GroupRecord
    var mls: MLS.Group

    init(_ id: GroupID, in transaction: borrowing VaultTransaction) throws {
        self.id = id
        record = try transaction.group(id)
        guard let tree = try transaction.get(.tree(of: id)), let epoch = try transaction.getSecret(.epoch(of: id)),
            let receiving = try transaction.getSecret(.receiving(of: id)),
            let sending = try transaction.getSecret(.sending(of: id))
        else { throw VaultError.damaged("a group without its MLS state") }
        mls = try MLS.Group(tree: tree, epoch: epoch, receiving: receiving, sending: sending)
    }

    init(_ id: GroupID, record: GroupRecord, mls: consuming MLS.Group) {
        self.id = id
        self.record = record
        self.mls = mls
    }

    /// Everything: after a merge.
    func save(in transaction: borrowing VaultTransaction) throws {
        try transaction.set(.tree(of: id), to: mls.serializedTree())
        try transaction.setSecret(.epoch(of: id), to: mls.serializedEpoch())
        try transaction.setSecret(.sending(of: id), to: mls.serializedSending())
        try saveReceived(in: transaction)
    }

    /// What receiving changes.
    func saveReceived(in transaction: borrowing VaultTransaction) throws {
        try transaction.setSecret(.receiving(of: id), to: mls.serializedReceiving())
        try transaction.setRecord(.group(id), to: record)
    }

    /// What making a Commit changes.
    func saveSent(in transaction: borrowing VaultTransaction) throws {
        try transaction.setSecret(.sending(of: id), to: mls.serializedSending())
    }

    /// Takes the receiving ratchets back to where they were.
    func restore(receiving: borrowing Secret, in transaction: borrowing VaultTransaction) throws {
        guard let sending = try transaction.getSecret(.sending(of: id)) else {
            throw VaultError.damaged("a group without its MLS state")
        }
        mls = try MLS.Group(
            tree: mls.serializedTree(),
            epoch: mls.serializedEpoch(),
            receiving: receiving,
            sending: sending
        )
    }

    func epochKeys() throws -> GroupEpochKeys {
        try GroupEpochKeys(mailbox: record.profile.mailbox.mailbox) { label, context, length throws(MLSError) in
            try mls.export(label: label, context: context, length: length)
        }
    }

    /// The device at a leaf.
    func device(at leaf: LeafIndex) -> DeviceIdentity? {
        mls.tree[leaf]?.device
    }

    func leaf(of device: DeviceIdentity) -> LeafIndex? {
        mls.tree.members.first { $0.leaf.device?.hash == device.hash }?.index
    }
}
