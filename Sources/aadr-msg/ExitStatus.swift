/// How a command ends (sysexits.h). Scripts rely on these numbers.
enum ExitStatus: Int32, CaseIterable, Sendable {
    case done = 0
    case other = 1
    case usage = 64
    case badInput = 65
    case unreachable = 69
    case internalError = 70
    case cannotWrite = 73
    case temporary = 75
    case violation = 76
    case notPermitted = 77
    case configuration = 78
}

/// A command ends with this status after it has said everything that there was to say.
struct EarlyEnd: Error {
    let status: ExitStatus
}
