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
        var bytes = [UInt8](repeating: 0, count: maximum + 1)
        guard let count = bytes.withUnsafeMutableBytes({ readAll(descriptor, into: $0) }) else {
            throw .unreadable("-")
        }
        guard count <= maximum else {
            throw Failure(.badInput, .inputTooLong, ["maximum": "\(maximum)"], advice: .inputTooLongAdvice)
        }
        guard var text = String(validating: bytes[..<count], as: UTF8.self) else {
            throw Failure(.badInput, .inputNotUTF8, advice: .inputNotUTF8Advice)
        }
        // A carriage return and a line feed are one Character.
        if let last = text.last, last == "\n" || last == "\r\n" { text.removeLast() }
        return text
    }

    /// The same of a file.
    static func text(ofFile path: String, maximum: Int) throws(Failure) -> String {
        let descriptor = openForReading(path)
        guard descriptor >= 0 else { throw .unreadable(path) }
        defer { close(descriptor) }
        return try text(from: descriptor, maximum: maximum)
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
