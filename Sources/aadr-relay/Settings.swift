import ArgumentParser
import Foundation
import RelayAPI

/// Options come before environment variables, and these before defaults.
enum Settings {
    static func value(_ option: String?, _ variable: String) -> String? {
        if let option { return option }
        let value = ProcessInfo.processInfo.environment["AADR_RELAY_" + variable]
        return value?.isEmpty == true ? nil : value
    }

    static func flag(_ flag: Bool, _ variable: String) throws -> Bool {
        if flag { return true }
        switch value(nil, variable)?.lowercased() {
        case nil, "0", "false", "no": return false
        case "1", "true", "yes": return true
        case let other?: throw ValidationError("AADR_RELAY_\(variable) is \(other): give 1 or 0")
        }
    }
}

/// The option that every command has.
struct DataOption: ParsableArguments {
    @Option(name: .customLong("data"), help: ArgumentHelp("The relay's data directory.", valueName: "DIR"))
    var directory: String?

    var path: String {
        get throws {
            guard let path = Settings.value(directory, "DATA") else {
                throw ValidationError("name the data directory: --data DIR, or AADR_RELAY_DATA")
            }
            return path
        }
    }
}

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
