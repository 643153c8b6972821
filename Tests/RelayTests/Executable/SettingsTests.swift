import ArgumentParser
import Foundation
import Testing

@testable import aadr_relay

/// Options, environment variables and the settings file.
@Suite struct SettingsTests {
    @Test func anOptionGoesBeforeItsVariableAndThisBeforeTheFile() throws {
        let file = try SettingsFile.parse("listen = [::1]:3\nadmin-listen=[::1]:4", path: "file")
        let settings = Settings(environment: ["AADR_RELAY_LISTEN": "[::1]:2"], file: file)
        #expect(settings.value(.listen, option: "[::1]:1") == "[::1]:1")
        #expect(settings.value(.listen) == "[::1]:2")
        #expect(settings.value(.adminListen) == "[::1]:4")
        #expect(settings.value(.tlsKey) == nil)
        #expect(Settings(environment: ["AADR_RELAY_LISTEN": ""], file: file).value(.listen) == "[::1]:3")
    }

    @Test func aVariableThatLooksLikeASettingAndIsNoneIsNamed() {
        let settings = Settings(environment: [
            "AADR_RELAY_MAILBOX_ENTRYS": "5", "AADR_RELAY_PORT": "tcp://10.0.0.1:8443", "AADR_RELAY_LISTEN": "[::1]:2",
            "PATH": "",
        ])
        #expect(settings.strayVariables == ["AADR_RELAY_MAILBOX_ENTRYS", "AADR_RELAY_PORT"])
    }

    @Test func aSettingsFileMayHaveCommentsAndEmptyLines() throws {
        let text = "# a comment\n\n  store = postgres://a=b@c/d  \r\nplain-http = 1\n"
        #expect(try SettingsFile.parse(text, path: "") == [.store: "postgres://a=b@c/d", .plainHTTP: "1"])
    }

    @Test(arguments: ["listn = x", "listen", "listen =", "listen = a\nlisten = b", "label = x", "config = x"])
    func aSettingsFileThatIsWrongIsRefusedWithItsLine(text: String) throws {
        let error = #expect(throws: ValidationError.self) { try SettingsFile.parse("#\n" + text, path: "file") }
        #expect(error?.message.hasPrefix("file, line ") == true)
    }

    @Test func aNumberOutsideItsRangeIsRefused() throws {
        for text in ["-1", "0", "11", "x", "99999999999999999999"] {
            let settings = Settings(environment: ["AADR_RELAY_CONNECTIONS": text])
            #expect(throws: ValidationError.self) {
                try settings.number(.connections, option: nil, default: 5, in: 1...10)
            }
        }
        #expect(try Settings(environment: [:]).number(.connections, option: nil, default: 5, in: 1...10) == 5)
    }

    @Test(arguments: [
        (["serv", "--data", "d"], "serv"), (["token", "creat", "--label", "x"], "creat"),
        (["token", "create", "x"], nil),
        (["serve", "x"], nil), (["help", "serve"], nil), (["--version"], nil), ([], nil),
    ])
    func aCommandThatThereIsNotIsNamed(arguments: [String], stray: String?) {
        #expect(AADRRelay.strayCommand(in: arguments) == stray)
    }

    @Test func everySettingHasItsPlaceInTheOperationGuide() throws {
        let root = URL(filePath: #filePath).appending(path: "../../../../").standardized
        let guide = try String(contentsOf: root.appending(path: "Docs/operation.md"), encoding: .utf8)
        for setting in Setting.allCases {
            #expect(guide.contains("`--\(setting.rawValue)"), "\(setting.rawValue)")
        }
    }
}
