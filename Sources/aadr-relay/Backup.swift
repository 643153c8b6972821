import ArgumentParser
import Foundation
import Relay

struct Backup: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Writes a copy of the store, beside a running relay.",
        discussion: """
            The copy holds what the store holds at this moment. It does not hold the relay's certificate and key: keep a
            copy of tls.pem apart, once. A store in PostgreSQL is backed up with pg_dump.

            Example:
              aadr-relay backup --data /var/lib/aadr-relay /var/backups/aadr-relay.sqlite
            """
    )

    @OptionGroup var common: CommonOptions
    @OptionGroup var store: StoreOption

    @Argument(help: ArgumentHelp("Where to write it; there must be no such file yet.", valueName: "FILE"))
    var file: String

    func run() async throws {
        let settings = try common.settings
        let kind = try store.kind(settings)
        let path = try common.path(settings)
        try await Failure.reporting {
            guard case .sqlite = kind else {
                throw Failure(
                    "the store is in PostgreSQL: back it up with pg_dump, and after restoring it run `aadr-relay restore`",
                    status: Failure.configuration
                )
            }
            guard !FileManager.default.fileExists(atPath: file) else {
                throw Failure("\(file) exists: name another file", status: Failure.cannotWrite)
            }
            let directory = try DataDirectory(path: path, creating: false)
            try SQLiteBackup.write(directory.store, to: URL(filePath: file))
        }
    }
}
