import ArgumentParser
import Foundation
import Relay

/// The options of every command that opens the store.
struct StoreOptions: ParsableArguments {
    @OptionGroup var common: CommonOptions
    @OptionGroup var store: StoreOption

    /// What is set, which store, and the data directory's path.
    var chosen: (settings: Settings, kind: StoreOption.Kind, path: String) {
        get throws {
            let settings = try common.settings
            return (settings, try store.kind(settings), try common.path(settings))
        }
    }
}

/// Where the mailboxes and tokens are kept.
struct StoreOption: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Where mailboxes and tokens are kept: sqlite, in the data directory, or postgres://… (default: sqlite).",
            valueName: "STORE"
        )
    )
    var store: String?

    @Option(help: ArgumentHelp("A file that holds what --store would: it keeps passwords secret.", valueName: "FILE"))
    var storeFile: String?

    enum Kind {
        case sqlite
        case postgreSQL(PostgreSQLAddress)

        var name: String {
            switch self {
            case .sqlite: "sqlite"
            case .postgreSQL: "postgresql"
            }
        }
    }

    /// What was chosen. Overwrites an address among the process's arguments, where others could read its password.
    func kind(_ settings: Settings) throws -> Kind {
        Self.hideAddress()
        let text = try chosen(settings) ?? "sqlite"
        if text == "sqlite" { return .sqlite }
        // Not shown: there may be a password in it.
        guard PostgreSQLAddress.isAddress(text) else {
            throw ValidationError("the store is sqlite, or postgres://USER:PASSWORD@HOST/DATABASE")
        }
        guard let address = PostgreSQLAddress(text) else {
            throw ValidationError(
                """
                the store's address is not one that libpq understands: its parameters must be libpq's, and in a user or \
                password, characters as @ : / ? # % are written %40 %3A %2F %3F %23 %25
                """
            )
        }
        return .postgreSQL(address)
    }

    private func chosen(_ settings: Settings) throws -> String? {
        if let store { return store }
        guard let file = settings.value(.storeFile, option: storeFile) else { return settings.value(.store) }
        guard let data = FileManager.default.contents(atPath: file) else {
            throw Failure("cannot read \(file), which should hold the store's address", status: Failure.configuration)
                .reported
        }
        return String(decoding: data, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
    }

    private static func hideAddress() {
        for index in 1..<max(1, Int(CommandLine.argc)) {
            guard let argument = CommandLine.unsafeArgv[index], let scheme = strstr(argument, "://") else { continue }
            let text = String(cString: argument)
            guard text.hasPrefix("postgres") || text.hasPrefix("--store=postgres") else { continue }
            memset(scheme, Int32(UInt8(ascii: "x")), strlen(scheme))
        }
    }
}

extension StoreOption.Kind {
    /// Whether opening the store would make it. A database is there before.
    func isMissing(in directory: DataDirectory) -> Bool {
        guard case .sqlite = self else { return false }
        return !FileManager.default.fileExists(atPath: directory.store.path)
    }

    /// Opens the store, runs the body, and closes it.
    func withStore<Value>(
        in directory: DataDirectory,
        limits: RelayLimits = RelayLimits(),
        _ body: (any MailboxStore) async throws -> Value
    ) async throws -> Value {
        switch self {
        case .sqlite:
            let store = try SQLiteMailboxStore(file: directory.store, limits: limits)
            let value = try await body(store)
            try store.close()
            return value
        case .postgreSQL(let address):
            let store = try PostgreSQLMailboxStore(address: address, limits: limits)
            let value = try await body(store)
            store.close()
            return value
        }
    }
}
