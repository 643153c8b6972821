/// Told of every step of sending, committing and joining, as it is about to be taken: a test stops a member between any
/// two of them, by throwing or by ending the process.
package protocol StepObserver: Sendable {
    func willTake(_ step: Step) async throws
}

/// The steps between which a member may stop. Each is one transaction of the vault or one request to the relay.
package enum Step: String, Sendable, CaseIterable {
    /// A message has been queued and is about to be encrypted.
    case sealMessage
    /// It has been encrypted, which is on disk, and is about to be handed to the relay.
    case appendMessage
    /// The relay has answered, which is about to be noted.
    case noteAppended
    /// Receipts whose time has come are about to be queued.
    case queueReceipts
    /// A Commit is about to be made and staged.
    case stageCommit
    /// It has been staged, which is on disk, and is about to be handed to the relay.
    case advance
    /// An entry of a group's log is about to be processed.
    case processEntry
    /// A Welcome for a Commit that won is about to be handed to the relay.
    case appendWelcome
    /// The relay has it, which is about to be noted.
    case noteWelcome
    /// A message from the inbox is about to be processed.
    case processInboxEntry
    /// Mailboxes of one's own are about to be created at the relay.
    case createMailboxes
    /// KeyPackages are about to be handed to the relay.
    case publishKeyPackages
    /// KeyPackages at a relay that was restored are about to be deleted there.
    case replaceKeyPackages
    /// What organisations may do at one's own mailboxes is about to be granted and withdrawn at the relay.
    case renewGrants
    /// The relay has done so, which is about to be noted.
    case noteGrants
    /// A join request is about to be handed to the relay.
    case appendRequest
}

/// Watches nothing: what every program but a test uses.
package struct NoObserver: StepObserver {
    package init() {}

    package func willTake(_ step: Step) async throws {}
}
