import Foundation
import GRDB
import Sodium
import Testing

@testable import MemberClient

@Suite("Vault: logs and history keys")
struct VaultLogTests {
    let home: TemporaryHome
    let vault: Vault
    let space = VaultSpace("messages")

    init() throws {
        home = try TemporaryHome()
        vault = try home.create()
    }

    @Test func entriesComeInTheOrderOfTheirNumbers() throws {
        try vault.write { vault throws in
            for value in 1...5 { #expect(try vault.append([UInt8(value)], to: space) == UInt64(value)) }
            #expect(try vault.append([9], to: VaultSpace("other")) == 1)
        }
        try vault.read { vault throws in
            #expect(try vault.entries(in: space, limit: 10).map(\.value) == [[1], [2], [3], [4], [5]])
            #expect(try vault.entries(in: space, after: 2, limit: 2).map(\.number) == [3, 4])
            #expect(try vault.entries(in: space, after: 5, limit: 2).isEmpty)
            #expect(try vault.entry(4, in: space) == [4])
            #expect(try vault.entry(6, in: space) == nil)
        }
    }

    @Test func aNumberIsNeverUsedAgain() throws {
        try vault.write { vault throws in
            for value in 1...3 { _ = try vault.append([UInt8(value)], to: space) }
            for number in 1...3 { try vault.delete(UInt64(number), in: space) }
        }
        #expect(try vault.write { try $0.append([4], to: space) } == 4)
        #expect(try vault.read { try $0.entries(in: space, limit: 10).map(\.number) } == [4])
    }

    @Test func anEntryIsReplacedInItsPlace() throws {
        try vault.write { vault throws in
            let plain = try vault.append([1], to: space)
            let dated = try vault.append([2], to: space, day: 20_000)
            #expect(try vault.replace(plain, in: space, with: [3]))
            #expect(try vault.replace(dated, in: space, with: [4]))
            #expect(try !vault.replace(7, in: space, with: [5]))
            #expect(try vault.entries(in: space, limit: 10).map(\.value) == [[3], [4]])
            try vault.deleteHistory(of: 20_000, in: space)
            #expect(try vault.entries(in: space, limit: 10).map(\.value) == [[3]])
        }
    }

    @Test func deletingADayLeavesTheOthers() throws {
        try vault.write { vault throws in
            for (value, day) in [(1, 20_001), (2, 20_000), (3, 20_001), (4, 20_002)] {
                _ = try vault.append([UInt8(value)], to: space, day: UInt32(day))
            }
            _ = try vault.append([5], to: VaultSpace("other"), day: 20_001)
            #expect(try vault.historyDays(in: space) == [20_000, 20_001, 20_002])
        }
        try vault.write { try $0.deleteHistory(of: 20_001, in: space) }
        try vault.read { vault throws in
            #expect(try vault.historyDays(in: space) == [20_000, 20_002])
            #expect(try vault.entries(in: space, limit: 10).map(\.value) == [[2], [4]])
            #expect(try vault.entries(in: VaultSpace("other"), limit: 10).map(\.value) == [[5]])
        }
    }

    /// Flash storage keeps old blocks: an entry that somebody finds there must not open once its day is deleted,
    /// not even with the key of the vault.
    @Test func withoutItsHistoryKeyAnEntryIsUnreadable() throws {
        let number = try vault.write { try $0.append(Array("found again".utf8), to: space, day: 20_000) }
        let key = try vault.read { Data($0.keys.key(for: space.text)) }
        let row = try home.tamper {
            try Data.fetchOne($0, sql: "SELECT value FROM log WHERE space = ?", arguments: [key])
        }
        try vault.write { try $0.deleteHistory(of: 20_000, in: space) }
        try home.tamper { database throws in
            try database.execute(
                sql: "INSERT INTO log (space, number, value) VALUES (?, ?, ?)",
                arguments: [key, Int64(number), row]
            )
        }
        #expect(throws: VaultError.damaged("an entry of a log whose day has been deleted")) {
            try vault.read { _ = try $0.entry(number, in: space) }
        }
        let sealed = try #require(row)
        try vault.read { vault throws in
            let opened = try vault.keys.open([UInt8](sealed), at: .log(space: [UInt8](key), number: number))
            #expect(Data(opened).range(of: Data("found again".utf8)) == nil)
        }
    }

    @Test func aDeletedHistoryKeyIsGoneFromDiskWithTheVaultStillOpen() throws {
        _ = try vault.write { try $0.append([1], to: space, day: 20_000) }
        let name = try vault.read { Data($0.keys.key(for: VaultName.historyKey(of: 20_000, in: space).text)) }
        let sealed = try #require(
            try home.tamper { try Data.fetchOne($0, sql: "SELECT value FROM state WHERE key = ?", arguments: [name]) }
        )
        #expect(try home.bytesOnDisk().range(of: sealed) != nil)
        try vault.write { try $0.deleteHistory(of: 20_000, in: space) }
        #expect(try home.bytesOnDisk().range(of: sealed) == nil)
    }

    @Test func longValuesAreKeptWhole() throws {
        let value = Random.bytes(3_000_000)
        try vault.write { vault throws in
            _ = try vault.append(value, to: space, day: 1)
            try vault.set(VaultName("tree"), to: value)
        }
        try vault.read { vault throws in
            #expect(try vault.entry(1, in: space) == value)
            #expect(try vault.get(VaultName("tree")) == value)
        }
    }
}
