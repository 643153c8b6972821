/// What a store holds, and what is wrong with it.
public struct StoreReport: Sendable, Encodable {
    public internal(set) var tokens = 0
    public internal(set) var mailboxes = 0
    public internal(set) var epochs = 0
    public internal(set) var grants = 0
    /// Those whose bodies have gone included.
    public internal(set) var entries = 0
    public internal(set) var bodies = 0
    public internal(set) var bodyBytes = 0
    public internal(set) var blobs = 0
    public internal(set) var blobParts = 0
    /// In words, without names: rows of tables and sequence numbers. Not more than `mostFaults`.
    public internal(set) var faults: [String] = []

    /// Each count and its name.
    public var counts: [(name: String, count: Int)] {
        [
            ("tokens", tokens), ("mailboxes", mailboxes), ("epochs", epochs), ("grants", grants), ("entries", entries),
            ("bodies", bodies), ("bodyBytes", bodyBytes), ("blobs", blobs), ("blobParts", blobParts),
        ]
    }

    private static let mostFaults = 20

    mutating func noteGrants(ofMailbox mailbox: Int64, counted: Int64, present: Int64) {
        note("mailbox \(mailbox): it has \(present) grants, and counts \(counted)")
    }

    mutating func note(_ fault: String) {
        if faults.count < Self.mostFaults { faults.append(fault) }
    }
}
