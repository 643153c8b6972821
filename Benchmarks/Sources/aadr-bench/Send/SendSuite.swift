internal import Measuring

/// `aadr-msg send` as a script calls it, from the start of its process to its end, beside a call that does nothing
/// but load the same program, and beside a program that does nothing at all.
struct SendSuite {
    let effort: Effort

    func run() throws -> [Comparison] {
        effort.say("send: five organisations join")
        let coalition = try BenchCoalition()
        effort.say("send: measuring")
        let send = coalition.arguments(
            BenchCoalition.founder,
            ["send", "--to", "coalition", "The network in the north is down."]
        )
        var sending = Samples()
        var version = Samples()
        var nothing = Samples()
        for round in -3..<effort.rounds(60) {
            let sendSeconds = try Child.time(BenchCoalition.messageProgram, send)
            let versionSeconds = try Child.time(BenchCoalition.messageProgram, ["--version"])
            let nothingSeconds = try Child.time(Child.sibling("bench-nothing"), [])
            guard round >= 0 else { continue }
            sending.add(sendSeconds)
            version.add(versionSeconds)
            nothing.add(nothingSeconds)
        }
        return [
            Comparison(
                suite: "send",
                name: "aadr-msg send",
                unit: .seconds,
                samples: sending,
                baselineName: "aadr-msg --version",
                baseline: version,
                aim: .valueAtMost(0.035)
            ),
            Comparison(
                suite: "send",
                name: "aadr-msg --version",
                unit: .seconds,
                samples: version,
                baselineName: "empty program",
                baseline: nothing
            ),
        ]
    }
}
