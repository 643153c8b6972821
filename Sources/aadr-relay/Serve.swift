import ArgumentParser
import Foundation
import Logging
import NIOCore
import Relay
import RelayAPI
import ServiceLifecycle
import UnixSignals

struct Serve: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Serves mailboxes until it gets SIGTERM or SIGINT.",
        discussion: """
            Prints "listening on ADDRESS" when it is ready. Without a certificate, it makes one of its own, once, and
            keeps it in the data directory; members know it by the pin in ADDRESS. `aadr-relay key` makes a spare.

            Example:
              aadr-relay serve --data /var/lib/aadr-relay --listen 0.0.0.0:8443
            """
    )

    @OptionGroup var data: DataOption
    @OptionGroup var store: StoreOption

    @Option(help: ArgumentHelp("Where to listen (default: 127.0.0.1:8443).", valueName: "HOST:PORT"))
    var listen: String?

    @Option(help: ArgumentHelp("Certificate chain in PEM, the relay's own first.", valueName: "FILE"))
    var tlsCertificate: String?

    @Option(help: ArgumentHelp("Private key of the certificate in PEM.", valueName: "FILE"))
    var tlsKey: String?

    @Flag(help: "Speak HTTP without TLS: for an onion service or a proxy on this machine.")
    var plainHttp = false

    @Flag(
        help:
            "With --plain-http: listen also where others than this machine can connect, because a proxy with TLS does."
    )
    var behindProxy = false

    func run() async throws {
        let store = try store.kind
        let path = try data.path
        let listen = try listenAddress()
        let certificateFiles = try certificateFiles()
        let isPlain = try Settings.flag(plainHttp, "PLAIN_HTTP")
        try checkPlainHTTP(isPlain, listen: listen, certificateFiles: certificateFiles)
        CrashTraces.forbid()
        OpenFiles.allowAll()
        try await Failure.reporting {
            let directory = try DataDirectory(path: path, creating: true)
            try directory.lock()
            let identity = isPlain ? nil : try identity(in: directory, files: certificateFiles)
            try await store.withStore(in: directory) { store in
                try await serve(store, from: directory, at: listen, identity: identity)
            }
        }
    }

    private func serve(
        _ store: any MailboxStore,
        from directory: DataDirectory,
        at listen: HostAndPort,
        identity: RelayIdentity?
    ) async throws {
        let service = RelayService(store: store)
        let server = RelayServer(
            responder: RelayResponder(service: service),
            service: service,
            host: listen.host,
            port: Int(listen.port),
            tls: identity?.tlsConfiguration
        ) { port in
            let pins = identity.map { directory.pins(current: $0.pin) } ?? []
            let address = HostAndPort(host: listen.host, port: UInt16(port)).address(pins: pins)
            do {
                try directory.saveAddress(address)
            } catch {
                Output.complain("\(error); `aadr-relay address` will not know where the relay listens")
            }
            Output.line("listening on \(address)")
        }
        var configuration = ServiceGroupConfiguration(
            services: [Maintenance(service: service), server],
            gracefulShutdownSignals: [.sigterm, .sigint],
            logger: Logger(label: "aadr-relay") { _ in SwiftLogNoOpLogHandler() }
        )
        configuration.maximumGracefulShutdownDuration = Self.longestDrain
        do {
            try await ServiceGroup(configuration: configuration).run()
        } catch is CancellationError {
            // Draining took too long, and what was left of it has been cut off.
        } catch let error as IOError {
            let reason = String(cString: strerror(error.errnoCode))
            throw Failure("cannot listen on \(listen.host):\(listen.port): \(reason)", status: Failure.configuration)
        } catch let error as SocketAddressError {
            throw Failure("cannot listen on \(listen.host): \(error)", status: Failure.configuration)
        }
    }

    /// Requests under way at a shutdown have so long to be answered.
    private static let longestDrain = Duration.seconds(8)

    private func listenAddress() throws -> HostAndPort {
        guard let text = Settings.value(listen, "LISTEN") else { return .defaultListen }
        guard let address = HostAndPort(text) else {
            throw ValidationError("\(text) is not HOST:PORT, as in 127.0.0.1:8443 or [::1]:8443")
        }
        return address
    }

    private func certificateFiles() throws -> (certificate: String, key: String)? {
        let certificate = Settings.value(tlsCertificate, "TLS_CERTIFICATE")
        let key = Settings.value(tlsKey, "TLS_KEY")
        switch (certificate, key) {
        case (let certificate?, let key?): return (certificate, key)
        case (nil, nil): return nil
        default: throw ValidationError("--tls-certificate and --tls-key go together")
        }
    }

    private func checkPlainHTTP(
        _ isPlain: Bool,
        listen: HostAndPort,
        certificateFiles: (certificate: String, key: String)?
    ) throws {
        guard isPlain else { return }
        guard certificateFiles == nil else {
            throw ValidationError("--plain-http uses no certificate: leave one of them out")
        }
        guard try RelayAddress.isLoopback(listen.host) || Settings.flag(behindProxy, "BEHIND_PROXY") else {
            throw ValidationError(
                """
                --plain-http on \(listen.host) would let anybody on the way read capabilities: listen on 127.0.0.1, \
                or say --behind-proxy if a proxy with TLS stands before the relay
                """
            )
        }
    }

    private func identity(
        in directory: DataDirectory,
        files: (certificate: String, key: String)?
    ) throws -> RelayIdentity {
        guard let files else { return try directory.selfSignedIdentity() }
        return try RelayIdentity(
            certificatePEM: try Self.contents(of: files.certificate),
            keyPEM: try Self.contents(of: files.key)
        )
    }

    private static func contents(of path: String) throws -> [UInt8] {
        guard let data = FileManager.default.contents(atPath: path) else {
            throw Failure("cannot read \(path)", status: Failure.configuration)
        }
        return Array(data)
    }
}
