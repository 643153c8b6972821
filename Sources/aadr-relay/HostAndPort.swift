import ArgumentParser
import RelayAPI

/// HOST:PORT, an IPv6 address in brackets.
struct HostAndPort: Equatable {
    let host: String
    let port: UInt16

    init(host: String, port: UInt16) {
        self.host = host
        self.port = port
    }

    init?(_ text: String) {
        guard let colon = text.lastIndex(of: ":"), let port = UInt16(text[text.index(after: colon)...]) else {
            return nil
        }
        var host = text[..<colon]
        if host.first == "[", host.last == "]" {
            host = host.dropFirst().dropLast()
        } else if host.contains(":") {
            return nil
        }
        guard !host.isEmpty else { return nil }
        self.init(host: String(host), port: port)
    }

    /// Where to listen, as an option or a setting says it.
    init(listening text: String) throws {
        guard let address = HostAndPort(text) else {
            throw ValidationError("\(text) is not HOST:PORT, as in 127.0.0.1:8443 or [::1]:8443")
        }
        self = address
    }

    static let defaultListen = HostAndPort(host: "127.0.0.1", port: 8443)

    /// The address that clients use, where this is where the relay is found.
    /// - Parameter pins: none where the relay itself speaks plain HTTP.
    func address(pins: [KeyPin]) -> String {
        let scheme: RelayAddress.Scheme = pins.isEmpty ? .http : .https
        if let address = RelayAddress(scheme: scheme, host: host, port: port, pins: pins) { return "\(address)" }
        // Plain HTTP that is not for this machine alone: behind a proxy, and so no address for clients.
        return "\(scheme)://\(host.contains(":") ? "[\(host)]" : host):\(port)/"
    }
}
