/// What is measured does not do what it should.
enum BenchmarkError: Error {
    case unexpectedMessage
    /// Of a program.
    case unexpectedOutput(String)
}
