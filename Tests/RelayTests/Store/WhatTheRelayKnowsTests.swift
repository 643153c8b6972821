import Foundation
import GRDB
import Testing

@testable import Relay

/// Docs/what-the-relay-knows.md says all that there is, and nothing that there is not.
@Suite struct WhatTheRelayKnowsTests {
    /// A column, as the page names it.
    private struct Column: Hashable {
        let table: String
        let column: String
    }

    @Test func thePageListsEveryColumnOfTheSQLiteStore() async throws {
        try await StoreEngine.sqlite.withStore { test in
            let database = try DatabaseQueue(path: test.directory.appending(path: "relay.sqlite").path)
            let columns = try await database.read { database in
                try Row.fetchAll(
                    database,
                    sql: """
                        SELECT t.name AS "table", c.name AS "column" FROM sqlite_schema t, pragma_table_xinfo(t.name) c
                        WHERE t.type = 'table'
                        """
                )
                .map { Column(table: $0["table"], column: $0["column"]) }
            }
            try database.close()
            #expect(try Self.listed(for: "SQLite") == Set(columns))
        }
    }

    @Test func thePageListsEveryColumnOfThePostgreSQLStore() async throws {
        try await StoreEngine.postgreSQL.withStore { test in
            let connection = try PostgreSQLConnection(StoreEngine.database(for: test.directory))
            let columns = try connection.execute(
                "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = 'public'"
            )
            .map { Column(table: $0.text(0), column: $0.text(1)) }
            #expect(try Self.listed(for: "PostgreSQL") == Set(columns))
        }
    }

    /// The rows of the page's table of columns that are about this store or both.
    private static func listed(for store: String) throws -> Set<Column> {
        let rows = try page().matches(of: /^\| `(\w+)` \| `(\w+)` \| (both|SQLite|PostgreSQL) \|/.anchorsMatchLineEndings())
            .filter { $0.output.3 == "both" || $0.output.3 == store }
            .map { Column(table: String($0.output.1), column: String($0.output.2)) }
        let unique = Set(rows)
        #expect(unique.count == rows.count, "a column stands there twice")
        return unique
    }

    private static func page() throws -> String {
        let root = URL(filePath: #filePath).appending(path: "../../../../").standardized
        return try String(contentsOf: root.appending(path: "Docs/what-the-relay-knows.md"), encoding: .utf8)
    }
}
