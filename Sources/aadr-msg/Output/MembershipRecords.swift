internal import Coalition

/// `found`: the coalition and who one is in it.
struct FoundRecord: Record {
    let coalition: String
    let organisation: String
    let user: String
    let device: String
    let suite: String
    let rootKeyFile: String?

    var json: JSONObject {
        var object = JSONObject()
        object.add("coalition", coalition)
        object.add("org", organisation)
        object.add("user", user)
        object.add("device", device)
        object.add("suite", suite)
        object.add("rootKeyFile", rootKeyFile)
        return object
    }

    func lines(_ layout: Layout) -> [String] {
        layout.wrapped([
            Speech.text(
                .founded,
                ["coalition": coalition, "member": "\(user)@\(organisation)", "device": device]
            )
        ])
    }
}

/// `invite`: for people the invitation alone, so that a script can hand it on.
struct InvitationRecord: Record {
    let invitation: String
    let organisation: String
    let user: String
    let expires: UInt64

    var json: JSONObject {
        var object = JSONObject()
        object.add("invitation", invitation)
        object.add("org", organisation)
        object.add("user", user)
        object.add("expires", time: expires)
        return object
    }

    func lines(_ layout: Layout) -> [String] { [invitation] }
}

/// `join`, at once: the code that the joiner reads to the admin. The same in every language.
struct CodeRecord: Record {
    let code: String

    var json: JSONObject {
        var object = JSONObject()
        object.add("code", code)
        return object
    }

    func lines(_ layout: Layout) -> [String] { ["code: " + code] }
}

/// `join`, when the admin has approved.
struct JoinedRecord: Record {
    let organisation: String
    let user: String
    let device: String
    let rootKeyFile: String?

    var json: JSONObject {
        var object = JSONObject()
        object.add("org", organisation)
        object.add("user", user)
        object.add("device", device)
        object.add("rootKeyFile", rootKeyFile)
        return object
    }

    func lines(_ layout: Layout) -> [String] {
        layout.wrapped([Speech.text(.joined, ["member": "\(user)@\(organisation)", "device": device])])
    }
}

/// `requests`: who asks to be admitted. Never the code: only the joiner's voice brings it.
struct RequestRecord: Record {
    let request: String
    let organisation: String
    let user: String
    let device: String
    let fingerprint: String
    let expires: UInt64
    let isNewOrganisation: Bool

    var json: JSONObject {
        var object = JSONObject()
        object.add("request", request)
        object.add("org", organisation)
        object.add("user", user)
        object.add("device", device)
        object.add("fingerprint", fingerprint)
        object.add("expires", time: expires)
        object.add("newOrganisation", isNewOrganisation)
        return object
    }

    func lines(_ layout: Layout) -> [String] {
        // The id stands alone in its line, where a double click takes it and nothing else.
        [layout.bold(SafeText.lines(request).joined())]
            + layout.wrapped([
                "    "
                    + Speech.text(
                        isNewOrganisation ? .requestOfOrganisation : .requestOfColleague,
                        ["member": "\(user)@\(organisation)", "organisation": organisation, "device": device]
                    ),
                "    " + Speech.text(.requestFingerprint, ["fingerprint": fingerprint]),
                "    " + Speech.text(.requestExpires, ["time": Timestamp.local(expires)]),
            ])
    }
}

/// `approve`: a device that is a member now.
struct AdmittedRecord: Record {
    let organisation: String
    let user: String
    let device: String
    /// Whether the code was compared.
    let isVerified: Bool

    var json: JSONObject {
        var object = JSONObject()
        object.add("org", organisation)
        object.add("user", user)
        object.add("device", device)
        object.add("verified", isVerified)
        return object
    }

    func lines(_ layout: Layout) -> [String] {
        layout.wrapped([
            Speech.text(
                isVerified ? .admitted : .admittedUnverified,
                ["member": "\(user)@\(organisation)", "device": device]
            )
        ])
    }
}

/// `deny`.
struct DeniedRecord: Record {
    let request: String

    var json: JSONObject {
        var object = JSONObject()
        object.add("request", request)
        object.add("state", "denied")
        return object
    }

    func lines(_ layout: Layout) -> [String] { layout.wrapped([Speech.text(.denied, ["request": request])]) }
}

/// `members`: one device.
struct MemberRecord: Record {
    enum State: String, CaseIterable { case active, idle, revoked }

    let organisation: String
    let user: String
    let device: String
    let state: State
    let isVerified: Bool
    let isSelf: Bool
    /// Columns that the names of all devices shown with this one take.
    var column = 0

    var name: String { "\(user)@\(organisation)/\(device)" }

    var json: JSONObject {
        var object = JSONObject()
        object.add("org", organisation)
        object.add("user", user)
        object.add("device", device)
        object.add("state", state.rawValue)
        object.add("verified", isVerified)
        object.add("self", isSelf)
        return object
    }

    func lines(_ layout: Layout) -> [String] {
        let widest = State.allCases.flatMap { state in
            Self.standings.map { DisplayWidth.width(Self.words(state, $0)) }
        }
        return layout.row(
            name,
            Self.words(state, isSelf ? .thisDevice : isVerified ? .verified : .notVerified),
            column: column,
            widest: widest.max() ?? 0,
            layout.plain
        )
    }

    private static let standings: [Phrase] = [.thisDevice, .verified, .notVerified]

    private static func words(_ state: State, _ standing: Phrase) -> String {
        let phrase: Phrase =
            switch state {
            case .active: .stateActive
            case .idle: .stateIdle
            case .revoked: .stateRevoked
            }
        return Speech.text(phrase) + " · " + Speech.text(standing)
    }
}
