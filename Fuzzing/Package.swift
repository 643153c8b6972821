// swift-tools-version: 6.2

import PackageDescription

/// As in the package that is fuzzed: Swift 6 language mode (strict concurrency), no warnings.
let strict: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .treatAllWarnings(as: .error),
]

let package = Package(
    name: "aadr-fuzzing",
    dependencies: [.package(name: "aadr", path: "..")],
    targets: [
        // libFuzzer's entry point, which is in the Swift toolchain.
        .systemLibrary(name: "CLibFuzzer"),
        // Answers what libsodium has computed before.
        .target(name: "CRemembered"),
        .target(
            name: "FuzzTargets",
            dependencies: [
                .product(name: "Coalition", package: "aadr"),
                .product(name: "MLS", package: "aadr"),
                .product(name: "RelayAPI", package: "aadr"),
                .product(name: "Sodium", package: "aadr"),
                .product(name: "TLSCodec", package: "aadr"),
            ],
            swiftSettings: strict
        ),
        .executableTarget(
            name: "fuzz",
            dependencies: ["CLibFuzzer", "CRemembered", "FuzzTargets"],
            swiftSettings: strict
        ),
    ]
)
