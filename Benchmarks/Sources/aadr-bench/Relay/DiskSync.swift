internal import Foundation
internal import Glibc

/// What a write that waits for the disk takes with nothing around it: one page, over and over in one file.
final class DiskSync {
    struct Failure: Error {
        let code: Int32
    }

    private static let pageLength = 4096

    private let file: Int32
    private let page = [UInt8](repeating: 0x5a, count: pageLength)

    init(path: String) throws(Failure) {
        file = open(path, O_CREAT | O_RDWR | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw Failure(code: errno) }
        try write()
    }

    deinit {
        close(file)
    }

    func write() throws(Failure) {
        guard pwrite(file, page, Self.pageLength, 0) == Self.pageLength, fdatasync(file) == 0 else {
            throw Failure(code: errno)
        }
    }
}
