internal import MemberClient
internal import Sodium

#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#else
    internal import Darwin
#endif

/// What commands read: standard input, and small files that may be pipes.
enum Input {
    /// The longest text of a message in bytes: 65,536 scalars (Protocol/content.md), and the line break after them.
    static let maximumText = 65_536 * 4 + 2

    /// All of a descriptor up to its end, as text without the line break that ends it.
    static func text(from descriptor: Int32 = STDIN_FILENO, maximum: Int = maximumText) throws(Failure) -> String {
        let bytes = try bytes(from: descriptor, named: "-", maximum: maximum)
        guard bytes.count <= maximum else {
            throw Failure(.badInput, .inputTooLong, ["maximum": "\(maximum)"], advice: .inputTooLongAdvice)
        }
        guard var text = String(validating: bytes, as: UTF8.self) else {
            throw Failure(.badInput, .inputNotUTF8, advice: .inputNotUTF8Advice)
        }
        // A carriage return and a line feed are one Character.
        if let last = text.last, last == "\n" || last == "\r\n" { text.removeLast() }
        return text
    }

    /// What a file holds, or standard input for `-`; too long a one is cut off after `maximum` bytes and one more.
    static func bytes(of path: String, maximum: Int) throws(Failure) -> [UInt8] {
        if path == "-" { return try bytes(from: STDIN_FILENO, named: path, maximum: maximum) }
        let descriptor = openForReading(path)
        guard descriptor >= 0 else { throw .unreadable(path) }
        defer { close(descriptor) }
        return try bytes(from: descriptor, named: path, maximum: maximum)
    }

    private static func bytes(from descriptor: Int32, named path: String, maximum: Int) throws(Failure) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: maximum + 1)
        guard let count = bytes.withUnsafeMutableBytes({ readAll(descriptor, into: $0) }) else {
            throw .unreadable(path)
        }
        return Array(bytes[..<count])
    }

    /// A file's contents, never outside locked memory; too long a file is cut off after `maximum` bytes and one more.
    static func readSecret(_ path: String, maximum: Int) throws(Failure) -> Secret {
        let descriptor = openForReading(path)
        guard descriptor >= 0 else { throw .unreadable(path) }
        defer { close(descriptor) }
        var count = 0
        let secret = try Secret(count: maximum + 1) { (buffer: UnsafeMutableRawBufferPointer) throws(Failure) in
            guard let filled = readAll(descriptor, into: buffer) else { throw .unreadable(path) }
            count = filled
        }
        return secret.prefix(count)
    }

    /// Reads until the end or until the buffer is full.
    /// - Returns: how many bytes there were; nil when the system refuses.
    private static func readAll(_ descriptor: Int32, into buffer: UnsafeMutableRawBufferPointer) -> Int? {
        var filled = 0
        while filled < buffer.count {
            let count = systemRead(descriptor, buffer.baseAddress?.advanced(by: filled), buffer.count - filled)
            if count == 0 { break }
            if count > 0 {
                filled += count
            } else if errno != EINTR {
                return nil
            }
        }
        return filled
    }
}

private func openForReading(_ path: String) -> Int32 { open(path, O_RDONLY | O_CLOEXEC) }

private func systemRead(_ descriptor: Int32, _ start: UnsafeMutableRawPointer?, _ count: Int) -> Int {
    read(descriptor, start, count)
}

extension Failure {
    /// The file cannot be read, for the reason that the system gave last.
    fileprivate static func unreadable(_ path: String) -> Failure {
        Failure(
            .configuration,
            .cannotRead,
            ["file": path, "reason": Speech.text(Sentence(verbatim: String(cString: strerror(errno))))],
            advice: .cannotReadAdvice
        )
    }
}
