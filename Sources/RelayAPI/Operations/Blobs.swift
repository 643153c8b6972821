public import TLSCodec

/// A blob's parts (Protocol/mailbox.md, "Blobs").
public enum BlobPart {
    /// Of every part, in bytes.
    public static let length = 0x10000

    /// Most parts of one blob: 64 MiB.
    public static let maximumCount = 1024

    /// Whether a blob may have so many parts: at most the three highest bits of the number are set, so that the number
    /// tells a blob's length only roughly.
    public static func isAllowed(count: Int) -> Bool {
        guard (1...maximumCount).contains(count) else { return false }
        let bits = Int.bitWidth - count.leadingZeroBitCount
        return bits <= 3 || count.trailingZeroBitCount >= bits - 3
    }

    /// The smallest number of parts allowed for so many bytes; nil when they are too many.
    public static func count(holding bytes: Int) -> Int? {
        let needed = max(1, (bytes + length - 1) / length)
        return (needed...max(needed, maximumCount)).first { isAllowed(count: $0) }
    }
}

/// Makes room for a blob beside a mailbox's entries.
public struct BlobCreateRequest: OperationRequest, Equatable {
    public typealias Response = EmptyResponse
    public static let operation = Operation.blobCreate

    /// Right: append; of an epoch that has not ended.
    public let access: Access
    /// Of the capability that puts parts, asks which there are, and deletes the blob; it stands for this blob.
    public let writeHash: CapabilityHash
    /// Of the capability that gets parts and asks which there are.
    public let readHash: CapabilityHash
    /// As `BlobPart` allows.
    public let parts: UInt32
    /// 0 for the default.
    public let retentionDays: UInt16

    public init(
        access: Access,
        writeHash: CapabilityHash,
        readHash: CapabilityHash,
        parts: UInt32,
        retentionDays: UInt16 = 0
    ) {
        self.access = access
        self.writeHash = writeHash
        self.readHash = readHash
        self.parts = parts
        self.retentionDays = retentionDays
    }

    public init(from reader: inout Reader) throws(CodecError) {
        access = try reader.read()
        writeHash = try reader.read()
        readHash = try reader.read()
        guard writeHash != readHash else { throw .invalid("read_hash") }
        parts = try reader.readUInt32()
        guard BlobPart.isAllowed(count: Int(parts)) else { throw .invalid("parts") }
        retentionDays = try reader.readUInt16()
    }

    public func encode(to writer: inout Writer) {
        writer.write(access)
        writer.write(writeHash)
        writer.write(readHash)
        writer.write(parts)
        writer.write(retentionDays)
    }
}

/// Puts one part of a blob. What is there does not change any more; putting the same again is done already.
public struct BlobPutRequest: OperationRequest, Equatable {
    public typealias Response = EmptyResponse
    public static let operation = Operation.blobPut

    /// The blob's write capability.
    public let access: Access
    /// From 0 on.
    public let index: UInt32
    /// Of `BlobPart.length` bytes; of any length here, because a relay has a problem of its own for another.
    public let bytes: [UInt8]

    public init(access: Access, index: UInt32, bytes: [UInt8]) {
        self.access = access
        self.index = index
        self.bytes = bytes
    }

    public init(from reader: inout Reader) throws(CodecError) {
        access = try reader.read()
        index = try reader.readUInt32()
        bytes = try reader.readVector(maximum: Operation.maximumRequestLength)
    }

    public func encode(to writer: inout Writer) {
        writer.write(access)
        writer.write(index)
        writer.writeVector(bytes)
    }
}

/// Asks which parts of a blob are there, so that a transfer goes on where it was cut.
public struct BlobStateRequest: OperationRequest, Equatable {
    public typealias Response = BlobStateResponse
    public static let operation = Operation.blobState

    /// The blob's write or read capability.
    public let access: Access

    public init(access: Access) {
        self.access = access
    }

    public init(from reader: inout Reader) throws(CodecError) {
        access = try reader.read()
    }

    public func encode(to writer: inout Writer) {
        writer.write(access)
    }
}

/// Which parts of a blob are there.
public struct BlobStateResponse: WireCodable, Equatable, Sendable {
    /// For each part, whether it is there.
    public let present: [Bool]

    public init(present: [Bool]) {
        self.present = present
    }

    public init(from reader: inout Reader) throws(CodecError) {
        let count = Int(try reader.readUInt32())
        guard BlobPart.isAllowed(count: count) else { throw .invalid("parts") }
        let bits = try reader.readVector(maximum: BlobPart.maximumCount / 8)
        guard bits.count == (count + 7) / 8 else { throw .invalid("present") }
        present = (0..<count).map { bits[$0 / 8] & Self.mask($0) != 0 }
        guard Self.bits(present) == bits else { throw .invalid("present") }
    }

    public func encode(to writer: inout Writer) {
        writer.write(UInt32(present.count))
        writer.writeVector(Self.bits(present))
    }

    private static func bits(_ present: [Bool]) -> [UInt8] {
        var bits = [UInt8](repeating: 0, count: (present.count + 7) / 8)
        for index in present.indices where present[index] { bits[index / 8] |= mask(index) }
        return bits
    }

    private static func mask(_ index: Int) -> UInt8 { 0x80 >> UInt8(index % 8) }
}

/// Gets one part of a blob.
public struct BlobGetRequest: OperationRequest, Equatable {
    public typealias Response = BlobGetResponse
    public static let operation = Operation.blobGet

    /// The blob's read capability.
    public let access: Access
    /// From 0 on.
    public let index: UInt32

    public init(access: Access, index: UInt32) {
        self.access = access
        self.index = index
    }

    public init(from reader: inout Reader) throws(CodecError) {
        access = try reader.read()
        index = try reader.readUInt32()
    }

    public func encode(to writer: inout Writer) {
        writer.write(access)
        writer.write(index)
    }
}

public struct BlobGetResponse: WireCodable, Equatable, Sendable {
    /// `BlobPart.length` of them; nil when the part has not been put yet.
    public let bytes: [UInt8]?

    public init(bytes: [UInt8]?) {
        self.bytes = bytes
    }

    public init(from reader: inout Reader) throws(CodecError) {
        let bytes = try reader.readVector(maximum: BlobPart.length)
        guard bytes.isEmpty || bytes.count == BlobPart.length else { throw .invalid("part") }
        self.bytes = bytes.isEmpty ? nil : bytes
    }

    public func encode(to writer: inout Writer) {
        writer.writeVector(bytes ?? [])
    }
}

/// Deletes a blob with all its parts.
public struct BlobDeleteRequest: OperationRequest, Equatable {
    public typealias Response = EmptyResponse
    public static let operation = Operation.blobDelete

    /// The blob's write capability.
    public let access: Access

    public init(access: Access) {
        self.access = access
    }

    public init(from reader: inout Reader) throws(CodecError) {
        access = try reader.read()
    }

    public func encode(to writer: inout Writer) {
        writer.write(access)
    }
}
