internal import RelayAPI
public import TLSCodec

/// Whom a suspension keeps from committing and from being added.
public enum SuspensionTarget: Hashable, Sendable {
    case device(DeviceHash)
    case organisation(Name)
}

/// A device or an organisation is stopped at once, and a quorum confirms or lifts that (Protocol/charter.md).
///
///     enum { device(1), organisation(2), (255) } SuspensionTarget;
///
///     struct {
///         SuspensionTarget target;
///         opaque subject<V>;
///         opaque by<V>;
///         uint64 at;
///         uint8 confirmed;
///     } Suspension;
public struct Suspension: WireCodable, Sendable {
    public let target: SuspensionTarget
    /// The organisation that suspends.
    public let by: Name
    /// The time of the Commit that brought it.
    public let at: Time
    public let isConfirmed: Bool

    /// How long it lasts without being confirmed.
    public static let unconfirmedDuration = Time.Duration.hours(72)

    public init(target: SuspensionTarget, by: Name, at: Time, isConfirmed: Bool = false) {
        self.target = target
        self.by = by
        self.at = at
        self.isConfirmed = isConfirmed
    }

    public init(from reader: inout Reader) throws(CodecError) {
        switch try reader.readUInt8() {
        case 1:
            guard let hash = DeviceHash(try reader.readVector(maximum: DeviceHash.length)) else {
                throw .invalid("suspended device")
            }
            target = .device(hash)
        case 2: target = .organisation(try reader.read())
        default: throw .invalid("suspension target")
        }
        by = try reader.read()
        at = try reader.read()
        switch try reader.readUInt8() {
        case 0: isConfirmed = false
        case 1: isConfirmed = true
        default: throw .invalid("confirmed")
        }
    }

    public func encode(to writer: inout Writer) {
        switch target {
        case .device(let hash):
            writer.write(UInt8(1))
            writer.writeVector(hash.bytes)
        case .organisation(let name):
            writer.write(UInt8(2))
            writer.write(name)
        }
        writer.write(by)
        writer.write(at)
        writer.write(UInt8(isConfirmed ? 1 : 0))
    }

    public var confirmed: Suspension { Suspension(target: target, by: by, at: at, isConfirmed: true) }

    func names(_ device: DeviceIdentity) -> Bool {
        switch target {
        case .device(let hash): hash == device.hash
        case .organisation(let name): name == device.address.organisation
        }
    }

    /// When it lapses, unless it is confirmed.
    var end: Time { at.advanced(by: Self.unconfirmedDuration) }

    /// Whether it holds at a time that nobody of the suspended organisation can bring about.
    func isInForce(at time: Time) -> Bool {
        isConfirmed || time < end
    }
}

extension Charter {
    /// Whether a suspension should have lapsed by a clock, has not by the Commits that count for it, and would by one of this
    /// device's (Protocol/charter.md).
    public func awaitsTime(of device: DeviceIdentity, clock: Time, in directory: Directory) -> Bool {
        suspensions.contains { suspension in
            guard !suspension.isConfirmed, suspension.end <= clock,
                let organisation = organisation(of: suspension.target, in: directory),
                organisation != device.address.organisation
            else { return false }
            return !directory.devices.values.contains { leaf in
                guard leaf.identity.address.organisation != organisation, let time = leaf.commitTime else {
                    return false
                }
                return time >= suspension.end
            }
        }
    }

    private func organisation(of target: SuspensionTarget, in directory: Directory) -> Name? {
        switch target {
        case .device(let hash): directory.devices[hash]?.identity.address.organisation
        case .organisation(let name): name
        }
    }
}
