internal import CPostgreSQL
internal import Glibc

/// A statement and its parameters, `$1` and so on.
struct PostgreSQLStatement {
    let sql: String
    let values: [PostgreSQLValue]

    init(_ sql: String, _ values: [PostgreSQLValue] = []) {
        self.sql = sql
        self.values = values
    }
}

/// One connection to PostgreSQL, by libpq. Its methods block: it belongs to one dispatch queue, never to a thread on
/// which others run.
final class PostgreSQLConnection {
    private let handle: OpaquePointer
    private var breakable: PostgreSQLSocket?
    /// Names under which statements have been prepared, by their SQL.
    private var prepared: [String: String] = [:]
    /// Warnings that the server has sent.
    private var warnings = 0

    /// Connects, or fails in the address's `connect_timeout`.
    /// - Parameter sockets: of the store that it belongs to, if there is one, which can break it from then on.
    init(_ address: PostgreSQLAddress, among sockets: PostgreSQLSockets? = nil) throws(PostgreSQLError) {
        let parameters = address.parameters
        var keywords = parameters.map { UnsafePointer(strdup($0.keyword)) } + [nil]
        var values = parameters.map { UnsafePointer(strdup($0.value)) } + [nil]
        defer {
            for string in keywords + values { free(UnsafeMutableRawPointer(mutating: string)) }
        }
        guard let handle = PQconnectdbParams(&keywords, &values, 1) else { throw .unreachable("out of memory") }
        self.handle = handle
        guard PQstatus(handle) == CONNECTION_OK else {
            // `deinit` closes it: the object is complete.
            throw .unreachable(Self.firstLine(PQerrorMessage(handle)))
        }
        if let sockets {
            breakable = PostgreSQLSocket(PQsocket(handle), among: sockets)
            guard breakable != nil else { throw .unreachable("the store is closed") }
        }
        // What the server says beside its answers is for nobody's log, because it may quote rows.
        _ = PQsetNoticeReceiver(
            handle,
            { connection, result in
                guard let connection, PostgreSQLConnection.field(.severity, of: result) == "WARNING"
                else { return }
                Unmanaged<PostgreSQLConnection>.fromOpaque(connection).takeUnretainedValue().warnings += 1
            },
            Unmanaged.passUnretained(self).toOpaque()
        )
    }

    deinit {
        PQfinish(handle)
    }

    var isBroken: Bool { PQstatus(handle) == CONNECTION_BAD }

    // MARK: Statements

    /// Runs statements without parameters, separated by semicolons.
    func run(script: String) throws(PostgreSQLError) {
        let result = PQexec(handle, script)
        defer { PQclear(result) }
        try check(result)
    }

    @discardableResult
    func execute(_ sql: String, _ values: [PostgreSQLValue] = []) throws(PostgreSQLError) -> [PostgreSQLRow] {
        try execute([PostgreSQLStatement(sql, values)])[0]
    }

    /// Sends statements together, and waits once for all their results. Unless they begin a transaction, they are one.
    /// - Returns: the rows of each.
    /// - Throws: what the first that failed says; those behind it were not run.
    @discardableResult
    func execute(_ statements: [PostgreSQLStatement]) throws(PostgreSQLError) -> [[PostgreSQLRow]] {
        for statement in statements { try prepare(statement) }
        guard PQenterPipelineMode(handle) == 1 else { throw .lost }
        // Refused when results are still to come, and they are not: then the connection is broken.
        defer { PQexitPipelineMode(handle) }
        for statement in statements { try send(statement) }
        guard PQpipelineSync(handle) == 1 else { throw .lost }

        var rows: [[PostgreSQLRow]] = []
        var failure: PostgreSQLError?
        for _ in statements {
            while let result = PQgetResult(handle) {
                defer { PQclear(result) }
                do {
                    try check(result)
                    rows.append(Self.rows(of: result))
                } catch {
                    failure = failure ?? error
                }
            }
        }
        guard let sync = PQgetResult(handle), PQresultStatus(sync) == PGRES_PIPELINE_SYNC else { throw .lost }
        PQclear(sync)
        if let failure { throw failure }
        guard rows.count == statements.count else { throw .lost }
        return rows
    }

    private func prepare(_ statement: PostgreSQLStatement) throws(PostgreSQLError) {
        guard prepared[statement.sql] == nil else { return }
        let name = "s\(prepared.count)"
        let types = statement.values.map(\.typeNumber)
        let result = PQprepare(handle, name, statement.sql, Int32(types.count), types)
        defer { PQclear(result) }
        try check(result)
        prepared[statement.sql] = name
    }

    private func send(_ statement: PostgreSQLStatement) throws(PostgreSQLError) {
        var bytes: [UInt8] = []
        var starts: [Int] = []
        for value in statement.values {
            starts.append(bytes.count)
            value.encode(to: &bytes)
        }
        let lengths = zip(starts, starts.dropFirst() + [bytes.count]).map { Int32($1 - $0) }
        // libpq takes a null pointer for NULL: an empty value needs an address too.
        bytes.append(0)
        let formats = [Int32](repeating: 1, count: statement.values.count)
        let isSent = bytes.withUnsafeBytes { bytes in
            let pointers = starts.map { bytes.baseAddress?.advanced(by: $0).assumingMemoryBound(to: CChar.self) }
            return PQsendQueryPrepared(
                handle,
                prepared[statement.sql],
                Int32(starts.count),
                pointers,
                lengths,
                formats,
                1
            ) == 1
        }
        guard isSent else { throw .lost }
    }

    private func check(_ result: OpaquePointer?) throws(PostgreSQLError) {
        switch PQresultStatus(result) {
        case PGRES_COMMAND_OK, PGRES_TUPLES_OK: return
        // Behind a statement that failed; what that one said is thrown.
        case PGRES_PIPELINE_ABORTED: throw .lost
        default:
            guard !isBroken, let state = Self.field(.state, of: result) else { throw .lost }
            throw .refused(state)
        }
    }

    private static func rows(of result: OpaquePointer) -> [PostgreSQLRow] {
        let columns = PQnfields(result)
        return (0..<PQntuples(result))
            .map { row in
                PostgreSQLRow(
                    columns: (0..<columns)
                        .map { column in
                            guard PQgetisnull(result, row, column) == 0 else { return nil }
                            let length = Int(PQgetlength(result, row, column))
                            return Array(UnsafeRawBufferPointer(start: PQgetvalue(result, row, column), count: length))
                        }
                )
            }
    }

    // MARK: Transactions

    /// Runs a transaction. What the body throws undoes it.
    func transaction<Value>(_ body: () throws -> Value) throws -> Value {
        try undoingOnError {
            try execute("BEGIN")
            let value = try body()
            try commit([])
            return value
        }
    }

    /// Undoes the transaction that the body has begun when it throws.
    func undoingOnError<Value>(_ body: () throws -> Value) throws -> Value {
        do {
            return try body()
        } catch {
            // When it fails, the connection is broken, and so the transaction undone.
            if !isBroken { _ = try? execute("ROLLBACK") }
            throw error
        }
    }

    /// Runs the last statements of a transaction and commits it, in one exchange.
    func commit(_ statements: [PostgreSQLStatement]) throws(PostgreSQLError) {
        let before = warnings
        try execute(statements + [PostgreSQLStatement("COMMIT")])
        // To PostgreSQL it is no error that a wait for replicas was cut short.
        guard warnings == before else { throw .unconfirmed }
    }

    // MARK: Notifications

    /// The socket, which is readable when notifications have come.
    var socket: Int32 { PQsocket(handle) }

    /// The payloads of the notifications that have come.
    func takeNotifications() throws(PostgreSQLError) -> [String] {
        guard PQconsumeInput(handle) == 1 else { throw .lost }
        var payloads: [String] = []
        while let notification = PQnotifies(handle) {
            payloads.append(String(cString: notification.pointee.extra))
            PQfreemem(notification)
        }
        return payloads
    }

    /// Fields of an error or a notice; libpq names them by macros that Swift does not see.
    private enum Field: Unicode.Scalar {
        /// `PG_DIAG_SEVERITY_NONLOCALIZED`
        case severity = "V"
        /// `PG_DIAG_SQLSTATE`
        case state = "C"
    }

    private static func field(_ field: Field, of result: OpaquePointer?) -> String? {
        PQresultErrorField(result, Int32(field.rawValue.value)).map { String(cString: $0) }
    }

    private static func firstLine(_ message: UnsafeMutablePointer<CChar>?) -> String {
        guard let message else { return "" }
        return String(cString: message).split(separator: "\n").first.map(String.init) ?? ""
    }
}
