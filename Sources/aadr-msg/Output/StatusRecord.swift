internal import Coalition
internal import MemberClient

/// `status`: who one is, what waits, whether the relay answers, whether somebody broke the protocol.
struct StatusRecord: Record {
    struct Group: Equatable {
        let kind: String
        let name: String
        let epoch: UInt64
        let members: Int
        /// Why it cannot be followed any further.
        let stopped: String?
    }

    /// A message for which the command of `recv --exec` has failed and not yet succeeded.
    struct Failing: Equatable {
        let id: String
        let attempts: Int
        /// As `Hook.Failure` says it.
        let reason: String
        let next: UInt64
    }

    /// Whether the relay can be reached and works; else why not.
    enum Relay {
        case reachable
        case unavailable(Sentence)
        case unreachable(Sentence)
    }

    let organisation: String
    let user: String
    let device: String
    let coalition: String
    let suite: String
    let isAdmin: Bool
    let organisations: Int
    let devices: Int
    let groups: [Group]
    let queued: Int
    let unshown: Int
    let failing: [Failing]
    let findings: Int
    let relay: Relay
    let rootKeyFile: String?

    var json: JSONObject {
        var object = JSONObject()
        object.add("org", organisation)
        object.add("user", user)
        object.add("device", device)
        object.add("coalition", coalition)
        object.add("suite", suite)
        object.add("admin", isAdmin)
        object.add("organisations", organisations)
        object.add("devices", devices)
        object.add("queued", queued)
        object.add("unshown", unshown)
        object.add("findings", findings)
        switch relay {
        case .reachable: object.add("relay", "reachable")
        case .unavailable(let reason):
            object.add("relay", "unavailable")
            object.add("reason", reason.description)
        case .unreachable(let reason):
            object.add("relay", "unreachable")
            object.add("reason", reason.description)
        }
        object.add("rootKeyFile", rootKeyFile)
        object.set("failing", to: .array(failing.map { .object(Self.json($0)) }))
        object.set("groups", to: .array(groups.map { .object(Self.json($0)) }))
        return object
    }

    private static func json(_ failing: Failing) -> JSONObject {
        var object = JSONObject()
        object.add("id", failing.id)
        object.add("attempts", failing.attempts)
        object.add("reason", failing.reason)
        object.add("next", time: failing.next)
        return object
    }

    private static func json(_ group: Group) -> JSONObject {
        var object = JSONObject()
        object.add("kind", group.kind)
        object.add("name", group.name)
        object.add("epoch", group.epoch)
        object.add("members", group.members)
        object.add("stopped", group.stopped)
        return object
    }

    private var relayLine: String {
        switch relay {
        case .reachable: Speech.text(.statusRelayReachable)
        case .unavailable(let reason): Speech.text(.statusRelayUnavailable, ["reason": Speech.text(reason)])
        case .unreachable(let reason): Speech.text(.statusRelayUnreachable, ["reason": Speech.text(reason)])
        }
    }

    func lines(_ layout: Layout) -> [String] {
        let own = Speech.text(.statusSelf, ["member": "\(user)@\(organisation)", "device": device])
        var lines = [
            Speech.text(isAdmin ? .statusAdmin : .statusNotAdmin, ["organisation": organisation]),
            Speech.text(
                .statusCoalition,
                [
                    "coalition": coalition, "organisations": Speech.count(organisations, .organisations),
                    "devices": Speech.count(devices, .devices),
                ]
            ),
            Speech.text(suite == "xwing" ? .statusPostQuantum : .statusClassical),
            relayLine,
            Speech.text(
                .statusWaiting,
                ["queued": Speech.count(queued, .messages), "unshown": Speech.count(unshown, .messages)]
            ),
            findings == 0
                ? Speech.text(.statusNoFindings)
                : Speech.text(.statusFindings, ["count": Speech.count(findings, .breaches)]),
        ]
        for failing in failing {
            lines.append(
                Speech.text(
                    .statusExecFailing,
                    ["id": failing.id, "attempts": "\(failing.attempts)", "reason": failing.reason]
                )
            )
        }
        for group in groups {
            guard let reason = group.stopped else { continue }
            lines.append(
                Speech.text(
                    .statusGroupStopped,
                    ["group": group.name, "reason": Speech.text(Sentence(verbatim: reason))]
                )
            )
        }
        if let rootKeyFile { lines.append(Speech.text(.statusRootKey, ["file": rootKeyFile])) }
        return layout.own(own, layout.bold) + layout.wrapped(lines)
    }
}
