import CLibFuzzer
import FuzzTargets
import Glibc

// fuzz TARGET [libFuzzer's own arguments] | fuzz TARGET --seeds FOLDER; see Docs/fuzzing.md.
enum Chosen {
    /// Out of reach of a closure that C calls, unless it is global.
    static let target: FuzzTarget = {
        guard CommandLine.arguments.count > 1, let target = FuzzTarget(rawValue: CommandLine.arguments[1]) else {
            print("usage: fuzz \(FuzzTarget.allCases.map(\.rawValue).joined(separator: "|")) [libFuzzer's arguments]")
            exit(64)
        }
        return target
    }()
}

// What stays for all inputs is no leak, though LeakSanitizer takes it for one: of two cases of an enumeration that are both
// boxed, such as the nodes of a tree, Swift marks the second in bits of the pointer that no address has.
__lsan_disable()
Chosen.target.prepare()
__lsan_enable()

if CommandLine.arguments.count == 4, CommandLine.arguments[2] == "--seeds" {
    for (name, bytes) in try Chosen.target.seeds() {
        guard let file = fopen("\(CommandLine.arguments[3])/\(name)", "wb"),
            fwrite(bytes, 1, bytes.count, file) == bytes.count, fclose(file) == 0
        else {
            perror(name)
            exit(74)
        }
    }
    exit(0)
}

// libFuzzer ends the process itself.
atexit { print(Tally.report) }

// libFuzzer takes the program's name and its own arguments; the target's name is the name it gets.
var count = CommandLine.argc - 1
var arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>? = CommandLine.unsafeArgv + 1
exit(
    LLVMFuzzerRunDriver(&count, &arguments) { data, size in
        Chosen.target.run(Array(UnsafeBufferPointer(start: data, count: size)))
        return 0
    }
)
