extension Alert {
    public enum Category: String, Sendable, CaseIterable {
        case geophysical = "Geo"
        case meteorological = "Met"
        case safety = "Safety"
        case security = "Security"
        case rescue = "Rescue"
        case fire = "Fire"
        case health = "Health"
        case environment = "Env"
        case transport = "Transport"
        case infrastructure = "Infra"
        case weaponsOfMassDestruction = "CBRNE"
        case other = "Other"
    }

    public enum ResponseType: String, Sendable, CaseIterable {
        case shelter = "Shelter"
        case evacuate = "Evacuate"
        case prepare = "Prepare"
        case execute = "Execute"
        case avoid = "Avoid"
        case monitor = "Monitor"
        case assess = "Assess"
        case allClear = "AllClear"
        case none = "None"
    }

    public enum Urgency: String, Sendable, CaseIterable {
        case immediate = "Immediate"
        case expected = "Expected"
        case future = "Future"
        case past = "Past"
        case unknown = "Unknown"
    }

    public enum Severity: String, Sendable, CaseIterable {
        case extreme = "Extreme"
        case severe = "Severe"
        case moderate = "Moderate"
        case minor = "Minor"
        case unknown = "Unknown"
    }

    public enum Certainty: String, Sendable, CaseIterable {
        case observed = "Observed"
        case likely = "Likely"
        case possible = "Possible"
        case unlikely = "Unlikely"
        case unknown = "Unknown"
    }

    /// What is said about the event, in one language.
    public struct Info: Equatable, Sendable {
        public let object: JSONObject
        /// RFC 3066; CAP has `en-US` for one that is not given.
        public let language: String
        public let event: String
        public let urgency: Urgency
        public let severity: Severity
        public let certainty: Certainty
        public let expires: AlertTime?

        init(_ object: JSONObject, at path: String) throws(AlertError) {
            self.object = object
            language = object["language"]?.string ?? "en-US"
            event = object["event"]?.string ?? ""
            urgency = try required(path + "urgency", object["urgency"]?.string.flatMap(Urgency.init(rawValue:)))
            severity = try required(path + "severity", object["severity"]?.string.flatMap(Severity.init(rawValue:)))
            certainty = try required(path + "certainty", object["certainty"]?.string.flatMap(Certainty.init(rawValue:)))
            expires = object["expires"]?.string.flatMap { AlertTime($0) }
        }

        public var headline: String? { object["headline"]?.string }
        public var description: String? { object["description"]?.string }
        public var instruction: String? { object["instruction"]?.string }
        public var web: String? { object["web"]?.string }
        public var contact: String? { object["contact"]?.string }
        /// In words.
        public var areas: [String] {
            (object["area"]?.array ?? []).compactMap { $0.object?["areaDesc"]?.string }
        }
    }
}
