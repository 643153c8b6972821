internal import Coalition
internal import RelayAPI
internal import TLSCodec

/// Typed access to the vault's items. A record that does not decode is damage: nobody but us writes there.
extension VaultTransaction {
    func record<Record: WireDecodable>(
        _ name: VaultName,
        as type: Record.Type = Record.self
    ) throws(VaultError)
        -> Record?
    {
        guard let bytes = try get(name) else { return nil }
        return try decode(bytes)
    }

    func setRecord(_ name: VaultName, to record: some WireEncodable) throws(VaultError) {
        try set(name, to: record.encoded)
    }

    /// The whole of a log that is short by its nature.
    func records<Record: WireDecodable>(
        in space: VaultSpace,
        as type: Record.Type = Record.self
    ) throws(VaultError) -> [(number: UInt64, record: Record)] {
        var all: [(number: UInt64, record: Record)] = []
        var after: UInt64 = 0
        while true {
            let entries = try entries(in: space, after: after, limit: Self.pageLength)
            for entry in entries {
                all.append((entry.number, try decode(entry.value)))
                after = entry.number
            }
            if entries.count < Self.pageLength { return all }
        }
    }

    func record<Record: WireDecodable>(
        _ number: UInt64,
        in space: VaultSpace,
        as type: Record.Type = Record.self
    ) throws(VaultError) -> Record? {
        guard let bytes = try entry(number, in: space) else { return nil }
        return try decode(bytes)
    }

    private static var pageLength: Int { 256 }

    private func decode<Record: WireDecodable>(_ bytes: [UInt8]) throws(VaultError) -> Record {
        do throws(CodecError) {
            return try Record(decoding: bytes)
        } catch {
            throw .damaged("\(Record.self): \(error)")
        }
    }
}

// The device and its groups.
extension VaultTransaction {
    func device() throws(VaultError) -> DeviceRecord {
        guard let device = try record(.device, as: DeviceRecord.self) else { throw .damaged("no device") }
        return device
    }

    func group(_ id: GroupID) throws(VaultError) -> GroupRecord {
        guard let group = try record(.group(id), as: GroupRecord.self) else { throw .damaged("no such group") }
        return group
    }

    func groupIDs() throws(VaultError) -> [GroupID] {
        try record(.groups, as: RecordList<GroupID>.self)?.values ?? []
    }

    func addGroup(_ id: GroupID, _ record: GroupRecord) throws(VaultError) {
        try setRecord(.groups, to: RecordList(try groupIDs() + [id]))
        try setRecord(.group(id), to: record)
    }

    func organisation() throws(VaultError) -> OrganisationRecord {
        guard let organisation = try record(.organisation, as: OrganisationRecord.self) else {
            throw .damaged("no organisation")
        }
        return organisation
    }

    func presentedAttestations(of id: GroupID) throws(VaultError) -> [PresentedAttestation] {
        try record(.presentedAttestations(of: id), as: RecordList<PresentedAttestation>.self)?.values ?? []
    }

    func skippedAdvances(of id: GroupID) throws(VaultError) -> [SkippedAdvance] {
        try record(.skippedAdvances(of: id), as: RecordList<SkippedAdvance>.self)?.values ?? []
    }
}

// Messages whose fate is followed.
extension VaultTransaction {
    /// Everything that was sent under this id, in the order in which it came.
    func tracked(_ id: MessageID) throws(VaultError) -> [TrackedMessage] {
        try record(.tracked(id), as: TrackedMessages.self)?.all ?? []
    }

    func tracked(_ id: MessageID, from sender: DeviceHash) throws(VaultError) -> TrackedMessage? {
        try record(.tracked(id), as: TrackedMessages.self)?[sender]
    }

    func setTracked(_ id: MessageID, to message: TrackedMessage) throws(VaultError) {
        var messages = try record(.tracked(id), as: TrackedMessages.self) ?? TrackedMessages()
        messages.set(message)
        try setRecord(.tracked(id), to: messages)
    }
}

// Findings.
extension VaultTransaction {
    /// Notes something that was noticed, once however often it is noticed again.
    func note(_ finding: FindingRecord) throws(VaultError) {
        guard try get(.noted(finding)) == nil else { return }
        try set(.noted(finding), to: [])
        let number = try append(finding.encoded, to: .findings)
        _ = try append(Number(number).encoded, to: .unshownFindings)
        if finding.kind.isViolation {
            let count = try record(.violationCount, as: Number.self)?.value ?? 0
            try setRecord(.violationCount, to: Number(count + 1))
        }
    }
}

/// A list that is one item.
struct RecordList<Element: WireCodable>: WireCodable {
    let values: [Element]

    init(_ values: [Element]) { self.values = values }

    init(from reader: inout Reader) throws(CodecError) {
        try reader.readRecordVersion()
        values = try reader.readVector()
    }

    func encode(to writer: inout Writer) {
        writer.writeRecordVersion()
        writer.writeVector(values)
    }
}

struct Number: WireCodable {
    let value: UInt64

    init(_ value: UInt64) { self.value = value }

    init(from reader: inout Reader) throws(CodecError) {
        value = try reader.readUInt64()
    }

    func encode(to writer: inout Writer) {
        writer.write(value)
    }
}
