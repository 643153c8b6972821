import Dispatch
import Foundation
import Synchronization
import Testing

@testable import Relay

/// Pages go from the log into the store's file beside the writer, and the log begins anew over what has been moved.
extension PowerCutTests {
    private static let store = "relay.sqlite"
    private static let log = "relay.sqlite-wal"

    /// A sync that fails leaves pages that no later sync writes. Were the log to begin anew over them, they would be gone.
    @Test func whenSyncsOfTheStoreFailTheLogStillHasWhatTheFileHasNot() async throws {
        let trace = try await Self.record { file, recorder in
            let store = try Self.open(file)
            recorder.mark(.opened(store.incarnation))
            for _ in 0..<4 {
                let access = try await Self.mailbox(in: store, recorder)
                recorder.failNextSync(of: Self.store)
                while !recorder.hasFailed(Self.store) { try await Self.appendTogether(4, to: store, access, recorder) }
                for _ in 0..<26 { try await Self.appendTogether(8, to: store, access, recorder) }
            }
            try store.close()
        }
        var disk = Disk()
        var marks: [Mark] = []
        var (losses, beginnings) = (0, 0)
        var hasBegunAnew = false
        for event in trace.events {
            disk.apply(event)
            switch event {
            case .mark(let mark): marks.append(mark)
            case .loss: losses += 1
            case .write(Self.log, 0, _): hasBegunAnew = true
            case .sync(Self.log) where hasBegunAnew:
                // From here on the disk has no longer what the log had.
                try await Self.check(disk.contents(), marks, "begun anew \(beginnings) times")
                if losses > 0 { beginnings += 1 }
                hasBegunAnew = false
            default: break
            }
        }
        try await Self.check(disk.contents(), marks, "closed")
        #expect(losses == 4)
        #expect(beginnings > 0)
    }

    @Test func appendsAreAcknowledgedWhilePagesAreOnTheirWayIntoTheStore() async throws {
        let trace = try await Self.record { file, recorder in
            // So long that nothing is on its way before the gate is there.
            let store = try Self.open(file, logLength: 2 << 20)
            let access = try await Self.mailbox(in: store, recorder)
            let gate = Gate()
            recorder.onWrite { file, _ in if file == Self.store { gate.pass() } }
            while !gate.isReached { try await Self.append(to: store, access, recorder) }
            for _ in 0..<100 { try await Self.append(to: store, access, recorder) }
            #expect(!gate.isOpen, "an append waited for a page")
            gate.open()
            try store.close()
        }
        #expect(trace.events.contains { if case .write(Self.store, _, _) = $0 { true } else { false } })
    }
}

/// Holds those who come to it until it is opened, or they have waited for very long.
private final class Gate: Sendable {
    private let reached = Atomic(false)
    private let opened = Atomic(false)
    private let semaphore = DispatchSemaphore(value: 0)

    var isReached: Bool { reached.load(ordering: .acquiring) }
    var isOpen: Bool { opened.load(ordering: .acquiring) }

    func pass() {
        reached.store(true, ordering: .releasing)
        guard !isOpen else { return }
        if semaphore.wait(timeout: .now() + 20) == .timedOut { open() }
        semaphore.signal()
    }

    func open() {
        opened.store(true, ordering: .releasing)
        semaphore.signal()
    }
}
