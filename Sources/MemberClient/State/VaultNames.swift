internal import Coalition
internal import RelayAPI
internal import Sodium

/// The items of a vault. Names are texts of ours alone: nothing that came from elsewhere, unless as hexadecimal.
extension VaultName {
    static let device = VaultName("device")
    static let organisation = VaultName("organisation")
    static let joining = VaultName("joining")
    static let groups = VaultName("groups")
    /// When KeyPackages were last looked after.
    static let upkeep = VaultName("upkeep")
    /// When attestations of one's own organisation were last looked at.
    static let attestationUpkeep = VaultName("attestation upkeep")
    /// The last restoration of the device's relay that was noticed.
    static let restoration = VaultName("restoration")
    /// What organisations may have been granted at this device's mailboxes.
    static let grants = VaultName("grants")
    /// Coalition epochs that others named and this device has not reached yet.
    static let claims = VaultName("coalition/claims")
    /// The coalition's present charter, with its approvals.
    static let charter = VaultName("coalition/charter")
    static let removedDevices = VaultName("coalition/removed")
    static let violationCount = VaultName("violations")
    /// Present when a person has switched on that reading is confirmed.
    static let confirmsReading = VaultName("settings/confirms reading")

    // Secrets of the device.
    static let signatureSeed = VaultName("device/signature")
    static let inboxPrivateKey = VaultName("device/inbox key")
    static let contactKey = VaultName("device/contact key")
    /// The one that the pending Commit's path brings.
    static let nextContactKey = VaultName("device/next contact key")
    static let keyPackageSecret = VaultName("device/key package secret")

    // Secrets of the organisation.
    static let organisationContactKey = VaultName("organisation/contact key")
    static let adminKey = VaultName("organisation/admin key")
    /// Until it stands in a file of its own.
    static let rootKey = VaultName("organisation/root key")

    static func group(_ id: GroupID) -> VaultName { of(id, "record") }
    // The MLS state, in four parts, so that a step writes only what it changes, and a send loads two of them.
    static func tree(of id: GroupID) -> VaultName { of(id, "tree") }
    static func epoch(of id: GroupID) -> VaultName { of(id, "epoch") }
    static func receiving(of id: GroupID) -> VaultName { of(id, "receiving") }
    static func sending(of id: GroupID) -> VaultName { of(id, "sending") }
    static func pendingCommit(of id: GroupID) -> VaultName { of(id, "pending") }
    static func stagedEpoch(of id: GroupID) -> VaultName { of(id, "staged") }
    /// What opens own Commits of the present epoch that come back in another encryption.
    static func handshakes(of id: GroupID) -> VaultName { of(id, "handshakes") }
    /// What `stagedEpoch` was for the Commit that was set aside under this number.
    static func epochSetAside(_ number: UInt64, of id: GroupID) -> VaultName { of(id, "set aside/\(number)") }
    static func presentedAttestations(of id: GroupID) -> VaultName { of(id, "presented") }
    static func skippedAdvances(of id: GroupID) -> VaultName { of(id, "skipped") }
    /// Entries of the present epoch that were processed before its log began to be read anew.
    static func processedEntries(of id: GroupID) -> VaultName { of(id, "processed") }
    /// Present from when the relay did not know the group's mailbox, or its epoch, until a read has succeeded again.
    static func lostMailbox(of id: GroupID) -> VaultName { of(id, "lost") }
    /// Present while the log of the present epoch, as it was shown, contradicts itself.
    static func brokenLog(of id: GroupID) -> VaultName { of(id, "broken") }

    /// An entry of the present epoch by its sequence number, as one incarnation of the relay showed it.
    static func seen(_ sequence: UInt64, of id: GroupID, in incarnation: Incarnation) -> VaultName {
        of(id, "seen/\(hexadecimal(incarnation.bytes))/\(sequence)")
    }

    /// Number in the outbox of the message with this entry id.
    static func outgoing(_ entry: EntryID, of id: GroupID) -> VaultName {
        of(id, "outgoing/\(hexadecimal(entry.bytes))")
    }

    /// Present when the device has sent a message with this content id to the group.
    static func content(_ contentID: MessageID, from device: DeviceHash, in id: GroupID) -> VaultName {
        of(id, "content/\(hexadecimal(device.bytes))/\(contentID)")
    }

    /// The same for conversations, of which there may be several among the same people.
    static func content(_ contentID: MessageID, from device: DeviceHash, among users: [UserAddress]) -> VaultName {
        let people = SHA256.hash(Array(users.map(\.description).joined(separator: " ").utf8))
        return VaultName("content/\(hexadecimal(people))/\(hexadecimal(device.bytes))/\(contentID)")
    }

    /// What becomes of the messages with this id.
    static func tracked(_ id: MessageID) -> VaultName { VaultName("tracked/\(id)") }

    /// The message that carries an alert which one's own organisation has sent or brought in.
    static func alert(_ reference: Alert.Reference) -> VaultName {
        VaultName("alert/\(hexadecimal(SHA256.hash(Array(reference.description.utf8))))")
    }

    /// The private half of a KeyPackage, by its reference.
    static func keyPackage(_ reference: [UInt8]) -> VaultName {
        VaultName("key package/\(hexadecimal(reference))")
    }

    /// Present when a Welcome has used the KeyPackage with this reference.
    static func usedKeyPackage(_ reference: [UInt8]) -> VaultName {
        VaultName("used key package/\(hexadecimal(reference))")
    }

    /// Present when a Welcome, by its hash, has been accepted.
    static func acceptedWelcome(_ hash: [UInt8]) -> VaultName {
        VaultName("accepted welcome/\(hexadecimal(hash))")
    }

    /// Present when this device's user has compared codes with the device.
    static func verified(_ device: DeviceHash) -> VaultName {
        VaultName("verified/\(hexadecimal(device.bytes))")
    }

    /// epoch_authenticator of the coalition group, as this device had it in an epoch.
    static func coalitionAuthenticator(_ epoch: UInt64) -> VaultName {
        VaultName("coalition/authenticator/\(epoch)")
    }

    /// Present when the same finding has been noted before.
    static func noted(_ finding: FindingRecord) -> VaultName {
        VaultName("noted/\(hexadecimal(finding.sameness))")
    }

    private static func of(_ id: GroupID, _ item: String) -> VaultName {
        VaultName("group/\(hexadecimal(id.bytes))/\(item)")
    }
}

extension VaultSpace {
    static let outbox = VaultSpace("outbox")
    static let intents = VaultSpace("intents")
    static let creations = VaultSpace("creations")
    static let deliveries = VaultSpace("deliveries")
    /// Sealed by day.
    static let messages = VaultSpace("messages")
    /// Numbers of messages that have not been shown.
    static let unshownMessages = VaultSpace("unshown")
    static let failedHandlings = VaultSpace("failed handlings")
    /// Ids of alerts, in the order in which they came.
    static let alerts = VaultSpace("alerts")
    static let dueReceipts = VaultSpace("due receipts")
    static let findings = VaultSpace("findings")
    static let unshownFindings = VaultSpace("unshown findings")
    static let invitations = VaultSpace("invitations")
    static let keyPackages = VaultSpace("key packages")
    /// The charters before the present one, from the founding charter on.
    static let charters = VaultSpace("charters")

    static func appliedAdvances(of id: GroupID) -> VaultSpace {
        VaultSpace("group/\(hexadecimal(id.bytes))/advances")
    }

    /// Advances out of the present epoch whose senders may be removed for them, the first of each: what a removal rests on
    /// goes with it to a relay that has lost both.
    static func offences(of id: GroupID) -> VaultSpace {
        VaultSpace("group/\(hexadecimal(id.bytes))/offences")
    }

    /// Commits of this device's, out of the present epoch, which the relay would not take.
    static func commitsSetAside(of id: GroupID) -> VaultSpace {
        VaultSpace("group/\(hexadecimal(id.bytes))/set aside")
    }
}

/// Bytes as people and names write them.
func hexadecimal(_ bytes: [UInt8]) -> String {
    var text = ""
    text.reserveCapacity(bytes.count * 2)
    for byte in bytes {
        text.append(hexadecimalDigits[Int(byte >> 4)])
        text.append(hexadecimalDigits[Int(byte & 0xf)])
    }
    return text
}

private let hexadecimalDigits = Array("0123456789abcdef")
