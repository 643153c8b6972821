import ArgumentParser
import Relay
import RelayAPI

struct Address: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Prints the address that members need, with the pins of the key and of the spare.",
        discussion: """
            Without --host, it is where the relay listened last. Works beside a running relay.

            Example:
              aadr-relay address --data /var/lib/aadr-relay --host relay.example.org:8443
            """
    )

    @OptionGroup var common: CommonOptions

    @Option(help: ArgumentHelp("Where members reach the relay.", valueName: "NAME:PORT"))
    var host: String?

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
                // It has not served yet, and will do so under the key that it makes now.
                let pins = directory.pins(current: try directory.selfSignedIdentity().pin)
                Output.line((host ?? .defaultListen).address(pins: pins))
                return
            }
            guard let address = try? RelayAddress(last), let pin = address.pins.first else {
                Output.line(host.map { Self.address(of: $0, likePlain: last) } ?? last)
                return
            }
            // The spare may have been made since then.
            let place = host ?? HostAndPort(host: address.host, port: address.port)
            Output.line(place.address(pins: directory.pins(current: pin)))
        }
    }

    /// Where the relay that printed `last`, and speaks plain HTTP, is reached by another name.
    private static func address(of host: HostAndPort, likePlain last: String) -> String {
        if let address = RelayAddress(scheme: .http, host: host.host, port: host.port, pins: []) { return "\(address)" }
        // Behind a proxy, whose certificate the system's trust roots decide on.
        return RelayAddress(scheme: .https, host: host.host, port: host.port, pins: []).map { "\($0)" } ?? last
    }
}
