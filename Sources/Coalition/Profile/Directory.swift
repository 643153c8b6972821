public import MLS

/// The coalition's devices: the coalition group's tree, read (Protocol/policy.md, S1 and J5).
public struct Directory: Sendable {
    public let devices: [DeviceHash: DeviceLeaf]

    /// - Parameter tree: of the coalition group, judged when it was joined and with every Commit since.
    public init(of tree: RatchetTree) {
        var devices: [DeviceHash: DeviceLeaf] = [:]
        for member in tree.members {
            guard let leaf = try? DeviceLeaf(reading: member.leaf) else { continue }
            devices[leaf.hash] = leaf
        }
        self.devices = devices
    }

    public func contains(_ device: DeviceHash) -> Bool { devices[device] != nil }
}
