internal import Measuring

/// What a script waits for, on the real programs over TLS, in a coalition of 50 devices in ten organisations: from the
/// start of `alert send` at one member until the command of `recv --exec` says at another that it has started, and
/// `recv` of a thousand messages.
struct AlertSuite {
    let effort: Effort

    func run() throws -> [Comparison] {
        effort.say("alert: 50 devices of ten organisations join")
        let coalition = try BenchCoalition(organisations: 10, devicesEach: 5)
        effort.say("alert: measuring")
        let alerts = try untilCommand(coalition)
        effort.say("alert: many messages")
        return [alerts, try receiving(coalition)]
    }

    /// Beside it, the same call from its start to its end: what lies between is the relay's way to a subscriber, the
    /// receiver's decryption and its writing to disk, and the start of a shell.
    private func untilCommand(_ coalition: BenchCoalition) throws -> Comparison {
        let receiver = try Child.Running(
            BenchCoalition.messageProgram,
            coalition.arguments(
                coalition.others[0],
                ["recv", "--follow", "--kind", "alert", "--exec", "echo started; cat > /dev/null"]
            )
        )
        let send = coalition.arguments(
            BenchCoalition.founder,
            [
                "alert", "send", "--to", "coalition", "--event", "Network",
                "--headline", "The network in the north is down.",
                "--severity", "Severe", "--urgency", "Immediate", "--certainty", "Observed",
            ]
        )
        var starts = Samples()
        var sends = Samples()
        for round in -3..<effort.rounds(200) {
            let watch = Stopwatch()
            let sending = try Child.Running(BenchCoalition.messageProgram, send)
            guard receiver.readLine() == "started" else { throw BenchmarkError.unexpectedOutput("no command") }
            let start = watch.seconds
            while sending.readLine() != nil {}
            try sending.end()
            let alone = try Child.time(BenchCoalition.messageProgram, send)
            guard receiver.readLine() == "started" else { throw BenchmarkError.unexpectedOutput("no command") }
            guard round >= 0 else { continue }
            starts.add(start)
            sends.add(alone.seconds)
        }
        return Comparison(
            suite: "alert",
            name: "alert send until --exec",
            unit: .seconds,
            samples: starts,
            baselineName: "alert send, to its end",
            baseline: sends,
            aim: .quantileAtMost(0.99, 0.15)
        )
    }

    /// One sample for each device that has the messages waiting; beside it, the same call when nothing waits.
    private func receiving(_ coalition: BenchCoalition) throws -> Comparison {
        let count = effort.rounds(1000)
        let readers = coalition.others.dropFirst().prefix(effort.rounds(20))
        for reader in readers { try coalition.run(reader, ["recv"]) }
        for number in 1...count {
            try coalition.run(BenchCoalition.founder, ["send", "--to", "coalition", "Message \(number)."])
        }
        var waiting = Samples()
        var nothing = Samples()
        for reader in readers {
            let receive = coalition.arguments(reader, ["recv", "--json"])
            waiting.add(try Child.time(BenchCoalition.messageProgram, receive).seconds)
            nothing.add(try Child.time(BenchCoalition.messageProgram, receive).seconds)
        }
        return Comparison(
            suite: "alert",
            name: "recv of \(count) messages",
            unit: .seconds,
            samples: waiting,
            baselineName: "recv of none",
            baseline: nothing,
            aim: .valueAtMost(1)
        )
    }
}
