internal import FoundationEssentials
internal import Glibc

enum Folder {
    /// So that a file's name survives a loss of power as well.
    /// - Returns: whether the folder that names it is on disk.
    static func sync(of file: URL) -> Bool {
        let folder = open(file.deletingLastPathComponent().path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard folder >= 0 else { return false }
        defer { close(folder) }
        return fsync(folder) == 0
    }
}
