internal import Sodium

/// Where a passphrase comes from: a file, or the person at the terminal.
enum Passphrase {
    /// The shortest that protects a new vault, in Unicode scalars: four short words.
    static let minimum = 12
    /// The longest, in bytes.
    static let maximum = 1024

    static func existing(_ key: Settings.Key) throws(Failure) -> Secret {
        switch key {
        case .passphraseFile(let path): return try read(path)
        case .passphrase, .keyFile: return try ask(.askPassphrase)
        }
    }

    /// Long enough, and from a terminal typed twice.
    static func new(_ key: Settings.Key) throws(Failure) -> Secret {
        let passphrase: Secret
        if case .passphraseFile(let path) = key {
            passphrase = try read(path)
        } else {
            passphrase = try ask(.askNewPassphrase)
        }
        let length = passphrase.withUnsafeBytes { bytes in bytes.count { $0 & 0xC0 != 0x80 } }
        guard length >= minimum else {
            throw Failure(.badInput, .passphraseTooShort, ["minimum": "\(minimum)"], advice: .passphraseTooShortAdvice)
        }
        if key == .passphrase {
            let again = try ask(.askPassphraseAgain)
            guard again.isEqual(to: passphrase) else {
                throw Failure(.badInput, .passphrasesDiffer, advice: .passphrasesDifferAdvice)
            }
        }
        return passphrase
    }

    private static func ask(_ question: Phrase) throws(Failure) -> Secret {
        guard let terminal = Terminal.open() else {
            throw Failure(.configuration, .noKeyAndNoTerminal, advice: .noKeyAndNoTerminalAdvice)
        }
        return try terminal.askSecretly(Speech.text(question))
    }

    /// The file's bytes without the line break at their end.
    private static func read(_ path: String) throws(Failure) -> Secret {
        let contents = try Input.readSecret(path, maximum: maximum + 2)
        let length = contents.withUnsafeBytes { bytes in
            var length = bytes.count
            if length > 0, bytes[length - 1] == 0x0A { length -= 1 }
            if length > 0, bytes[length - 1] == 0x0D { length -= 1 }
            return length
        }
        guard (1...maximum).contains(length) else {
            throw Failure(.configuration, .passphraseFileEmpty, ["file": path], advice: .passphraseFileEmptyAdvice)
        }
        return contents.prefix(length)
    }
}
