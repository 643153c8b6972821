internal import Foundation

/// How much time to spend, and where to say what is going on.
struct Effort {
    /// A twentieth of the samples: to see that everything works, not to learn how fast.
    let isQuick: Bool

    func rounds(_ count: Int) -> Int {
        isQuick ? max(3, count / 20) : count
    }

    /// Progress, on standard error.
    func say(_ text: String) {
        FileHandle.standardError.write(Data("\(text) …\n".utf8))
    }
}
