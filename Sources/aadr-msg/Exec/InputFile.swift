internal import Sodium
internal import SystemPackage

#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#else
    internal import Darwin
#endif

/// Standard input of a command: a file in memory, without a name. Unlike a pipe it neither fills up nor breaks where the command
/// reads nothing.
struct InputFile: ~Copyable {
    let descriptor: FileDescriptor

    init(_ text: String) throws {
        // Nobody finds the name: it is drawn at random, and gone before there is anything to read.
        let name = "/" + Random.bytes(16).map { String($0, radix: 16) }.joined(separator: "-")
        descriptor = FileDescriptor(rawValue: shm_open(name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o600))
        guard descriptor.rawValue >= 0 else { throw Errno(rawValue: errno) }
        shm_unlink(name)
        try descriptor.writeAll(text.utf8)
        try descriptor.seek(offset: 0, from: .start)
    }

    deinit {
        try? descriptor.close()
    }
}
