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
        .library(name: "MLS", targets: ["MLS"]),
        .library(name: "Sodium", targets: ["Sodium"]),
    ],
    targets: [
        // The end-to-end encryption core: no I/O, nothing of ours above it.
        .systemLibrary(name: "CSodium", pkgConfig: "libsodium", providers: [.apt(["libsodium-dev"])]),
        .target(name: "Sodium", dependencies: ["CSodium"], swiftSettings: strict),
        .target(name: "TLSCodec", swiftSettings: strict),
        .target(name: "MLS", dependencies: ["Sodium", "TLSCodec"], swiftSettings: strict),

        .testTarget(name: "MLSTests", dependencies: ["MLS", "Sodium", "TLSCodec"], swiftSettings: strict),
        // What relay and member client share: the names of hashes and keys, the HTTP API's types.
        .target(name: "Labels", dependencies: ["Sodium", "TLSCodec"], swiftSettings: strict),
        .target(name: "RelayAPI", dependencies: ["Labels", "Sodium", "TLSCodec"], swiftSettings: strict),

        .testTarget(name: "LabelsTests", dependencies: ["Labels", "Sodium", "TLSCodec"], swiftSettings: strict),
        .testTarget(name: "RelayAPITests", dependencies: ["RelayAPI", "TLSCodec"], swiftSettings: strict),
        .testTarget(name: "SodiumTests", dependencies: ["Sodium"], swiftSettings: strict),
        .testTarget(name: "TLSCodecTests", dependencies: ["TLSCodec"], swiftSettings: strict),
    ]
)
