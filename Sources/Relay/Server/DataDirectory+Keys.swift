internal import FoundationEssentials
public import RelayAPI

/// The keys by which clients know the relay: its own, and one that is kept elsewhere to take its place.
extension DataDirectory {
    /// Of the file with the relay's own key and certificate.
    public var keyPath: String { keyFile.path }
    private var keyFile: URL { url.appending(path: "tls.pem") }
    private var sparePinFile: URL { url.appending(path: "spare-pin") }

    /// The relay's own certificate and key, made now where there are none.
    public func selfSignedIdentity() throws -> RelayIdentity {
        if !hasKey { try write(try RelayIdentity.makeSelfSigned(), to: keyFile, replacing: false) }
        guard let pem = try? Data(contentsOf: keyFile) else { throw DataDirectoryError.cannotRead(keyFile.path) }
        return try RelayIdentity(pem: Array(pem))
    }

    /// Whether the relay has made a key of its own, or been given one.
    public var hasKey: Bool { FileManager.default.fileExists(atPath: keyFile.path) }

    /// Of the spare key, when one has been made and not been used.
    public var sparePin: KeyPin? {
        guard let text = try? Data(contentsOf: sparePinFile) else { return nil }
        return Base64URL.decode(String(decoding: text, as: UTF8.self)).flatMap { KeyPin($0) }
    }

    /// What an address carries when `current` is the key in use.
    public func pins(current: KeyPin) -> [KeyPin] {
        // They are the same when the spare was taken into use and the process ended before its pin was removed.
        [current] + [sparePin].compactMap { $0 }.filter { $0 != current }
    }

    /// From now on, addresses carry the spare's pin too. The key itself is not kept here.
    public func recordSpare(_ pin: KeyPin) throws(DataDirectoryError) {
        try write(Array(pin.description.utf8), to: sparePinFile, replacing: true)
    }

    /// Puts a key in the place of the relay's own; a relay that is serving uses it when it starts again.
    /// - Parameter pem: key and certificate, as `RelayIdentity.makeSelfSigned` makes them.
    /// - Throws: `notTheSpare` when a spare has been recorded and this is another key.
    public func use(keyPEM pem: [UInt8]) throws {
        let pin = try RelayIdentity(pem: pem).pin
        if let sparePin, sparePin != pin { throw DataDirectoryError.notTheSpare(sparePin) }
        try write(pem, to: keyFile, replacing: true)
        try? FileManager.default.removeItem(at: sparePinFile)
        // The next members are to be given the new pin at once, not when the relay has started again.
        if let last = lastAddress.flatMap({ try? RelayAddress($0) }), last.scheme == .https,
            let address = RelayAddress(scheme: .https, host: last.host, port: last.port, pins: [pin])
        {
            try saveAddress("\(address)")
        }
    }
}
