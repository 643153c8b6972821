internal import FoundationEssentials
internal import GRDB
internal import Synchronization

/// Puts the pages of the log into the store's file ("checkpoints"), and lets SQLite begin the log anew behind them.
///
/// SQLite does it by itself in the commit that makes the log too long, and everybody then waits for thousands of pages and two
/// fdatasyncs. Here they go on a connection of its own, beside the writer, which goes on meanwhile. Only what the writer has
/// added by the end, some hundred pages, is left to the writer, between two commits: the log begins anew only when
/// all of it has been moved.
///
/// The log begins anew over frames whose pages must be in the file for certain. SQLite notes a page as moved before the file
/// is synchronised, unless it moves all there are; and Linux tells that writing back has failed once to each open file,
/// with the pages then taken for written. A sync that fails and is repeated would so succeed over pages that
/// are not on disk. Therefore every failure, on whichever connection, has all pages of the log moved again
/// (`StoreFile.forgetMovedPages`), and nothing else is moved before that. Nothing that was committed depends on this:
/// it stays in the log, which grows.
final class LogCheckpoints: Sendable {
    private enum Phase: Equatable {
        /// Nothing to do before the log has so many frames.
        case waiting(frames: Int)
        /// Pages are being moved beside the writer.
        case moving
        /// The rest is for the writer to move.
        case ending
    }

    private struct State {
        var phase: Phase
        /// How many frames the log has.
        var frames = 0
        /// A checkpoint has failed, of this process or of one before it, and moved pages have not been forgotten yet.
        var isInDoubt = true
    }

    private let connection: DatabaseQueue
    private let state: Mutex<State>
    /// With so many frames the log's pages go into the file.
    private let frames: Int
    /// After so many more they are tried again, when a reader or another process was in the way, or there was no room.
    private var retry: Int { frames / 8 }
    /// So many frames may be left to the writer.
    private let rest: Int

    /// Each time fewer pages are left: those that came during the last.
    private static let mostPasses = 3

    /// - Parameter configuration: as the store's own connections have it.
    init(of log: LogFile, store file: URL, configuration: Configuration) throws {
        var configuration = configuration
        configuration.label = "log"
        connection = try DatabaseQueue(path: file.path, configuration: configuration)
        frames = log.checkpointFrames
        rest = frames / 32
        state = Mutex(State(phase: .waiting(frames: frames)))
    }

    func close() throws {
        // The last to close moves what is left.
        try? connection.writeWithoutTransaction { try resolveDoubt($0) }
        try connection.close()
    }

    /// Sees to the log after a commit.
    /// - Parameters:
    ///   - db: the connection that writes, outside a transaction.
    ///   - frames: how many the log has with the commit.
    func noteCommit(_ db: Database, frames: Int) {
        let due = state.withLock { state -> Phase? in
            // It has begun anew.
            if frames < state.frames { state.phase = .waiting(frames: self.frames) }
            state.frames = frames
            switch state.phase {
            case .waiting(let awaited) where frames >= awaited: state.phase = .moving
            case .ending: break
            case .waiting, .moving: return nil
            }
            return state.phase
        }
        switch due {
        case .moving: connection.asyncWriteWithoutTransaction { [self] in moveMost($0) }
        case .ending: moveRest(db)
        case .waiting, nil: break
        }
    }

    /// Sees to the log after a commit that has failed, for want of room perhaps: a log whose pages have all been moved begins
    /// anew, and needs none.
    func noteFailedCommit() {
        let isDue = state.withLock { state in
            guard case .waiting = state.phase else { return false }
            state.phase = .moving
            return true
        }
        if isDue { connection.asyncWriteWithoutTransaction { [self] in moveMost($0) } }
    }

    /// Moves nearly all that readers let be moved, and then does what needs it moved, while nothing is being moved here.
    /// - Parameter body: what it throws may be that of a checkpoint of its own.
    func run<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws -> Value {
        try await connection.writeWithoutTransaction { [self] db in
            // A failure here is not reported: `body` meets the same one.
            _ = moveNearlyAll(db)
            try resolveDoubt(db)
            do {
                return try body()
            } catch {
                noteFailure(error)
                try? resolveDoubt(db)
                throw error
            }
        }
    }

    // MARK: Beside the writer

    private func moveMost(_ db: Database) {
        let isNearlyDone = moveNearlyAll(db)
        state.withLock { state in
            guard state.phase == .moving else { return }
            state.phase = isNearlyDone ? .ending : .waiting(frames: state.frames + retry)
        }
    }

    /// - Returns: false when a reader or another process was in the way, or there was no room.
    private func moveNearlyAll(_ db: Database) -> Bool {
        for _ in 0..<Self.mostPasses {
            guard let (known, moved) = try? move(db), known - moved <= rest else { return false }
            if state.withLock({ $0.frames }) - moved <= rest { break }
        }
        return true
    }

    /// - Returns: how many frames the log had, and how many of them have been moved.
    private func move(_ db: Database) throws -> (known: Int, moved: Int) {
        try resolveDoubt(db)
        do {
            let (known, moved) = try db.checkpoint(.passive)
            // SQLite leaves that to whoever moves the last page: here, to the writer.
            try StoreFile(db).synchronize()
            return (known, moved)
        } catch {
            noteFailure(error)
            try resolveDoubt(db)
            throw error
        }
    }

    /// What could have been a sync that failed. Where the disk has no room for a page, that is known before.
    private func noteFailure(_ error: any Error) {
        guard let error = error as? DatabaseError, error.resultCode == .SQLITE_IOERR else { return }
        state.withLock { state in
            state.isInDoubt = true
            state.phase = .waiting(frames: state.frames + frames)
        }
    }

    private func resolveDoubt(_ db: Database) throws {
        guard state.withLock({ $0.isInDoubt }) else { return }
        try StoreFile(db).forgetMovedPages()
        state.withLock { $0.isInDoubt = false }
    }

    // MARK: By the writer

    private func moveRest(_ db: Database) {
        // Whoever reads for longer keeps the log from beginning anew: soon again, and then perhaps not soon.
        state.withLock { $0.phase = .waiting(frames: $0.frames + rest) }
        do {
            _ = try db.waitingBriefly { try db.checkpoint(.restart) }
        } catch {
            noteFailure(error)
            connection.asyncWriteWithoutTransaction { [self] in try? resolveDoubt($0) }
        }
    }
}

extension Database {
    /// Does what waits for those who read the log. Whoever reads for long, as a backup does, must not hold the writer.
    func waitingBriefly<Value>(_ body: () throws -> Value) throws -> Value {
        let patience = try Int.fetchOne(self, sql: "PRAGMA busy_timeout") ?? 0
        // In milliseconds.
        try execute(sql: "PRAGMA busy_timeout = 5")
        defer { try? execute(sql: "PRAGMA busy_timeout = \(patience)") }
        return try body()
    }
}
