internal import Synchronization

/// A word to a person who has waited for more than a second: a line on the terminal that goes away when there is something
/// to read.
struct Patience: Sendable {
    private static let isShown = Mutex(false)
    private let task: Task<Void, Never>

    /// Begins to wait; nothing is ever written where nobody is looking.
    init?(_ printer: Printer) {
        guard !printer.isJSON, printer.errors.isTerminal else { return nil }
        let errors = printer.errors
        let words = Speech.text(.oneMoment)
        task = Task {
            try? await Task.sleep(for: .seconds(1))
            Self.isShown.withLock { isShown in
                guard !Task.isCancelled, (try? errors.write(words)) != nil else { return }
                isShown = true
            }
        }
    }

    func end() {
        task.cancel()
        Self.clearLine()
    }

    /// Takes the line away, if it is there.
    static func clearLine() {
        isShown.withLock { isShown in
            if isShown { try? Stream.errors.write("\r\u{1B}[K") }
            isShown = false
        }
    }
}
