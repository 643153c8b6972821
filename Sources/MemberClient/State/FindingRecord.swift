internal import Coalition
internal import TLSCodec

/// Something that a relay or a member did against the protocol, or that its user should know (Protocol/detection.md).
struct FindingRecord: WireCodable, Sendable {
    let kind: FindingKind
    let at: Time
    /// Nil when it is not about one group.
    let group: GroupID?
    /// The member that did it, where that is known.
    let who: DeviceAddress?
    /// Names and values, in the order in which the kind's text uses them.
    let parameters: [Parameter]

    struct Parameter: WireCodable, Equatable, Sendable {
        let name: String
        let value: String

        /// - Parameter value: cut where it is longer than anybody would read: it may repeat what somebody sent.
        init(name: String, value: String) {
            self.name = name
            let isLong = value.utf8.count > Self.longestValue
            self.value = isLong ? String(decoding: value.utf8.prefix(Self.longestValue), as: UTF8.self) + "…" : value
        }

        private static let longestValue = 1024
        /// Of those that were not cut yet: a message may be so long.
        private static let longestRead = 4 << 20

        init(from reader: inout Reader) throws(CodecError) {
            name = try reader.readText()
            value = try reader.readText(maximum: Self.longestRead)
        }

        func encode(to writer: inout Writer) {
            writer.writeText(name)
            writer.writeText(value)
        }
    }

    init(
        _ kind: FindingKind,
        at: Time,
        group: GroupID? = nil,
        who: DeviceAddress? = nil,
        parameters: KeyValuePairs<String, String> = [:]
    ) {
        self.kind = kind
        self.at = at
        self.group = group
        self.who = who
        self.parameters = parameters.map { Parameter(name: $0.key, value: $0.value) }
    }

    init(from reader: inout Reader) throws(CodecError) {
        try reader.readRecordVersion()
        guard let kind = FindingKind(rawValue: try reader.readText(maximum: 64)) else { throw .invalid("finding kind") }
        self.kind = kind
        at = try reader.read()
        group = try reader.readOptional()
        let identity = try reader.readVector(maximum: 256)
        who = DeviceAddress(identity: identity)
        parameters = try reader.readVector(maximumCount: 16)
    }

    func encode(to writer: inout Writer) {
        writer.writeRecordVersion()
        writer.writeText(kind.rawValue)
        writer.write(at)
        writer.writeOptional(group)
        writer.writeVector(who?.identity ?? [])
        writer.writeVector(parameters)
    }

    /// What makes it the same finding when it is noticed again: everything but the time.
    var sameness: [UInt8] {
        var writer = Writer()
        writer.writeText(kind.rawValue)
        writer.writeOptional(group)
        writer.writeVector(who?.identity ?? [])
        writer.writeVector(parameters)
        return writer.bytes
    }
}
