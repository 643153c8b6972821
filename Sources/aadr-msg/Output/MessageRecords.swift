internal import Coalition

/// `send`: a message to one target, and how far it has come.
struct SentRecord: Record {
    enum State: String, CaseIterable { case queued, relayed, delivered, acknowledged }

    let id: String
    let to: String
    let state: State
    /// Organisations with which it has not come as far as was waited for; nil when nothing was waited for.
    var missing: [String]?

    var json: JSONObject {
        var object = JSONObject()
        object.add("id", id)
        object.add("to", to)
        object.add("state", state.rawValue)
        if let missing { object.set("missing", to: .array(missing.map { .string($0) })) }
        return object
    }

    func lines(_ layout: Layout) -> [String] { [id] }
}

/// `recv`: a message as it came.
struct MessageRecord: Record {
    let id: String
    let kind: String
    /// `user@org`
    let from: String
    let device: String
    let to: String
    /// As the sender says.
    let sent: UInt64
    let received: UInt64
    let text: String?
    /// As the sender wrote them (Protocol/content.md).
    var alert: JSONObject?
    var file: JSONObject?
    /// Of an alert by CAP's rules.
    var alertState: AlertStateName?
    let references: [String]
    let isVerified: Bool

    /// From how many seconds between sending and receiving on people are shown both.
    private static let notableDelay: UInt64 = 3600

    var json: JSONObject {
        var object = JSONObject()
        object.add("id", id)
        object.add("kind", kind)
        object.add("from", from)
        object.add("device", device)
        object.add("to", to)
        object.add("sent", time: sent)
        object.add("received", time: received)
        object.add("text", text)
        object.add("alert", alert)
        object.add("file", file)
        object.add("state", alertState?.rawValue)
        object.add("references", references)
        object.add("verified", isVerified)
        return object
    }

    /// An empty line ends it, as between the turns of a conversation.
    func lines(_ layout: Layout) -> [String] {
        let header = Speech.text(
            isVerified ? .messageVerified : .messageNotVerified,
            ["time": Timestamp.local(sent), "from": from, "to": Speech.target(to)]
        )
        var lines = layout.own(header, layout.bold)
        if max(sent, received) - min(sent, received) >= Self.notableDelay {
            lines += layout.own(
                Speech.text(.messageReceived, ["time": Timestamp.local(received)]),
                indent: 2,
                layout.dim
            )
        }
        if let alert {
            let text = AlertText(alert, state: alertState, references: references)
            lines += text.lines(layout)
            if text.isToBeAnswered {
                lines += layout.own(Speech.text(.alertAnswer, ["command": "aadr-msg ack \(id)"]), indent: 4, layout.dim)
            }
        } else if kind == "acknowledgement" {
            let answered = Speech.text(.acknowledges, ["id": references.joined(separator: " ")])
            lines += layout.own(answered, indent: 2, layout.plain)
        } else if kind != "text" {
            lines += layout.own(Speech.text(.messageOfKind, ["kind": kind, "id": id]), indent: 2, layout.dim)
        }
        return lines + (text.map(layout.quoted) ?? []) + [""]
    }
}

/// Messages on their way to the reader: each is written by itself, and only what was written is marked as shown.
enum MessageDelivery {
    /// How many are marked in one step: a kill shows no more than these again.
    static let batch = 64

    /// - Parameters:
    ///   - write: writes one, or throws and has not.
    ///   - mark: remembers that these were written.
    static func deliver<Item>(
        _ items: [Item],
        write: (Item) throws -> Void,
        mark: ([Item]) throws -> Void
    ) throws {
        var written: [Item] = []
        for item in items {
            do {
                try write(item)
            } catch {
                if !written.isEmpty { try mark(written) }
                throw error
            }
            written.append(item)
            if written.count == batch {
                try mark(written)
                written.removeAll()
            }
        }
        if !written.isEmpty { try mark(written) }
    }
}
