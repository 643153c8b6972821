internal import NIOHTTP1
internal import RelayAPI

/// What a relay looks at in a request's header fields, found in one look at all of them: to look each up by its name would
/// go through all of them each time.
struct RequestFields {
    /// Of all names and values together.
    private(set) var byteCount = 0
    /// Of the body, if it is said.
    private(set) var contentLength: Int?
    /// Whether the body is said to be an operation's structure, and nothing else.
    private(set) var isOctetStream = false
    /// Whether the client waits to be told before it sends the body (RFC 9110, 10.1.1).
    private(set) var expectsContinue = false
    /// Whether another protocol is asked for on this connection, of which the parser then reads no more.
    private(set) var asksForUpgrade = false

    init(_ headers: HTTPHeaders) {
        var mediaTypes = 0
        for (name, value) in headers {
            byteCount += name.utf8.count + value.utf8.count
            switch name.utf8.count {
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
            default:
                continue
            }
        }
    }

    private static func isOctetStream(_ mediaType: String) -> Bool {
        if mediaType == RelayAPI.Operation.mediaType { return true }
        let type = mediaType.prefix { $0 != ";" }.filter { $0 != " " }
        return type.lowercased() == RelayAPI.Operation.mediaType
    }
}
