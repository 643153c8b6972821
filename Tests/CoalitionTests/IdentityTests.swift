import Coalition
import RelayAPI
import TLSCodec
import Testing

@Suite("Identity")
struct IdentityTests {
    let fixture: CoalitionFixture
    let charter: Charter
    let device: DeviceFixture
    let now = OrganisationFixture.now

    init() throws {
        fixture = try CoalitionFixture()
        charter = try fixture.gathered()
        device = try DeviceFixture("Layla@josa/laptop", number: 20)
    }

    @Test(
        "a name is 1 to 63 letters, digits, dots, underscores and hyphens, with a letter or digit at both ends",
        arguments: [
            ("a", true), ("7amleh", true), ("A.b_c-9", true), (String(repeating: "x", count: 63), true),
            ("", false), (String(repeating: "x", count: 64), false), (".a", false), ("a-", false), ("a b", false),
            ("a@b", false), ("a/b", false), ("é", false), ("ليلى", false), ("a\u{0}b", false),
        ]
    )
    func names(text: String, isName: Bool) {
        #expect((Name(text) != nil) == isName)
    }

    @Test("names are shown as given and compared without regard to case")
    func folding() throws {
        let given = try #require(Name("JOSA"))
        #expect(given == Name("josa"))
        #expect(given.hashValue == Name("josa")?.hashValue)
        #expect(given.description == "JOSA")
        #expect(given != Name("JOSE"))
    }

    @Test(
        "a device address has exactly three names",
        arguments: [
            ("u@o/d", true), ("u@o", false), ("u/d", false), ("u@o/d/e", false), ("u@o@p/d", false), ("@o/d", false),
            ("u@/d", false), ("u@o/", false), ("", false),
        ]
    )
    func addresses(text: String, isAddress: Bool) {
        let address = DeviceAddress(text)
        #expect((address != nil) == isAddress)
        if let address { #expect(address.description == text) }
    }

    @Test("the device hash covers the identity as given and the key")
    func deviceHash() throws {
        let folded = try DeviceFixture("layla@JOSA/laptop", number: 20)
        let otherKey = try DeviceFixture("Layla@josa/laptop", number: 21)
        #expect(Set([device.identity.hash, folded.identity.hash, otherKey.identity.hash]).count == 3)
    }

    private func verify(
        _ attestation: Attestation,
        of device: DeviceFixture? = nil,
        in coalition: CoalitionID? = nil,
        at time: Time?
    ) throws {
        _ = try attestation.verify(
            for: (device ?? self.device).identity,
            in: coalition ?? fixture.coalition,
            charter: charter,
            at: time
        )
    }

    @Test("an attestation by an admin of the device's organisation is valid in its period, both ends included")
    func validAttestation() throws {
        let period = Period(notBefore: now, notAfter: now.later(by: 10))
        let attestation = fixture.josa.attest(device.identity, in: fixture.coalition, for: period)
        let decoded = try Attestation(decoding: attestation.encoded)
        try verify(decoded, at: now)
        try verify(decoded, at: now.later(by: 10))
        #expect(throws: IdentityError.attestationOutsidePeriod) { try verify(decoded, at: now.earlier(by: 1)) }
        #expect(throws: IdentityError.attestationOutsidePeriod) { try verify(decoded, at: now.later(by: 11)) }
        try verify(decoded, at: nil)
    }

    @Test("an attestation is for one device, one key and one coalition")
    func boundAttestation() throws {
        let attestation = fixture.josa.attest(device.identity, in: fixture.coalition)
        let sameKey = try DeviceFixture("Layla@josa/phone", number: 20)
        let sameName = try DeviceFixture("Layla@josa/laptop", number: 21)
        for other in [sameKey, sameName] {
            #expect(throws: IdentityError.attestationSignature) { try verify(attestation, of: other, at: nil) }
        }
        let otherCoalition = CoalitionID(unchecked: [UInt8](repeating: 7, count: 32))
        #expect(throws: IdentityError.attestationSignature) { try verify(attestation, in: otherCoalition, at: nil) }
    }

    @Test("another organisation's admin cannot attest the device")
    func foreignAttestation() throws {
        let attestation = fixture.insm.attest(device.identity, in: fixture.coalition)
        #expect(throws: IdentityError.certificateOfAnotherOrganisation) { try verify(attestation, at: nil) }
        // Not even with a certificate that it has made for itself in that organisation's name.
        let forged = fixture.insm.admin.attest(
            device.identity,
            in: fixture.coalition,
            for: OrganisationFixture.period,
            certificate: fixture.insm.root.certify(
                fixture.insm.admin.publicKey,
                of: fixture.josa.name,
                for: OrganisationFixture.period
            )
        )
        #expect(throws: IdentityError.certificateSignature) { try verify(forged, at: nil) }
        let stranger = try DeviceFixture("x@nobody/y", number: 22)
        let attested = fixture.insm.attest(stranger.identity, in: fixture.coalition)
        #expect(throws: IdentityError.unknownOrganisation) { try verify(attested, of: stranger, at: nil) }
    }

    @Test("certificates and attestations have longest periods, and end no earlier than they begin")
    func periods() throws {
        func attestation(certificate: Period, attestation: Period) -> Attestation {
            fixture.josa.admin.attest(
                device.identity,
                in: fixture.coalition,
                for: attestation,
                certificate: fixture.josa.root.certify(
                    fixture.josa.admin.publicKey,
                    of: fixture.josa.name,
                    for: certificate
                )
            )
        }
        func days(_ count: UInt64, more: UInt64 = 0) -> Period {
            Period(notBefore: now, notAfter: now.advanced(by: .days(count)).later(by: more))
        }
        try verify(attestation(certificate: days(1100), attestation: days(400)), at: now)
        #expect(throws: IdentityError.certificatePeriodTooLong) {
            try verify(attestation(certificate: days(1100, more: 1), attestation: days(400)), at: now)
        }
        #expect(throws: IdentityError.attestationPeriodTooLong) {
            try verify(attestation(certificate: days(1100), attestation: days(400, more: 1)), at: now)
        }
        let backwards = Period(notBefore: now, notAfter: now.earlier(by: 1))
        #expect(throws: IdentityError.certificatePeriodTooLong) {
            try verify(attestation(certificate: backwards, attestation: days(1)), at: now)
        }
        let past = Period(notBefore: now.earlier(by: 10), notAfter: now.earlier(by: 1))
        #expect(throws: IdentityError.certificateOutsidePeriod) {
            try verify(attestation(certificate: past, attestation: days(1)), at: now)
        }
    }

    @Test("no bit of an attestation can be changed")
    func tampering() throws {
        let attestation = fixture.josa.attest(device.identity, in: fixture.coalition)
        let bytes = attestation.encoded
        for index in bytes.indices {
            var changed = bytes
            changed[index] ^= 0x01
            #expect(throws: (any Error).self, "byte \(index)") {
                try verify(try Attestation(decoding: changed), at: now)
            }
        }
        for length in bytes.indices {
            #expect(throws: CodecError.self) { try Attestation(decoding: Array(bytes[..<length])) }
        }
    }
}
