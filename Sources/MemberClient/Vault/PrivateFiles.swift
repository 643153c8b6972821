internal import Sodium

#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#else
    internal import Darwin
#endif

/// Files that are nobody's business but their owner's.
enum PrivateFiles {
    static func exists(_ path: String) -> Bool {
        access(path, F_OK) == 0
    }

    /// Makes the directory with mode 0700, its parents as the umask has it. One that exists stays as it is, unless
    /// others may write to it: they could put a vault of theirs in place of ours.
    static func makeDirectory(_ path: String) throws(VaultError) {
        if !exists(path) {
            let parent = directory(of: path)
            if parent != path, !exists(parent) { try makeDirectory(parent) }
            guard mkdir(path, 0o700) == 0 || errno == EEXIST else { throw .files(reason("cannot make \(path)")) }
        }
        var status = stat()
        guard stat(path, &status) == 0 else { throw .files(reason("cannot use \(path)")) }
        guard status.st_mode & S_IFMT == S_IFDIR else { throw .files("\(path) is not a directory") }
        guard status.st_mode & 0o022 == 0 else {
            throw .files("others may write to \(path): make it private with chmod 700")
        }
    }

    /// An empty file with mode 0600, if there is none.
    static func makeEmpty(_ path: String) throws(VaultError) {
        let descriptor = open(path, O_CREAT | O_RDWR | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw .files(reason("cannot make \(path)")) }
        close(descriptor)
    }

    /// Makes a file with mode 0600 that holds the secret, on disk when this returns. Never replaces one.
    /// - Returns: whether it was made; false when there is one already.
    static func make(_ path: String, holding secret: borrowing Secret) throws(KeyFileFault) -> Bool {
        let descriptor = open(path, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            if errno == EEXIST { return false }
            throw .unreadable(reason("cannot make \(path)"))
        }
        let count = secret.count
        let written = secret.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
        let isDone = written == count && fsync(descriptor) == 0
        let failure = isDone ? "" : reason("cannot write \(path)")
        close(descriptor)
        guard isDone else {
            unlink(path)
            throw .unreadable(failure)
        }
        synchronizeDirectory(of: path)
        return true
    }

    /// The contents of a private file, read into locked memory.
    ///
    /// A credential that systemd hands to a service may have mode 0440: it belongs to root, and an access list lets the
    /// service's user read it, which `stat` shows as a right of the group (acl(5)).
    /// - Parameter credentials: the directory that holds them; nil when there are none.
    static func read(
        _ path: String,
        lengths: ClosedRange<Int>,
        credentials: String? = credentialsDirectory
    ) throws(KeyFileFault) -> Secret {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else {
            throw errno == ENOENT ? .missing : .unreadable(reason("cannot open \(path)"))
        }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw .unreadable(reason("cannot open \(path)")) }
        guard status.st_mode & S_IFMT == S_IFREG else { throw .notAFile }
        let refused: mode_t = isCredential(path, in: credentials) ? 0o037 : 0o077
        guard status.st_mode & refused == 0 else { throw .looseMode(UInt32(status.st_mode & 0o777)) }
        let length = Int(status.st_size)
        guard lengths.contains(length) else { throw .wrongLength }
        return try Secret(count: length) { buffer throws(KeyFileFault) in
            var filled = 0
            while filled < length {
                let count = readSome(descriptor, buffer, from: filled)
                guard count > 0 else { throw .unreadable(reason("cannot read \(path)")) }
                filled += count
            }
        }
    }

    /// Where the service manager has put what it gives to this process (systemd.exec(5), "CREDENTIALS").
    private static var credentialsDirectory: String? { getenv("CREDENTIALS_DIRECTORY").map { String(cString: $0) } }

    /// Whether the file lies in the directory, and is no link that leads out of it.
    private static func isCredential(_ path: String, in directory: String?) -> Bool {
        guard let directory, let folder = resolved(directory), let file = resolved(path) else { return false }
        return file.hasPrefix(folder + "/")
    }

    /// The path without links; nil where it leads nowhere.
    private static func resolved(_ path: String) -> String? {
        guard let resolved = realpath(path, nil) else { return nil }
        defer { free(resolved) }
        return String(cString: resolved)
    }

    /// Removes a file; one that does not exist is removed already.
    static func remove(_ path: String) throws(VaultError) {
        guard unlink(path) == 0 || errno == ENOENT else { throw .files(reason("cannot remove \(path)")) }
    }

    /// Puts on disk what was made or removed beside this file. Best effort: some file systems have no such call.
    static func synchronizeDirectory(of path: String) {
        let descriptor = open(directory(of: path), O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return }
        fsync(descriptor)
        close(descriptor)
    }

    /// The system's `read`, which `read` above hides.
    private static func readSome(
        _ descriptor: Int32,
        _ buffer: UnsafeMutableRawBufferPointer,
        from offset: Int
    ) -> Int {
        #if canImport(Glibc)
            Glibc.read(descriptor, buffer.baseAddress?.advanced(by: offset), buffer.count - offset)
        #elseif canImport(Musl)
            Musl.read(descriptor, buffer.baseAddress?.advanced(by: offset), buffer.count - offset)
        #else
            Darwin.read(descriptor, buffer.baseAddress?.advanced(by: offset), buffer.count - offset)
        #endif
    }

    private static func directory(of path: String) -> String {
        let trimmed = path.count > 1 && path.hasSuffix("/") ? String(path.dropLast()) : path
        guard let slash = trimmed.lastIndex(of: "/") else { return "." }
        return slash == trimmed.startIndex ? "/" : String(trimmed[..<slash])
    }

    /// What was tried, and the system's word for why it failed.
    private static func reason(_ what: Sentence) -> Sentence {
        "\(what): \(String(cString: strerror(errno)))"
    }
}
