import ArgumentParser
import Foundation
import Relay

struct Restore: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Puts a backup in the place of the store, whose relay must be stopped.",
        discussion: """
            Members notice that the relay has been restored, and give it back what they know and it has lost. Everything in the
            backup is checked first, and a backup that is damaged, or ends too early, is not restored.

            With a store in PostgreSQL, stop all relays, restore the database with its own means, and run this without FILE
            before they start again.

            Example:
              aadr-relay restore --data /var/lib/aadr-relay /var/backups/aadr-relay.sqlite
            """
    )

    @OptionGroup var store: StoreOptions

    @Argument(help: ArgumentHelp("What `backup` wrote; - for standard input; none with PostgreSQL.", valueName: "FILE"))
    var file: String?

    @Flag(help: "Put it in the place of a store that is there, which is deleted.")
    var replace = false

    func run() async throws {
        let (_, kind, path) = try store.chosen
        switch (kind, file) {
        case (.sqlite, let file?):
            try await Failure.reporting { try await restore(file, in: path) }
            Output.complain(Self.revocations)
        case (.postgreSQL(let address), nil):
            try await Failure.reporting { try PostgreSQLMailboxStore.drawIncarnation(address: address) }
            Output.complain(Self.revocations)
        case (.sqlite, nil):
            throw ValidationError("name the file that `aadr-relay backup` wrote")
        case (.postgreSQL, _?):
            throw ValidationError("the store is in PostgreSQL: restore it with its own means, and leave FILE out")
        }
    }

    private func restore(_ file: String, in path: String) async throws {
        let input = file == "-" ? FileHandle.standardInput : FileHandle(forReadingAtPath: file)
        guard let input else {
            throw Failure(
                "cannot read \(file): it must be there, and this user allowed to read it",
                status: Failure.cannotRead
            )
        }
        let directory = try DataDirectory(path: path, creating: true)
        try directory.lock()
        guard replace || !FileManager.default.fileExists(atPath: directory.store.path) else {
            throw Failure(
                "there is a store in \(path): --replace puts this one in its place",
                status: Failure.cannotWrite
            )
        }
        var isEmpty = true
        let report: StoreReport
        do {
            report = try await SQLiteBackup.restore(as: directory.store) {
                let piece: [UInt8]
                do {
                    piece = Array(try input.read(upToCount: Self.pieceLength) ?? Data())
                } catch {
                    throw Failure("cannot read \(file) to its end", status: Failure.cannotRead)
                }
                isEmpty = isEmpty && piece.isEmpty
                guard !isEmpty else { throw Self.nothing(in: file) }
                return piece
            }
        } catch StoreFault.damaged {
            throw Failure(Self.damaged, status: Failure.damaged)
        }
        try Check.show(report, json: false, ifDamaged: Self.damaged)
    }

    private static let revocations = """
        access tokens are as they were when the backup was made: revoke again what has been revoked since (`aadr-relay token \
        revoke`)
        """

    private static let damaged = """
        this is no backup of aadr-relay's, or a damaged one, or not all of it; nothing has been put anywhere: take an \
        earlier one
        """

    private static func nothing(in file: String) -> Failure {
        file == "-" ? .nothingOnStandardInput : Failure("\(file) is empty", status: Failure.cannotRead)
    }

    /// In bytes, read at a time.
    private static let pieceLength = 1 << 20
}
