// swift-tools-version: 6.2

import PackageDescription

/// What every target of ours is compiled with: Swift 6 language mode (strict concurrency), no warnings.
let strict: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .treatAllWarnings(as: .error),
]

let package = Package(
    name: "aadr",
    products: [
        .executable(name: "aadr-msg", targets: ["aadr-msg"]),
        .executable(name: "aadr-relay", targets: ["aadr-relay"]),
        .library(name: "MLS", targets: ["MLS"]),
        .library(name: "HPKE", targets: ["HPKE"]),
        .library(name: "Sodium", targets: ["Sodium"]),
        // For the packages in Benchmarks and Fuzzing.
        .library(name: "Coalition", targets: ["Coalition"]),
        .library(name: "Relay", targets: ["Relay"]),
        .library(name: "RelayAPI", targets: ["RelayAPI"]),
        .library(name: "TLSCodec", targets: ["TLSCodec"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-http2", from: "1.46.0"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.6"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-certificates", from: "1.21.1"),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
        .package(url: "https://github.com/apple/swift-asn1", from: "1.7.4"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-system", from: "1.8.1"),
        .package(url: "https://github.com/swiftlang/swift-subprocess", from: "1.0.2", traits: []),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
        // In tests alone: clients that are not ours, of which one speaks HTTP/2.
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1", traits: []),
        .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
        .package(url: "https://github.com/swift-server/async-http-client", from: "1.37.0"),
    ],
    targets: [
        // The end-to-end encryption core: no I/O, nothing of ours above it.
        .systemLibrary(name: "CSodium", pkgConfig: "libsodium", providers: [.apt(["libsodium-dev"])]),
        .target(name: "Sodium", dependencies: ["CSodium"], swiftSettings: strict),
        .target(
            name: "HPKE",
            dependencies: ["Sodium", .product(name: "Crypto", package: "swift-crypto")],
            swiftSettings: strict
        ),
        .target(name: "TLSCodec", swiftSettings: strict),
        .target(name: "MLS", dependencies: ["HPKE", "Sodium", "TLSCodec"], swiftSettings: strict),

        // What relay and member client share: the names of hashes and keys, the HTTP API's types.
        .target(
            name: "Labels",
            dependencies: ["Sodium", "TLSCodec", .product(name: "Crypto", package: "swift-crypto")],
            swiftSettings: strict
        ),
        .target(name: "RelayAPI", dependencies: ["Labels", "Sodium", "TLSCodec"], swiftSettings: strict),

        // What members agree on: who is who, the charter, the policy, the envelope.
        .target(
            name: "Coalition",
            dependencies: ["HPKE", "Labels", "MLS", "RelayAPI", "Sodium", "TLSCodec"],
            swiftSettings: strict
        ),

        // A member's device: what it keeps, and how it talks to relays.
        .target(
            name: "MemberClient",
            dependencies: [
                "Coalition",
                "HPKE",
                "Labels",
                "MLS",
                "RelayAPI",
                "Sodium",
                "TLSCodec",
                .product(name: "GRDB", package: "GRDB.swift"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
                .product(name: "NIOTLS", package: "swift-nio"),
            ],
            swiftSettings: strict
        ),

        // The relay: it links neither MLS nor Coalition, and so cannot decrypt.
        .systemLibrary(name: "CPostgreSQL", pkgConfig: "libpq", providers: [.apt(["libpq-dev"])]),
        .target(
            name: "Relay",
            dependencies: [
                "CPostgreSQL", "RelayAPI", "TLSCodec",
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "GRDB", package: "GRDB.swift"),
                .product(name: "GRDBSQLite", package: "GRDB.swift"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOHTTP2", package: "swift-nio-http2"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
                .product(name: "NIOTLS", package: "swift-nio"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "SwiftASN1", package: "swift-asn1"),
                .product(name: "X509", package: "swift-certificates"),
            ],
            swiftSettings: strict
        ),
        .executableTarget(
            name: "aadr-relay",
            dependencies: [
                "Relay", "RelayAPI", "Sodium",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "UnixSignals", package: "swift-service-lifecycle"),
            ],
            swiftSettings: strict
        ),

        // The member's command line.
        .executableTarget(
            name: "aadr-msg",
            dependencies: [
                "Coalition", "MemberClient", "RelayAPI", "Sodium",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Subprocess", package: "swift-subprocess"),
                .product(name: "SystemPackage", package: "swift-system"),
            ],
            swiftSettings: strict
        ),

        .testTarget(
            name: "aadr-msgTests",
            dependencies: ["aadr-msg", "Coalition", "MemberClient", "SchemaTesting", "Sodium"],
            swiftSettings: strict
        ),
        .testTarget(
            name: "CoalitionTests",
            dependencies: ["Coalition", "HPKE", "Labels", "MLS", "RelayAPI", "Sodium", "TLSCodec"],
            swiftSettings: strict
        ),
        .testTarget(
            name: "DishonestMemberTests",
            dependencies: ["Coalition", "MLS", "MemberClient", "MemberTesting", "RelayAPI", "Sodium", "TLSCodec"],
            swiftSettings: strict
        ),
        .testTarget(
            name: "EndToEndTests",
            dependencies: [
                "aadr-msg", "aadr-relay", "RelayTesting", "SchemaTesting",
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
            ],
            swiftSettings: strict
        ),
        // The fuzzing targets, run over their corpus; Scripts/fuzz builds them with a fuzzer.
        .testTarget(
            name: "FuzzingTests",
            dependencies: ["Coalition", "MLS", "RelayAPI", "Sodium", "TLSCodec"],
            path: "Fuzzing",
            exclude: ["Corpus", "Package.swift", "Sources/CLibFuzzer", "Sources/CRemembered", "Sources/fuzz"],
            sources: ["Sources/FuzzTargets", "Tests"],
            swiftSettings: strict
        ),
        .testTarget(
            name: "HostileRelayTests",
            dependencies: ["Coalition", "MemberClient", "MemberTesting", "Relay", "RelayAPI"],
            swiftSettings: strict
        ),
        .testTarget(name: "HPKETests", dependencies: ["HPKE", "Sodium"], swiftSettings: strict),
        .testTarget(
            name: "KilledMemberTests",
            dependencies: ["Coalition", "MemberClient", "MemberTesting", "RelayAPI"],
            swiftSettings: strict
        ),
        .testTarget(name: "LabelsTests", dependencies: ["Labels", "Sodium", "TLSCodec"], swiftSettings: strict),
        .testTarget(
            name: "MemberClientTests",
            dependencies: [
                "Coalition",
                "MLS",
                "MemberClient",
                "MemberTesting",
                "Relay",
                "RelayAPI",
                "Sodium",
                "TLSCodec",
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
                .product(name: "NIOTLS", package: "swift-nio"),
            ],
            swiftSettings: strict
        ),
        // Members of a coalition in one process, for the tests of their engine.
        .target(
            name: "MemberTesting",
            dependencies: [
                "Coalition",
                "HPKE",
                "MLS",
                "MemberClient",
                "Relay",
                "RelayAPI",
                "RelayTesting",
                "Sodium",
                "TLSCodec",
                .product(name: "GRDB", package: "GRDB.swift"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ],
            path: "Tests/MemberTesting",
            swiftSettings: strict
        ),
        // Servers that the relay needs, for tests.
        .target(
            name: "RelayTesting",
            dependencies: ["Relay", "RelayAPI"],
            path: "Tests/RelayTesting",
            swiftSettings: strict
        ),
        .testTarget(name: "RelayAPITests", dependencies: ["RelayAPI", "TLSCodec"], swiftSettings: strict),
        .testTarget(
            name: "MLSTests",
            dependencies: ["CSodium", "HPKE", "MLS", "Sodium", "TLSCodec"],
            swiftSettings: strict
        ),
        .testTarget(
            name: "RelayTests",
            dependencies: [
                "aadr-relay", "Relay", "RelayAPI", "RelayTesting", "TLSCodec",
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "GRDB", package: "GRDB.swift"),
                .product(name: "HummingbirdTesting", package: "hummingbird"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOEmbedded", package: "swift-nio"),
                .product(name: "NIOHTTP2", package: "swift-nio-http2"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ],
            swiftSettings: strict
        ),
        // Protocol/cli.schema.json, held against what is printed.
        .target(name: "SchemaTesting", path: "Tests/SchemaTesting", swiftSettings: strict),
        // What only a disk, a server or a process that fails can show.
        .target(name: "CPowerCut", path: "Tests/CPowerCut", linkerSettings: [.linkedLibrary("sqlite3")]),
        .testTarget(
            name: "RelayFaultTests",
            dependencies: ["CPowerCut", "Relay", "RelayAPI"],
            swiftSettings: strict
        ),
        .testTarget(name: "SodiumTests", dependencies: ["Sodium"], swiftSettings: strict),
        .testTarget(name: "TLSCodecTests", dependencies: ["TLSCodec"], swiftSettings: strict),
    ]
)

// `make docs` builds the libraries' pages. Nobody else needs what builds them.
if Context.environment["AADR_DOCS"] != nil {
    package.dependencies.append(.package(url: "https://github.com/apple/swift-docc-plugin", from: "1.5.0"))
}
