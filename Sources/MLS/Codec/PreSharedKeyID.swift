public import TLSCodec

/// `PreSharedKeyID` (RFC 9420, section 8.4).
public struct PreSharedKeyID: Hashable, Sendable {
    public let source: Source
    public let nonce: [UInt8]

    /// `PSKType` and what depends on it.
    public enum Source: Hashable, Sendable {
        case external(id: [UInt8])
        case resumption(usage: ResumptionUsage, groupID: [UInt8], epoch: UInt64)
    }

    /// `ResumptionPSKUsage`.
    public enum ResumptionUsage: UInt8, Hashable, Sendable {
        case application = 1
        case reInit = 2
        case branch = 3
    }

    public init(source: Source, nonce: [UInt8]) {
        self.source = source
        self.nonce = nonce
    }

    /// Nil for a key of the application's.
    var usage: ResumptionUsage? {
        guard case .resumption(let usage, _, _) = source else { return nil }
        return usage
    }
}

/// `PSKLabel` (RFC 9420, section 8.4).
struct PreSharedKeyLabel: WireEncodable {
    let id: PreSharedKeyID
    let index: UInt16
    let count: UInt16

    func encode(to writer: inout Writer) {
        writer.write(id)
        writer.write(index)
        writer.write(count)
    }
}

extension PreSharedKeyID: WireCodable {
    public init(from reader: inout Reader) throws(CodecError) {
        switch try reader.readUInt8() {
        case 1:
            source = .external(id: try reader.readVector())
        case 2:
            guard let usage = ResumptionUsage(rawValue: try reader.readUInt8()) else {
                throw .invalid("resumption PSK usage")
            }
            source = .resumption(usage: usage, groupID: try reader.readVector(), epoch: try reader.readUInt64())
        default:
            throw .invalid("PSK type")
        }
        nonce = try reader.readVector()
    }

    public func encode(to writer: inout Writer) {
        switch source {
        case .external(let id):
            writer.write(UInt8(1))
            writer.writeVector(id)
        case .resumption(let usage, let groupID, let epoch):
            writer.write(UInt8(2))
            writer.write(usage.rawValue)
            writer.writeVector(groupID)
            writer.write(epoch)
        }
        writer.writeVector(nonce)
    }
}
