internal import Coalition
internal import MemberClient

/// How an alert stands, for scripts.
enum AlertStateName: String, CaseIterable {
    case active, updated, cancelled, expired

    init(_ state: AlertState) {
        switch state {
        case .active: self = .active
        case .updated: self = .updated
        case .cancelled: self = .cancelled
        case .expired: self = .expired
        }
    }

    /// Nil while it holds.
    var phrase: Phrase? {
        switch self {
        case .active: nil
        case .updated: .alertUpdated
        case .cancelled: .alertCancelled
        case .expired: .alertExpired
        }
    }
}

/// `alert list`: one alert.
struct AlertRecord: Record {
    let id: String
    let from: String
    let to: [String]
    let state: AlertStateName
    /// With which it was superseded.
    let by: String?
    let alert: JSONObject

    var json: JSONObject {
        var object = JSONObject()
        object.add("id", id)
        object.add("from", from)
        object.add("to", to)
        object.add("state", state.rawValue)
        object.add("by", by)
        object.add("alert", alert)
        return object
    }

    func lines(_ layout: Layout) -> [String] {
        let head = Speech.text(.alertFrom, ["from": from, "to": to.joined(separator: " ")])
        return [layout.bold(id), "  " + head] + AlertText(alert, state: state).lines(layout)
    }
}

/// `alert status`: one organisation.
struct ReachRecord: Record {
    struct Acknowledgement: Equatable {
        let by: String
        let at: UInt64
        let text: String?
    }

    let organisation: String
    let isRelayed: Bool
    let delivered: UInt64?
    let read: UInt64?
    /// The newest last.
    let acknowledgements: [Acknowledgement]

    var json: JSONObject {
        var object = JSONObject()
        object.add("org", organisation)
        object.add("relayed", isRelayed)
        object.add("delivered", delivered != nil)
        object.add("read", read != nil)
        object.add("acknowledged", !acknowledgements.isEmpty)
        if let delivered { object.add("deliveredAt", time: delivered) }
        if let read { object.add("readAt", time: read) }
        if let last = acknowledgements.last {
            object.add("by", last.by)
            object.add("at", time: last.at)
            object.add("text", last.text)
            object.set("acknowledgements", to: .array(acknowledgements.map { .object(Self.json($0)) }))
        }
        return object
    }

    private static func json(_ acknowledgement: Acknowledgement) -> JSONObject {
        var object = JSONObject()
        object.add("by", acknowledgement.by)
        object.add("at", time: acknowledgement.at)
        object.add("text", acknowledgement.text)
        return object
    }

    func lines(_ layout: Layout) -> [String] {
        let state: Phrase =
            if !acknowledgements.isEmpty {
                .reachAcknowledged
            } else if read != nil {
                .reachRead
            } else if delivered != nil {
                .reachDelivered
            } else {
                isRelayed ? .reachRelayed : .reachQueued
            }
        var lines = [layout.bold(SafeText.inline(organisation)) + "  " + Speech.text(state)]
        for acknowledgement in acknowledgements {
            lines.append(
                "  "
                    + Speech.text(.reachBy, ["by": acknowledgement.by, "time": Timestamp.local(acknowledgement.at)])
            )
            lines += acknowledgement.text.map(layout.quoted) ?? []
        }
        return lines
    }
}

/// An alert for people. One that breaks CAP's rules is shown with the texts that it has, and says so.
struct AlertText {
    private let object: JSONObject
    private let alert: Alert?
    private let state: AlertStateName?

    init(_ object: JSONObject, state: AlertStateName?) {
        self.object = object
        alert = try? Alert(object)
        self.state = state
    }

    func lines(_ layout: Layout) -> [String] {
        var lines: [String] = []
        if let alert, let warning = Self.unreal(alert.status) {
            lines.append("  " + layout.reversed(" \(Speech.text(warning)) "))
        }
        if let phrase = state?.phrase { lines.append("  " + layout.reversed(" \(Speech.text(phrase)) ")) }
        guard let alert else {
            lines.append("  " + Speech.text(.alertBroken))
            for info in object["info"]?.array ?? [] {
                for name in ["headline", "description", "instruction"] {
                    lines += (info.object?[name]?.string).map(layout.quoted) ?? []
                }
            }
            return lines
        }
        if alert.messageType == .cancel { lines.append("  " + Speech.text(.alertIsCancel)) }
        lines += alert.note.map(layout.quoted) ?? []
        if let info = alert.info(for: Speech.language.rawValue) { lines += Self.lines(info, layout) }
        if let restriction = alert.restriction {
            lines.append("    " + Speech.text(.alertRestriction, ["label": restriction]))
        }
        if alert.infos.count > 1 {
            let languages = alert.infos.map(\.language).joined(separator: " ")
            lines.append("    " + layout.dim(Speech.text(.alertLanguages, ["languages": languages])))
        }
        return lines
    }

    private static func lines(_ info: Alert.Info, _ layout: Layout) -> [String] {
        let grade = Speech.text(
            .alertGrade,
            [
                "severity": Speech.text(info.severity.phrase), "urgency": Speech.text(info.urgency.phrase),
                "certainty": Speech.text(info.certainty.phrase),
            ]
        )
        let isGrave = info.severity == .extreme || info.severity == .severe
        var lines = ["  " + (isGrave ? layout.alarming(grade) : layout.bold(grade))]
        lines += layout.quoted(info.headline ?? info.event).map(layout.bold)
        for text in [info.description, info.instruction, info.web, info.contact] {
            lines += text.map(layout.quoted) ?? []
        }
        if !info.areas.isEmpty { lines += layout.quoted(info.areas.joined(separator: "، ")) }
        if let expires = info.expires {
            lines.append("    " + Speech.text(.alertUntil, ["time": Timestamp.local(expires.time.seconds)]))
        }
        return lines
    }

    private static func unreal(_ status: Alert.Status) -> Phrase? {
        switch status {
        case .actual: nil
        case .exercise: .alertExercise
        case .system: .alertSystem
        case .test: .alertTest
        case .draft: .alertDraft
        }
    }
}

extension Alert.Severity {
    fileprivate var phrase: Phrase {
        switch self {
        case .extreme: .severityExtreme
        case .severe: .severitySevere
        case .moderate: .severityModerate
        case .minor: .severityMinor
        case .unknown: .severityUnknown
        }
    }
}

extension Alert.Urgency {
    fileprivate var phrase: Phrase {
        switch self {
        case .immediate: .urgencyImmediate
        case .expected: .urgencyExpected
        case .future: .urgencyFuture
        case .past: .urgencyPast
        case .unknown: .urgencyUnknown
        }
    }
}

extension Alert.Certainty {
    fileprivate var phrase: Phrase {
        switch self {
        case .observed: .certaintyObserved
        case .likely: .certaintyLikely
        case .possible: .certaintyPossible
        case .unlikely: .certaintyUnlikely
        case .unknown: .certaintyUnknown
        }
    }
}
