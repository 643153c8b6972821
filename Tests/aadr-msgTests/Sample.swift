import Coalition
import MemberClient

@testable import aadr_msg

/// One record of each kind, with and without what is optional.
enum Sample {
    static let id = "00112233445566778899aabbccddeeff"
    static let time: UInt64 = 1_795_474_510

    static let records: [(definition: String, record: any Record & Sendable)] = [
        (
            "found",
            FoundRecord(
                coalition: "التحالف \"أ\"",
                organisation: "SMEX",
                user: "nadia",
                device: "main",
                suite: "x25519",
                rootKeyFile: "/h/organisation-root.key"
            )
        ),
        (
            "found",
            FoundRecord(
                coalition: "C",
                organisation: "SMEX",
                user: "nadia",
                device: "main",
                suite: "x25519",
                rootKeyFile: nil
            )
        ),
        (
            "invite",
            InvitationRecord(invitation: "aadr-invitation-1.Ab_-9", organisation: "JOSA", user: "issa", expires: time)
        ),
        ("join-code", CodeRecord(code: "7KQ2-M4XD-91TA")),
        (
            "join",
            JoinedRecord(organisation: "JOSA", user: "issa", device: "main", rootKeyFile: "/h/organisation-root.key")
        ),
        ("join", JoinedRecord(organisation: "JOSA", user: "issa", device: "main", rootKeyFile: nil)),
        (
            "requests",
            RequestRecord(
                request: "3f2a90c144d05e17",
                organisation: "JOSA",
                user: "issa",
                device: "main",
                fingerprint: "abcd ef01",
                expires: time,
                isNewOrganisation: true
            )
        ),
        ("approve", AdmittedRecord(organisation: "JOSA", user: "issa", device: "main", isVerified: true)),
        ("approve", AdmittedRecord(organisation: "JOSA", user: "issa", device: "main", isVerified: false)),
        ("deny", DeniedRecord(request: "3f2a90c144d05e17")),
        ("members", member(.active)),
        ("members", member(.idle)),
        ("members", member(.revoked)),
        ("send", SentRecord(id: id, to: "coalition", state: .queued)),
        ("send", SentRecord(id: id, to: "issa@JOSA", state: .relayed)),
        ("send", SentRecord(id: id, to: "coalition", state: .acknowledged, missing: ["JOSA"])),
        (
            "alert-list",
            AlertRecord(id: id, from: "a@B", to: ["coalition"], state: .cancelled, by: id, alert: alert)
        ),
        (
            "alert-status",
            ReachRecord(organisation: "JOSA", isRelayed: true, delivered: nil, read: nil, acknowledgements: [])
        ),
        (
            "alert-status",
            ReachRecord(
                organisation: "JOSA",
                isRelayed: true,
                delivered: time,
                read: time,
                acknowledgements: [
                    .init(by: "issa@JOSA", at: time, text: "معكم"), .init(by: "a@JOSA", at: time, text: nil),
                ]
            )
        ),
        ("alert-refused", DocumentRefusal.document(.xml(.syntax(line: 3)))),
        ("alert-refused", DocumentRefusal.messageType(.acknowledgement)),
        ("recv", message(text: "تم توقيف مدوّن\n\u{1B}[31m\u{202E}")),
        ("recv", message(text: nil, kind: "tomorrow", references: [id])),
        ("recv", message(text: nil, kind: "alert", alert: alert)),
        ("recv", message(text: nil, kind: "file", file: alert)),
        ("status", status(.reachable, stopped: nil)),
        ("status", status(.unavailable("the disk is full"), stopped: nil)),
        ("status", status(.unreachable("connection refused"), stopped: "left behind")),
        ("settings", SettingsRecord(confirmsReading: true)),
        ("settings", SettingsRecord(confirmsReading: false)),
        ("passphrase", OpensRecord(method: "passphrase")),
        ("passphrase", OpensRecord(method: "key-file")),
    ]

    static let alert: JSONObject = {
        var object = JSONObject()
        object.set("headline", to: .string("\u{1B}]0;x\u{7}"))
        object.set("count", to: .number("1e30"))
        return object
    }()

    static func member(_ state: MemberRecord.State) -> MemberRecord {
        MemberRecord(
            organisation: "7amleh",
            user: "layan",
            device: "main",
            state: state,
            isVerified: false,
            isSelf: false
        )
    }

    static func message(
        text: String?,
        kind: String = "text",
        references: [String] = [],
        verified: Bool = true,
        delay: UInt64 = 2,
        alert: JSONObject? = nil,
        file: JSONObject? = nil
    ) -> MessageRecord {
        MessageRecord(
            id: id,
            kind: kind,
            from: "haidar@INSM",
            device: "main",
            to: "coalition",
            sent: time,
            received: time + delay,
            text: text,
            alert: alert,
            file: file,
            references: references,
            isVerified: verified
        )
    }

    static func status(_ relay: StatusRecord.Relay, stopped: String?) -> StatusRecord {
        StatusRecord(
            organisation: "SMEX",
            user: "nadia",
            device: "main",
            coalition: "C",
            suite: "x25519",
            isAdmin: true,
            organisations: 5,
            devices: 7,
            groups: [.init(kind: "coalition", name: "coalition", epoch: 9, members: 7, stopped: stopped)],
            queued: 1,
            unshown: 2,
            failing: stopped == nil
                ? [] : [.init(id: id, attempts: 3, reason: Hook.Failure.exit(2).description, next: time)],
            findings: 3,
            relay: relay,
            rootKeyFile: stopped.map { "/\($0)" }
        )
    }
}
