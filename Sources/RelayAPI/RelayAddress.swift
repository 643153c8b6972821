internal import Sodium

/// The hash by which a client knows a relay's key: SHA-256 of the certificate's SubjectPublicKeyInfo in DER.
public struct KeyPin: OpaqueBytes, Hashable, CustomStringConvertible {
    public static let length = 32
    public let bytes: [UInt8]

    public init(unchecked bytes: [UInt8]) { self.bytes = bytes }

    /// - Parameter der: a SubjectPublicKeyInfo (RFC 5280, section 4.1) in DER.
    public init(subjectPublicKeyInfo der: [UInt8]) {
        self.init(unchecked: SHA256.hash(der))
    }

    public var description: String { Base64URL.encode(bytes) }
}

/// Where a relay is and how it is known: `https://HOST:PORT/#PIN,PIN` (Protocol/http-api.md, "Relay address").
public struct RelayAddress: Hashable, Sendable, CustomStringConvertible {
    public enum Scheme: String, Sendable {
        case http
        case https

        var defaultPort: UInt16 { self == .https ? 443 : 80 }
    }

    public let scheme: Scheme
    /// In lower case; an IPv6 address without its brackets.
    public let host: String
    public let port: UInt16
    /// Of the key in use, and of a spare that may take its place. With pins, the certificate's key alone decides;
    /// without, the system's trust roots do.
    public let pins: [KeyPin]

    private static let maximumPins = 2

    /// Nil when the host is none, when the scheme is `http` and the host neither loopback nor an onion name, or when
    /// there are more than two pins, twice the same, or one over `http`.
    public init?(scheme: Scheme, host: String, port: UInt16, pins: [KeyPin]) {
        let host = host.lowercased()
        guard Self.isHost(host), port > 0 else { return nil }
        guard scheme == .https || (pins.isEmpty && Self.mayBePlain(host)) else { return nil }
        guard pins.count <= Self.maximumPins, Set(pins).count == pins.count else { return nil }
        self.scheme = scheme
        self.host = host
        self.port = port
        self.pins = pins
    }

    /// Parses an address. The port and the slash may be missing.
    public init(_ text: String) throws(RelayAddressError) {
        guard let separator = text.firstRange(of: "://"),
            let scheme = Scheme(rawValue: text[..<separator.lowerBound].lowercased())
        else { throw .scheme }
        let (beforePins, pinsText) = Self.split(text[separator.upperBound...], at: "#")
        let pins = try pinsText.map(Self.pins) ?? []
        let (authority, path) = Self.split(beforePins, at: "/")
        guard path?.isEmpty ?? true else { throw .path }
        let (host, portText) = try Self.hostAndPort(authority)
        guard let port = portText.map({ UInt16($0) }) ?? scheme.defaultPort, port > 0 else { throw .port }
        guard Self.isHost(host.lowercased()) else { throw .host }
        guard scheme == .https || Self.mayBePlain(host.lowercased()) else { throw .plainHTTP }
        guard let address = Self(scheme: scheme, host: host, port: port, pins: pins) else { throw .pin }
        self = address
    }

    /// `HOST:PORT`.
    public var authority: String {
        let bracketed = host.contains(":") ? "[\(host)]" : host
        return "\(bracketed):\(port)"
    }

    public var description: String {
        let fragment = pins.isEmpty ? "" : "#" + pins.map(\.description).joined(separator: ",")
        return "\(scheme.rawValue)://\(authority)/\(fragment)"
    }

    /// Whether a host is this machine by its name or form: `localhost`, 127.0.0.0/8 or ::1.
    public static func isLoopback(_ host: String) -> Bool {
        if host == "localhost" || host == "::1" { return true }
        let parts = host.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 4 && parts[0] == "127" && parts.allSatisfy { UInt8($0) != nil }
    }

    private static func mayBePlain(_ host: String) -> Bool {
        isLoopback(host) || host.hasSuffix(".onion")
    }

    private static func isHost(_ host: String) -> Bool {
        guard !host.isEmpty, host.utf8.count <= 253 else { return false }
        if host.contains(":") {
            return host.utf8.allSatisfy { isHexDigit($0) || $0 == UInt8(ascii: ":") || $0 == UInt8(ascii: ".") }
        }
        return host.utf8.allSatisfy { character in
            switch character {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"): true
            case UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"): true
            default: false
            }
        }
    }

    private static func pins(_ text: Substring) throws(RelayAddressError) -> [KeyPin] {
        var pins: [KeyPin] = []
        for part in text.split(separator: ",", omittingEmptySubsequences: false) {
            guard let bytes = Base64URL.decode(String(part)), let pin = KeyPin(bytes) else { throw .pin }
            pins.append(pin)
        }
        return pins
    }

    private static func isHexDigit(_ character: UInt8) -> Bool {
        switch character {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "f"): true
        default: false
        }
    }

    private static func hostAndPort(
        _ authority: Substring
    ) throws(RelayAddressError) -> (host: String, port: Substring?) {
        if authority.first == "[" {
            guard let end = authority.firstIndex(of: "]") else { throw .host }
            let host = authority[authority.index(after: authority.startIndex)..<end]
            let rest = authority[authority.index(after: end)...]
            guard host.contains(":") else { throw .host }
            if rest.isEmpty { return (String(host), nil) }
            guard rest.first == ":" else { throw .port }
            return (String(host), rest.dropFirst())
        }
        let (host, port) = split(authority, at: ":")
        guard port?.contains(":") != true else { throw .host }
        return (String(host), port)
    }

    private static func split(_ text: Substring, at mark: Character) -> (Substring, Substring?) {
        guard let index = text.firstIndex(of: mark) else { return (text, nil) }
        return (text[..<index], text[text.index(after: index)...])
    }
}

/// Why a text is not a relay address.
public enum RelayAddressError: Error, Equatable, Sendable, CustomStringConvertible {
    case scheme
    case host
    case port
    case path
    case pin
    case plainHTTP

    public var description: String {
        switch self {
        case .scheme: "a relay address begins with https:// (or with http://, on this machine and for .onion names)"
        case .host: "the relay address has no valid host name"
        case .port: "the relay address's port is not a number from 1 to 65535"
        case .path: "nothing but #PIN or #PIN,PIN may follow the relay address's host and port"
        case .pin: "what follows # in the relay address is not one key pin or two: is it complete?"
        case .plainHTTP: "http:// is for this machine and for .onion names alone: use https://"
        }
    }
}
