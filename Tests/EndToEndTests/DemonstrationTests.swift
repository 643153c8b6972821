import Foundation
import Testing

@Suite("The demonstration, as `make demo` runs it")
struct DemonstrationTests {
    @Test("it ends well, shows what the relay really holds, and leaves nothing running")
    func demonstration() async throws {
        let workplace = try Workplace()
        let program = try RunningProgram(
            executable: Programs.repository.appendingPathComponent("Scripts/demo"),
            arguments: [Programs.folder.path],
            temporaryFolder: workplace.folder
        )
        let outcome = await program.outcome()
        #expect(outcome.status == 0, "\(outcome.output)\n\(outcome.errors)")

        // One alert, read in two languages, answered twice, and over at the end.
        for words in [
            "توقيف مدوّن في بغداد", "Blogger arrested in Baghdad", "JOSA  acknowledged", "Masaar  acknowledged",
            "CANCELLED: it holds no longer",
        ] {
            #expect(outcome.output.contains(words), "\(words): \(outcome.output)")
        }

        // Bodies, not what stands for them elsewhere in the database: as many as sent at least, and 96 bytes of one.
        let held = outcome.lines.filter { $0.contains(" of ") && $0.hasSuffix(" bytes") }
            .compactMap { Int($0.split(separator: " ").first ?? "") }
        #expect(held.reduce(0, +) > 100, "\(outcome.output)")
        let hexadecimal = outcome.lines.filter { line in
            let bytes = line.split(separator: " ")
            return bytes.count == 32 && bytes.allSatisfy { $0.count == 2 && UInt8($0, radix: 16) != nil }
        }
        #expect(hexadecimal.count == 3, "\(outcome.output)")

        // Whatever the demonstration started has its folder in its arguments, and that folder is gone.
        #expect(try FileManager.default.contentsOfDirectory(atPath: workplace.folder.path).isEmpty)
        for process in try FileManager.default.contentsOfDirectory(atPath: "/proc") where Int(process) != nil {
            let arguments = (try? Data(contentsOf: URL(fileURLWithPath: "/proc/\(process)/cmdline"))) ?? Data()
            #expect(arguments.range(of: Data("\(workplace.folder.path)/".utf8)) == nil, "\(process) still runs")
        }
    }
}
