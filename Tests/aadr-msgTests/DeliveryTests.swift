import Foundation
import Glibc
import MemberClient
import Sodium
import Testing

@testable import aadr_msg

@Suite("Delivery of messages")
struct DeliveryTests {
    private struct Stopped: Error {}

    @Test("marks what was written, all of it and nothing else", arguments: [0, 1, 63, 64, 65, 200])
    func all(count: Int) throws {
        var written: [Int] = []
        var marked: [Int] = []
        try MessageDelivery.deliver(
            Array(0..<count),
            write: { written.append($0) },
            mark: {
                marked += $0
                #expect($0.allSatisfy(written.contains))
            }
        )
        #expect(marked == Array(0..<count))
    }

    @Test("marks what came before a failed write, and not what failed", arguments: [0, 1, 64, 70])
    func failedWrite(at failing: Int) {
        var marked: [Int] = []
        #expect(throws: Stopped.self) {
            try MessageDelivery.deliver(
                Array(0..<100),
                write: { if $0 == failing { throw Stopped() } },
                mark: { marked += $0 }
            )
        }
        #expect(marked == Array(0..<failing))
    }

    @Test("stops when the reader has gone: a closed pipe is an error, and nothing is taken for shown")
    func closedPipe() throws {
        signal(SIGPIPE, SIG_IGN)
        let pipe = Pipe()
        let printer = Printer(isJSON: true, output: Stream(descriptor: pipe.fileHandleForWriting.fileDescriptor))
        var marked: [SentRecord] = []
        let records = [
            SentRecord(id: "a", to: "coalition", state: .relayed), SentRecord(id: "b", to: "c", state: .queued),
        ]
        try pipe.fileHandleForReading.close()
        let failure = #expect(throws: Failure.self) {
            try MessageDelivery.deliver(records, write: { try printer.show($0) }, mark: { marked += $0 })
        }
        #expect(failure?.status == .cannotWrite)
        #expect(marked.isEmpty)
    }

    @Test("waits for a slow reader, also on a pipe that does not block")
    func fullPipe() async throws {
        let pipe = Pipe()
        let descriptor = pipe.fileHandleForWriting.fileDescriptor
        _ = fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL) | O_NONBLOCK)
        let text = String(repeating: "ضمّة ", count: 100_000)
        let reader = pipe.fileHandleForReading
        let reading = Task.detached { reader.readDataToEndOfFile() }
        try Stream(descriptor: descriptor).writeLine(text)
        try pipe.fileHandleForWriting.close()
        #expect(await String(decoding: reading.value, as: UTF8.self) == text + "\n")
    }
}

@Suite("Exit statuses and failures")
struct FailureTests {
    @Test("every kind of engine error has its status and its sentence in Arabic", arguments: MemberError.Kind.allCases)
    func engine(kind: MemberError.Kind) {
        let error = MemberError(kind, "the relay\u{1B}[2J is away", lost: "nothing was lost", advice: "try again")
        #expect(error.status != .other)
        #expect(error.status.rawValue == kind.exitStatus)
        Speech.$language.withValue(.english) {
            #expect(
                error.lines == [
                    "aadr-msg: \u{2068}the relay␛[2J is away\u{2069}", "  Nothing was lost.", "  Try again.",
                ]
            )
        }
        Speech.$language.withValue(.arabic) {
            #expect(error.lines.count == 2)
            #expect(error.lines[0] == "aadr-msg: " + Speech.text(kind.phrase))
            #expect(error.lines[1].contains("\u{2068}the relay␛[2J is away\u{2069}; \u{2068}nothing was lost\u{2069}"))
        }
    }

    @Test("a failure says what happened, whether anything was lost, and what to do")
    func lines() {
        Speech.$language.withValue(.english) {
            let failure = Failure(.usage, .badTarget, ["value": "nobody"], advice: .badTargetAdvice)
            #expect(
                failure.lines == [
                    "aadr-msg: nobody is nobody to send to or to hear from",
                    "  Nothing was lost, and nothing was changed.",
                    "  Write coalition, or user@org as aadr-msg members shows it.",
                ]
            )
        }
    }

    @Test("what options give is refused as usage, and a token is never repeated")
    func parameters() {
        #expect(throws: Failure(.usage, .badName, ["value": "a b", "option": "--org"], advice: .badNameAdvice)) {
            try Parameter.name("a b", option: "--org")
        }
        #expect(throws: Failure(.usage, .badTarget, ["value": "x"], advice: .badTargetAdvice)) {
            try Parameter.target("x")
        }
        #expect(throws: Failure(.usage, .badRelayAddress, ["value": "x"], advice: .badRelayAddressAdvice)) {
            try Parameter.relayAddress("x")
        }
        #expect(throws: Failure(.usage, .badRelayToken, advice: .badRelayTokenAdvice)) {
            try Parameter.relayToken("secret")
        }
    }

    @Test(
        "a command line that cannot be understood ends with 64",
        arguments: [
            ["send"], ["frob"], ["members", "--lang", "tlh"], ["approve", "--all", "x"], ["--home"],
        ]
    )
    func usage(arguments: [String]) async {
        #expect(await Main.run(arguments) == .usage)
    }

    @Test("a home without a vault ends with 78")
    func noVault() async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let options = ["--home", folder.path, "--key-file", folder.path + "/key"]
        for command in [
            ["members"], ["recv"], ["status"], ["requests"], ["send", "--to", "coalition", "x"], ["deny", "a"],
        ] {
            #expect(await Main.run(command + options) == .configuration, "\(command)")
        }
    }
}

@Suite("What is typed and read")
struct InputTests {
    private func type(_ bytes: [UInt8], capacity: Int = 64) -> (text: String, state: TypedLine.State, shown: String) {
        var line = TypedLine()
        var shown = ""
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: capacity, alignment: 1)
        defer { buffer.deallocate() }
        for byte in bytes where line.state == .typing { shown += line.type(byte, into: buffer) }
        return (String(decoding: buffer[..<line.count], as: UTF8.self), line.state, shown)
    }

    @Test("a line ends with Enter, and Ctrl-C takes it back")
    func ends() {
        #expect(type(Array("كلمة\r".utf8)).text == "كلمة")
        #expect(type(Array("abc\n".utf8)).state == .entered)
        #expect(type(Array("abc".utf8) + [0x03]).state == .cancelled)
        #expect(type([0x04]).state == .cancelled)
        #expect(type(Array("abc".utf8) + [0x04]).state == .entered)
        #expect(type(Array("abc".utf8)).state == .typing)
    }

    @Test("backspace takes a whole character, Ctrl-U the line")
    func erasing() {
        #expect(type(Array("أب".utf8) + [0x7F, 0x0D]).text == "أ")
        #expect(type([0x7F, 0x7F] + Array("x".utf8) + [0x0D]).text == "x")
        #expect(type(Array("abc".utf8) + [0x15] + Array("d".utf8) + [0x0D]).text == "d")
    }

    @Test("control characters are no part of a line, and a full buffer takes no more")
    func bounded() {
        #expect(type([0x01, 0x41, 0x1A, 0x42, 0x0D]).text == "AB")
        #expect(type(Array("abcdef\r".utf8), capacity: 4).text == "abcd")
    }

    @Test("what is shown are whole characters")
    func echo() {
        #expect(type(Array("aأ".utf8)).shown == "aأ")
    }

    private func withFile<Result>(_ bytes: [UInt8], _ body: (String) throws -> Result) throws -> Result {
        let file = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
        try Data(bytes).write(to: file)
        defer { try? FileManager.default.removeItem(at: file) }
        return try body(file.path)
    }

    @Test("a passphrase file's line break is not part of the passphrase", arguments: ["", "\n", "\r\n"])
    func passphraseFile(lineBreak: String) throws {
        try withFile(Array(("أربع كلمات طويلة جدًا" + lineBreak).utf8)) { path in
            for secret in [
                try Passphrase.existing(.passphraseFile(path)).exposed(),
                try Passphrase.new(.passphraseFile(path)).exposed(),
            ] {
                #expect(secret == Array("أربع كلمات طويلة جدًا".utf8))
            }
        }
    }

    @Test("a short passphrase protects no new vault, an empty or overlong file none at all")
    func passphraseBounds() throws {
        func length(_ secret: () throws -> Secret) throws -> Int { try secret().count }
        try withFile(Array("elevenchars".utf8)) { path in
            #expect(throws: Failure.self) { try length { try Passphrase.new(.passphraseFile(path)) } }
            let known = try length { try Passphrase.existing(.passphraseFile(path)) }
            #expect(known == 11)
        }
        for bytes in [[], [0x0A], [UInt8](repeating: 0x61, count: 1025), [UInt8](repeating: 0x61, count: 5000)] {
            try withFile(bytes) { path in
                #expect(throws: Failure.self) { try length { try Passphrase.existing(.passphraseFile(path)) } }
                return
            }
        }
        #expect(throws: Failure.self) { try length { try Passphrase.existing(.passphraseFile("/nonexistent")) } }
    }

    @Test("standard input is text of bounded length, without its last line break")
    func standardInput() throws {
        func read(_ bytes: [UInt8], maximum: Int = 100) throws -> String {
            try withFile(bytes) { path in
                let descriptor = open(path, O_RDONLY)
                defer { close(descriptor) }
                return try Input.text(from: descriptor, maximum: maximum)
            }
        }
        #expect(try read(Array("نص\n".utf8)) == "نص")
        #expect(try read(Array("a\n\n".utf8)) == "a\n")
        #expect(try read(Array("a\r\n".utf8)) == "a")
        #expect(try read([]) == "")
        #expect(try read(Array("12345".utf8), maximum: 5) == "12345")
        #expect(throws: Failure(.badInput, .inputTooLong, ["maximum": "4"], advice: .inputTooLongAdvice)) {
            try read(Array("12345".utf8), maximum: 4)
        }
        #expect(throws: Failure(.badInput, .inputNotUTF8, advice: .inputNotUTF8Advice)) { try read([0xFF]) }
    }
}
