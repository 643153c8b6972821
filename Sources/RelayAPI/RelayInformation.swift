internal import FoundationEssentials

/// The versions of the HTTP API that a side speaks.
public struct ProtocolVersions: Codable, Hashable, Sendable {
    public let oldest: Int
    public let newest: Int

    public init(oldest: Int, newest: Int) {
        self.oldest = oldest
        self.newest = newest
    }

    public func contains(_ version: Int) -> Bool { oldest <= version && version <= newest }

    /// What this code speaks.
    public static let spoken = ProtocolVersions(oldest: 1, newest: 1)
}

/// What `GET /v1/relay` tells anybody (Protocol/http-api.md).
public struct RelayInformation: Codable, Hashable, Sendable {
    public let name: String
    public let version: String
    public let `protocol`: ProtocolVersions
    public let bodyLengths: [Int]
    public let retentionDays: RetentionDays
    public let longestWaitSeconds: Int

    /// Days that entries are kept: by default, by kind, and at most.
    public struct RetentionDays: Codable, Hashable, Sendable {
        public let application: Int
        public let advance: Int
        public let maximum: Int

        public init(application: Int, advance: Int, maximum: Int) {
            self.application = application
            self.advance = advance
            self.maximum = maximum
        }
    }

    public init(version: String, retentionDays: RetentionDays) {
        name = "aadr-relay"
        self.version = version
        self.protocol = .spoken
        bodyLengths = BodyLength.allCases.map(\.rawValue)
        self.retentionDays = retentionDays
        longestWaitSeconds = Int(ReadRequest.longestWaitSeconds)
    }

    public static let path = "/v1/relay"

    public var json: [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        // Strings and integers: there is nothing in it that JSON could not express.
        return (try? encoder.encode(self)).map { Array($0) } ?? Array("{}".utf8)
    }

    /// Nil when the bytes are not such a document.
    public init?(json: [UInt8]) {
        guard let information = try? JSONDecoder().decode(Self.self, from: Data(json)) else { return nil }
        self = information
    }
}
