// swift-tools-version: 6.2

import PackageDescription

/// As in the package that is measured: Swift 6 language mode (strict concurrency), no warnings.
let strict: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .treatAllWarnings(as: .error),
]

let package = Package(
    name: "aadr-benchmarks",
    dependencies: [
        .package(name: "aadr", path: ".."),
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.6"),
    ],
    targets: [
        // Samples, comparisons, child processes, the table and the JSON: nothing of the relay's or of MLS.
        .target(name: "Measuring", swiftSettings: strict),

        // The one that is called; it starts the others.
        .executableTarget(
            name: "aadr-bench",
            dependencies: [
                "Measuring",
                // The programs themselves, for `send`: built beside this one, not linked into it.
                .product(name: "aadr-msg", package: "aadr"),
                .product(name: "aadr-relay", package: "aadr"),
                .product(name: "HPKE", package: "aadr"),
                .product(name: "MLS", package: "aadr"),
                .product(name: "Sodium", package: "aadr"),
                .product(name: "TLSCodec", package: "aadr"),
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            swiftSettings: strict
        ),
        // Loads a relay over many connections: a process of its own, so that the server's time is the server's.
        .executableTarget(
            name: "bench-load",
            dependencies: [
                .product(name: "RelayAPI", package: "aadr"),
                .product(name: "TLSCodec", package: "aadr"),
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
            ],
            swiftSettings: strict
        ),
        // The relay with two routes more, which send back what they get.
        .executableTarget(
            name: "bench-relay",
            dependencies: [
                .product(name: "Relay", package: "aadr"),
                .product(name: "RelayAPI", package: "aadr"),
                .product(name: "NIOCore", package: "swift-nio"),
            ],
            swiftSettings: strict
        ),
        // What starting and ending any statically linked Swift program costs.
        .executableTarget(name: "bench-nothing", swiftSettings: strict),
    ]
)
