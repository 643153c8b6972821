internal import ArgumentParser
internal import Coalition

/// CAP's words on the command line, whatever their case.
protocol AlertWord: ExpressibleByArgument, CaseIterable, RawRepresentable where RawValue == String {}

extension AlertWord {
    init?(argument: String) {
        guard let word = Self.allCases.first(where: { $0.rawValue.lowercased() == argument.lowercased() }) else {
            return nil
        }
        self = word
    }
}

extension Alert.Status: AlertWord {}
extension Alert.Severity: AlertWord {}
extension Alert.Urgency: AlertWord {}
extension Alert.Certainty: AlertWord {}
extension Alert.Category: AlertWord {}
extension Alert.ResponseType: AlertWord {}

/// A label of TLP 2.0, with `TLP:` before it or without.
extension TLPLabel: AlertWord {
    init?(argument: String) {
        let text = argument.uppercased()
        self.init(rawValue: text.hasPrefix("TLP:") ? text : "TLP:" + text)
    }

    static var allValueStrings: [String] { allCases.map { String($0.rawValue.dropFirst(4)) } }
}

/// What an alert says. Texts are given once for each `--lang`, in the same order; a script's may begin with a hyphen.
struct AlertOptions: ParsableArguments {
    @Option(
        parsing: .unconditionalSingleValue,
        help: ArgumentHelp(Speech.text(.optionEvent), valueName: "text")
    )
    var event: [String] = []

    @Option(
        parsing: .unconditionalSingleValue,
        help: ArgumentHelp(Speech.text(.optionHeadline), valueName: "text")
    )
    var headline: [String] = []

    @Option(
        parsing: .unconditionalSingleValue,
        help: ArgumentHelp(Speech.text(.optionDescription), valueName: "text")
    )
    var description: [String] = []

    @Option(
        parsing: .unconditionalSingleValue,
        help: ArgumentHelp(Speech.text(.optionInstruction), valueName: "text")
    )
    var instruction: [String] = []

    @Option(
        parsing: .unconditionalSingleValue,
        help: ArgumentHelp(Speech.text(.optionArea), valueName: "text")
    )
    var area: [String] = []

    @Option(help: ArgumentHelp(Speech.text(.optionWeb), valueName: "url"))
    var web: String?

    @Option(parsing: .unconditional, help: ArgumentHelp(Speech.text(.optionContact), valueName: "text"))
    var contact: String?

    @Option(help: ArgumentHelp(Speech.text(.optionCategory)))
    var category: [Alert.Category] = []

    @Option(help: ArgumentHelp(Speech.text(.optionResponse)))
    var response: [Alert.ResponseType] = []

    @Option(help: ArgumentHelp(Speech.text(.optionSeverity)))
    var severity: Alert.Severity?

    @Option(help: ArgumentHelp(Speech.text(.optionUrgency)))
    var urgency: Alert.Urgency?

    @Option(help: ArgumentHelp(Speech.text(.optionCertainty)))
    var certainty: Alert.Certainty?

    @Option(help: ArgumentHelp(Speech.text(.optionExpires), valueName: "time"))
    var expires: String?

    @Option(help: ArgumentHelp(Speech.text(.optionRestriction)))
    var restriction: TLPLabel?

    @Option(help: ArgumentHelp(Speech.text(.optionAlertStatus)))
    var status: Alert.Status?

    /// Puts what was given into a draft; what was not stays.
    /// - Parameter first: the description of the first language, where it came from standard input.
    func apply(
        to draft: inout AlertDraft,
        describing first: String? = nil,
        arguments: [String] = CommandLine.arguments
    ) throws(Failure) {
        let before = draft.infos
        let asked = Self.languages(in: arguments)
        let languages = asked.isEmpty ? Self.languages(of: before, or: headline + event) : asked
        var infos: [JSONObject] = []
        for (index, language) in languages.enumerated() {
            var info = Self.block(in: language, from: before)
            info.set("language", to: .string(language))
            info.setAll("category", category.map(\.rawValue))
            info.setAll("responseType", response.map(\.rawValue))
            info.add("event", try Self.text(event, index, of: languages, "--event", isShared: true))
            info.add("headline", try Self.text(headline, index, of: languages, "--headline"))
            let descriptions = (first.map { [$0] } ?? []) + description
            info.add("description", try Self.text(descriptions, index, of: languages, "--description"))
            info.add("instruction", try Self.text(instruction, index, of: languages, "--instruction"))
            info.add("urgency", urgency?.rawValue)
            info.add("severity", severity?.rawValue)
            info.add("certainty", certainty?.rawValue)
            info.add("web", web)
            info.add("contact", contact)
            if let expires { info.add("expires", try Self.time(expires).description) }
            if let area = try Self.text(area, index, of: languages, "--area", isShared: true) {
                var object = JSONObject()
                object.add("areaDesc", area)
                info.set("area", to: .array([.object(object)]))
            }
            infos.append(info)
        }
        draft.infos = infos
        if let status { draft.set("status", to: status.rawValue) }
        if let restriction { draft.restrict(to: restriction) }
    }

    /// The values of `--lang`, all of them in their order: the parser, for which it is the option of every command, keeps
    /// the last alone.
    private static func languages(in arguments: [String]) -> [String] {
        var languages: [String] = []
        for (index, argument) in arguments.enumerated() {
            if argument == "--" { break }
            if argument == "--lang", index + 1 < arguments.count { languages.append(arguments[index + 1]) }
            if argument.hasPrefix("--lang=") { languages.append(String(argument.dropFirst("--lang=".count))) }
        }
        return languages
    }

    /// The languages of an alert as it is, or the one that the words are written in.
    private static func languages(of infos: [JSONObject], or words: [String]) -> [String] {
        let known = infos.map { $0["language"]?.string ?? "en-US" }
        guard known.isEmpty else { return known }
        let isArabic = words.joined().unicodeScalars.contains { (0x0620...0x06D3).contains($0.value) }
        return [(isArabic ? Language.arabic : .english).rawValue]
    }

    /// What is known in this language, or without its words in another.
    private static func block(in language: String, from infos: [JSONObject]) -> JSONObject {
        if let same = infos.first(where: { $0["language"]?.string == language }) { return same }
        guard var other = infos.first else { return JSONObject() }
        for name in ["headline", "description", "instruction", "area", "senderName"] { other.remove(name) }
        return other
    }

    /// - Parameter isShared: whether one may stand for all languages.
    private static func text(
        _ texts: [String],
        _ index: Int,
        of languages: [String],
        _ option: String,
        isShared: Bool = false
    ) throws(Failure) -> String? {
        if texts.isEmpty { return nil }
        if texts.count == languages.count { return texts[index] }
        if isShared, texts.count == 1 { return texts[0] }
        throw Failure(
            .usage,
            .textsAndLanguages,
            ["option": option, "texts": "\(texts.count)", "languages": "\(languages.count)"],
            advice: .textsAndLanguagesAdvice
        )
    }

    /// `30m`, `6h`, `2d` from now on, or a time with its zone. It must be yet to come.
    static func time(_ text: String, now: UInt64 = Timestamp.now) throws(Failure) -> AlertTime {
        let units: [Character: UInt64] = ["m": 60, "h": 3600, "d": 86_400]
        if let unit = text.last.flatMap({ units[$0] }), let count = UInt64(text.dropLast()),
            (1...100_000).contains(count)
        {
            return AlertTime(Time(seconds: now + count * unit))
        }
        guard let time = AlertTime(lenient: text), time.time.seconds > now else {
            throw Failure(.usage, .badExpiry, ["value": text], advice: .badExpiryAdvice)
        }
        return time
    }
}

extension JSONObject {
    /// An array in place of the one that there is; nothing when there is nothing to put there.
    fileprivate mutating func setAll(_ name: String, _ texts: [String]) {
        if !texts.isEmpty { set(name, to: .array(texts.map { .string($0) })) }
    }
}

/// How long a command stays after it has sent.
struct WaitOptions: ParsableArguments {
    @Option(help: ArgumentHelp(Speech.text(.optionWaitState)))
    var wait: Wait?

    @Option(help: ArgumentHelp(Speech.text(.optionQuorum), valueName: "number"))
    var quorum: Int?

    @Option(help: ArgumentHelp(Speech.text(.optionTimeout), valueName: "seconds"))
    var timeout: UInt64?

    enum Wait: String, CaseIterable, ExpressibleByArgument { case relayed, delivered, acknowledged }

    func validate() throws {
        if let quorum, quorum < 1 { throw ValidationError(Speech.text(.badQuorum)) }
        if wait == nil, quorum != nil || timeout != nil { throw ValidationError(Speech.text(.waitForWhat)) }
    }
}
