internal import Measuring

/// `aadr-msg send` as a script calls it, from the start of its process to its end, beside a call that does nothing
/// but load the same program, and beside a program that does nothing at all.
struct SendSuite {
    let effort: Effort

    func run() throws -> [Comparison] {
        effort.say("send: five organisations join")
        let coalition = try BenchCoalition(organisations: 5, devicesEach: 1)
        effort.say("send: measuring")
        let send = coalition.arguments(
            BenchCoalition.founder,
            ["send", "--to", "coalition", "The network in the north is down."]
        )
        var sends: [Child.Duration] = []
        var versions: [Child.Duration] = []
        var nothings: [Child.Duration] = []
        for round in -3..<effort.rounds(60) {
            let sent = try Child.time(BenchCoalition.messageProgram, send)
            let version = try Child.time(BenchCoalition.messageProgram, ["--version"])
            let nothing = try Child.time(Child.sibling("bench-nothing"), [])
            guard round >= 0 else { continue }
            sends.append(sent)
            versions.append(version)
            nothings.append(nothing)
        }
        return [
            Comparison(
                suite: "send",
                name: "aadr-msg send",
                unit: .seconds,
                samples: Samples(sends.map(\.seconds)),
                baselineName: "aadr-msg --version",
                baseline: Samples(versions.map(\.seconds)),
                aim: .valueAtMost(0.035)
            ),
            Comparison(
                suite: "send",
                name: "  of it, on a processor",
                unit: .processorSeconds,
                samples: Samples(sends.map(\.processorSeconds)),
                baselineName: "aadr-msg --version",
                baseline: Samples(versions.map(\.processorSeconds))
            ),
            Comparison(
                suite: "send",
                name: "aadr-msg --version",
                unit: .seconds,
                samples: Samples(versions.map(\.seconds)),
                baselineName: "empty program",
                baseline: Samples(nothings.map(\.seconds))
            ),
        ]
    }
}
