internal import MemberClient

#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#else
    internal import Darwin
#endif

/// Standard output or standard error, without buffering: what `write` has returned from is written.
struct Stream: Sendable {
    let descriptor: Int32

    static let output = Stream(descriptor: STDOUT_FILENO)
    static let errors = Stream(descriptor: STDERR_FILENO)

    var isTerminal: Bool { isatty(descriptor) == 1 }

    /// Columns, on a terminal that says how many it has.
    var width: Int? {
        var size = winsize()
        guard isTerminal, ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return nil }
        return Int(size.ws_col)
    }

    /// Writes all of the text and a line feed, waiting where a pipe is full.
    func writeLine(_ line: String) throws(Failure) {
        try write(line + "\n")
    }

    func write(_ text: String) throws(Failure) {
        var text = text
        let reason = text.withUTF8 { write(UnsafeRawBufferPointer($0)) }
        if let reason {
            throw Failure(
                .cannotWrite,
                .cannotWrite,
                ["reason": Speech.text(Sentence(verbatim: reason))],
                advice: .cannotWriteAdvice
            )
        }
    }

    /// - Returns: why not everything could be written, in the system's words.
    private func write(_ bytes: UnsafeRawBufferPointer) -> String? {
        var rest = bytes[...]
        while !rest.isEmpty {
            let part = UnsafeRawBufferPointer(rebasing: rest)
            let count = systemWrite(descriptor, part.baseAddress, part.count)
            if count >= 0 {
                rest = rest.dropFirst(count)
            } else if errno == EAGAIN || errno == EWOULDBLOCK {
                // Whoever shares the pipe made it non-blocking.
                var wait = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
                poll(&wait, 1, -1)
            } else if errno != EINTR {
                return String(cString: strerror(errno))
            }
        }
        return nil
    }
}

private func systemWrite(_ descriptor: Int32, _ start: UnsafeRawPointer?, _ count: Int) -> Int {
    write(descriptor, start, count)
}
