internal import Sodium

#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#else
    internal import Darwin
#endif

/// The terminal that a person sits at, whatever standard input and output are connected to.
struct Terminal: ~Copyable {
    private let descriptor: Int32

    /// The longest answer, in bytes.
    private static let maximum = 1024

    /// The controlling terminal, if the process has one.
    static func open() -> Terminal? {
        let descriptor = openTerminal()
        return descriptor >= 0 ? Terminal(descriptor: descriptor) : nil
    }

    private init(descriptor: Int32) { self.descriptor = descriptor }

    deinit { close(descriptor) }

    /// Asks for something secret: nothing that is typed is shown.
    func askSecretly(_ question: String) throws(Failure) -> Secret {
        try ask(question, isShown: false)
    }

    /// Asks for something that may be seen.
    func ask(_ question: String) throws(Failure) -> String {
        try ask(question, isShown: true).withUnsafeBytes { String(decoding: $0, as: UTF8.self) }
    }

    /// Reads one line, byte by byte, into locked memory. The terminal's own line editing is switched off, because it
    /// would keep the line in the kernel's buffer and let an interrupt leave the echo off.
    private func ask(_ question: String, isShown: Bool) throws(Failure) -> Secret {
        let stream = Stream(descriptor: descriptor)
        try stream.write(Layout(stream).wrapped([question]).joined(separator: "\n") + " ")
        var before = termios()
        guard tcgetattr(descriptor, &before) == 0 else { throw .noAnswer }
        var during = before
        during.c_lflag &= ~tcflag_t(ECHO | ICANON | ISIG)
        tcsetattr(descriptor, TCSAFLUSH, &during)
        var line = TypedLine()
        var buffer = Secret(count: Self.maximum) { (buffer: UnsafeMutableRawBufferPointer) in
            while line.state == .typing, let byte = readByte() {
                let echo = line.type(byte, into: buffer)
                if isShown { try? stream.write(echo) }
            }
        }
        tcsetattr(descriptor, TCSAFLUSH, &before)
        try stream.write("\n")
        guard line.state == .entered else { throw .noAnswer }
        buffer = buffer.prefix(line.count)
        return buffer
    }

    private func readByte() -> UInt8? {
        var byte: UInt8 = 0
        while true {
            switch read(descriptor, &byte, 1) {
            case 1: return byte
            case -1 where errno == EINTR: continue
            default: return nil
            }
        }
    }
}

private func openTerminal() -> Int32 { open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY) }

extension Failure {
    fileprivate static var noAnswer: Failure { Failure(.other, .noAnswer, advice: .noAnswerAdvice) }
}

/// A line while it is typed: what each byte does to it.
struct TypedLine {
    enum State { case typing, entered, cancelled }

    private(set) var state = State.typing
    /// Bytes of the line so far.
    private(set) var count = 0

    /// Takes a byte from the keyboard.
    /// - Returns: what shows the change on the terminal.
    mutating func type(_ byte: UInt8, into buffer: UnsafeMutableRawBufferPointer) -> String {
        switch byte {
        case 0x0A, 0x0D: state = .entered
        case 0x03, 0x1B: state = .cancelled  // Ctrl-C, Escape
        case 0x04: state = count > 0 ? .entered : .cancelled  // Ctrl-D
        case 0x08, 0x7F: return eraseCharacter(in: buffer)
        case 0x15: return eraseLine(in: buffer)  // Ctrl-U
        case 0x00...0x1F: break
        default:
            guard count < buffer.count else { return "" }
            buffer[count] = byte
            count += 1
            // A character is shown when its last byte has come.
            let start = characterStart(in: buffer)
            let bytes = UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(buffer)[start..<count])
            return String(validating: bytes, as: UTF8.self) ?? ""
        }
        return ""
    }

    private mutating func eraseLine(in buffer: UnsafeMutableRawBufferPointer) -> String {
        var shown = ""
        while count > 0 { shown += eraseCharacter(in: buffer) }
        return shown
    }

    private mutating func eraseCharacter(in buffer: UnsafeMutableRawBufferPointer) -> String {
        guard count > 0 else { return "" }
        let start = characterStart(in: buffer)
        for index in start..<count { buffer[index] = 0 }
        count = start
        return "\u{8} \u{8}"
    }

    /// Where the last character begins: the last byte that continues no other (RFC 3629, section 3).
    private func characterStart(in buffer: UnsafeMutableRawBufferPointer) -> Int {
        var start = count - 1
        while start > 0, buffer[start] & 0xC0 == 0x80 { start -= 1 }
        return start
    }
}
