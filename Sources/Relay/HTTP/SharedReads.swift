internal import RelayAPI
internal import Synchronization

/// Reads that many subscribers of a mailbox want at the same moment, because an entry has woken them all: made once for all who
/// show the same capability and have read as far.
final class SharedReads: Sendable {
    typealias Answer = Result<ReadResponse, Problem>
    typealias Taker = @Sendable (Answer) -> Void

    private struct Key: Hashable {
        let query: ReadQuery
        let generation: UInt64
    }

    private enum Read {
        /// With those who wait for it.
        case underWay([Taker])
        case done(Answer)

        /// Has a taker wait, unless the answer is there.
        /// - Returns: whether the read is to be begun; or its answer.
        mutating func join(_ take: @escaping Taker) -> (begins: Bool, answer: Answer?) {
            switch self {
            case .underWay(var takers):
                // Given up first, so that the takers have one owner and are not copied.
                self = .underWay([])
                takers.append(take)
                self = .underWay(takers)
                return (takers.count == 1, nil)
            case .done(let answer):
                return (false, answer)
            }
        }
    }

    /// How long an answer serves others. What is deleted or revoked meanwhile is seen by who asked as if a moment before.
    private static let lifetime = Duration.milliseconds(50)

    private let reads = Mutex<[Key: Read]>([:])

    /// - Parameter take: called once, from any thread, maybe before this returns: it must not block.
    func read(_ query: ReadQuery, from store: any EntrySource, _ take: @escaping Taker) {
        guard let generation = store.notifications.sharedGeneration(of: query.access.mailbox) else {
            return store.read(query, take)
        }
        let key = Key(query: query, generation: generation)
        let (begins, answer) = reads.withLock { $0[key, default: .underWay([])].join(take) }
        if begins { begin(key, store) }
        if let answer { take(answer) }
    }

    private func begin(_ key: Key, _ store: any EntrySource) {
        Task {
            let answer = await store.answer(to: key.query)
            let takers: [Taker] = reads.withLock { reads in
                defer { reads[key] = .done(answer) }
                guard case .underWay(let takers) = reads[key] else { return [] }
                return takers
            }
            for take in takers { take(answer) }
            try? await Task.sleep(for: Self.lifetime)
            reads.withLock { $0[key] = nil }
        }
    }
}

extension EntrySource {
    /// - Parameter take: called once, from any thread: it must not block.
    func read(_ query: ReadQuery, _ take: @escaping SharedReads.Taker) {
        Task { take(await answer(to: query)) }
    }

    /// A refusal is an answer too.
    func answer(to query: ReadQuery) async -> SharedReads.Answer {
        do throws(Problem) {
            return .success(try await read(query))
        } catch {
            return .failure(error)
        }
    }
}
