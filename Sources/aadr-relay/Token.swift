import ArgumentParser
import Foundation
import Relay
import RelayAPI

struct Token: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Issues, lists and revokes the access tokens with which mailboxes are created.",
        discussion: """
            Works beside a running relay.

            Example:
              aadr-relay token create --data /var/lib/aadr-relay --label "first member" --mailboxes 500
            """,
        subcommands: [Create.self, List.self, Revoke.self]
    )

    struct Create: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Makes an access token and prints it; it is not kept and cannot be printed again.",
            discussion: """
                Example:
                  aadr-relay token create --data /var/lib/aadr-relay --label "first member"
                """
        )

        @OptionGroup var store: StoreOptions

        @Option(
            help: ArgumentHelp(
                "How you tell it from others. Stored in the clear: whoever takes the relay reads it, so write no names.",
                valueName: "TEXT"
            )
        )
        var label: String?

        @Option(help: ArgumentHelp("How many mailboxes it can create (default: 1000).", valueName: "N"))
        var mailboxes: String?

        func run() async throws {
            let (settings, kind, path) = try store.chosen
            guard let label = settings.value(.label, option: label) else {
                throw ValidationError("name the token: --label TEXT, or AADR_RELAY_LABEL")
            }
            guard label.unicodeScalars.allSatisfy({ $0.properties.generalCategory != .control }) else {
                throw ValidationError("the label holds control characters")
            }
            let mailboxes = try settings.number(.mailboxes, option: mailboxes, default: 1000, in: 1...UInt32.max)
            try await Failure.reporting {
                let directory = try DataDirectory(path: path, creating: true)
                let isNew = kind.isMissing(in: directory)
                try await kind.withStore(in: directory) { store in
                    let token = AccessToken.random()
                    try await store.issueToken(token.hash, label: label, mailboxes: mailboxes)
                    do {
                        try Output.line(token.text)
                    } catch {
                        // Nobody has it.
                        let id = StoredToken.id(of: token.hash)
                        if (try? await store.revokeToken(id: id)) != true {
                            Output.complain("a token that nobody has is left: token revoke \(id)")
                        }
                        throw error
                    }
                    // A path that was mistyped looks like this.
                    if isNew { Output.complain("there was no store in \(path) yet: one has been made") }
                }
            }
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Prints each token's id, mailboxes left, last day and label; never the token.",
            discussion: """
                Example:
                  aadr-relay token list --data /var/lib/aadr-relay
                """
        )

        @OptionGroup var store: StoreOptions

        @Flag(help: "One JSON object on each line.")
        var json = false

        func run() async throws {
            let (_, kind, path) = try store.chosen
            try await Failure.reporting {
                try await kind.withStore(in: DataDirectory(path: path, creating: false)) { store in
                    for token in try await store.tokens() {
                        try Output.line(json ? TokenLine(token).json : TokenLine(token).text)
                    }
                }
            }
        }
    }

    struct Revoke: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Makes a token useless; the mailboxes that it created stay.",
            discussion: """
                Example:
                  aadr-relay token revoke --data /var/lib/aadr-relay 9f86d081884c7d65
                """
        )

        @OptionGroup var store: StoreOptions

        @Argument(help: ArgumentHelp("As `token list` prints it.", valueName: "ID"))
        var id: String

        func run() async throws {
            let (_, kind, path) = try store.chosen
            try await Failure.reporting {
                try await kind.withStore(in: DataDirectory(path: path, creating: false)) { store in
                    guard try await store.revokeToken(id: id) else {
                        throw Failure(
                            "there is no token \(id): see `aadr-relay token list`",
                            status: Failure.notPermitted
                        )
                    }
                }
            }
        }
    }
}

/// A token as `token list` prints it.
private struct TokenLine: Encodable {
    let id: String
    let label: String
    let mailboxesLeft: UInt32
    /// The last day on which it is good, as 2026-11-23; nil for no end.
    let expires: String?

    init(_ token: StoredToken) {
        id = token.id
        label = token.label
        mailboxesLeft = token.mailboxesLeft
        expires = token.expiry.map { "\($0)" }
    }

    var json: String {
        get throws {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
            return String(decoding: try encoder.encode(self), as: UTF8.self)
        }
    }

    var text: String {
        [id, "\(mailboxesLeft)", expires ?? "-", label.isEmpty ? "(child)" : label].joined(separator: "\t")
    }
}
