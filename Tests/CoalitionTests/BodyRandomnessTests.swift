import Foundation
import HPKE
import RelayAPI
import Sodium
import Testing

@testable import Coalition

/// What a relay stores must look like noise: of 10,000 bodies of each kind, every bit position is judged by itself, and
/// all positions of a kind together. The messages are all alike, zeros mostly, so that whatever shows through the seal
/// shows at the same place in every body.
@Suite("Bodies look random at every bit")
struct BodyRandomnessTests {
    private static let samples = 10_000

    let mailbox = MailboxID.random()

    @Test("of a group: messages and Commits", arguments: [EntryKind.application, .advance])
    func group(kind: EntryKind) throws {
        let key = EnvelopeKey(exported: .random(count: 32))
        let grant = Grant(capabilityHash: Capability.random().hash, rights: [.read, .append, .advance])
        let next = kind == .advance ? [grant] : []
        try expectNoise { entryID in
            let context = EnvelopeContext(mailbox: mailbox, epoch: 3, entryID: entryID, kind: kind, next: next)
            return try key.seal([UInt8](repeating: 0, count: 400), in: context)
        }
    }

    @Test("of an inbox", arguments: HPKE.KEM.allCases)
    func inbox(kem: HPKE.KEM) throws {
        let owner = try kem.generateKeyPair()
        try expectNoise { entryID in
            try InboxEnvelope.seal(
                .unknown(type: 2, message: [UInt8](repeating: 0, count: 400)),
                to: owner.publicKey,
                kem: kem,
                mailbox: mailbox,
                entryID: entryID
            )
            .body
        }
    }

    @Test("of a device's KeyPackages")
    func keyPackages() throws {
        let key = EnvelopeKey(keyPackageSecret: .random(count: Addresses.keyPackageSecretLength), mailbox: mailbox)
        try expectNoise { entryID in
            let context = EnvelopeContext(mailbox: mailbox, epoch: 0, entryID: entryID, kind: .application)
            return try key.seal([UInt8](repeating: 0, count: 2800), in: context)
        }
    }

    @Test("of an invitation's inbox")
    func invitation() throws {
        let key = EnvelopeKey(invitationSecret: .random(count: 32), inbox: mailbox)
        try expectNoise { entryID in
            let context = EnvelopeContext(mailbox: mailbox, epoch: 0, entryID: entryID, kind: .application)
            return try key.seal([UInt8](repeating: 0, count: 2800), in: context)
        }
    }

    @Test("a bit that leans to one side, or all that lean a little, are found")
    func leaning() {
        var one = BitCounts(bytes: 1024)
        var all = BitCounts(bytes: 1024)
        for number in 0..<Self.samples {
            var body = Random.bytes(1024)
            // Three of ten, then as they fell.
            if number % 10 < 3 { body[500] |= 0x80 }
            one.add(body)
            // Every hundredth body has all bits set.
            all.add(number % 100 == 0 ? [UInt8](repeating: 0xff, count: 1024) : Random.bytes(1024))
        }
        #expect(one.leaning(falseAlarm: Self.falseAlarm) == [500 * 8 + 7])
        #expect(abs(all.deviation) > Self.greatestDeviation)
    }

    /// How often, at most, one kind's positions raise a false alarm, all together.
    private static let falseAlarm = 1e-9
    /// In standard deviations; noise goes beyond it less than once in 10^14 times.
    private static let greatestDeviation = 8.0

    private func expectNoise(_ seal: (EntryID) throws -> SealedBody) throws {
        var counts = BitCounts(bytes: try seal(.random()).bytes.count)
        for _ in 0..<Self.samples { counts.add(try seal(.random()).bytes) }
        #expect(counts.leaning(falseAlarm: Self.falseAlarm) == [])
        #expect(abs(counts.deviation) < Self.greatestDeviation)
    }
}

/// How often each bit of bodies of one length was set.
private struct BitCounts {
    /// `planes[k]` holds bit k of the count of every position: adding a body is adding with carry, 64 positions at once.
    private var planes: [[UInt64]] = []
    private let words: Int
    private var total = 0

    init(bytes: Int) {
        words = bytes / 8
    }

    mutating func add(_ body: [UInt8]) {
        total += 1
        var carry = body.withUnsafeBytes { bytes in
            (0..<words).map { UInt64(littleEndian: bytes.load(fromByteOffset: $0 * 8, as: UInt64.self)) }
        }
        var plane = 0
        while carry.contains(where: { $0 != 0 }) {
            if plane == planes.count { planes.append([UInt64](repeating: 0, count: words)) }
            planes[plane]
                .withUnsafeMutableBufferPointer { sum in
                    carry.withUnsafeMutableBufferPointer { carry in
                        for word in sum.indices {
                            (sum[word], carry[word]) = (sum[word] ^ carry[word], sum[word] & carry[word])
                        }
                    }
                }
            plane += 1
        }
    }

    /// By position: bit `n % 8` of byte `n / 8`.
    private var ones: [Int] {
        (0..<words * 64)
            .map { position in
                planes.enumerated()
                    .reduce(0) { sum, plane in
                        sum + Int(plane.element[position / 64] >> UInt64(position % 64) & 1) << plane.offset
                    }
            }
    }

    /// The positions at which ones and zeros are not as frequent as each other. Hoeffding: for a fair bit, the count is
    /// further than t from total / 2 with probability 2·exp(-2t² / total) at most, and t is such that this, times the
    /// number of positions, is the rate of false alarms.
    func leaning(falseAlarm: Double) -> [Int] {
        let ones = ones
        let greatest = (Double(total) * log(2 * Double(ones.count) / falseAlarm) / 2).squareRoot()
        return ones.indices.filter { abs(Double(ones[$0]) - Double(total) / 2) > greatest }
    }

    /// By how many of its standard deviations the chi-square statistic over all positions is away from its mean.
    var deviation: Double {
        let ones = ones
        let statistic = ones.reduce(0.0) { sum, count in
            let difference = Double(2 * count - total)
            return sum + difference * difference / Double(total)
        }
        return (statistic - Double(ones.count)) / (2 * Double(ones.count)).squareRoot()
    }
}
