internal import CPostgreSQL
internal import Glibc

/// Where a PostgreSQL database is, as `postgres://USER:PASSWORD@HOST:PORT/DATABASE?…`, with all that libpq understands.
public struct PostgreSQLAddress: Sendable, CustomStringConvertible {
    /// With the password, if there is one.
    let uri: String

    /// Never the password, nor the user.
    public let description: String

    /// Nil when the text is no such address.
    public init?(_ text: String) {
        guard Self.isAddress(text), !Self.hasAmbiguousPassword(text), let options = PQconninfoParse(text, nil) else {
            return nil
        }
        defer { PQconninfoFree(options) }
        var named: [String: String] = [:]
        var option = options
        while let keyword = option.pointee.keyword {
            if let value = option.pointee.val { named[String(cString: keyword)] = String(cString: value) }
            option += 1
        }
        // What stands behind a bare / in a password: libpq would take what is before it for the port, and say it.
        guard named["port"]?.allSatisfy({ $0.isWholeNumber || $0 == "," }) ?? true else { return nil }
        uri = text
        description = "postgres://\(named["host"] ?? named["hostaddr"] ?? "")/\(named["dbname"] ?? "")"
    }

    /// Whether a text means to be such an address.
    public static func isAddress(_ text: String) -> Bool {
        text.hasPrefix("postgres://") || text.hasPrefix("postgresql://")
    }

    /// libpq ends a password at the first @, would take the rest for the server's name, and say it in its errors.
    private static func hasAmbiguousPassword(_ text: String) -> Bool {
        let behindScheme = text.split(separator: "://", maxSplits: 1).last ?? ""
        return behindScheme.prefix { $0 != "/" && $0 != "?" }.count { $0 == "@" } > 1
    }

    /// What libpq is given to connect: our defaults, which the address may change, then the address.
    var parameters: [(keyword: String, value: String)] {
        [
            ("application_name", "aadr-relay"),
            // Never the replica that a server has become: a relay writes.
            ("target_session_attrs", "read-write"),
            // Seconds, and for the last milliseconds: a server that has gone without a word is noticed in so long.
            ("connect_timeout", "5"),
            ("keepalives_idle", "5"),
            ("keepalives_interval", "2"),
            ("keepalives_count", "3"),
            ("tcp_user_timeout", "10000"),
            ("dbname", uri),
            ("client_encoding", "UTF8"),
        ]
    }
}
