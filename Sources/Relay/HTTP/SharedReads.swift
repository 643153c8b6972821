internal import RelayAPI
internal import Synchronization

/// Reads that many subscribers of a mailbox want at the same moment, because an entry has woken them all: made once for all who
/// show the same capability and have read as far.
final class SharedReads: Sendable {
    typealias Answer = Result<ReadResponse, Problem>

    private struct Key: Hashable {
        let query: ReadQuery
        let generation: UInt64
    }

    /// How long an answer serves others. What is deleted or revoked meanwhile is seen by who asked as if a moment before.
    private static let lifetime = Duration.milliseconds(50)

    private let reads = Mutex<[Key: Task<Answer, Never>]>([:])

    func read(_ query: ReadQuery, from store: any MailboxStore) async -> Answer {
        guard let generation = store.notifications.sharedGeneration(of: query.access.mailbox) else {
            return await store.answer(to: query)
        }
        return await task(for: Key(query: query, generation: generation), store).value
    }

    /// How many are kept at this moment.
    var count: Int { reads.withLock { $0.count } }

    private func task(for key: Key, _ store: any MailboxStore) -> Task<Answer, Never> {
        reads.withLock { reads in
            if let read = reads[key] { return read }
            let read = Task { await store.answer(to: key.query) }
            reads[key] = read
            Task {
                _ = await read.value
                try? await Task.sleep(for: Self.lifetime)
                forget(key)
            }
            return read
        }
    }

    private func forget(_ key: Key) {
        reads.withLock { $0[key] = nil }
    }
}

extension MailboxStore {
    /// A refusal is an answer too.
    fileprivate func answer(to query: ReadQuery) async -> SharedReads.Answer {
        do throws(Problem) {
            return .success(try await read(query))
        } catch {
            return .failure(error)
        }
    }
}
