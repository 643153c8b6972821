import ArgumentParser
import Foundation
import Relay

struct Key: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Makes a spare for the key by which members know the relay, and takes it into use.",
        discussion: """
            Addresses carry the pins of both keys, so members accept the relay under either. The spare is printed, never
            kept here: whoever takes the server does not get it. Works beside a running relay.

            Example:
              aadr-relay key spare --data /var/lib/aadr-relay > spare.pem    # before addresses are handed out
              aadr-relay key use --data /var/lib/aadr-relay < spare.pem      # when the key may be in other hands
            """,
        subcommands: [Spare.self, Use.self]
    )

    struct Spare: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Makes the spare key and prints it, in PEM, to be kept offline.",
            discussion: """
                Example:
                  aadr-relay key spare --data /var/lib/aadr-relay > spare.pem
                """
        )

        @OptionGroup var common: CommonOptions

        @Flag(help: "Make another one though there is one, whose pin is already in addresses.")
        var replace = false

        func run() async throws {
            let path = try common.path(common.settings)
            try await Failure.reporting {
                let directory = try DataDirectory(path: path, creating: true)
                if let pin = directory.sparePin, !replace {
                    throw Failure(
                        """
                        there is a spare key already, of the pin \(pin): use that one, or say --replace if it is lost; \
                        addresses that carry its pin do not get the new one's
                        """,
                        status: Failure.notPermitted
                    )
                }
                let pem = try RelayIdentity.makeSelfSigned()
                let pin = try RelayIdentity(pem: pem).pin
                // Recorded when it has been handed over, not before: a key that nobody has must not be in addresses.
                try Output.write(Data(pem))
                try directory.recordSpare(pin)
            }
        }
    }

    struct Use: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Reads the spare key from standard input and puts it in the place of the relay's own.",
            discussion: """
                The relay serves under it when it starts again. The key that it replaces is removed.

                Example:
                  aadr-relay key use --data /var/lib/aadr-relay < spare.pem
                """
        )

        @OptionGroup var common: CommonOptions

        func run() async throws {
            let path = try common.path(common.settings)
            try await Failure.reporting {
                let directory = try DataDirectory(path: path, creating: true)
                let pem = try FileHandle.standardInput.read(upToCount: Self.longestPEM) ?? Data()
                guard !pem.isEmpty else { throw Failure.nothingOnStandardInput }
                do {
                    try directory.use(keyPEM: Array(pem))
                } catch let error as RelayIdentityError {
                    throw Failure(error, in: "standard input, which should be what `key spare` printed")
                }
                Output.complain("the key is in its place: start the relay again, then make the next spare")
            }
        }

        /// In bytes; a key and its certificate take about a thousand.
        private static let longestPEM = 65_536
    }
}
