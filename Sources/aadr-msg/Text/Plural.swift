/// The forms that a counted noun takes: CLDR's plural categories, of which English uses two and Arabic all six.
enum PluralForm: CaseIterable, Sendable {
    case zero, one, two, few, many, other

    init(english count: Int) { self = count == 1 ? .one : .other }

    init(arabic count: Int) {
        self =
            switch (count, count % 100) {
            case (0, _): .zero
            case (1, _): .one
            case (2, _): .two
            case (_, 3...10): .few
            case (_, 11...99): .many
            default: .other
            }
    }
}

/// What the program counts.
enum Counted: CaseIterable, Sendable {
    case organisations, devices, messages, breaches

    /// `#` stands for the number.
    func english(_ form: PluralForm) -> String {
        switch (self, form) {
        case (.organisations, .one): "# organisation"
        case (.organisations, _): "# organisations"
        case (.devices, .one): "# device"
        case (.devices, _): "# devices"
        case (.messages, .one): "# message"
        case (.messages, _): "# messages"
        case (.breaches, .one): "# break"
        case (.breaches, _): "# breaks"
        }
    }

    func arabic(_ form: PluralForm) -> String {
        switch (self, form) {
        case (.organisations, .zero): "لا منظمات"
        case (.organisations, .one): "منظمة واحدة"
        case (.organisations, .two): "منظمتان"
        case (.organisations, .few): "# منظمات"
        case (.organisations, .many): "# منظمةً"
        case (.organisations, .other): "# منظمة"
        case (.devices, .zero): "لا أجهزة"
        case (.devices, .one): "جهاز واحد"
        case (.devices, .two): "جهازان"
        case (.devices, .few): "# أجهزة"
        case (.devices, .many): "# جهازًا"
        case (.devices, .other): "# جهاز"
        case (.messages, .zero): "لا رسائل"
        case (.messages, .one): "رسالة واحدة"
        case (.messages, .two): "رسالتان"
        case (.messages, .few): "# رسائل"
        case (.messages, .many): "# رسالةً"
        case (.messages, .other): "# رسالة"
        case (.breaches, .zero): "لا خروق"
        case (.breaches, .one): "خرق واحد"
        case (.breaches, .two): "خرقان"
        case (.breaches, .few): "# خروق"
        case (.breaches, .many): "# خرقًا"
        case (.breaches, .other): "# خرق"
        }
    }
}

extension Speech {
    /// A number with its noun.
    static func count(_ number: Int, _ noun: Counted) -> String {
        let words =
            switch language {
            case .english: noun.english(PluralForm(english: number))
            case .arabic: noun.arabic(PluralForm(arabic: number))
            }
        return words.replacing("#", with: "\(number)")
    }
}
