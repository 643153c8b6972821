import ArgumentParser
import Foundation
import Logging
import NIOCore
import Relay
import RelayAPI
import ServiceLifecycle
import Sodium
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

    @OptionGroup var store: StoreOptions

    @Option(help: ArgumentHelp("Where to listen (default: 127.0.0.1:8443).", valueName: "HOST:PORT"))
    var listen: String?

    @Option(
        help: ArgumentHelp(
            "Where to answer /metrics, /healthz and /readyz for monitoring, without TLS (default: nowhere).",
            valueName: "HOST:PORT"
        )
    )
    var adminListen: String?

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

    @Option(
        help: ArgumentHelp(
            "What goes to the log: info, warning or error, and what is worse (default: info).",
            valueName: "LEVEL"
        )
    )
    var logLevel: String?

    @OptionGroup(title: "What the relay allows") var limits: LimitOptions

    func run() async throws {
        let (settings, kind, path) = try store.chosen
        let listen = try settings.value(.listen, option: listen).map(HostAndPort.init(listening:)) ?? .defaultListen
        let adminListen = try settings.value(.adminListen, option: adminListen).map(HostAndPort.init(listening:))
        let limits = try limits.chosen(settings)
        let logger = try logger(settings)
        let certificateFiles = try certificateFiles(settings)
        let isPlain = try settings.flag(.plainHTTP, option: plainHttp)
        guard try isPlain || !settings.flag(.behindProxy, option: behindProxy) else {
            throw ValidationError("--behind-proxy goes with --plain-http: without it the relay speaks TLS")
        }
        if isPlain { try checkPlainHTTP(settings, listen: listen, certificateFiles: certificateFiles) }
        for variable in settings.strayVariables {
            logger.warning("no setting has this name", metadata: ["variable": "\(variable)"])
        }
        CrashTraces.forbid()
        OpenFiles.allowAll()
        try await Failure.reporting {
            let directory = try DataDirectory(path: path, creating: true)
            try directory.lock()
            try await kind.withStore(in: directory, limits: limits) { store in
                let lastDay = try await store.lastDay()
                let identity =
                    isPlain
                    ? nil
                    : try identity(in: directory, files: certificateFiles) {
                        if lastDay != nil { logger.warning("a new key has been made beside an old store") }
                    }
                let clock = RelayClock(lastDay: lastDay)
                let service = RelayService(store: store, limits: limits, clock: clock)
                var services: [any Service] = [Maintenance(service: service, logger: logger)]
                // Ends when the admin listener listens, if there is to be one.
                let (monitoring, monitored) = AsyncStream<Never>.makeStream()
                if let adminListen {
                    let server = AdminServer(
                        service: service,
                        host: adminListen.host,
                        port: Int(adminListen.port),
                        onListening: { _ in monitored.finish() }
                    )
                    services.append(AnnouncedServer(server: server, address: adminListen))
                } else {
                    monitored.finish()
                }
                let server = server(
                    service,
                    in: directory,
                    at: listen,
                    identity: identity,
                    after: monitoring,
                    logger: logger
                )
                services.append(AnnouncedServer(server: server, address: listen))
                logger.info("started", metadata: ["version": "\(relayVersion)", "store": "\(kind.name)"])
                try await run(services)
                logger.info("stopped")
            }
        }
    }

    private func server(
        _ service: RelayService,
        in directory: DataDirectory,
        at listen: HostAndPort,
        identity: RelayIdentity?,
        after monitoring: AsyncStream<Never>,
        logger: Logger
    ) -> RelayServer {
        RelayServer(
            routes: Routes(service: service),
            service: service,
            host: listen.host,
            port: Int(listen.port),
            tls: identity?.tlsConfiguration
        ) { port in
            // Ready is a relay that listens everywhere.
            for await _ in monitoring {}
            guard !Task.isCancelled else { return }
            let pins = identity.map { directory.pins(current: $0.pin) } ?? []
            let address = HostAndPort(host: listen.host, port: UInt16(port)).address(pins: pins)
            do {
                try directory.saveAddress(address)
            } catch {
                logger.error("the address cannot be kept for other commands", metadata: ["cause": "\(error)"])
            }
            // Whoever starts it may not listen to that.
            try? Output.line("listening on \(address)")
        }
    }

    /// Runs until SIGTERM or SIGINT, and then until what is under way has its answer.
    private func run(_ services: [any Service]) async throws {
        var configuration = ServiceGroupConfiguration(
            services: services,
            gracefulShutdownSignals: [.sigterm, .sigint],
            logger: Logger(label: "aadr-relay") { _ in SwiftLogNoOpLogHandler() }
        )
        configuration.maximumGracefulShutdownDuration = Self.longestDrain
        do {
            try await ServiceGroup(configuration: configuration).run()
        } catch is CancellationError {
            // Draining took too long, and what was left of it has been cut off.
        }
    }

    private func logger(_ settings: Settings) throws -> Logger {
        let text = settings.value(.logLevel, option: logLevel) ?? "info"
        guard let level = Logger.Level(rawValue: text), [.info, .warning, .error].contains(level) else {
            throw ValidationError("log-level is \(text): give info, warning or error")
        }
        return Logger(label: "aadr-relay") { _ in JSONLogHandler(level: level) }
    }

    /// Requests under way at a shutdown have so long to be answered.
    private static let longestDrain = Duration.seconds(6)

    private func certificateFiles(_ settings: Settings) throws -> (certificate: String, key: String)? {
        let certificate = settings.value(.tlsCertificate, option: tlsCertificate)
        let key = settings.value(.tlsKey, option: tlsKey)
        switch (certificate, key) {
        case (let certificate?, let key?): return (certificate, key)
        case (nil, nil): return nil
        default: throw ValidationError("--tls-certificate and --tls-key go together")
        }
    }

    private func checkPlainHTTP(
        _ settings: Settings,
        listen: HostAndPort,
        certificateFiles: (certificate: String, key: String)?
    ) throws {
        guard certificateFiles == nil else {
            throw ValidationError("--plain-http uses no certificate: leave one of them out")
        }
        guard try RelayAddress.isLoopback(listen.host) || settings.flag(.behindProxy, option: behindProxy) else {
            throw ValidationError(
                """
                --plain-http on \(listen.host) would let anybody on the way read capabilities: listen on 127.0.0.1, \
                or say --behind-proxy if a proxy with TLS stands before the relay
                """
            )
        }
    }

    /// - Parameter onNewKey: called before the relay gets a key of its own.
    private func identity(
        in directory: DataDirectory,
        files: (certificate: String, key: String)?,
        onNewKey: () -> Void
    ) throws -> RelayIdentity {
        do {
            guard let files else {
                if !directory.hasKey { onNewKey() }
                return try directory.selfSignedIdentity()
            }
            return try RelayIdentity(
                certificatePEM: try Self.contents(of: files.certificate),
                keyPEM: try Self.contents(of: files.key)
            )
        } catch let error as RelayIdentityError {
            throw Failure(error, in: Self.file(of: error, among: files) ?? directory.keyPath)
        }
    }

    /// Where the fault is.
    private static func file(of error: RelayIdentityError, among files: (certificate: String, key: String)?) -> String?
    {
        switch error {
        case .certificate: files?.certificate
        case .key, .mismatch: files?.key
        }
    }

    private static func contents(of path: String) throws -> [UInt8] {
        guard let data = FileManager.default.contents(atPath: path) else {
            throw Failure("cannot read \(path)", status: Failure.configuration)
        }
        return Array(data)
    }
}

/// A server, and where it is to listen: says so when it cannot.
private struct AnnouncedServer: Service {
    let server: any Service
    let address: HostAndPort

    func run() async throws {
        do {
            try await server.run()
        } catch let error as IOError {
            throw failure(String(cString: strerror(error.errnoCode)))
        } catch is SocketAddressError.UnknownHost {
            throw failure("this machine has no such address")
        } catch let error as SocketAddressError {
            throw failure("\(error)")
        }
    }

    private func failure(_ reason: String) -> Failure {
        Failure("cannot listen on \(address.host):\(address.port): \(reason)", status: Failure.configuration)
    }
}
