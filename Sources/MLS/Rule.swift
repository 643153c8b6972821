/// What a receiver checks: each rule has a name, a section of RFC 9420, and one place where it is enforced.
public enum Rule: String, CaseIterable, Hashable, Sendable {
    // Messages
    case supportedCipherSuite
    case expectedWireFormat
    case groupIDMatches
    case epochMatches
    case applicationIsPrivate
    case senderIsMember
    case contentAllowedForSender
    case groupContinues
    case messageSignature
    case membershipTag
    case senderDataAuthentic
    case contentAuthentic
    case paddingIsZero
    case generationUnused
    case generationNotTooFar

    // Leaves and KeyPackages
    case leafSignature
    case leafSource
    case leafEncryptionKeyFresh
    case leafExtensionsListed
    case leafCredentialListed
    case leafSupportsGroup
    case leafLifetime
    case requiredCapabilities
    case groupExtensionsSupported
    case credentialsSupportedByAll
    case extensionsUnique
    case signatureKeysUnique
    case encryptionKeysUnique
    case encryptionKeysUsable
    case keyPackageVersion
    case keyPackageCipherSuite
    case keyPackageSignature
    case keyPackageInitKeyDiffers

    // Trees
    case treeNodeKinds
    case treeEndsWithNode
    case treeSize
    case treeHashMatches
    case parentHashesValid
    case unmergedLeavesSorted
    case unmergedLeavesPresent
    case unmergedLeavesInherited

    // Proposals and Commits
    case epochHasNext
    case referencedProposalKnown
    case pendingProposalsBounded
    case removedMemberExists
    case noUpdateByCommitter
    case noRemovalOfCommitter
    case oneChangePerLeaf
    case oneContextExtensions
    case preSharedKeyNonceLength
    case preSharedKeysUnique
    case preSharedKeyKnown
    case resumptionUsage
    case reInitVersion
    case reInitAlone
    case noExternalInit
    case pathPresent
    case pathLength
    case pathCiphertextCount
    case pathParentHash
    case pathKeysNew
    case pathSecretDecrypts
    case pathSecretMatchesKey
    case confirmationTag

    // From outside the group
    case externalSenderListed
    case externalProposalType
    case newMemberProposesAdd
    case externalCommitPath
    case externalCommitByValue
    case externalCommitProposals
    case oneExternalInit
    case oneRemovalByNewMember
    case externalInitUsable
    case externalKeyPresent

    // Joining
    case welcomeNamesKeyPackage
    case groupSecretsDecrypt
    case groupInfoDecrypts
    case groupInfoSignature
    case groupInfoCipherSuite
    case groupInfoVersion
    case groupInfoSigner
    case ownLeafInTree
    case welcomePathSecretMatchesKey
    case welcomeConfirmationTag

    // Groups that follow from others
    case onePredecessor
    case predecessorKnown
    case successorEpoch
    case reInitPredecessor
    case reInitParameters
    case reInitMembers
    case branchParameters
    case branchMembers

    /// Where RFC 9420 says so.
    public var section: String {
        switch self {
        case .expectedWireFormat, .groupIDMatches, .epochMatches, .applicationIsPrivate,
            .senderIsMember:
            "6"
        case .messageSignature, .contentAllowedForSender, .newMemberProposesAdd: "6.1"
        case .membershipTag: "6.2"
        case .contentAuthentic, .paddingIsZero: "6.3.1"
        case .senderDataAuthentic: "6.3.2"
        case .generationUnused: "9.2"
        case .generationNotTooFar: "15.3"
        case .unmergedLeavesSorted: "7.1"
        case .leafCredentialListed: "7.2"
        case .leafSignature, .leafSource, .leafEncryptionKeyFresh, .leafExtensionsListed, .leafSupportsGroup,
            .leafLifetime,
            .requiredCapabilities, .credentialsSupportedByAll, .signatureKeysUnique, .encryptionKeysUnique:
            "7.3"
        case .pathParentHash, .parentHashesValid: "7.9.2"
        case .pathSecretDecrypts, .pathSecretMatchesKey: "7.5"
        case .pathLength, .pathCiphertextCount, .encryptionKeysUsable: "7.6"
        case .supportedCipherSuite, .keyPackageVersion, .keyPackageCipherSuite, .keyPackageSignature,
            .keyPackageInitKeyDiffers:
            "10.1"
        case .removedMemberExists: "12.1.3"
        case .preSharedKeyNonceLength, .resumptionUsage: "12.1.4"
        case .reInitVersion: "12.1.5"
        case .externalProposalType: "12.1.8"
        case .externalSenderListed: "12.1.8.1"
        case .externalInitUsable: "8.3"
        case .noUpdateByCommitter, .noRemovalOfCommitter, .oneChangePerLeaf, .oneContextExtensions,
            .preSharedKeysUnique, .reInitAlone, .noExternalInit, .externalCommitProposals, .oneExternalInit,
            .oneRemovalByNewMember:
            "12.2"
        case .referencedProposalKnown, .pendingProposalsBounded, .pathPresent: "12.4"
        case .epochHasNext, .pathKeysNew, .confirmationTag, .preSharedKeyKnown, .groupContinues: "12.4.2"
        case .externalCommitPath, .externalCommitByValue, .externalKeyPresent: "12.4.3.2"
        case .treeHashMatches, .unmergedLeavesPresent, .unmergedLeavesInherited, .welcomeNamesKeyPackage,
            .groupSecretsDecrypt, .groupInfoDecrypts, .groupInfoSignature,
            .groupInfoCipherSuite, .groupInfoVersion, .groupInfoSigner, .ownLeafInTree, .welcomePathSecretMatchesKey,
            .welcomeConfirmationTag, .onePredecessor, .predecessorKnown, .successorEpoch, .reInitPredecessor,
            .reInitParameters, .reInitMembers, .branchParameters, .branchMembers:
            "12.4.3.1"
        case .treeNodeKinds, .treeEndsWithNode, .treeSize: "12.4.3.3"
        case .groupExtensionsSupported, .extensionsUnique: "13.4"
        }
    }

    /// Whether a Commit that breaks it may be valid for every other member: these checks need this member's own
    /// secrets. A member that skipped such a Commit alone would fork itself off.
    public var failsOnlyForMe: Bool {
        switch self {
        case .preSharedKeyKnown, .pathSecretDecrypts, .pathSecretMatchesKey, .confirmationTag: true
        default: false
        }
    }
}
