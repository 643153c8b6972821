public import MLS

extension ExtensionType {
    /// `Attestation`, in leaf nodes.
    public static let attestation = ExtensionType(rawValue: 0xfad1)
    /// `Addresses`, in leaf nodes of the coalition group.
    public static let addresses = ExtensionType(rawValue: 0xfad2)
    /// `CommitTime`, in leaf nodes.
    public static let commitTime = ExtensionType(rawValue: 0xfad3)
    /// `SignedCharter`, in the GroupContext.
    public static let charter = ExtensionType(rawValue: 0xfad4)
    /// `GroupProfile`, in the GroupContext.
    public static let groupProfile = ExtensionType(rawValue: 0xfad5)

    /// All of ours, in the order in which capabilities list them (Protocol/mls-profile.md, "Extensions").
    static let profile: [ExtensionType] = [.attestation, .addresses, .commitTime, .charter, .groupProfile]
}

extension Capabilities {
    /// What every leaf of a coalition with this suite lists.
    public static func profile(_ suite: CipherSuite) -> Capabilities {
        Capabilities(cipherSuites: [suite], extensions: ExtensionType.profile)
    }
}

extension RequiredCapabilities {
    /// What every group asks for.
    public static let profile = RequiredCapabilities(extensions: ExtensionType.profile, credentials: [.basic])
}
