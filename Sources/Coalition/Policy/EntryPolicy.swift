public import MLS
internal import RelayAPI
internal import TLSCodec

/// How an entry of a group's mailbox becomes a message of the group: rule C1 for advances, A1 for others.
public enum EntryPolicy {
    /// The message in an entry.
    /// - Parameters:
    ///   - context: the entry's place, its epoch the one that `keys` and `group` are of.
    public static func open(
        _ body: SealedBody,
        in context: EnvelopeContext,
        keys: borrowing GroupEpochKeys,
        group: GroupContext
    ) throws(PolicyViolation) -> MLSMessage {
        let rule: PolicyRule = context.kind == .advance ? .c1 : .a1
        let opened: OpenedMessage
        do throws(EnvelopeError) {
            opened = try keys.envelopeKey.open(body, in: context)
        } catch {
            throw PolicyViolation(rule, "its envelope does not open (\(error))")
        }
        guard let message = try? MLSMessage(decoding: opened.bytes), case .privateMessage(let privateMessage) = message,
            let destination = message.destination
        else { throw PolicyViolation(rule, "it does not hold a PrivateMessage") }
        // Before MLS opens it: a proposal that only some still know would let them judge a Commit otherwise than the rest.
        try require(
            context.kind == .advance ? privateMessage.isCommit : privateMessage.isApplication,
            rule,
            "it holds a message of another type than the entry is for"
        )
        try require(destination.groupID == group.groupID, rule, "it holds a message of another group")
        try require(destination.epoch == group.epoch, rule, "it holds a message of another epoch")
        return message
    }

    /// The Commit that an advance holds.
    /// - Parameter opened: what MLS made of it.
    public static func commit(_ opened: Opened) throws(PolicyViolation) -> VerifiedCommit {
        guard case .commit(let commit) = opened else { throw PolicyViolation(.c1, "it does not hold a Commit") }
        return commit
    }

    /// The message that an entry of kind `application` holds, and its authenticated data.
    /// - Parameter opened: what MLS made of it.
    public static func application(
        _ opened: Opened
    ) throws(PolicyViolation) -> (message: ApplicationMessage, context: MessageContext) {
        guard case .application(let message) = opened else {
            throw PolicyViolation(.a1, "it does not hold an application message")
        }
        guard let context = try? MessageContext(decoding: message.authenticatedData) else {
            throw PolicyViolation(.a1, "its authenticated data is no MessageContext")
        }
        try require(
            context.statements.isEmpty && context.attestations.isEmpty,
            .a1,
            "it carries statements or attestations, which belong into Commits"
        )
        return (message, context)
    }

    /// The content of an application message (rule A2).
    public static func content(of message: ApplicationMessage) throws(PolicyViolation) -> Content {
        do throws(ContentError) {
            return try Content(json: message.data)
        } catch {
            throw PolicyViolation(.a2, "its content is not of a form that this program knows (\(error))")
        }
    }
}
