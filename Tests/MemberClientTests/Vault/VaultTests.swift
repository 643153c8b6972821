import Foundation
import GRDB
import Sodium
import Testing

@testable import MemberClient

@Suite("Vault")
struct VaultTests {
    let home: TemporaryHome
    let name = VaultName("test/value")

    init() throws {
        home = try TemporaryHome()
    }

    @Test func whatIsWrittenIsReadByTheNextProcess() throws {
        let vault = try home.create()
        try vault.write { vault throws in
            try vault.set(name, to: [1, 2, 3])
            try vault.setSecret(VaultName("test/secret"), to: Secret(copying: [4, 5, 6]))
            try vault.set(VaultName("test/empty"), to: [])
        }
        try vault.close()
        try home.open()
            .read { vault throws in
                #expect(try vault.get(name) == [1, 2, 3])
                let secret = try vault.getSecret(VaultName("test/secret"))
                #expect(secret?.exposed() == [4, 5, 6])
                #expect(try vault.get(VaultName("test/empty")) == [])
                #expect(try vault.get(VaultName("test/none")) == nil)
            }
    }

    @Test func aSecretComesOutOfATransaction() throws {
        let vault = try home.create()
        try vault.write { try $0.setSecret(name, to: Secret(copying: [7, 8])) }
        let secret: Secret? = try vault.read { try $0.getSecret(name) }
        #expect(secret?.exposed() == [7, 8])
    }

    @Test func whatIsDeletedIsGone() throws {
        let vault = try home.create()
        try vault.write { try $0.set(name, to: [1]) }
        try vault.write { try $0.delete(name) }
        #expect(try vault.read { try $0.get(name) } == nil)
    }

    @Test func anErrorInAStepUndoesAllOfIt() throws {
        struct Stop: Error {}
        let vault = try home.create()
        try vault.write { try $0.set(name, to: [1]) }
        #expect(throws: Stop.self) {
            try vault.write { vault throws in
                try vault.set(name, to: [2])
                _ = try vault.append([3], to: VaultSpace("log"))
                throw Stop()
            }
        }
        try vault.read { vault throws in
            #expect(try vault.get(name) == [1])
            #expect(try vault.entries(in: VaultSpace("log"), limit: 10).isEmpty)
        }
    }

    /// The files as they are in the middle of a step are what a kill at that instant leaves.
    @Test func aKillInTheMiddleOfAStepLeavesTheOldState() throws {
        let vault = try home.create()
        let after = try TemporaryHome()
        try vault.write { try $0.set(name, to: [1]) }
        try vault.write { vault throws in
            // Enough to spill from SQLite's cache into the write-ahead log before the commit.
            for index in 0..<4096 { try vault.set(VaultName("test/\(index)"), to: [UInt8](repeating: 2, count: 4096)) }
            try vault.set(name, to: [2])
            for file in ["vault.sqlite", "vault.sqlite-wal", "key"] {
                try FileManager.default.copyItem(atPath: "\(home.path)/\(file)", toPath: "\(after.path)/\(file)")
            }
        }
        try after.open()
            .read { vault throws in
                #expect(try vault.get(name) == [1])
                #expect(try vault.get(VaultName("test/0")) == nil)
            }
        #expect(try home.open().read { try $0.get(name) } == [2])
    }

    @Test func writingInAReadIsRefused() throws {
        let vault = try home.create()
        #expect(throws: VaultError.self) {
            try vault.read { try $0.set(name, to: [1]) }
        }
        #expect(try vault.read { try $0.get(name) } == nil)
    }

    @Test func stepsOfSeveralConnectionsFollowEachOther() async throws {
        let first = try home.create()
        let second = try home.open()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for vault in [first, second] {
                group.addTask { try await onThreadOfItsOwn { try count(in: vault, times: 500) } }
            }
            try await group.waitForAll()
        }
        #expect(try first.read { try $0.get(VaultName("count")) } == [UInt8(1000 >> 8), UInt8(1000 & 0xff)])
    }

    private func count(in vault: Vault, times: Int) throws {
        for _ in 0..<times {
            try vault.write { vault in
                let count = try vault.get(VaultName("count")).map { Int($0[0]) << 8 | Int($0[1]) } ?? 0
                try vault.set(VaultName("count"), to: [UInt8((count + 1) >> 8), UInt8((count + 1) & 0xff)])
            }
        }
    }

    /// Waiting for another connection blocks: not one of the few threads that all tests share.
    private func onThreadOfItsOwn(_ body: @escaping @Sendable () throws -> Void) async throws {
        try await withCheckedThrowingContinuation { continuation in
            Thread.detachNewThread { continuation.resume(with: Result(catching: body)) }
        }
    }

    @Test func aReadIsASnapshot() throws {
        let reader = try home.create()
        let writer = try home.open()
        try writer.write { try $0.set(name, to: [1]) }
        try reader.read { snapshot throws in
            #expect(try snapshot.get(name) == [1])
            try writer.write { try $0.set(name, to: [2]) }
            #expect(try snapshot.get(name) == [1])
        }
        #expect(try reader.read { try $0.get(name) } == [2])
    }

    @Test func aStepIsOnDiskWhenItEnds() throws {
        let vault = try home.create()
        let settings = try vault.write { vault throws in
            [
                try String.fetchOne(vault.database, sql: "PRAGMA journal_mode"),
                try String.fetchOne(vault.database, sql: "PRAGMA synchronous"),
                try String.fetchOne(vault.database, sql: "PRAGMA secure_delete"),
            ]
        }
        let full = "2"
        #expect(settings == ["wal", full, "1"])
    }

    @Test func settlingLeavesNothingInTheWriteAheadLog() throws {
        let vault = try home.create()
        try vault.write { try $0.set(name, to: [1]) }
        #expect(try Data(contentsOf: URL(filePath: home.database + "-wal")).isEmpty == false)
        vault.settle()
        #expect(try Data(contentsOf: URL(filePath: home.database + "-wal")).isEmpty)
        #expect(try vault.read { try $0.get(name) } == [1])
    }

    @Test func theLastToCloseEmptiesTheWriteAheadLog() throws {
        let vault = try home.create()
        try vault.write { try $0.set(name, to: [1]) }
        #expect(FileManager.default.fileExists(atPath: home.database + "-wal"))
        try vault.close()
        #expect(!FileManager.default.fileExists(atPath: home.database + "-wal"))
    }
}

@Suite("Vault: what stands in the file")
struct VaultFileTests {
    let home: TemporaryHome

    init() throws {
        home = try TemporaryHome()
    }

    @Test func neitherNamesNorValuesStandInTheFiles() throws {
        let vault = try home.create()
        try vault.write { vault throws in
            try vault.set(VaultName("identity-of-the-device"), to: Array("staff@smex plain".utf8))
            try vault.setSecret(VaultName("seed"), to: Secret(copying: "seed plain".utf8))
            _ = try vault.append(Array("a message plain".utf8), to: VaultSpace("the-messages"), day: 20_000)
            _ = try vault.append(Array("a finding plain".utf8), to: VaultSpace("the-findings"))
        }
        let texts = ["identity-of-the-device", "the-messages", "the-findings", "plain", "vault/"]
        for bytes in [
            try home.bytesOnDisk(),
            try {
                try vault.close(); return try home.bytesOnDisk()
            }(),
        ] {
            #expect(!bytes.isEmpty)
            for text in texts { #expect(bytes.range(of: Data(text.utf8)) == nil) }
        }
    }

    @Test func theFileIsPrivate() throws {
        let below = home.path + "/made/here"
        _ = try Vault.create(at: below, unlock: .keyFile(home.keyFile))
        func mode(_ path: String) throws -> Int? {
            try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
        }
        #expect(try mode(below) == 0o700)
        #expect(try mode(below + "/vault.sqlite") == 0o600)
        #expect(try mode(home.keyFile) == 0o600)
    }

    @Test func valuesCannotChangePlaces() throws {
        let vault = try home.create()
        let (one, other) = (VaultName("one"), VaultName("other"))
        let (space, elsewhere) = (VaultSpace("space"), VaultSpace("elsewhere"))
        try vault.write { vault throws in
            try vault.set(one, to: [1])
            try vault.set(other, to: [2])
            for each in [space, elsewhere] {
                _ = try vault.append([3], to: each)
                _ = try vault.append([4], to: each)
            }
        }
        let key = try vault.read { vault throws in
            (
                one: Data(vault.keys.key(for: one.text)), other: Data(vault.keys.key(for: other.text)),
                space: Data(vault.keys.key(for: space.text)), elsewhere: Data(vault.keys.key(for: elsewhere.text))
            )
        }
        let moves: [(sql: String, arguments: StatementArguments)] = [
            ("UPDATE state SET value = (SELECT value FROM state WHERE key = ?) WHERE key = ?", [key.other, key.one]),
            (
                "UPDATE state SET value = (SELECT value FROM log WHERE space = ? AND number = 1) WHERE key = ?",
                [key.space, key.one]
            ),
            (
                """
                UPDATE log SET value = (SELECT value FROM log AS l WHERE l.space = log.space AND l.number = 2)
                WHERE space = ? AND number = 1
                """, [key.space]
            ),
            (
                """
                UPDATE log SET value = (SELECT value FROM log AS l WHERE l.space = ? AND l.number = 1)
                WHERE space = ? AND number = 1
                """, [key.elsewhere, key.space]
            ),
        ]
        for move in moves {
            let copy = try copyOfHome()
            try copy.tamper { database throws in
                try database.execute(sql: move.sql, arguments: move.arguments)
                #expect(database.changesCount == 1)
            }
            #expect(
                throws: VaultError.self,
                performing: {
                    try copy.open()
                        .read { vault throws in
                            _ = try vault.get(one)
                            _ = try vault.entries(in: space, limit: 10)
                        }
                }
            )
        }
    }

    private func copyOfHome() throws -> TemporaryHome {
        let copy = try TemporaryHome()
        for name in try FileManager.default.contentsOfDirectory(atPath: home.path) where !name.hasSuffix("-shm") {
            try FileManager.default.copyItem(atPath: "\(home.path)/\(name)", toPath: "\(copy.path)/\(name)")
        }
        return copy
    }

    @Test func aNewerFormatIsRefusedAndLeftAlone() throws {
        try home.create().close()
        try home.tamper { try $0.execute(sql: "PRAGMA user_version = 2") }
        #expect(throws: VaultError.newerFormat(2)) { try home.open() }
        #expect(throws: VaultError.newerFormat(2)) { try home.create() }
        #expect(try home.tamper { try Int.fetchOne($0, sql: "PRAGMA user_version") } == 2)
    }

    @Test func anotherDatabaseIsNotTakenForAVault() throws {
        try home.tamper { try $0.execute(sql: "CREATE TABLE something (x)") }
        try home.writeKeyFile([UInt8](repeating: 1, count: 32))
        #expect(throws: VaultError.damaged("vault.sqlite is some other program's database")) { try home.open() }
        #expect(throws: VaultError.damaged("vault.sqlite is some other program's database")) { try home.create() }
    }

    @Test func aFileThatIsNoDatabaseIsDamage() throws {
        try Data(repeating: 7, count: 8192).write(to: URL(filePath: home.database))
        try home.writeKeyFile([UInt8](repeating: 1, count: 32))
        #expect(throws: VaultError.damaged("file is not a database")) { try home.open() }
    }

    @Test func whatHasAnotherTypeIsDamageAndNoCrash() throws {
        let name = VaultName("test/value")
        try home.create()
            .write { vault throws in
                try vault.set(name, to: [1])
                _ = try vault.append([1], to: VaultSpace("log"))
            }
        try home.tamper { database throws in
            for table in ["state", "log", "slots"] {
                try database.execute(
                    sql: """
                        CREATE TABLE copy AS SELECT * FROM \(table);
                        DROP TABLE \(table);
                        ALTER TABLE copy RENAME TO \(table);
                        """
                )
            }
            try database.execute(sql: "UPDATE state SET value = 1; UPDATE log SET value = 'text'")
        }
        let vault = try home.open()
        #expect(throws: VaultError.damaged("value is not bytes")) { try vault.read { try $0.get(name) } }
        #expect(throws: VaultError.damaged("value is not bytes")) {
            try vault.read { try $0.entries(in: VaultSpace("log"), limit: 1) }
        }
        try home.tamper { try $0.execute(sql: "UPDATE slots SET method = NULL") }
        #expect(throws: VaultError.damaged("method is not a number")) { try home.open() }
    }
}
