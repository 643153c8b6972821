import HummingbirdTesting
import RelayAPI
import Synchronization

@testable import Relay

/// Where the relays are that run at present.
final class Relays: Sendable {
    private let connects: Mutex<[@Sendable () -> TestClient]>

    init(_ connects: [@Sendable () -> TestClient]) {
        self.connects = Mutex(connects)
    }

    func replace(_ index: Int, by connect: @escaping @Sendable () -> TestClient) {
        connects.withLock { $0[index] = connect }
    }

    func connect() -> TestClient {
        connects.withLock { $0[Int.random(in: $0.indices)] }()
    }
}

/// One client among several: asks, asks again when there is no answer, and records everything.
struct LoadClient {
    let relays: Relays
    let history: History
    private var client: TestClient

    init(_ relays: Relays, _ history: History) {
        self.relays = relays
        self.history = history
        client = relays.connect()
    }

    func end() async {
        try? await client.shutdown()
    }

    /// Appends, reads, and now and then races for the next epoch.
    mutating func writeLog(until end: ContinuousClock.Instant) async {
        while ContinuousClock.now < end {
            switch Int.random(in: 0..<100) {
            case 0..<75: await append()
            case 75..<95: await read()
            default: await advance()
            }
        }
    }

    /// Appends, reads, takes, and now and then deletes what is old.
    mutating func useInbox(until end: ContinuousClock.Instant) async {
        while ContinuousClock.now < end {
            switch Int.random(in: 0..<100) {
            case 0..<60: await append()
            case 60..<70: await read()
            case 70..<99: await take()
            default: await delete()
            }
        }
    }

    private mutating func append() async {
        let (access, number) = history.newest
        let request = AppendRequest(
            access: access,
            epoch: number,
            entryID: .random(),
            kind: .application,
            body: StoreUnderTest.body()
        )
        await add(request, id: request.entryID, to: access, isAdvance: false) { $0 }
    }

    private mutating func advance() async {
        let (access, number) = history.newest
        let next = Access(mailbox: access.mailbox, capability: .random())
        let request = AdvanceRequest(
            access: access,
            epoch: number,
            entryID: .random(),
            next: [Grant(capabilityHash: next.capability.hash, rights: .all)],
            advancesSeen: [],
            body: StoreUnderTest.body()
        )
        if await add(request, id: request.entryID, to: access, isAdvance: true, { $0 }) {
            history.record { $0.epochs.append(next) }
        }
    }

    /// - Returns: whether the relay took it.
    @discardableResult
    private mutating func add<Request: OperationRequest>(
        _ request: Request,
        id: EntryID,
        to access: Access,
        isAdvance: Bool,
        _ answer: (Request.Response) -> AppendResponse
    ) async -> Bool {
        let index = history.record { state in
            state.additions.append(
                History.Addition(
                    epoch: HashedAccess(access),
                    id: id,
                    isAdvance: isAdvance,
                    event: History.Event(started: .now)
                )
            )
            return state.additions.count - 1
        }
        let response = await ask(request).map(answer)
        history.record { state in
            state.additions[index].event.ended = .now
            state.additions[index].answer = response
            state.additions[index].isRefused = response == nil
        }
        return response != nil
    }

    private mutating func read() async {
        let (access, _) = history.newest
        let started = ContinuousClock.now
        // What there is before the last of all is not looked at now: head and its hash say all of it.
        let request = ReadRequest(access: access, incarnation: .unknown, after: .max, limit: 1)
        guard let response = await ask(request) else { return }
        let reading = History.Reading(
            epoch: HashedAccess(access),
            event: History.Event(started: started, ended: .now),
            head: response.head,
            headHash: response.headHash
        )
        history.record { $0.readings.append(reading) }
    }

    private mutating func take() async {
        do {
            let response = try await Caller(client).call(TakeRequest(access: history.newest.access))
            if let entry = response.entry { history.record { $0.taken.append(entry.entryID) } }
        } catch {
            // Not asked again: it would hand out another one.
            history.record { $0.lostTakes += 1 }
            await reconnect()
        }
    }

    private mutating func delete() async {
        // Entries of the newer half stay for the takers.
        let last = history.record { $0.readings.last?.head ?? 0 } / 2
        guard await ask(DeleteRequest(access: history.newest.access, upTo: last)) != nil else { return }
        history.record { $0.deletedTo = max($0.deletedTo, last) }
    }

    /// Asks until there is an answer, of whichever relay.
    /// - Returns: nil for a refusal.
    private mutating func ask<Request: OperationRequest>(_ request: Request) async -> Request.Response? {
        while true {
            do {
                return try await Caller(client).call(request)
            } catch let problem as Problem where problem.name != .unavailable {
                return nil
            } catch {
                await reconnect()
            }
        }
    }

    private mutating func reconnect() async {
        try? await client.shutdown()
        try? await Task.sleep(for: .milliseconds(20))
        client = relays.connect()
    }
}
