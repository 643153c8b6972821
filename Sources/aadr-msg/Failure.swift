/// Why a command cannot be done, in the words of this program: what happened, whether anything was lost, what to do.
struct Failure: Error, Equatable {
    let status: ExitStatus
    let what: Phrase
    let values: [String: String]
    let lost: Phrase
    let advice: Phrase

    /// - Parameter values: for the placeholders of all three.
    init(
        _ status: ExitStatus,
        _ what: Phrase,
        _ values: [String: String] = [:],
        lost: Phrase = .nothingLost,
        advice: Phrase
    ) {
        self.status = status
        self.what = what
        self.values = values
        self.lost = lost
        self.advice = advice
    }

    /// For standard error: the first line says what happened.
    var lines: [String] {
        [
            "aadr-msg: " + Speech.text(what, values),
            "  " + Speech.text(lost, values),
            "  " + Speech.text(advice, values),
        ]
    }
}
