public import FoundationEssentials
internal import Glibc
public import RelayAPI

/// The directory in which a relay keeps everything: `relay.sqlite` and its log, `tls.pem` when the relay made its own
/// certificate, `spare-pin` when there is a spare key elsewhere, `address`, where it listened last, and `lock`, which
/// the serving process holds; `backup` for as long as one is made for standard output, `relay.sqlite.restored` and then
/// `relay.sqlite.replacing` for as long as one is restored.
public struct DataDirectory: Sendable {
    public let url: URL

    /// - Parameter creating: whether to make the directory (mode 0700) where there is none.
    public init(path: String, creating: Bool) throws(DataDirectoryError) {
        url = URL(filePath: path, directoryHint: .isDirectory)
        if creating {
            do {
                try FileManager.default.createDirectory(
                    at: url,
                    withIntermediateDirectories: true,
                    attributes: [.posixPermissions: 0o700]
                )
            } catch {
                throw .cannotWrite(path)
            }
        } else if !FileManager.default.fileExists(atPath: path) {
            throw .missing(path)
        }
        guard access(path, W_OK | X_OK) == 0 else { throw .cannotWrite(path) }
    }

    public var store: URL { url.appending(path: "relay.sqlite") }
    /// Where a backup that goes elsewhere stands until it is whole.
    public var unfinishedBackup: URL { url.appending(path: "backup") }

    /// Makes sure that this process alone serves from the directory, until it ends: only that one may write mailboxes. Ends
    /// others' rights there, and a `restore` that was killed at its end.
    public func lock() throws(DataDirectoryError) {
        let path = url.appending(path: "lock").path
        // Never closed: the end of the process frees the lock.
        let file = open(path, O_CREAT | O_RDWR | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw .cannotWrite(path) }
        guard flock(file, LOCK_EX | LOCK_NB) == 0 else {
            close(file)
            throw .inUse(url.path)
        }
        keepOthersOut()
        guard (try? SQLiteBackup.finishRestore(as: store)) != nil else { throw .cannotWrite(store.path) }
    }

    /// A directory that was there before may have been open to others. What somebody else owns, and what many share, stays
    /// as it is.
    private func keepOthersOut() {
        var information = stat()
        guard stat(url.path, &information) == 0, information.st_uid == geteuid(),
            information.st_mode & (S_IRWXG | S_IRWXO) != 0, information.st_mode & S_ISVTX == 0
        else { return }
        chmod(url.path, information.st_mode & ~(S_IFMT | S_IRWXG | S_IRWXO))
    }

    /// Where the relay listened last, as `serve` printed it; nil when it never did.
    public var lastAddress: String? {
        (try? Data(contentsOf: addressFile)).map { String(decoding: $0, as: UTF8.self) }
    }

    public func saveAddress(_ address: String) throws {
        try write(Array(address.utf8), to: addressFile, replacing: true)
    }

    private var addressFile: URL { url.appending(path: "address") }

    /// Writes a file that only its owner may read, whole or not at all.
    /// - Parameter replacing: whether it takes the place of one that is there; otherwise that one stays.
    func write(_ bytes: [UInt8], to file: URL, replacing: Bool) throws(DataDirectoryError) {
        let temporary = file.path + ".\(getpid())"
        let descriptor = open(temporary, O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw .cannotWrite(file.path) }
        defer {
            close(descriptor)
            unlink(temporary)
        }
        let written = bytes.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
        guard written == bytes.count, fsync(descriptor) == 0 else { throw .cannotWrite(file.path) }
        let isDone =
            replacing
            ? rename(temporary, file.path) == 0
            : link(temporary, file.path) == 0 || errno == EEXIST
        guard isDone, Folder.sync(of: file) else { throw .cannotWrite(file.path) }
    }
}

public enum DataDirectoryError: Error, Equatable, CustomStringConvertible {
    case cannotRead(String)
    case cannotWrite(String)
    case inUse(String)
    case missing(String)
    case notTheSpare(KeyPin)

    public var description: String {
        switch self {
        case .cannotRead(let path): "cannot read \(path): check its owner, who must be the relay's user"
        case .cannotWrite(let path):
            "cannot write to \(path): check that it exists, its owner, the space left, and that it is not read-only"
        case .inUse(let path): "another relay serves from \(path): stop it first, or name another directory"
        case .missing(let path): "there is no directory \(path): is it the one that the relay serves from?"
        case .notTheSpare(let pin): "this is not the spare key, whose pin is \(pin): members would refuse the relay"
        }
    }
}
