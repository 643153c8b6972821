internal import ArgumentParser
internal import MemberClient

struct ChangePassphrase: AsyncParsableCommand {
    static var configuration: CommandConfiguration {
        CommandConfiguration(
            commandName: "passphrase",
            abstract: Speech.text(.helpPassphrase),
            discussion: Speech.text(.examplePassphrase)
        )
    }

    @Option(help: ArgumentHelp(Speech.text(.optionNewPassphraseFile), valueName: "file"))
    var newPassphraseFile: String?

    @Option(help: ArgumentHelp(Speech.text(.optionNewKeyFile), valueName: "file"))
    var newKeyFile: String?

    @OptionGroup var global: GlobalOptions

    func validate() throws {
        if newPassphraseFile != nil, newKeyFile != nil { throw ValidationError(Speech.text(.passphraseAndKeyFile)) }
    }

    func run() async throws {
        let session = try Session(global)
        let vault = try Vault.open(at: session.settings.home, unlock: try session.unlock())
        try vault.changeUnlock(to: try newUnlock())
        try vault.close()
        try session.printer.show(OpensRecord(method: newKeyFile == nil ? "passphrase" : "key-file"))
    }

    private func newUnlock() throws(Failure) -> Unlock {
        if let newKeyFile { return .keyFile(newKeyFile) }
        return .passphrase(try Passphrase.new(newPassphraseFile.map { .passphraseFile($0) } ?? .passphrase))
    }
}
