// swift-tools-version: 6.3

import PackageDescription

/// Strict for every target: Swift 6 mode, and no existential that is not written out.
let strict: [SwiftSetting] = [
  .swiftLanguageMode(.v6),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .treatAllWarnings(as: .error),
  .treatWarning("DeprecatedDeclaration", as: .warning),
]

let argumentParser = Target.Dependency.product(
  name: "ArgumentParser", package: "swift-argument-parser")
let configuration = Target.Dependency.product(
  name: "Configuration", package: "swift-configuration")
let grdb = Target.Dependency.product(name: "GRDB", package: "GRDB.swift")
let httpClient = Target.Dependency.product(
  name: "AsyncHTTPClient", package: "async-http-client")
let hummingbird = Target.Dependency.product(name: "Hummingbird", package: "hummingbird")
let hummingbirdCore = Target.Dependency.product(name: "HummingbirdCore", package: "hummingbird")
let lifecycle = Target.Dependency.product(
  name: "ServiceLifecycle", package: "swift-service-lifecycle")
let logging = Target.Dependency.product(name: "Logging", package: "swift-log")
let crypto = Target.Dependency.product(name: "Crypto", package: "swift-crypto")
let nioCore = Target.Dependency.product(name: "NIOCore", package: "swift-nio")
let nioPosix = Target.Dependency.product(name: "NIOPosix", package: "swift-nio")
let nioHTTP1 = Target.Dependency.product(name: "NIOHTTP1", package: "swift-nio")
let nioWebSocket = Target.Dependency.product(name: "NIOWebSocket", package: "swift-nio")
let nioSSL = Target.Dependency.product(name: "NIOSSL", package: "swift-nio-ssl")
let nioHTTPTypes = Target.Dependency.product(name: "NIOHTTPTypes", package: "swift-nio-extras")
let nioHTTPTypesHTTP1 = Target.Dependency.product(
  name: "NIOHTTPTypesHTTP1", package: "swift-nio-extras")

/// The release programs are linked by the toolchain's own lld, with relocations packed and equal
/// code merged where nobody can tell: 39 MB resident become 32.
let lean: [LinkerSetting] = [
  .unsafeFlags(
    [
      "-use-ld=lld", "-Xlinker", "-z", "-Xlinker", "pack-relative-relocs", "-Xlinker", "--icf=safe",
      "-Xlinker", "-O2", "-Xlinker", "--no-export-dynamic", "-Xlinker", "--exclude-libs=ALL",
    ], .when(platforms: [.linux], configuration: .release))
]

let package = Package(
  name: "quartermaster",
  platforms: [.macOS(.v15)],
  products: [
    .executable(name: "quartermaster", targets: ["Quartermaster"]),
    .executable(name: "quartermaster-shore", targets: ["QuartermasterShore"]),
    .executable(name: "quartermaster-bench", targets: ["QuartermasterBench"]),
    .executable(name: "conformance-server", targets: ["ConformanceServer"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/apple/swift-asn1", from: "1.7.0"),
    .package(url: "https://github.com/apple/swift-certificates", from: "1.21.1"),
    .package(url: "https://github.com/apple/swift-collections", from: "1.6.0"),
    .package(
      url: "https://github.com/apple/swift-configuration", from: "1.4.0", traits: ["YAML"]),
    .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
    .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
    .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
    .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
    .package(url: "https://github.com/apple/swift-nio-extras", from: "1.35.2"),
    .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.6"),
    .package(url: "https://github.com/apple/swift-system", from: "1.8.1"),
    .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
    .package(url: "https://github.com/HdrHistogram/hdrhistogram-swift", from: "0.2.0"),
    .package(
      url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1", traits: []),
    .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
    .package(url: "https://github.com/swift-server/async-http-client", from: "1.37.0"),
    .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
    .package(url: "https://github.com/vapor/jwt-kit", from: "5.7.1"),
  ],
  targets: [
    .systemLibrary(
      name: "CSystemd", pkgConfig: "libsystemd", providers: [.apt(["libsystemd-dev"])]),
    .systemLibrary(name: "CEpoll"),
    .systemLibrary(name: "CMalloc"),
    .systemLibrary(name: "CZstd", pkgConfig: "libzstd", providers: [.apt(["libzstd-dev"])]),
    .systemLibrary(
      name: "COpenSSL", pkgConfig: "libcrypto", providers: [.apt(["libssl-dev"])]),
    .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),

    .target(name: "Wire", swiftSettings: strict),
    .target(name: "Inventory", dependencies: ["Wire"], swiftSettings: strict),
    .target(
      name: "Storage", dependencies: ["Inventory", "Wire", grdb, logging], swiftSettings: strict),
    .target(
      name: "Access",
      dependencies: [
        "Inventory", "Storage", "Wire", crypto, logging,
        .product(name: "CryptoExtras", package: "swift-crypto"),
        .product(name: "JWTKit", package: "jwt-kit"),
      ],
      swiftSettings: strict),
    .target(
      name: "Certificates",
      dependencies: [
        crypto, nioCore, nioSSL, .product(name: "SwiftASN1", package: "swift-asn1"),
        .product(name: "X509", package: "swift-certificates"),
      ],
      swiftSettings: strict),
    .target(
      name: "WebSockets",
      dependencies: ["CZlib", "Inventory", crypto, nioCore, nioHTTP1, nioWebSocket],
      swiftSettings: strict),
    .target(
      name: "Realtime",
      dependencies: [
        "Access", "Inventory", "Storage", "WebSockets", "Wire", logging, nioCore, nioHTTP1,
        nioPosix,
        nioSSL,
      ],
      swiftSettings: strict),
    .target(
      name: "SocketIO",
      dependencies: [
        "Inventory", "WebSockets", "Wire", crypto, hummingbirdCore, nioCore, nioHTTP1,
        nioHTTPTypesHTTP1, nioWebSocket,
        .product(name: "HTTPTypes", package: "swift-http-types"),
      ],
      swiftSettings: strict),
    .target(
      name: "Dialects",
      dependencies: [
        "Access", "Inventory", "Realtime", "SocketIO", "Storage", "Wire", crypto, logging, nioCore,
        nioHTTP1, nioWebSocket,
      ],
      swiftSettings: strict),
    .target(name: "CCrewApp"),
    .target(
      name: "CrewApp", dependencies: ["CCrewApp", "Sync", crypto], exclude: ["Web"],
      swiftSettings: strict),
    .target(
      name: "API",
      dependencies: [
        "Access", "CrewApp", "Inventory", "Storage", "Sync", "Wire", hummingbird, hummingbirdCore,
        logging,
        nioCore, nioHTTP1, nioHTTPTypes, nioHTTPTypesHTTP1,
        .product(name: "HTTPTypes", package: "swift-http-types"),
      ],
      swiftSettings: strict),
    .target(
      name: "Sync", dependencies: ["Inventory", "Wire", "CZlib", "CZstd", crypto],
      swiftSettings: strict),
    .target(
      name: "Uplink",
      dependencies: [
        "CMalloc", "CSystemd", "Storage", "Sync", "Inventory", "Wire", httpClient, lifecycle,
        logging, nioCore,
        nioHTTP1, nioSSL,
      ],
      swiftSettings: strict),
    .target(
      name: "Shore",
      dependencies: [
        "Sync", "Inventory", "SocketIO", "WebSockets", "Wire", grdb, hummingbird, hummingbirdCore,
        lifecycle, logging, nioCore, nioHTTP1, nioHTTPTypes, nioHTTPTypesHTTP1, nioWebSocket,
        crypto,
        .product(name: "HTTPTypes", package: "swift-http-types"),
      ],
      swiftSettings: strict),
    .target(name: "Envelope", dependencies: ["COpenSSL"], swiftSettings: strict),
    .target(
      name: "Supervision",
      dependencies: ["CMalloc", "CSystemd", lifecycle, logging, nioCore, nioPosix],
      swiftSettings: strict),
    .testTarget(
      name: "SupervisionTests",
      dependencies: [
        "Supervision", logging,
        .product(name: "InMemoryLogging", package: "swift-log"),
        .product(name: "ServiceLifecycleTestKit", package: "swift-service-lifecycle"),
      ],
      swiftSettings: strict),

    .executableTarget(
      name: "Quartermaster",
      dependencies: [
        "API", "Access", "Certificates", "Dialects", "Envelope", "Inventory", "Realtime",
        "SocketIO",
        "Storage", "Supervision", "Sync", "Uplink", "Wire",
        argumentParser, configuration, lifecycle, logging, nioCore, nioPosix,
        .product(name: "SystemPackage", package: "swift-system"),
        .product(name: "UnixSignals", package: "swift-service-lifecycle"),
        .product(name: "Yams", package: "Yams"),
      ],
      swiftSettings: strict, linkerSettings: lean),
    .executableTarget(
      name: "QuartermasterShore",
      dependencies: [
        "Envelope", "Inventory", "Shore", "Supervision", "Sync", "Wire", argumentParser, lifecycle,
        logging, nioCore, nioPosix,
        .product(name: "UnixSignals", package: "swift-service-lifecycle"),
      ],
      swiftSettings: strict, linkerSettings: lean),
    .executableTarget(
      name: "QuartermasterBench",
      dependencies: [
        "CEpoll", "Inventory", "LinkRelay", "Storage", "Sync", "Wire", argumentParser, grdb,
        logging,
        .product(name: "Histogram", package: "hdrhistogram-swift"),
      ],
      swiftSettings: strict),

    .target(
      name: "ShoreFixtures",
      dependencies: [
        "Inventory", "Shore", "Sync", "Wire", httpClient, hummingbird, lifecycle, logging, nioCore,
        nioHTTP1,
      ],
      path: "Tests/ShoreFixtures", swiftSettings: strict),
    .target(
      name: "LinkRelay", dependencies: [nioCore, nioPosix], path: "Tests/LinkRelay",
      swiftSettings: strict),
    .testTarget(name: "LinkRelayTests", dependencies: ["LinkRelay"], swiftSettings: strict),
    .testTarget(
      name: "EnvelopeTests", dependencies: ["Envelope", "ShoreFixtures"], swiftSettings: strict),
    .testTarget(
      name: "SyncTests", dependencies: ["Inventory", "ShoreFixtures", "Sync", "Wire"],
      swiftSettings: strict),
    .testTarget(
      name: "ShoreTests",
      dependencies: [
        "HubFixtures", "Inventory", "Shore", "ShoreFixtures", "Sync", "WebSockets", "Wire", grdb,
        nioCore, logging, nioPosix, nioWebSocket,
      ],
      swiftSettings: strict),
    .testTarget(
      name: "UplinkTests",
      dependencies: [
        "CSystemd", "Inventory", "LinkRelay", "Shore", "ShoreFixtures", "Storage", "Sync", "Uplink",
        "Wire",
        grdb, httpClient, hummingbird, logging, nioCore, nioHTTP1, nioPosix, nioSSL,
        .product(name: "HTTPTypes", package: "swift-http-types"),
      ],
      swiftSettings: strict),
    .target(
      name: "HubFixtures",
      dependencies: [
        "API", "Access", "Dialects", "Inventory", "Realtime", "SocketIO", "Storage", "Wire",
        logging,
        nioCore, nioHTTP1, nioPosix, nioWebSocket,
      ],
      path: "Tests/HubFixtures", swiftSettings: strict),
    .testTarget(
      name: "CertificatesTests",
      dependencies: [
        "Certificates", "HubFixtures", crypto, nioSSL,
        .product(name: "SwiftASN1", package: "swift-asn1"),
        .product(name: "X509", package: "swift-certificates"),
      ],
      swiftSettings: strict),
    .testTarget(
      name: "AccessTests",
      dependencies: [
        "Access", "HubFixtures", "Inventory", "Storage", "Wire", crypto,
        .product(name: "JWTKit", package: "jwt-kit"),
      ],
      swiftSettings: strict),
    .testTarget(
      name: "RealtimeTests",
      dependencies: [
        "Access", "Certificates", "HubFixtures", "Inventory", "Realtime", "Storage", "WebSockets",
        "Wire", nioCore, nioPosix, nioSSL, nioWebSocket,
        .product(name: "NIOEmbedded", package: "swift-nio"),
      ],
      swiftSettings: strict),
    .testTarget(
      name: "APITests",
      dependencies: [
        "API", "Access", "CrewApp", "HubFixtures", "Inventory", "Realtime", "Storage", "Sync",
        "Wire", hummingbirdCore, nioCore,
        .product(name: "HTTPTypes", package: "swift-http-types"),
      ],
      swiftSettings: strict),
    .testTarget(
      name: "QuartermasterTests",
      dependencies: ["Access", "Certificates", "Quartermaster", "Storage"],
      swiftSettings: strict),
    .testTarget(name: "CrewAppTests", dependencies: ["CrewApp", "Sync"], swiftSettings: strict),
    .executableTarget(
      name: "ConformanceServer",
      dependencies: ["HubFixtures", "SocketIO", argumentParser, nioCore],
      path: "Tests/ConformanceServer", swiftSettings: strict),
    .testTarget(
      name: "SocketIOTests",
      dependencies: ["HubFixtures", "SocketIO", "Wire", nioCore], swiftSettings: strict),
    .testTarget(
      name: "DialectsTests",
      dependencies: [
        "Access", "Dialects", "HubFixtures", "Inventory", "Realtime", "Storage", "Wire", nioCore,
      ],
      swiftSettings: strict),
    .testTarget(name: "WireTests", dependencies: ["Wire"], swiftSettings: strict),
    .testTarget(
      name: "InventoryTests", dependencies: ["Inventory", "Wire"], swiftSettings: strict),
    .testTarget(
      name: "Stories",
      dependencies: ["LinkRelay", "Wire", httpClient, nioCore, nioHTTP1, nioPosix],
      swiftSettings: strict),
    .testTarget(
      name: "StorageTests", dependencies: ["Inventory", "Storage", "Wire", grdb, logging],
      swiftSettings: strict),
  ]
)
