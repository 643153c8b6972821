import Foundation
import GRDB
import Sodium
import Testing

@testable import MemberClient

@Suite("Vault: what opens it")
struct VaultUnlockTests {
    let home: TemporaryHome
    let name = VaultName("test/value")

    init() throws {
        home = try TemporaryHome()
    }

    private func createWithPassphrase() throws -> Vault {
        let vault = try Vault.create(at: home.path, unlock: passphrase("open sesame"), parameters: .cheap)
        try vault.write { try $0.set(name, to: [1]) }
        return vault
    }

    @Test func theRightPassphraseOpensAndAWrongOneDoesNot() throws {
        try createWithPassphrase().close()
        let vault = try Vault.open(at: home.path, unlock: passphrase("open sesame"))
        #expect(try vault.read { try $0.get(name) } == [1])
        for wrong in ["open Sesame", "", "open sesame "] {
            #expect(throws: VaultError.wrongKey) { try Vault.open(at: home.path, unlock: passphrase(wrong)) }
        }
    }

    @Test func anotherKeyFileDoesNotOpen() throws {
        try home.create().close()
        try home.writeKeyFile([UInt8](repeating: 9, count: 32))
        #expect(throws: VaultError.wrongKey) { try home.open() }
    }

    @Test func theOtherMethodIsNamed() throws {
        try createWithPassphrase().close()
        try home.writeKeyFile([UInt8](repeating: 9, count: 32))
        #expect(throws: VaultError.opensWith(.passphrase)) { try home.open() }
        let other = try TemporaryHome()
        try other.create().close()
        #expect(throws: VaultError.opensWith(.keyFile)) { try Vault.open(at: other.path, unlock: passphrase("x")) }
    }

    @Test func whereThereIsNoVaultNothingIsMade() throws {
        #expect(throws: VaultError.missing) { try home.open() }
        #expect(!Vault.exists(at: home.path))
        #expect(try FileManager.default.contentsOfDirectory(atPath: home.path).isEmpty)
    }

    @Test func aSecondCreationIsRefusedAndHarmsNothing() throws {
        let vault = try home.create()
        try vault.write { try $0.set(name, to: [1]) }
        #expect(Vault.exists(at: home.path))
        #expect(throws: VaultError.alreadyExists) {
            try Vault.create(at: home.path, unlock: .keyFile(home.path + "/other"))
        }
        #expect(!FileManager.default.fileExists(atPath: home.path + "/other"))
        #expect(try home.open().read { try $0.get(name) } == [1])
    }

    @Test func aCreationThatWasCutShortCanBeRepeated() throws {
        try Data().write(to: URL(filePath: home.database))
        #expect(!Vault.exists(at: home.path))
        _ = try home.create()
        #expect(Vault.exists(at: home.path))
    }

    @Test(arguments: [0o640, 0o604, 0o660, 0o601, 0o700 | 0o010])
    func aKeyFileThatOthersCanGetAtIsRefused(mode: Int) throws {
        try home.create().close()
        try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: home.keyFile)
        #expect(throws: VaultError.keyFile(.looseMode(UInt32(mode)))) { try home.open() }
    }

    /// As systemd 252 gives it to a service whose user an access list lets in, and as nobody gives it.
    @Test func aCredentialMayBeReadByItsGroupAndNothingMore() throws {
        let directory = home.path + "/credentials"
        let file = directory + "/aadr-key"
        let outside = home.path + "/outside"
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        try FileManager.default.createDirectory(atPath: home.path + "/cred", withIntermediateDirectories: true)
        for path in [file, outside] { try Data(repeating: 7, count: 32).write(to: URL(filePath: path)) }
        func read(_ path: String, mode: Int, from credentials: String?) throws {
            try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: file)
            _ = try PrivateFiles.read(path, lengths: KeyFile.lengths, credentials: credentials)
        }
        for mode in [0o400, 0o440] { try read(file, mode: mode, from: directory) }
        for mode in [0o444, 0o404, 0o460, 0o450, 0o441, 0o660] {
            #expect(throws: KeyFileFault.looseMode(UInt32(mode))) { try read(file, mode: mode, from: directory) }
        }
        for elsewhere in [nil, "", home.path + "/missing", home.path + "/cred"] {
            #expect(throws: KeyFileFault.looseMode(0o440)) { try read(file, mode: 0o440, from: elsewhere) }
        }
        // In the directory by its name alone.
        try FileManager.default.setAttributes([.posixPermissions: 0o440], ofItemAtPath: outside)
        try FileManager.default.createSymbolicLink(atPath: directory + "/link", withDestinationPath: outside)
        for path in [directory + "/link", directory + "/../outside"] {
            #expect(throws: KeyFileFault.looseMode(0o440)) { try read(path, mode: 0o440, from: directory) }
        }
    }

    @Test func aStricterModeIsFine() throws {
        try home.create().close()
        try FileManager.default.setAttributes([.posixPermissions: 0o400], ofItemAtPath: home.keyFile)
        _ = try home.open()
    }

    @Test(arguments: [0, 31, 4097])
    func aKeyFileOfAnotherLengthIsRefused(length: Int) throws {
        try home.create().close()
        try home.writeKeyFile([UInt8](repeating: 1, count: length))
        #expect(throws: VaultError.keyFile(.wrongLength)) { try home.open() }
    }

    @Test(arguments: [32, 4096])
    func aKeyFileThatIsThereIsUsed(length: Int) throws {
        let bytes = [UInt8](repeating: 5, count: length)
        try home.writeKeyFile(bytes)
        try home.create().close()
        #expect(try Data(contentsOf: URL(filePath: home.keyFile)) == Data(bytes))
        _ = try home.open()
    }

    @Test func aMissingKeyFileIsNotMadeOnOpening() throws {
        try home.create().close()
        try FileManager.default.removeItem(atPath: home.keyFile)
        #expect(throws: VaultError.keyFile(.missing)) { try home.open() }
        #expect(!FileManager.default.fileExists(atPath: home.keyFile))
    }

    @Test func aDirectoryIsNoKeyFile() throws {
        #expect(throws: VaultError.keyFile(.notAFile)) {
            try Vault.create(at: home.path + "/home", unlock: .keyFile(home.path))
        }
    }

    @Test func aHomeThatOthersMayWriteToIsRefused() throws {
        try FileManager.default.setAttributes([.posixPermissions: 0o777], ofItemAtPath: home.path)
        #expect(throws: VaultError.files("others may write to \(home.path): make it private with chmod 700")) {
            try home.create()
        }
    }

    @Test func bothSlotsLookAlike() throws {
        try createWithPassphrase().close()
        try home.tamper { database throws in
            let slots = try Slots.read(database)
            #expect(slots[0].parameters == slots[1].parameters)
            #expect(slots[0].salt != slots[1].salt)
            #expect(slots[0].wrapped.count == slots[1].wrapped.count)
        }
    }

    @Test func whicheverSlotHoldsTheKeyOpens() throws {
        try createWithPassphrase().close()
        try home.tamper { database throws in
            let slots = try Slots.read(database)
            try Slots.write(slots[0], number: 1, to: database)
            try Slots.write(slots[1], number: 0, to: database)
        }
        let vault = try Vault.open(at: home.path, unlock: passphrase("open sesame"))
        #expect(try vault.read { try $0.get(name) } == [1])
    }

    @Test func slotsThatWouldExhaustTheMachineAreDamage() throws {
        try createWithPassphrase().close()
        try home.tamper { try $0.execute(sql: "UPDATE slots SET memory_kib = 1 << 30 WHERE number = 1") }
        #expect(throws: VaultError.damaged("a slot")) {
            try Vault.open(at: home.path, unlock: passphrase("open sesame"))
        }
    }

    @Test func aNewPassphraseReplacesTheOldOne() throws {
        let vault = try createWithPassphrase()
        try vault.changeUnlock(to: passphrase("another"))
        try vault.write { try $0.set(name, to: [2]) }
        try vault.close()
        #expect(throws: VaultError.wrongKey) {
            try Vault.open(at: home.path, unlock: passphrase("open sesame"))
        }
        let reopened = try Vault.open(at: home.path, unlock: passphrase("another"))
        #expect(try reopened.read { try $0.get(name) } == [2])
    }

    @Test func changingTheMethodLeavesTheSlotsAlike() throws {
        let vault = try createWithPassphrase()
        try vault.changeUnlock(to: .keyFile(home.keyFile))
        try vault.close()
        #expect(try home.open().read { try $0.get(name) } == [1])
        try home.tamper { database throws in
            #expect(try Slots.read(database).map(\.parameters.method) == [.keyFile, .keyFile])
        }
        #expect(throws: VaultError.opensWith(.keyFile)) {
            try Vault.open(at: home.path, unlock: passphrase("open sesame"))
        }
    }

    @Test func aVaultWhoseSlotsAreDestroyedOpensNeverAgain() throws {
        let vault = try home.create()
        try vault.write { try $0.set(name, to: [1]) }
        try vault.close()
        let wrapped = try home.tamper { try Slots.read($0).map { Data($0.wrapped) } }
        try Vault.destroySlots(home.database)
        #expect(throws: VaultError.wrongKey) { try home.open() }
        let bytes = try home.bytesOnDisk()
        for slot in wrapped { #expect(bytes.range(of: slot) == nil) }
    }

    @Test func wipingLeavesNoFile() throws {
        let vault = try home.create()
        try vault.write { try $0.set(name, to: [1]) }
        try Vault.wipe(at: home.path)
        #expect(try home.bytesOnDisk().isEmpty)
        #expect(throws: VaultError.missing) { try home.open() }
        #expect(throws: VaultError.missing) { try Vault.wipe(at: home.path) }
    }

    @Test func wipingNeedsNoKeyAndDestroysWhatIsDamagedToo() throws {
        try Data(repeating: 7, count: 8192).write(to: URL(filePath: home.database))
        #expect(throws: VaultError.self) { try Vault.wipe(at: home.path) }
        #expect(try home.bytesOnDisk().isEmpty)
    }
}
