internal import ArgumentParser
import Testing

@testable import aadr_msg

@Suite("Settings")
struct SettingsTests {
    private func settings(
        _ arguments: [String] = [],
        _ environment: [String: String] = ["HOME": "/u"]
    ) throws -> Settings {
        try Settings(GlobalOptions.parse(arguments), environment: Environment { environment[$0] })
    }

    @Test("the home is the option's, else the environment's, else in the XDG data directory")
    func home() throws {
        let all = ["AADR_MSG_HOME": "/e", "XDG_DATA_HOME": "/x", "HOME": "/u"]
        #expect(try settings(["--home", "/o"], all).home == "/o")
        #expect(try settings([], all).home == "/e")
        #expect(try settings([], ["AADR_MSG_HOME": "", "XDG_DATA_HOME": "/x", "HOME": "/u"]).home == "/x/aadr-msg")
        #expect(try settings([], ["XDG_DATA_HOME": "relative", "HOME": "/u"]).home == "/u/.local/share/aadr-msg")
        #expect(try settings().home == "/u/.local/share/aadr-msg")
        #expect(throws: Failure(.configuration, .noHome, advice: .noHomeAdvice)) { try settings([], [:]) }
    }

    @Test("an option that names a key wins over any in the environment")
    func key() throws {
        let both = ["HOME": "/u", "AADR_MSG_KEY_FILE": "/ek", "AADR_MSG_PASSPHRASE_FILE": "/ep"]
        #expect(try settings(["--key-file", "/k"], both).key == .keyFile("/k"))
        #expect(try settings(["--passphrase-file", "/p"], both).key == .passphraseFile("/p"))
        #expect(try settings([], ["HOME": "/u", "AADR_MSG_KEY_FILE": "/ek"]).key == .keyFile("/ek"))
        #expect(try settings([], ["HOME": "/u", "AADR_MSG_PASSPHRASE_FILE": "/ep"]).key == .passphraseFile("/ep"))
        #expect(try settings().key == .passphrase)
    }

    @Test("two keys in the environment are a matter of configuration, not a guess")
    func twoKeys() {
        let both = ["HOME": "/u", "AADR_MSG_KEY_FILE": "/ek", "AADR_MSG_PASSPHRASE_FILE": "/ep"]
        #expect(throws: Failure(.configuration, .twoKeysInEnvironment, advice: .twoKeysInEnvironmentAdvice)) {
            try settings([], both)
        }
    }

    @Test(
        "the language is the option's wherever it stands, else the locale's",
        arguments: [
            (["--lang", "ar", "members"], ["LANG": "en_US.UTF-8"], Language.arabic),
            (["members", "--lang=en"], ["LANG": "ar_JO.UTF-8"], .english),
            (["members"], ["LANG": "ar_JO.UTF-8"], .arabic),
            (["members"], ["LANG": "ar_JO.UTF-8", "LC_MESSAGES": "fr_FR.UTF-8"], .english),
            (["members"], ["LANG": "fr_FR", "LC_MESSAGES": "fr_FR", "LC_ALL": "ar"], .arabic),
            (["members"], ["LANG": "ar", "LC_ALL": ""], .arabic),
            (["members"], [:], .english),
            (["send", "--", "--lang", "ar"], [:], .english),
            (["--lang", "tlh", "members"], ["LANG": "ar"], .arabic),
        ]
    )
    func language(arguments: [String], environment: [String: String], expected: Language) {
        #expect(Language(arguments: arguments, environment: Environment { environment[$0] }) == expected)
    }
}
