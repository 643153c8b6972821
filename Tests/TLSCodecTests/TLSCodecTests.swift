import Testing

@testable import TLSCodec

@Suite("TLS presentation language")
struct TLSCodecTests {
    @Test("integers are big-endian and read back")
    func integers() throws {
        var writer = Writer()
        writer.write(UInt8(0x01))
        writer.write(UInt16(0x0203))
        writer.write(UInt32(0x0405_0607))
        writer.write(UInt64(0x0809_0a0b_0c0d_0e0f))
        #expect(writer.bytes == Array(1...15))
        var reader = Reader(writer.bytes)
        #expect(try reader.readUInt8() == 0x01)
        #expect(try reader.readUInt16() == 0x0203)
        #expect(try reader.readUInt32() == 0x0405_0607)
        #expect(try reader.readUInt64() == 0x0809_0a0b_0c0d_0e0f)
        try reader.finish()
    }

    @Test(
        "a vector's header has the shortest form and reads back",
        arguments: [
            (0, 1), (1, 1), (63, 1), (64, 2), (16383, 2), (16384, 4), (70000, 4),
        ]
    )
    func headers(length: Int, header: Int) throws {
        let contents = [UInt8](repeating: 0xab, count: length)
        var direct = Writer()
        direct.writeVector(contents)
        var nested = Writer()
        nested.writeVector { $0.writeFixed(contents) }
        #expect(direct.bytes == nested.bytes)
        #expect(direct.bytes.count == length + header)
        var reader = Reader(direct.bytes)
        #expect(try reader.readVector() == contents)
        try reader.finish()
    }

    @Test("RFC 9000, appendix A.1: header examples", arguments: [([0x7b, 0xbd], 15293), ([0x25], 37)])
    func headerExamples(header: [UInt8], length: Int) throws {
        var reader = Reader(header + [UInt8](repeating: 0, count: length))
        #expect(try reader.readVector().count == length)
    }

    @Test(
        "headers that are longer than need be, or reserved, are refused",
        arguments: [
            ([0x40, 0x25], CodecError.nonMinimalLength),
            ([0x80, 0, 0x3f, 0xff], .nonMinimalLength),
            ([0xc0, 0, 0, 0, 0, 0, 0, 0], .invalid("vector header")),
        ]
    )
    func badHeaders(header: [UInt8], error: CodecError) {
        #expect(throws: error) {
            var reader = Reader(header + [UInt8](repeating: 0, count: 20000))
            _ = try reader.readVector()
        }
    }

    @Test("every prefix of a value is truncated, and a byte behind it is one too many")
    func truncation() throws {
        var writer = Writer()
        writer.writeVector([1, 2, 3] as [UInt8])
        writer.write(UInt32(7))
        for length in 0..<writer.bytes.count {
            #expect(throws: CodecError.truncated) {
                var reader = Reader(Array(writer.bytes[..<length]))
                _ = try reader.readVector()
                _ = try reader.readUInt32()
            }
        }
        var reader = Reader(writer.bytes + [0])
        _ = try reader.readVector()
        _ = try reader.readUInt32()
        #expect(throws: CodecError.trailingBytes) { try reader.finish() }
    }

    @Test("a vector longer than its bound is refused before it is copied")
    func bounds() {
        var writer = Writer()
        writer.writeVector([UInt8](repeating: 0, count: 33))
        #expect(throws: CodecError.tooLong) {
            var reader = Reader(writer.bytes)
            _ = try reader.readVector(maximum: 32)
        }
    }

    @Test("an input is read with so many vectors and no more, wherever in it they stand")
    func vectorCount() throws {
        // One that holds three, and two behind it.
        var writer = Writer()
        writer.writeVector([Bytes([]), Bytes([1]), Bytes([2, 3])])
        writer.writeVector([4] as [UInt8])
        writer.writeVector([Bytes]())
        func read(maximumVectors: Int) throws -> [[UInt8]] {
            var reader = Reader(writer.bytes, maximumVectors: maximumVectors)
            var values = try reader.readVector(of: Bytes.self).map(\.value)
            values.append(try reader.readVector())
            values += try reader.readVector(of: Bytes.self).map(\.value)
            try reader.finish()
            return values
        }
        #expect(try read(maximumVectors: 6) == [[], [1], [2, 3], [4]])
        for fewer in 0..<6 {
            #expect(throws: CodecError.tooManyVectors) { _ = try read(maximumVectors: fewer) }
        }
        #expect(throws: CodecError.tooManyVectors) {
            _ = try Reader(writer.bytes, maximumVectors: 0).readLastVectorContents()
        }
    }

    @Test("the contents of a vector that is all there is are read with what is left of its reader's vectors")
    func lastVector() throws {
        var writer = Writer()
        writer.writeVector([Bytes([1]), Bytes([2])])
        var contents = try Reader(writer.bytes, maximumVectors: 2).readLastVectorContents()
        #expect(try contents.readVector() == [1])
        #expect(throws: CodecError.tooManyVectors) { _ = try contents.readVector() }
        #expect(throws: CodecError.trailingBytes) { _ = try Reader(writer.bytes + [0]).readLastVectorContents() }
        #expect(throws: CodecError.truncated) { _ = try Reader([2, 1]).readLastVectorContents() }
    }

    @Test("a presence byte is 0 or 1")
    func optionals() throws {
        var writer = Writer()
        writer.writeOptional(Pair?.none)
        writer.writeOptional(Pair(first: 1, second: 2))
        var reader = Reader(writer.bytes)
        #expect(try reader.readOptional(Pair.self) == nil)
        #expect(try reader.readOptional(Pair.self) == Pair(first: 1, second: 2))
        #expect(throws: CodecError.invalid("presence byte")) {
            var reader = Reader([2, 0, 1, 0, 2])
            _ = try reader.readOptional(Pair.self)
        }
    }

    @Test("a vector of structures reads back, and its elements stay inside it")
    func nestedVectors() throws {
        let pairs = (0..<40).map { Pair(first: $0, second: $0 + 1) }
        var writer = Writer()
        writer.writeVector(pairs)
        var reader = Reader(writer.bytes)
        #expect(try reader.readVector(of: Pair.self) == pairs)
        #expect(throws: CodecError.tooLong) {
            var reader = Reader(writer.bytes)
            _ = try reader.readVector(of: Pair.self, maximumCount: 39)
        }
        #expect(throws: CodecError.truncated) {
            var reader = Reader([3, 0, 1, 0, 2])
            _ = try reader.readVector(of: Pair.self)
        }
    }
}

private struct Bytes: WireCodable {
    var value: [UInt8]

    init(_ value: [UInt8]) { self.value = value }

    init(from reader: inout Reader) throws(CodecError) {
        value = try reader.readVector()
    }

    func encode(to writer: inout Writer) {
        writer.writeVector(value)
    }
}

private struct Pair: WireCodable, Equatable {
    var first: UInt16
    var second: UInt16

    init(first: UInt16, second: UInt16) {
        self.first = first
        self.second = second
    }

    init(from reader: inout Reader) throws(CodecError) {
        first = try reader.readUInt16()
        second = try reader.readUInt16()
    }

    func encode(to writer: inout Writer) {
        writer.write(first)
        writer.write(second)
    }
}
