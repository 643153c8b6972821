public import MLS
internal import TLSCodec

/// What a group's GroupContext says, as the profile has it: the charter, and what kind of group it is.
public struct GroupTerms: Sendable {
    public let charter: SignedCharter
    public let profile: GroupProfile

    public var coalition: CoalitionID { profile.coalition }

    public init(charter: SignedCharter, profile: GroupProfile) {
        self.charter = charter
        self.profile = profile
    }

    /// Why a GroupContext is not one of ours.
    public struct Malformed: Error, Equatable, Sendable {
        /// What is wrong with it.
        public let detail: String
    }

    /// - Throws: unless there are exactly the profile's extensions, in its order, and well-formed.
    public init(reading context: GroupContext) throws(Malformed) {
        guard context.extensions.elements.map(\.type) == [.requiredCapabilities, .charter, .groupProfile] else {
            throw Malformed(detail: "it does not have exactly the extensions of our groups")
        }
        let required: RequiredCapabilities?
        let charter: SignedCharter?
        let profile: GroupProfile?
        do throws(CodecError) {
            required = try context.extensions.decoded(.requiredCapabilities)
            charter = try context.extensions.decoded(.charter)
            profile = try context.extensions.decoded(.groupProfile)
        } catch {
            throw Malformed(detail: "one of its extensions is not well-formed")
        }
        guard required == .profile else { throw Malformed(detail: "it asks for other capabilities than our groups") }
        guard let charter, let profile else { throw Malformed(detail: "it lacks an extension of our groups") }
        self.init(charter: charter, profile: profile)
    }

    /// The extensions of a GroupContext.
    public var extensions: Extensions {
        [
            .requiredCapabilities(.profile), Extension(type: .charter, data: charter.encoded),
            Extension(type: .groupProfile, data: profile.encoded),
        ]
    }

    /// The same group under another charter: what a GroupContextExtensions proposal changes.
    public func under(_ charter: SignedCharter) -> GroupTerms {
        GroupTerms(charter: charter, profile: profile)
    }

    /// Of the leaves of such a group, beside `attestation` and `commit_time`.
    var ownLeafExtensions: Set<ExtensionType> {
        profile.kind == .coalition ? [.addresses] : []
    }
}
