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
    /// Messages that it refers to, for people; scripts find them in `recv`.
    var references: [String] = []

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
        let head = Speech.text(.alertFrom, ["from": from, "to": to.map { Speech.target($0) }.joined(separator: ", ")])
        return [layout.bold(id)] + layout.own(head, indent: 2, layout.plain)
            + AlertText(alert, state: state, references: references).lines(layout) + [""]
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
        var lines = layout.row(organisation, Speech.text(state), layout.bold)
        for acknowledgement in acknowledgements {
            let by = ["by": acknowledgement.by, "time": Timestamp.local(acknowledgement.at)]
            lines += layout.own(Speech.text(.reachBy, by), indent: 2, layout.plain)
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
    /// Messages that it refers to, the oldest first.
    private let references: [String]

    init(_ object: JSONObject, state: AlertStateName?, references: [String] = []) {
        self.object = object
        alert = try? Alert(object)
        self.state = state
        self.references = references
    }

    /// Whether it holds, and so asks for an answer.
    var isToBeAnswered: Bool { alert.map { $0.messageType != .cancel } ?? false && (state ?? .active) == .active }

    func lines(_ layout: Layout) -> [String] {
        // What is not real or holds no longer is said first, and nothing after it alarms.
        let warnings = [alert.flatMap { Self.unreal($0.status) }, state?.phrase].compactMap { $0 }
        var lines = warnings.flatMap { phrase in
            layout.own(Speech.text(phrase), indent: 2, room: 2) { layout.reversed(" " + $0 + " ") }
        }
        guard let alert else {
            lines += layout.own(Speech.text(.alertBroken), indent: 2, layout.plain)
            for info in object["info"]?.array ?? [] {
                for name in ["headline", "description", "instruction"] {
                    lines += (info.object?[name]?.string).map(layout.quoted) ?? []
                }
            }
            return lines
        }
        if let phrase = Self.change(alert.messageType), let id = references.last {
            lines += layout.own(Speech.text(phrase, ["id": id]), indent: 2, layout.plain)
        }
        lines += alert.note.map(layout.quoted) ?? []
        if let info = alert.info(for: Speech.language.rawValue) {
            let isAlarming = warnings.isEmpty && alert.messageType != .cancel
            lines += Self.lines(info, isAlarming: isAlarming, layout)
        }
        if let restriction = alert.restriction {
            lines += layout.own(Speech.text(.alertRestriction, ["label": restriction]), indent: 4, layout.plain)
        }
        if alert.infos.count > 1 {
            let languages = alert.infos.map(\.language).joined(separator: " ")
            lines += layout.own(Speech.text(.alertLanguages, ["languages": languages]), indent: 4, layout.dim)
        }
        return lines
    }

    private static func lines(_ info: Alert.Info, isAlarming: Bool, _ layout: Layout) -> [String] {
        let grade = Speech.text(
            .alertGrade,
            [
                "severity": Speech.text(info.severity.phrase), "urgency": Speech.text(info.urgency.phrase),
                "certainty": Speech.text(info.certainty.phrase),
            ]
        )
        let style =
            switch info.severity {
            case .extreme, .severe: layout.alarming
            case .moderate: layout.warning
            case .minor, .unknown: layout.bold
            }
        var lines = layout.own(grade, indent: 2, isAlarming ? style : layout.plain)
        lines += layout.quoted(info.headline ?? info.event).map(layout.bold)
        lines += info.description.map(layout.quoted) ?? []
        if let instruction = info.instruction {
            lines += layout.own(Speech.text(.alertInstruction), indent: 4, layout.bold) + layout.quoted(instruction)
        }
        let facts: [(Phrase, String, String?)] = [
            (.alertArea, "area", info.areas.isEmpty ? nil : info.areas.joined(separator: "؛ ")),
            (.alertContact, "contact", info.contact), (.alertWeb, "address", info.web),
            (.alertUntil, "time", info.expires.map { Timestamp.local($0.time.seconds) }),
        ]
        for (phrase, name, value) in facts {
            guard let value else { continue }
            lines += layout.own(Speech.text(phrase, [name: value]), indent: 4, layout.plain)
        }
        return lines
    }

    private static func change(_ type: Alert.MessageType) -> Phrase? {
        switch type {
        case .update: .alertIsUpdate
        case .cancel: .alertIsCancel
        case .alert, .acknowledgement, .error: nil
        }
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
