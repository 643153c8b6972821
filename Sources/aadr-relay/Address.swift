import ArgumentParser
import Relay
import RelayAPI

struct Address: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Prints the address that members need, with the pins of the key and of the spare.",
        discussion: """
            Without --host, it is where the relay listened last. Works beside a running relay. Before the relay has served, it
            goes by what is set for `serve`.

            Example:
              aadr-relay address --data /var/lib/aadr-relay --host relay.example.org:8443
            """
    )

    @OptionGroup var common: CommonOptions

    @Option(help: ArgumentHelp("Where members reach the relay.", valueName: "NAME:PORT"))
    var host: String?

    @Flag(help: "The relay will be started with --plain-http; when it has served, that is known.")
    var plainHttp = false

    func run() async throws {
        let settings = try common.settings
        let path = try common.path(settings)
        let host = try settings.value(.host, option: host)
            .map { text in
                guard let host = HostAndPort(text), host.port > 0 else {
                    throw ValidationError("\(text) is not NAME:PORT, as in relay.example.org:8443")
                }
                return host
            }
        try await Failure.reporting {
            let directory = try DataDirectory(path: path, creating: false)
            guard let last = directory.lastAddress else {
                try Output.line(addressBeforeServing(settings, host: host, in: directory))
                return
            }
            guard let address = try? RelayAddress(last), let pin = address.pins.first else {
                try Output.line(host.flatMap { Self.plainAddress(of: $0) } ?? last)
                return
            }
            // The spare may have been made since then.
            let place = host ?? HostAndPort(host: address.host, port: address.port)
            try Output.line(place.address(pins: directory.pins(current: pin)))
        }
    }

    /// Where a relay will be reached that has not served yet.
    private func addressBeforeServing(
        _ settings: Settings,
        host: HostAndPort?,
        in directory: DataDirectory
    ) throws -> String {
        let place = try host ?? settings.value(.listen).map(HostAndPort.init(listening:)) ?? .defaultListen
        if try settings.flag(.plainHTTP, option: plainHttp) {
            return Self.plainAddress(of: place) ?? place.address(pins: [])
        }
        guard !place.host.lowercased().hasSuffix(".onion") else {
            throw ValidationError(
                """
                the relay has not served yet, and its address depends on how it will: an onion service's mostly speaks \
                plain HTTP. Say --plain-http as for serve, or start the relay first
                """
            )
        }
        guard settings.value(.tlsCertificate) == nil else {
            throw Failure(
                "the relay has a certificate of its own and has not served yet: start it first",
                status: Failure.temporary
            )
        }
        // It will serve under the key that it makes now.
        return place.address(pins: directory.pins(current: try directory.selfSignedIdentity().pin))
    }

    /// Where a relay that speaks plain HTTP is reached under a name.
    private static func plainAddress(of host: HostAndPort) -> String? {
        // Neither on this machine nor an onion service: behind a proxy, whose certificate the system's trust roots decide on.
        (RelayAddress(scheme: .http, host: host.host, port: host.port, pins: [])
            ?? RelayAddress(scheme: .https, host: host.host, port: host.port, pins: []))
            .map { "\($0)" }
    }
}
