internal import NIOHTTP1
internal import RelayAPI

/// What a relay looks at in a request's header fields, found in one look at all of them: to look each up by its name would
/// go through all of them each time.
struct RequestFields {
    /// Of the server that is asked (RFC 9112, 3.2).
    enum Host {
        case missing
        case named
        /// More than one, or what cannot be one.
        case wrong
    }

    /// Of all names and values together.
    private(set) var byteCount = 0
    private(set) var host = Host.missing
    /// Of the body, if it is said.
    private(set) var contentLength: Int?
    /// Whether the body is said to be coded otherwise than in chunks alone (RFC 9112, 6.1 and 7).
    private(set) var hasUnknownCoding = false
    /// Whether the body is said to be an operation's structure, and nothing else.
    private(set) var isOctetStream = false
    /// Whether the client waits to be told before it sends the body (RFC 9110, 10.1.1).
    private(set) var expectsContinue = false
    /// Whether another protocol is asked for on this connection, of which the parser then reads no more.
    private(set) var asksForUpgrade = false

    init(_ headers: HTTPHeaders) {
        var mediaTypes = 0
        var codings = 0
        for (name, text) in headers {
            byteCount += name.utf8.count + text.utf8.count
            let value = Self.trimmed(text)
            switch name.utf8.count {
            case 4 where name.lowercased() == "host":
                host = host == .missing && Self.isHost(value) ? .named : .wrong
            case 6 where name.lowercased() == "expect":
                expectsContinue = value.lowercased() == "100-continue"
            case 7 where name.lowercased() == "upgrade":
                asksForUpgrade = true
            case 12 where name.lowercased() == "content-type":
                mediaTypes += 1
                isOctetStream = mediaTypes == 1 && Self.isOctetStream(value)
            case 14 where name.lowercased() == "content-length":
                // What is beyond any number is beyond any bound.
                contentLength = Int(value) ?? .max
            case 17 where name.lowercased() == "transfer-encoding":
                codings += 1
                hasUnknownCoding = codings > 1 || value.lowercased() != "chunked"
            default:
                continue
            }
        }
    }

    /// What stands behind a value is no part of it (RFC 9110, 5.5), but NIO's parser leaves it there.
    private static func trimmed(_ text: String) -> String {
        guard let last = text.utf8.last, isSpace(last) else { return text }
        return String(decoding: text.utf8.reversed().drop(while: isSpace).reversed(), as: UTF8.self)
    }

    private static func isSpace(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t")
    }

    /// An address or a name, with or without a port, or nothing; the characters decide (RFC 3986, 3.2.2).
    private static func isHost(_ value: String) -> Bool {
        value.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"):
                true
            default:
                "-._~%!$&'()*+,;=:[]".utf8.contains(byte)
            }
        }
    }

    private static func isOctetStream(_ mediaType: String) -> Bool {
        if mediaType == RelayAPI.Operation.mediaType { return true }
        let type = mediaType.prefix { $0 != ";" }.filter { $0 != " " }
        return type.lowercased() == RelayAPI.Operation.mediaType
    }
}
