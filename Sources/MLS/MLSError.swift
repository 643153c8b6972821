public import TLSCodec

/// Everything that this library throws.
public enum MLSError: Error, Equatable, Sendable {
    /// Bytes that are not the wire form of what they should be.
    case malformed(CodecError)
    /// A peer sent something that breaks a rule of the protocol.
    case invalid(Rule)
    /// The application asked for something that cannot be done; nothing has changed.
    case misuse(Misuse)
    /// A state that this library should never reach. Please report it.
    case internalBug(String)
}

/// How an application can call this library wrongly.
public enum Misuse: String, Error, Equatable, Sendable {
    case unsupportedCipherSuite = "this library does not have that cipher suite"
    case unsupportedVersion = "this library does not have that version of the protocol"
    case signatureKeyMismatch = "the signature key is not the one in this member's leaf"
    case keyPackageMismatch = "the private keys do not belong to this KeyPackage"
    case invalidPrivateKey = "the bytes are not a private key of this cipher suite"
    case proposalsPending = "proposals of this epoch must be committed before anything is sent"
    case removedFromGroup = "this Commit removes this member: there is no next epoch"
    case groupReinitialized = "the last Commit ended this group: its successor goes on"
    case notReinitialized = "no ReInit has ended this group: it has no successor"
    case staleCommit = "the Commit was staged from another epoch than the group's present one"
    case ownMessage = "this member sent this message itself and cannot open it"
    case treeNeeded = "the GroupInfo holds no ratchet tree and none was given"
    case ratchetExhausted = "this epoch's sending keys are used up"
    case secretTooLong = "more bytes were asked for than one export gives"
    case unsupportedProposal = "this kind of proposal cannot be sent"
    case removeSelf = "a member cannot remove itself; it proposes its removal, and another commits it"
}

/// Runs a decoding, giving its error the library's type.
func wireForm<Value>(_ body: () throws(CodecError) -> Value) throws(MLSError) -> Value {
    do throws(CodecError) {
        return try body()
    } catch {
        throw .malformed(error)
    }
}

/// Stops with the rule unless it is kept.
func require(_ kept: Bool, _ rule: Rule) throws(MLSError) {
    guard kept else { throw .invalid(rule) }
}
