import ArgumentParser
import Foundation
import Relay

struct Backup: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Writes a copy of the store, beside a running relay.",
        discussion: """
            The copy holds what the store holds at this moment. It does not hold the relay's certificate and key: keep a
            copy of tls.pem apart, once. A store in PostgreSQL is backed up with pg_dump.

            With - it goes to standard output, and when all of it has, its length and SHA-256 go to standard error. It first
            stands in the data directory, which must have room for it. A file that ends too early cannot be restored.

            Example:
              aadr-relay backup --data /var/lib/aadr-relay /var/backups/aadr-relay.sqlite
              (umask 077; aadr-relay backup --data /var/lib/aadr-relay - > part && mv part relay.sqlite)
            """
    )

    @OptionGroup var store: StoreOptions

    @Argument(help: ArgumentHelp("Where to write it; there must be no such file yet. Or -.", valueName: "FILE"))
    var file: String

    func run() async throws {
        let (_, kind, path) = try store.chosen
        try await Failure.reporting {
            guard case .sqlite = kind else {
                throw Failure(
                    "the store is in PostgreSQL: back it up with pg_dump, and after restoring it run `aadr-relay restore`",
                    status: Failure.configuration
                )
            }
            let directory = try DataDirectory(path: path, creating: false)
            if file == "-" { return try print(directory) }
            guard !FileManager.default.fileExists(atPath: file) else {
                throw Failure("\(file) exists: name another file", status: Failure.cannotWrite)
            }
            try SQLiteBackup.write(directory.store, to: URL(filePath: file))
        }
    }

    /// Writes it to standard output.
    private func print(_ directory: DataDirectory) throws {
        // It would also change what goes through it.
        guard isatty(STDOUT_FILENO) == 0 else {
            throw Failure(
                "standard output is a terminal: send it into a file, and give no terminal to a container (no -t)",
                status: Failure.cannotWrite
            )
        }
        let whole = try SQLiteBackup.write(directory.store, through: directory.unfinishedBackup) { piece in
            do {
                try FileHandle.standardOutput.write(contentsOf: piece)
            } catch {
                throw Failure("standard output does not take it all: this is no backup", status: Failure.cannotWrite)
            }
        }
        let digest = whole.digest.map { String(format: "%02x", $0) }.joined()
        Output.complain("the backup is whole: \(whole.length) bytes, SHA-256 \(digest)")
    }
}
