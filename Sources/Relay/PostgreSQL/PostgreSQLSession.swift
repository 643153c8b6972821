internal import RelayAPI

/// A connection that is made when it is needed, and made anew when it was lost. It belongs to one dispatch queue.
final class PostgreSQLSession {
    private let address: PostgreSQLAddress
    private let sockets: PostgreSQLSockets
    private let onConnected: (PostgreSQLConnection) throws -> Void
    private var connection: PostgreSQLConnection?
    /// Before it, nobody waits for a server that did not answer a moment ago.
    private var nextAttempt = ContinuousClock.now
    private static let attemptInterval = Duration.milliseconds(250)
    /// In seconds: the most that a statement may take.
    static let statementTime = 20
    /// In seconds: the most that a request's statement waits for a row that somebody else holds. Requests for all other rows wait in
    /// line for its connection meanwhile.
    private static let rowPatience = 1
    /// In seconds: the same for who changes tables, and waits for what is under way on them.
    private static let tablePatience = 10

    /// - Parameters:
    ///   - sockets: of the store.
    ///   - onConnected: is given each new connection first, and can refuse it.
    init(
        _ address: PostgreSQLAddress,
        among sockets: PostgreSQLSockets,
        onConnected: @escaping (PostgreSQLConnection) throws -> Void
    ) {
        self.address = address
        self.sockets = sockets
        self.onConnected = onConnected
    }

    /// Gives a connection to the body, and another one, once, when the first was lost on the way or the transaction
    /// collided with another. So the body runs again where its commit may have been made and only the answer lost:
    /// it must find that out by itself. Once the store closes, nothing is begun any more.
    func perform<Value>(_ body: (PostgreSQLConnection) throws -> Value) throws -> Value {
        do {
            return try attempt(body)
        } catch let error as PostgreSQLError where error.isWorthAnotherTry && !sockets.isClosed {
            return try attempt(body)
        }
    }

    func close() {
        connection = nil
    }

    private func attempt<Value>(_ body: (PostgreSQLConnection) throws -> Value) throws -> Value {
        guard !sockets.isClosed else { throw PostgreSQLError.unreachable("the store is closed") }
        let connection = try connected()
        do {
            return try body(connection)
        } catch {
            let isUseless = (error as? PostgreSQLError)?.isConnectionUseless ?? false
            if isUseless || connection.isBroken { close() }
            throw error
        }
    }

    private func connected() throws -> PostgreSQLConnection {
        if let connection { return connection }
        guard nextAttempt <= .now else { throw PostgreSQLError.unreachable("PostgreSQL did not answer") }
        do {
            let connection = try PostgreSQLConnection(address, among: sockets)
            try Self.setUp(connection, patience: Self.rowPatience)
            try PostgreSQLSchema.check(connection)
            try onConnected(connection)
            self.connection = connection
            return connection
        } catch {
            nextAttempt = .now + Self.attemptInterval
            throw error
        }
    }

    /// Makes the store where there is none, and brings its tables up to this version's.
    static func migrate(_ address: PostgreSQLAddress, onConnected: (PostgreSQLConnection) throws -> Void) throws {
        let connection = try PostgreSQLConnection(address)
        try setUp(connection, patience: tablePatience)
        try PostgreSQLSchema.migrate(connection)
        try onConnected(connection)
    }

    /// Gives the next statements of a transaction so many seconds, each.
    static func limit(_ seconds: Int) -> PostgreSQLStatement {
        PostgreSQLStatement("SET LOCAL statement_timeout = '\(seconds)s'")
    }

    private static func setUp(_ connection: PostgreSQLConnection, patience: Int) throws {
        try connection.run(
            script: """
                -- A commit is acknowledged when it is on disk, and on the replicas that the operator asks for.
                SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off';
                -- A relay that stops in the middle of something does not hold up the others.
                SET idle_in_transaction_session_timeout = '10s';
                SET lock_timeout = '\(patience)s';
                SET statement_timeout = '\(statementTime)s';
                -- All rows are found by an index, and so the best plan is always the same.
                SET enable_seqscan = off;
                SET enable_hashjoin = off;
                SET enable_mergejoin = off;
                SET jit = off;
                SET plan_cache_mode = force_generic_plan;
                SET default_transaction_isolation = 'read committed';
                """
        )
        let settings = try connection.execute(
            "SELECT current_setting('fsync'), current_setting('synchronous_commit')"
        )
        guard let settings = settings.first, settings.text(0) == "on", settings.text(1) != "off" else {
            throw StoreFault.notDurable
        }
    }
}
