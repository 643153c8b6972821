import Testing

@testable import MLS

/// What is made to be long takes time in proportion to its length. What compares everything with everything takes minutes
/// over these.
@Suite("Effort")
struct EffortTests {
    private func expectBrief(_ body: () throws -> Void) rethrows {
        let start = ContinuousClock.now
        try body()
        #expect(ContinuousClock.now - start < .seconds(20))
    }

    @Test("a leaf with many extensions that it lists last")
    func leafExtensions() throws {
        let key = try SignaturePrivateKey(suite3)
        let types = (0x1000..<0x6000).map { ExtensionType(rawValue: $0) }
        let filler = [ExtensionType](repeating: .unsupported, count: 300_000)
        let keyPackage = try Forger.add(
            key,
            changingLeaf: { leaf in
                leaf.capabilities.extensions = filler + types
                leaf.extensions = Extensions(types.map { Extension(type: $0, data: []) })
            }
        )
        try expectBrief { try keyPackage.validate(at: nil) }
    }
}
