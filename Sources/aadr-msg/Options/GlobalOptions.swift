internal import ArgumentParser

/// The options of every command. They may stand before or after the command's name.
struct GlobalOptions: ParsableArguments {
    @Option(help: ArgumentHelp(Speech.text(.optionHome), valueName: "dir"))
    var home: String?

    @Option(help: ArgumentHelp(Speech.text(.optionPassphraseFile), valueName: "file"))
    var passphraseFile: String?

    @Option(help: ArgumentHelp(Speech.text(.optionKeyFile), valueName: "file"))
    var keyFile: String?

    @Option(help: ArgumentHelp(Speech.text(.optionProxy), valueName: "url"))
    var proxy: String?

    @Option(help: ArgumentHelp(Speech.text(.optionLang)))
    var lang: Language?

    @Flag(help: ArgumentHelp(Speech.text(.optionJSON)))
    var json = false

    func validate() throws {
        if passphraseFile != nil, keyFile != nil { throw ValidationError(Speech.text(.passphraseAndKeyFile)) }
    }
}

extension Language: ExpressibleByArgument {}
