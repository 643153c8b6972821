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

_ = Chosen.target
// libFuzzer takes the program's name and its own arguments; the target's name is the name it gets.
var count = CommandLine.argc - 1
var arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>? = CommandLine.unsafeArgv + 1
exit(
    LLVMFuzzerRunDriver(&count, &arguments) { data, size in
        Chosen.target.run(Array(UnsafeBufferPointer(start: data, count: size)))
        return 0
    }
)
