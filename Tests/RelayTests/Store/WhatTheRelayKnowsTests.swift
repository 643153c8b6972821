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
            let columns =
                try connection.execute(
                    "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = 'public'"
                )
                .map { Column(table: $0.text(0), column: $0.text(1)) }
            #expect(try Self.listed(for: "PostgreSQL") == Set(columns))
        }
    }

    @Test func thePageListsEveryLineThatAServingRelayLogs() throws {
        let calls = /(?:Output\.(?:line|complain)|logger\??\.\w+)\(\s*"((?:[^"\\]|\\.)*)"/
        var lines: Set<String> = []
        for file in try Self.sources() where file.path.contains("/Relay/") || file.lastPathComponent == "Serve.swift" {
            for call in try String(contentsOf: file, encoding: .utf8).matches(of: calls) {
                lines.insert(String(call.output.1).replacing(/\\\([^)]*\)/, with: "…"))
            }
        }
        #expect(lines.contains("listening on …"))
        #expect(try Self.firstCells(under: "## Log lines") == lines)
    }

    @Test func thePageListsEveryMetric() throws {
        var metrics: Set<String> = []
        for file in try Self.sources() {
            let names = try String(contentsOf: file, encoding: .utf8).matches(of: /"(aadr_relay_\w+)"/)
            metrics.formUnion(names.map { String($0.output.1) })
        }
        #expect(try Self.firstCells(under: "## Metrics") == metrics)
    }

    private static func sources() throws -> [URL] {
        let folder = root.appending(path: "Sources")
        let files = try #require(FileManager.default.enumerator(at: folder, includingPropertiesForKeys: nil))
        return files.compactMap { $0 as? URL }.filter { $0.pathExtension == "swift" }
    }

    /// The first cells of the table in a section, without its head; none where there is no such section.
    private static func firstCells(under heading: String) throws -> Set<String> {
        let page = try page()
        guard let section = page.firstRange(of: heading + "\n") else { return [] }
        let text = page[section.upperBound...]
        let rows = text[..<(text.firstRange(of: "\n## ")?.lowerBound ?? text.endIndex)].split(separator: "\n")
            .filter { $0.hasPrefix("| ") }
        return Set(rows.dropFirst().map { $0.dropFirst(2).prefix { $0 != "|" }.trimmingCharacters(in: [" ", "`"]) })
    }

    /// The rows of the page's table of columns that are about this store or both.
    private static func listed(for store: String) throws -> Set<Column> {
        let row = /^\| `(\w+)` \| `(\w+)` \| (both|SQLite|PostgreSQL) \|/.anchorsMatchLineEndings()
        let rows = try page().matches(of: row)
            .filter { $0.output.3 == "both" || $0.output.3 == store }
            .map { Column(table: String($0.output.1), column: String($0.output.2)) }
        let unique = Set(rows)
        #expect(unique.count == rows.count, "a column stands there twice")
        return unique
    }

    private static let root = URL(filePath: #filePath).appending(path: "../../../../").standardized

    private static func page() throws -> String {
        try String(contentsOf: root.appending(path: "Docs/what-the-relay-knows.md"), encoding: .utf8)
    }
}
