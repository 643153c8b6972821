import ArgumentParser
import Foundation
import NIOCore
import Relay
import RelayAPI

/// What ends the program: one line for people, and an exit status for scripts.
struct Failure: Error {
    let message: String
    let status: Int32

    static let damaged: Int32 = 65
    static let cannotRead: Int32 = 66
    static let internalError: Int32 = 70
    static let cannotWrite: Int32 = 73
    static let temporary: Int32 = 75
    static let notPermitted: Int32 = 77
    static let configuration: Int32 = 78

    init(_ message: String, status: Int32) {
        self.message = message
        self.status = status
    }

    init(_ error: any Error) {
        switch error {
        case let failure as Failure:
            self = failure
        case let error as DataDirectoryError:
            let status =
                switch error {
                case .missing, .cannotRead: Self.configuration
                case .notTheSpare: Self.notPermitted
                case .cannotWrite, .inUse: Self.cannotWrite
                }
            self.init(error.description, status: status)
        case let fault as StoreFault:
            let status =
                switch fault {
                case .newerSchema, .notDurable, .missing, .notPermitted: Self.configuration
                case .damaged, .damagedBackup: Self.damaged
                case .cannotWrite, .cannotWriteBackup, .inUse: Self.cannotWrite
                case .unreachable, .busy, .backupUnderWay, .restoreUnfinished: Self.temporary
                case .other, .refused, .unknown: Self.internalError
                }
            self.init(fault.description, status: status)
        case let error as RelayIdentityError:
            self.init(error, in: "tls.pem in the data directory")
        case let problem as Problem where problem.name == .unavailable:
            let reason = problem.detail ?? "the store cannot take this now"
            self.init("\(reason): try again when that has passed", status: Self.temporary)
        default:
            self.init("\(error)", status: Self.internalError)
        }
    }

    /// - Parameter file: that should hold the certificate or the key.
    init(_ error: RelayIdentityError, in file: String) {
        self.init("\(file): \(error)", status: Self.configuration)
    }

    static let nothingOnStandardInput = Failure(
        "there is nothing on standard input: a container gets it with -i",
        status: cannotRead
    )

    /// Runs a command; says what ended it, and ends the program with its status.
    static func reporting(_ body: () async throws -> Void) async throws {
        do {
            try await body()
        } catch let error as ValidationError {
            throw error
        } catch {
            throw Failure(error).reported
        }
    }

    /// Says it; what is returned ends the program when it is thrown.
    var reported: ExitCode {
        Output.complain(message)
        return ExitCode(status)
    }
}

/// Results go to standard output, everything else to standard error; each line at once.
enum Output {
    /// - Throws: `Failure` when it cannot be written: a result that nobody gets is none.
    static func line(_ text: String) throws {
        try write(Data((text + "\n").utf8))
    }

    /// - Throws: as `line`.
    static func write(_ result: Data) throws {
        do {
            try FileHandle.standardOutput.write(contentsOf: result)
        } catch {
            throw Failure("the result cannot be written to standard output", status: Failure.cannotWrite)
        }
    }

    static func complain(_ text: String) {
        try? FileHandle.standardError.write(contentsOf: Data("aadr-relay: \(text)\n".utf8))
    }
}
