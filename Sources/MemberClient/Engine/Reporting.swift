internal import Coalition
internal import MLS
internal import RelayAPI

/// How this device and its coalition stand.
extension Engine {
    /// A device that has not committed for so long is idle.
    private static var idleAfter: Time.Duration { .days(60) }

    func members() throws -> [MemberEntry] {
        try vault.read { transaction in
            let tree = try tree(of: try coalitionGroup(transaction), transaction)
            let own = try transaction.device().identity.hash
            var entries: [MemberEntry] = []
            for member in tree.members {
                guard let leaf = try? DeviceLeaf(reading: member.leaf) else { continue }
                let device = leaf.identity
                entries.append(
                    MemberEntry(
                        address: device.address,
                        state: isIdle(leaf, member.leaf) ? .idle : .active,
                        isVerified: try transaction.get(.verified(device.hash)) != nil,
                        isSelf: device.hash == own
                    )
                )
            }
            for device in try transaction.record(.removedDevices, as: RecordList<DeviceIdentity>.self)?.values ?? [] {
                entries.append(
                    MemberEntry(address: device.address, state: .revoked, isVerified: false, isSelf: device.hash == own)
                )
            }
            return entries.sorted { $0.address.description < $1.address.description }
        }
    }

    private func isIdle(_ leaf: DeviceLeaf, _ node: LeafNode) -> Bool {
        let last: Time
        if let time = leaf.commitTime {
            last = time
        } else if case .keyPackage(let lifetime) = node.source {
            last = Time(seconds: lifetime.notBefore)
        } else {
            return false
        }
        // Whatever it says: anybody may claim the end of time.
        return now > last.advanced(by: Self.idleAfter)
    }

    func status() async throws -> Status {
        let device = try vault.read { try $0.device() }
        let relay = await relayState(at: device.relay)
        return try vault.read { transaction in
            let charter = try charter(transaction)
            let groups = try transaction.groupIDs().map { id in try status(of: id, transaction) }
            let outbox = try transaction.records(in: .outbox, as: OutboxItem.self)
            return Status(
                device: device.identity.address,
                coalition: charter.name.string,
                coalitionID: hexadecimal(device.coalition.bytes),
                suite: SuiteName(device.suite),
                isAdmin: try transaction.organisation().adminCertificate != nil,
                organisationCount: charter.organisations.count,
                deviceCount: try directory(transaction).devices.count,
                groups: groups,
                queuedCount: outbox.count(where: { $0.record.relayed == nil }),
                pendingCommitCount: try transaction.records(in: .intents, as: CommitIntent.self).count,
                unshownCount: try transaction.records(in: .unshownMessages, as: Number.self).count,
                failedHandlings: try failedHandlings(transaction),
                violationCount: Int(clamping: try transaction.record(.violationCount, as: Number.self)?.value ?? 0),
                relay: relay,
                rootKeyFile: rootKeyFile
            )
        }
    }

    private func status(of id: GroupID, _ transaction: borrowing VaultTransaction) throws -> GroupStatus {
        let record = try transaction.group(id)
        let tree = try transaction.get(.tree(of: id))
        return GroupStatus(
            target: try target(of: id, transaction),
            epoch: record.cursor.epoch,
            memberCount: try tree.map { try RatchetTree(decoding: $0).members.count } ?? 0,
            stopped: record.stopped?.text
        )
    }

    private func relayState(at address: RelayAddress) async -> Status.RelayState {
        do throws(RelayError) {
            let relay = await relay(at: address)
            let version = try await relay.relayInformation().version
            try await relay.checkReadiness()
            return .reachable(version: version)
        } catch .problem(let problem) where problem.name == .unavailable {
            return .unavailable(reason: Sentence(verbatim: problem.detail ?? problem.name.title))
        } catch {
            return .unreachable(MemberError(error))
        }
    }

    /// Where the root key lies, while it does.
    var rootKeyFile: String? {
        let path = RootKeyFile.path(in: home)
        return PrivateFiles.exists(path) ? path : nil
    }
}
