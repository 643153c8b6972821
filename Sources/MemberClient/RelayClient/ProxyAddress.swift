internal import RelayAPI

/// A proxy through which relays are reached: `socks5://HOST:PORT` or `http://HOST:PORT`, either with `USER:PASSWORD@`
/// before the host. The proxy resolves the relay's name.
public struct ProxyAddress: Hashable, Sendable {
    public enum Scheme: String, Sendable {
        /// RFC 1928, with the names left to the proxy.
        case socks5
        /// The CONNECT method (RFC 9110, section 9.3.6).
        case http
    }

    public struct Credentials: Hashable, Sendable {
        public let user: String
        public let password: String
    }

    public let scheme: Scheme
    /// An IPv6 address is without its brackets.
    public let host: String
    public let port: UInt16
    public let credentials: Credentials?

    /// Parses an address. Percent-encoding is undone in the user's name and password.
    public init(_ text: String) throws(ProxyAddressError) {
        guard let separator = text.firstRange(of: "://"),
            let scheme = Scheme(rawValue: text[..<separator.lowerBound].lowercased())
        else { throw .scheme }
        var authority = text[separator.upperBound...]
        if authority.hasSuffix("/") { authority = authority.dropLast() }
        var credentials: Credentials? = nil
        if let at = authority.lastIndex(of: "@") {
            credentials = try Self.credentials(authority[..<at])
            authority = authority[authority.index(after: at)...]
        }
        guard let colon = authority.lastIndex(of: ":"),
            let port = UInt16(authority[authority.index(after: colon)...])
        else { throw .port }
        let host = String(authority[..<colon])
        // What a host is, a relay's address knows.
        guard let checked = try? RelayAddress("https://\(host):\(port)") else { throw port > 0 ? .host : .port }
        self.scheme = scheme
        self.host = checked.host
        self.port = port
        self.credentials = credentials
    }

    private static func credentials(_ text: Substring) throws(ProxyAddressError) -> Credentials {
        guard let colon = text.firstIndex(of: ":"),
            let user = percentDecoded(text[..<colon]), let password = percentDecoded(text[text.index(after: colon)...]),
            // The lengths that SOCKS can express (RFC 1929, section 2).
            (1...255).contains(user.utf8.count), (1...255).contains(password.utf8.count)
        else { throw .credentials }
        return Credentials(user: user, password: password)
    }

    private static func percentDecoded(_ text: Substring) -> String? {
        var bytes: [UInt8] = []
        var rest = Substring(text).utf8
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%") else {
                bytes.append(byte)
                continue
            }
            guard let digits = String(rest.prefix(2)), digits.utf8.count == 2,
                digits.allSatisfy(\.isHexDigit), let value = UInt8(digits, radix: 16)
            else { return nil }
            bytes.append(value)
            rest = rest.dropFirst(2)
        }
        return String(validating: bytes, as: UTF8.self)
    }
}

/// Why a text is not a proxy's address.
public enum ProxyAddressError: Error, Equatable, Sendable, CustomStringConvertible {
    case scheme
    case host
    case port
    case credentials

    public var description: String {
        switch self {
        case .scheme: "a proxy's address begins with socks5:// or http://"
        case .host: "the proxy's address has no valid host name"
        case .port: "the proxy's address ends with a port: socks5://127.0.0.1:9050"
        case .credentials: "what stands before @ in a proxy's address is USER:PASSWORD, each of 1 to 255 bytes"
        }
    }
}
