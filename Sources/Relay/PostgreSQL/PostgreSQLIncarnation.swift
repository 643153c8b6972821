internal import RelayAPI
internal import Synchronization

/// The store's incarnation, as it was on the last connection that was made. It is drawn while no relay has its listener's
/// connection, which may break alone; so that is one of those.
final class PostgreSQLIncarnation: Sendable {
    private struct State {
        var value = Incarnation.unknown
        /// How often somebody began to read it, and whose reading the value is.
        var begun = 0
        var reader = 0
    }

    private let state = Mutex(State())

    var value: Incarnation { state.withLock(\.value) }

    @Sendable func load(from connection: PostgreSQLConnection) throws {
        try update {
            guard let row = try connection.execute("SELECT incarnation FROM store WHERE id = 1").first else {
                throw StoreFault.damaged
            }
            return try row.opaque(0)
        }
    }

    /// What was read is passed over when somebody who began later is done already: it may be from before a draw, of which
    /// that one knows. Readers do not wait for each other, because the server may not answer one of them.
    func update(by read: () throws -> Incarnation) rethrows {
        let reader = state.withLock { state in
            state.begun += 1
            return state.begun
        }
        let value = try read()
        state.withLock { state in
            guard reader > state.reader else { return }
            state.value = value
            state.reader = reader
        }
    }
}
