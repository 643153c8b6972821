import Foundation
import GRDB
import HTTPTypes
import HummingbirdTesting
import NIOCore
import NIOPosix
import RelayAPI
import Testing

@testable import Relay

/// The command line of aadr-relay.
@Suite struct CommandTests {
    @Test func tokensAreIssuedListedAndRevokedBesideARunningRelay() async throws {
        try await withTemporaryDirectory { data in
            let relay = try RelayProcess(data: data)
            let client = relay.connect()
            let caller = Caller(client)
            let token = try RelayProcess.token(data: data)
            _ = try await caller.mailbox(token: token)
            let list = try RelayProcess.run("token", "list", "--data", data.path)
            let fields = list.output.trimmingCharacters(in: .newlines).components(separatedBy: "\t")
            #expect(fields == [StoredToken.id(of: token.hash), "999", "-", "a label"])
            #expect(!list.output.contains(token.text))
            #expect(try RelayProcess.run("token", "revoke", "--data", data.path, fields[0]).status == 0)
            await expectProblem(.tokenRefused) { try await caller.mailbox(token: token) }
            #expect(try RelayProcess.run("token", "revoke", "--data", data.path, fields[0]).status == 77)
            try await client.shutdown()
            relay.send(SIGTERM)
            #expect(relay.wait() == 0)
        }
    }

    @Test func theAddressCarriesThePinOfACertificateThatIsMadeOnce() async throws {
        try await withTemporaryDirectory { data in
            let before = try RelayProcess.run("address", "--data", data.path, "--host", "relay.example.org:443")
            let relay = try RelayProcess(data: data)
            let pin = try #require(relay.address.pins.first)
            #expect(before.output == "https://relay.example.org:443/#\(pin)\n")
            #expect(try RelayProcess.run("address", "--data", data.path).output == "\(relay.address)\n")
            let file = data.appending(path: "tls.pem")
            let mode = try FileManager.default.attributesOfItem(atPath: file.path)[.posixPermissions] as? Int
            #expect(mode == 0o600)
            let tls = try TestRelay.trustingOnly(file)
            let client = TestClient(
                host: relay.address.host,
                port: Int(relay.address.port),
                configuration: .init(tlsConfiguration: tls, serverName: certificateName)
            )
            client.connect()
            #expect(try await client.look(at: "/healthz").status == .ok)
            try await client.shutdown()
            relay.send(SIGINT)
            #expect(relay.wait() == 0)
        }
    }

    @Test func beforeARelayHasServedItsAddressIsThatOfWhatIsSet() async throws {
        try await withTemporaryDirectory { data in
            let onion = "\(String(repeating: "a", count: 56)).onion"
            func address(
                _ host: String,
                _ options: [String] = [],
                _ set: [String: String] = [:]
            ) throws
                -> RelayProcess.Outcome
            {
                let command = ["address", "--data", data.path, "--host", host] + options
                return try RelayProcess.run(command, environment: set)
            }
            let unknown = try address("\(onion):80")
            #expect(unknown.status == 64)
            #expect(unknown.output.isEmpty && unknown.errors.contains("--plain-http"), "\(unknown.errors)")
            for plain in [
                try address("\(onion):80", ["--plain-http"]),
                try address("\(onion):80", [], ["AADR_RELAY_PLAIN_HTTP": "1"]),
            ] {
                #expect(plain.output == "http://\(onion):80/\n", "\(plain.errors)")
            }
            #expect(try address("relay.example.org:443", ["--plain-http"]).output == "https://relay.example.org:443/\n")
            let certified = try address("relay.example.org:443", [], ["AADR_RELAY_TLS_CERTIFICATE": "/cert.pem"])
            #expect(certified.status == 75)
            // None of these has made a key that nobody will use.
            #expect(!FileManager.default.fileExists(atPath: data.appending(path: "tls.pem").path))

            let relay = try RelayProcess(data: data, options: ["--plain-http"])
            #expect(try address("\(onion):80").output == "http://\(onion):80/\n")
            relay.send(SIGTERM)
            #expect(relay.wait() == 0)
        }
    }

    /// Each subscriber holds a file open, and the limit that processes are started with would end at a thousand.
    @Test func aRelayMayOpenAsManyFilesAsTheSystemLetsIt() async throws {
        try await withTemporaryDirectory { data in
            let relay = try RelayProcess(data: data, launcher: ["/usr/bin/prlimit", "--nofile=512:4096"])
            let limits = try String(contentsOfFile: "/proc/\(relay.identifier)/limits", encoding: .utf8)
            let openFiles = try #require(limits.split(separator: "\n").first { $0.hasPrefix("Max open files") })
            #expect(openFiles.split(separator: " ").dropFirst(3).prefix(2) == ["4096", "4096"])
            relay.send(SIGTERM)
            #expect(relay.wait() == 0)
        }
    }

    @Test func theSpareKeyTakesThePlaceOfTheKeyUnderTheAddressThatMembersHave() async throws {
        try await withTemporaryDirectory { data in
            let spare = try RelayProcess.run("key", "spare", "--data", data.path)
            #expect(spare.status == 0)
            let identity = try RelayIdentity(pem: Array(spare.output.utf8))
            let relay = try RelayProcess(data: data)
            #expect(relay.address.pins.count == 2)
            #expect(relay.address.pins.last == identity.pin)
            #expect(try RelayProcess.run("address", "--data", data.path).output == "\(relay.address)\n")
            #expect(try RelayProcess.run("key", "spare", "--data", data.path).status == 77)
            // Nothing of the spare but its pin stays with the relay.
            let secret = try #require(spare.output.split(separator: "\n").dropFirst().first)
            for file in try FileManager.default.contentsOfDirectory(at: data, includingPropertiesForKeys: nil) {
                #expect(try Data(contentsOf: file).firstRange(of: Data(secret.utf8)) == nil, "\(file)")
            }

            let other = String(decoding: try RelayIdentity.makeSelfSigned(), as: UTF8.self)
            let refused = try RelayProcess.run("key", "use", "--data", data.path, input: other)
            #expect(refused.status == 77)
            #expect(try RelayProcess.run("key", "use", "--data", data.path, input: spare.output).status == 0)
            let printed = try RelayProcess.run("address", "--data", data.path).output
            #expect(try RelayAddress(String(printed.dropLast())).pins == [identity.pin])
            relay.send(SIGTERM)
            #expect(relay.wait() == 0)

            let next = try RelayProcess(data: data)
            #expect(next.address.pins == [identity.pin])
            next.send(SIGTERM)
            #expect(next.wait() == 0)
        }
    }

    @Test func aSpareMadeBesideARunningRelayIsInTheAddressAtOnce() async throws {
        try await withTemporaryDirectory { data in
            let relay = try RelayProcess(data: data)
            #expect(relay.address.pins.count == 1)
            let spare = try RelayProcess.run("key", "spare", "--data", data.path)
            let pins = relay.address.pins + [try RelayIdentity(pem: Array(spare.output.utf8)).pin]
            let address = try RelayAddress(
                String(try RelayProcess.run("address", "--data", data.path).output.dropLast())
            )
            #expect(address.pins == pins)
            relay.send(SIGTERM)
            #expect(relay.wait() == 0)
        }
    }

    @Test(arguments: [[], ["--plain-http"]])
    func healthcheckTellsAReadyRelayFromOneThatIsGone(_ options: [String]) async throws {
        try await withTemporaryDirectory { data in
            #expect(try RelayProcess.run("healthcheck", "--data", data.path).status == 75)
            let relay = try RelayProcess(data: data, options: options)
            let healthy = try RelayProcess.run("healthcheck", "--data", data.path)
            #expect(healthy.status == 0, "\(healthy.errors)")
            #expect(healthy.output.isEmpty)
            // As it is announced on all interfaces, in a container for example.
            let scheme = relay.address.scheme
            let pins = relay.address.pins.isEmpty ? "" : "#\(relay.address.pins[0])"
            try Data("\(scheme)://0.0.0.0:\(relay.address.port)/\(pins)".utf8)
                .write(to: data.appending(path: "address"))
            #expect(try RelayProcess.run("healthcheck", "--data", data.path).status == 0)
            relay.send(SIGTERM)
            #expect(relay.wait() == 0)
            let gone = try RelayProcess.run("healthcheck", "--data", data.path)
            #expect(gone.status == 75)
            #expect(gone.errors.contains("nothing listens"), "\(gone.errors)")
        }
    }

    @Test func healthcheckRefusesAServerWithAnotherKey() async throws {
        try await withTemporaryDirectory { data in
            let relay = try RelayProcess(data: data)
            let file = data.appending(path: "address")
            let other = KeyPin(subjectPublicKeyInfo: [])
            try Data("https://127.0.0.1:\(relay.address.port)/#\(other)".utf8).write(to: file)
            let refused = try RelayProcess.run("healthcheck", "--data", data.path)
            #expect(refused.status == 75)
            #expect(refused.errors.contains("another key"), "\(refused.errors)")
            relay.send(SIGTERM)
            #expect(relay.wait() == 0)
        }
    }

    @Test func healthcheckDoesNotTakeOneWhoHangsUpForAnotherKey() async throws {
        try await withTemporaryDirectory { data in
            // As a relay does that has as many connections as it takes.
            let server = try await ServerBootstrap(group: .singletonMultiThreadedEventLoopGroup)
                .childChannelInitializer { $0.close() }
                .bind(host: "127.0.0.1", port: 0)
                .get()
            let port = try #require(server.localAddress?.port)
            for address in [
                "http://127.0.0.1:\(port)/", "https://127.0.0.1:\(port)/#\(KeyPin(subjectPublicKeyInfo: []))",
            ] {
                try Data(address.utf8).write(to: data.appending(path: "address"))
                let refused = try RelayProcess.run("healthcheck", "--data", data.path)
                #expect(refused.status == 75)
                #expect(refused.errors == "aadr-relay: the relay is not ready: it does not answer\n")
            }
            try await server.close()
        }
    }

    @Test func sigtermAnswersThoseWhoWaitAndEndsWithZero() async throws {
        try await withTemporaryDirectory { data in
            let relay = try RelayProcess(data: data)
            let client = relay.connect()
            let access = try await Caller(client).mailbox(token: RelayProcess.token(data: data))
            let reader = Task { try await Caller(client).read(access, waitSeconds: 60) }
            let idle = relay.connect()
            _ = try await idle.look(at: "/healthz")
            try await Task.sleep(for: .milliseconds(300))
            let start = ContinuousClock.now
            relay.send(SIGTERM)
            #expect(try await reader.value.entries.isEmpty)
            #expect(relay.wait() == 0)
            #expect(ContinuousClock.now - start < .seconds(10))
            try await client.shutdown()
            try await idle.shutdown()
        }
    }

    @Test func plainHTTPIsForThisMachineUnlessAProxyIsNamed() async throws {
        try await withTemporaryDirectory { data in
            let refused = try RelayProcess.run(
                "serve",
                "--data",
                data.path,
                "--listen",
                "0.0.0.0:0",
                "--plain-http"
            )
            #expect(refused.status == 64)
            let relay = try RelayProcess(data: data, options: ["--plain-http"])
            #expect(relay.address.scheme == .http)
            let client = relay.connect()
            #expect(try await client.look(at: "/healthz").status == .ok)
            try await client.shutdown()
            relay.send(SIGTERM)
            #expect(relay.wait() == 0)
        }
    }

    @Test func aSpareIsTakenIntoUseOnANewHostBeforeTheRelayServes() async throws {
        try await withTemporaryDirectory { directory in
            let (old, new) = (directory.appending(path: "old").path, directory.appending(path: "new").path)
            let spare = try RelayProcess.run("key", "spare", "--data", old)
            #expect(spare.status == 0, "\(spare.errors)")
            let used = try RelayProcess.run("key", "use", "--data", new, input: spare.output)
            #expect(used.status == 0, "\(used.errors)")
            let pin = try RelayIdentity(pem: Array(spare.output.utf8)).pin
            let address = try RelayProcess.run("address", "--data", new).output
            #expect(address.contains("#\(pin)"), "\(address)")
        }
    }

    @Test func aStoreThatWasNotThereIsSaidToBeNew() async throws {
        try await withTemporaryDirectory { data in
            func create() throws -> String {
                try RelayProcess.run("token", "create", "--data", data.path, "--label", "a").errors
            }
            let first = try create()
            #expect(first == "aadr-relay: there was no store in \(data.path) yet: one has been made\n")
            let second = try create()
            #expect(second == "")
        }
    }

    @Test func othersHaveNoRightsInTheDirectoryOfARelayThatServes() async throws {
        try await withTemporaryDirectory { directory in
            let data = directory.appending(path: "data")
            try FileManager.default.createDirectory(at: data, withIntermediateDirectories: false)
            try FileManager.default.setAttributes([.posixPermissions: 0o777], ofItemAtPath: data.path)
            let relay = try RelayProcess(data: data)
            let mode = try FileManager.default.attributesOfItem(atPath: data.path)[.posixPermissions] as? Int
            #expect(mode == 0o700)
            relay.send(SIGTERM)
            #expect(relay.wait() == 0)
        }
    }

    @Test func aStoreThatAnotherProcessHoldsIsAskedForAgain() async throws {
        try await withTemporaryDirectory { data in
            _ = try RelayProcess.token(data: data)
            let holder = try DatabaseQueue(path: data.appending(path: "relay.sqlite").path)
            try holder.writeWithoutTransaction { db in
                try db.execute(sql: "PRAGMA locking_mode = EXCLUSIVE; BEGIN IMMEDIATE; DELETE FROM token; ROLLBACK")
            }
            let refused = try RelayProcess.run("token", "list", "--data", data.path)
            #expect(refused.status == 75)
            #expect(refused.errors == "aadr-relay: another process holds the store: try again when it is done\n")
            try holder.close()
            #expect(try RelayProcess.run("token", "list", "--data", data.path).output.contains("a label"))
        }
    }

    /// A key and a certificate for it, each in a file of its own.
    private static func makePair(in data: URL, _ name: String) throws -> (certificate: String, key: String) {
        let pem = String(decoding: try RelayIdentity.makeSelfSigned(), as: UTF8.self)
        let border = try #require(pem.range(of: "-----BEGIN CERTIFICATE"))
        let (certificate, key) = (data.appending(path: "\(name)-certificate"), data.appending(path: "\(name)-key"))
        try Data(pem[border.lowerBound...].utf8).write(to: certificate)
        try Data(pem[..<border.lowerBound].utf8).write(to: key)
        return (certificate.path, key.path)
    }

    @Test func whatCannotBeIsSaidInOneLineWithItsExitStatus() async throws {
        try await withTemporaryDirectory { data in
            let relay = try RelayProcess(data: data)
            let port = relay.address.port
            let other = data.appending(path: "other").path
            let damaged = data.appending(path: "damaged")
            try FileManager.default.createDirectory(at: damaged, withIntermediateDirectories: true)
            try Data("this is no database, but long enough to look like one ".utf8.map { $0 })
                .write(to: damaged.appending(path: "relay.sqlite"))
            // Even root cannot read a directory.
            let unreadable = data.appending(path: "unreadable")
            try FileManager.default.createDirectory(
                at: unreadable.appending(path: "tls.pem"),
                withIntermediateDirectories: true
            )
            let (pair, foreign) = (try Self.makePair(in: data, "own"), try Self.makePair(in: data, "foreign"))
            func serve(_ options: String...) throws -> RelayProcess.Outcome {
                try RelayProcess.run(["serve", "--data", other] + options)
            }
            func serve(certificate: String, key: String) throws -> RelayProcess.Outcome {
                try serve("--tls-certificate", certificate, "--tls-key", key)
            }
            for (outcome, status, words) in [
                (try RelayProcess.run("serve", "--data", data.path), 73, "another relay"),
                (try RelayProcess.run("serve", "--data", "/proc/none"), 73, "cannot write"),
                (try RelayProcess.run("serve", "--data", other, "--listen", "127.0.0.1:\(port)"), 78, "in use"),
                (try serve("--listen", "127.0.0.1:0", "--admin-listen", "127.0.0.1:\(port)"), 78, "in use"),
                (try RelayProcess.run("serve", "--data", damaged.path), 65, "damaged"),
                (try RelayProcess.run("token", "list", "--data", "/nonexistent"), 78, "no directory"),
                (try RelayProcess.run("serve"), 64, "AADR_RELAY_DATA"),
                (try RelayProcess.run("serve", "--data", other, "--listen", "8443"), 64, "HOST:PORT"),
                (try RelayProcess.run("serve", environment: ["AADR_RELAY_DATA": "/proc/none"]), 73, "cannot write"),
                (
                    try RelayProcess.run("serve", "--data", other, "--listen", "none.invalid:8443"), 78,
                    "no such address"
                ),
                (try serve("--behind-proxy"), 64, "goes with --plain-http"),
                (try RelayProcess.run("serve", "--data", unreadable.path), 78, "tls.pem: check its owner"),
                (try serve("--config", "/proc/none"), 78, "cannot read the settings file /proc/none"),
                (try serve("--store-file", "/proc/none"), 78, "cannot read /proc/none"),
                (try serve(certificate: pair.certificate, key: "/proc/none"), 78, "cannot read /proc/none"),
                (try serve(certificate: pair.key, key: pair.key), 78, "\(pair.key): there is no certificate"),
                (try serve(certificate: pair.certificate, key: pair.certificate), 78, "there is no private key"),
                (
                    try serve(certificate: pair.certificate, key: foreign.key), 78,
                    "\(foreign.key): the certificate and this private key"
                ),
                (try RelayProcess.run("backup", "--data", data.path, "/proc/none"), 73, "the backup cannot be written"),
                (try RelayProcess.run("key", "use", "--data", data.path), 66, "nothing on standard input"),
                (try RelayProcess.run("token", "create", "--data", other), 64, "--label"),
            ] as [(RelayProcess.Outcome, Int32, String)] {
                #expect(outcome.status == status, "\(outcome.errors)")
                #expect(outcome.errors.contains(words), "\(outcome.errors)")
                #expect(outcome.output.isEmpty)
            }
            relay.send(SIGTERM)
            #expect(relay.wait() == 0)
        }
    }
}
