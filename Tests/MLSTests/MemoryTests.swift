import Foundation
import Sodium
import Testing

@testable import MLS

/// Bytes that must be gone, kept where the search for them does not look.
final class Wanted {
    /// Pages of its own: the bytes, and a window through which the rest of the memory is read.
    private let page: UnsafeMutableRawPointer
    private let count: Int
    private static let window = 1 << 20
    private static let size = window + 4096

    init(_ secret: borrowing Secret) throws {
        let mapped = mmap(nil, Self.size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
        page = try #require(mapped)
        count = secret.count
        secret.withUnsafeBytes { page.copyMemory(from: $0.baseAddress ?? UnsafeRawPointer(page), byteCount: $0.count) }
    }

    deinit { munmap(page, Self.size) }

    /// How many copies there are in the memory of this process, whatever it is used for.
    func copies() throws -> Int {
        let own = UInt(bitPattern: page)
        let memory = open("/proc/self/mem", O_RDONLY)
        defer { close(memory) }
        try #require(memory >= 0)
        var found = 0
        // Read to its end: a file of this kind tells no length.
        let handle = try #require(FileHandle(forReadingAtPath: "/proc/self/maps"))
        let maps = String(decoding: try handle.readToEnd() ?? Data(), as: UTF8.self)
        for line in maps.split(separator: "\n") {
            let fields = line.split(separator: " ")
            let range = fields[0].split(separator: "-").compactMap { UInt($0, radix: 16) }
            guard fields[1].hasPrefix("rw"), range.count == 2 else { continue }
            // What is mapped beside the page may stand in one line with it.
            let before = range[0]..<min(range[1], max(range[0], own))
            let after = min(range[1], max(range[0], own + UInt(Self.size)))..<range[1]
            for part in [before, after] where !part.isEmpty {
                found += count(in: part, memory)
            }
        }
        return found
    }

    private func count(in bytes: UnsafeRawBufferPointer) -> Int {
        // Memory is full of zeros and small numbers: the greatest byte is the one to look for.
        let wanted = UnsafeRawBufferPointer(start: page, count: count)
        guard let base = bytes.baseAddress, bytes.count >= count,
            let rare = wanted.indices.max(by: { wanted[$0] < wanted[$1] })
        else { return 0 }
        var found = 0
        var offset = rare
        let end = bytes.count - count + rare + 1
        while offset < end, let hit = memchr(base + offset, Int32(wanted[rare]), end - offset) {
            let place = UnsafeRawPointer(hit) - rare
            if memcmp(place, page, count) == 0 { found += 1 }
            offset = place - base + rare + 1
        }
        return found
    }

    private func count(in range: Range<UInt>, _ memory: Int32) -> Int {
        let window = page + 4096
        var found = 0
        var start = range.lowerBound
        while start < range.upperBound {
            let length = min(UInt(Self.window), range.upperBound - start)
            let got = pread(memory, window, Int(length), off_t(start))
            guard got > 0 else { break }
            found += count(in: UnsafeRawBufferPointer(start: window, count: got))
            guard got == Int(length), start + length < range.upperBound else { break }
            // Windows overlap, so that none of the bytes falls between two, and none is counted twice.
            start += length - UInt(count) + 1
        }
        return found
    }
}

@Suite("Memory", .serialized)
struct MemoryTests {
    @Test("a key is in memory as long as its message may come, and nowhere once it is open")
    func messageKey() throws {
        let party = try Party(2)
        var ratchets = party[0].group.epoch.sending
        let wanted = try Wanted(try ratchets.next(.application, party[0].group.crypto).key)
        let first = try party[0].send("first")
        #expect(try wanted.copies() == 0)
        let second = try party[0].send("second")
        _ = try party[1].openData(second)
        // It waits for the first message.
        #expect(try wanted.copies() == 1)
        _ = try party[1].openData(first)
        #expect(try wanted.copies() == 0)
    }

    /// In a scope of its own, which lets go of the secrets.
    private func secrets(of epoch: borrowing Epoch) throws -> [Wanted] {
        let secrets = epoch.secrets
        let shared = [
            secrets.senderData, secrets.exporter, secrets.external, secrets.membershipKey, secrets.resumptionPSK,
            secrets.initSecret,
        ]
        return try shared.map { try Wanted($0.secret) }
    }

    private func keys(of epoch: borrowing Epoch) throws -> [Wanted] {
        try epoch.privateKeys.keys.values.map { try Wanted($0.secret) }
    }

    @Test("the secrets of an epoch, and the keys that a path replaces, are nowhere once all have merged")
    func epochSecrets() throws {
        let party = try Party(2)
        let old = try secrets(of: party[0].group.epoch)
        let replaced = try keys(of: party[0].group.epoch)
        for secret in old { #expect(try secret.copies() == 2) }
        for key in replaced { #expect(try key.copies() > 0) }
        var ratchets = party[0].group.epoch.sending
        let unread = try Wanted(try ratchets.next(.application, party[0].group.crypto).key)
        _ = try party[0].send("unread")
        _ = try party[1].openData(try party[0].send("read"))
        #expect(try unread.copies() == 1)

        try party.commit(by: party[0])
        for secret in old + replaced + [unread] { #expect(try secret.copies() == 0) }
    }

    @Test("a Commit that was staged and dropped leaves nothing")
    func droppedCommit() throws {
        let party = try Party(2)
        func staged() throws -> [Wanted] {
            let pending = try party[0].group.commit(signatureKey: party[0].key)
            let verified = try party[1].openCommit(pending.message)
            let staged = try party[1].group.stage(verified)
            return try secrets(of: staged.next.epoch)
        }
        for secret in try staged() { #expect(try secret.copies() == 0) }
    }

    @Test("a pre-shared key is where the application keeps it, and nowhere else")
    func preSharedKey() throws {
        let party = try Party(2)
        let key = Secret.random(count: 32)
        let wanted = try Wanted(key)
        do {
            var options = CommitOptions()
            options.preSharedKeys.insert(key.copy(), as: .external(id: [1]))
            let id = try PreSharedKeyID(.external(id: [1]), for: suite3)
            let message = try party[0].commit([.preSharedKey(id)], options: options).message
            let verified = try party[1].openCommit(message)
            try party[1].group.merge(try party[1].group.stage(verified, preSharedKeys: options.preSharedKeys))
        }
        #expect(try wanted.copies() == 1)
        _ = consume key
        #expect(try wanted.copies() == 0)
    }
}
