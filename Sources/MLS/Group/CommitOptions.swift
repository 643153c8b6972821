/// How a proposal or Commit is framed.
public enum HandshakeFraming: Hashable, Sendable {
    /// Readable to whoever carries it.
    case publicMessage
    case privateMessage(Padding)
}

/// What a member changes about its own leaf; nil leaves it as it is. The signature key stays.
public struct LeafChanges: Sendable {
    public var credential: Credential?
    public var capabilities: Capabilities?
    public var extensions: Extensions?

    public init(credential: Credential? = nil, capabilities: Capabilities? = nil, extensions: Extensions? = nil) {
        self.credential = credential
        self.capabilities = capabilities
        self.extensions = extensions
    }

    /// The leaf that follows `old`, with a new key, unsigned.
    func apply(to old: LeafNode, encryptionKey: [UInt8], source: LeafNode.Source) -> LeafNode {
        LeafNode(
            encryptionKey: encryptionKey,
            signatureKey: old.signatureKey,
            credential: credential ?? old.credential,
            capabilities: capabilities ?? old.capabilities,
            source: source,
            extensions: extensions ?? old.extensions
        )
    }
}

/// How a Commit is made.
public struct CommitOptions: Sendable {
    /// Sent along, readable and unchangeable.
    public var authenticatedData: [UInt8] = []
    /// Whether to renew the committer's keys also where the proposals do not ask for it (RFC 9420, section 12.4).
    public var alwaysHasPath = true
    /// Of the leaf in the path.
    public var leafChanges = LeafChanges()
    /// The proposals of others to commit, by reference; nil for all that can be committed together.
    public var references: [ProposalRef]?
    /// Of which the proposals name some.
    public var preSharedKeys = PreSharedKeys()
    /// Of the GroupInfo in the Welcome, beside the tree.
    public var groupInfoExtensions: Extensions = []
    /// Whether the Welcome holds the tree; if not, the new members must get it in another way.
    public var welcomeHasTree = true
    public var framing: HandshakeFraming = .privateMessage(.none)
    /// Seconds since 1970, to judge the lifetimes of added KeyPackages by; nil when the application has done so.
    public var time: UInt64?

    public init() {}
}
