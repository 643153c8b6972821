import Foundation
import GRDB
import RelayAPI

@testable import Relay

extension TestCoalition {
    /// The mailboxes at the relay, in the order in which they were created.
    func mailboxes() throws -> [Int64] {
        try reading { try Int64.fetchAll($0, sql: "SELECT id FROM mailbox ORDER BY id") }
    }

    /// Every row that belongs to a mailbox, each as its table and what of it is no random bytes: numbers as they are,
    /// bytes by their length. Whoever has the relay's file can make the same list.
    func storedRows(of mailbox: Int64) throws -> [String] {
        let epochs = "(SELECT id FROM epoch WHERE mailbox = \(mailbox))"
        let tables = [
            ("mailbox", "id = \(mailbox)", "next_sequence, length(mailbox_id)"),
            ("epoch", "mailbox = \(mailbox)", "number, opening, advances, length(opening_hash)"),
            ("grant", "epoch IN \(epochs)", "rights, uses_left, length(capability_hash)"),
            (
                "entry", "mailbox = \(mailbox)",
                "id & 0xffffffff, kind, length(next), last_day, (SELECT length(bytes) FROM body WHERE body.id = entry.body)"
            ),
            ("expiry", "epoch IN \(epochs)", "last_day, first_sequence"),
            ("blob", "mailbox = \(mailbox)", "parts, last_day"),
        ]
        return try reading { database in
            try tables.flatMap { table, condition, columns in
                try Row.fetchAll(database, sql: "SELECT \(columns) FROM \"\(table)\" WHERE \(condition)")
                    .map { row in "\(table) " + row.databaseValues.map(\.description).joined(separator: " ") }
                    .sorted()
            }
        }
    }

    private func reading<Value>(_ body: (Database) throws -> Value) throws -> Value {
        let queue = try DatabaseQueue(path: directory.appending(path: "relay.sqlite").path)
        defer { try? queue.close() }
        return try queue.read(body)
    }
}
