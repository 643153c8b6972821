public import Coalition
internal import MLS
public import RelayAPI

/// A member's device, as programs use it: everything that a member can do, over one vault and one or more relays.
///
/// Several processes may use one home at a time; nothing that one remembers is taken for true by another. What is sent is
/// on disk before a call returns or throws. Errors are `MemberError`.
public final class Member: Sendable {
    let engine: Engine
    /// Of this device.
    public let address: DeviceAddress
    public let suite: SuiteName

    init(_ engine: Engine) throws {
        let device = try engine.vault.read { try $0.device() }
        self.engine = engine
        address = device.identity.address
        suite = SuiteName(device.suite)
    }

    /// Where the organisation's root key lies as long as nobody has taken it offline.
    public var rootKeyFile: String? { engine.rootKeyFile }

    /// Ends the connections and closes the vault. To be called always: it empties the vault's write-ahead log.
    public func close() async {
        await engine.close()
    }

    // MARK: Opening

    /// Founds a coalition in a new home.
    /// - Throws: `cannotWrite` when the home has a vault; `notPermitted` when the relay refuses the token: then nothing is
    ///   left behind.
    public static func found(
        _ founding: Founding,
        home: String,
        unlock: consuming Unlock,
        network: Network
    ) async throws(MemberError) -> Member {
        try await found(founding, home: home, unlock: unlock, network: network, observer: NoObserver())
    }

    package static func found(
        _ founding: Founding,
        home: String,
        unlock: consuming Unlock,
        network: Network,
        observer: any StepObserver
    ) async throws(MemberError) -> Member {
        let engine = try Engine.create(home: home, unlock: unlock, network: network, observer: observer)
        do {
            try engine.prepareFounding(founding)
            try await engine.createMailboxes()
        } catch {
            // Nobody knows of this coalition yet: the home is as it was.
            await engine.close()
            do throws(VaultError) { try Vault.wipe(at: home) } catch { throw MemberError(error) }
            throw MemberError(error)
        }
        return try await describingErrors {
            try engine.exportRootKey(unlock: unlock)
            try await engine.leavingToLater { try await engine.completeSetup() }
            return try Member(engine)
        }
    }

    /// Begins to join a coalition in a new home, or goes on with a join that was begun there.
    /// - Parameter relayToken: the organisation's own access token, where its operator has given it one already.
    /// - Throws: `badInput` for a text that is no invitation or has expired; `cannotWrite` when the home has a member, or a
    ///   join on another invitation.
    public static func beginJoin(
        _ invitation: String,
        device: Name,
        relayToken: AccessToken? = nil,
        home: String,
        unlock: consuming Unlock,
        network: Network
    ) async throws(MemberError) -> Joining {
        try await beginJoin(
            invitation,
            device: device,
            relayToken: relayToken,
            home: home,
            unlock: unlock,
            network: network,
            observer: NoObserver()
        )
    }

    package static func beginJoin(
        _ text: String,
        device: Name,
        relayToken: AccessToken? = nil,
        home: String,
        unlock: consuming Unlock,
        network: Network,
        observer: any StepObserver
    ) async throws(MemberError) -> Joining {
        let invitation: Invitation
        do throws(InvitationError) {
            invitation = try Invitation(text: text)
        } catch {
            throw MemberError(.badInput, Sentence(verbatim: "\(error)"), advice: "then run it again")
        }
        let engine: Engine
        if Vault.exists(at: home) {
            engine = try Engine.open(home: home, unlock: unlock, network: network, observer: observer)
            try describingErrors { try engine.checkResumes(invitation) }
        } else {
            engine = try Engine.create(home: home, unlock: unlock, network: network, observer: observer)
        }
        return try await describingErrors {
            if try engine.vault.read({ try $0.get(.joining) }) == nil {
                try engine.prepareJoining(invitation, device: device, relayToken: relayToken)
            }
            try engine.exportRootKey(unlock: unlock)
            try await engine.sendRequest()
            return try Joining(engine)
        }
    }

    /// Opens a home whose device has been admitted.
    /// - Throws: `configuration` when there is no vault, it does not open, or a join has not ended.
    public static func open(
        home: String,
        unlock: consuming Unlock,
        network: Network
    ) throws(MemberError) -> Member {
        try open(home: home, unlock: unlock, network: network, observer: NoObserver())
    }

    package static func open(
        home: String,
        unlock: consuming Unlock,
        network: Network,
        observer: any StepObserver
    ) throws(MemberError) -> Member {
        let engine = try Engine.open(home: home, unlock: unlock, network: network, observer: observer)
        return try describingErrors {
            guard try engine.isAdmitted() else { throw MemberError.notAMember }
            try engine.exportRootKey(unlock: unlock)
            return try Member(engine)
        }
    }

    // MARK: People

    /// Makes an invitation; only an admin can.
    public func invite(_ invitee: Invitee) async throws(MemberError) -> IssuedInvitation {
        try await describingErrors { try await engine.invite(invitee) }
    }

    /// Requests that wait for this device's user, after a look into the invitations' inboxes.
    public func requests() async throws(MemberError) -> [JoinRequestEntry] {
        try await describingErrors {
            try await engine.syncInvitations()
            return try engine.waitingRequests()
        }
    }

    /// Admits whom a request is from. Once it has been decided it is done, if not now then by a later command.
    /// - Parameter code: as the joiner read it out.
    /// - Throws: `notPermitted` for a wrong code: nobody is admitted then.
    public func approve(_ id: String, code: String) async throws(MemberError) -> DeviceAddress {
        try await describingErrors {
            try await engine.syncInvitations()
            return try await engine.approve(id, code: code)
        }
    }

    /// Admits all colleagues whose requests wait, on their invitations' secrets alone, as not verified. Never a new
    /// organisation.
    public func approveAllColleagues() async throws(MemberError) -> [DeviceAddress] {
        try await describingErrors {
            try await engine.syncInvitations()
            return try await engine.approveAllColleagues()
        }
    }

    /// Refuses a request, and voids the invitation that it answers.
    public func deny(_ id: String) async throws(MemberError) {
        try await describingErrors {
            try await engine.syncInvitations()
            try await engine.deny(id)
        }
    }

    /// Removes a device: one of one's own organisation, as an admin; or, as anybody, one that has just made a Commit against
    /// the policy, as a finding `commitSkipped` tells, while nobody else has committed since.
    public func remove(_ device: DeviceAddress) async throws(MemberError) {
        try await describingErrors { try await engine.remove(device) }
    }

    /// The devices of the coalition, as this device knows them; the relay is asked first if it can be.
    public func members() async throws(MemberError) -> [MemberEntry] {
        try await describingErrors {
            _ = try await engine.syncIfReachable()
            return try engine.members()
        }
    }

    /// Takes another access token of the relay's, as its operator has given it to one's organisation: conversations and
    /// invitations are made with it from now on, on this device.
    /// - Throws: `notPermitted` when the relay refuses it; the one that there was stays then.
    public func setRelayToken(_ token: AccessToken) async throws(MemberError) {
        try await describingErrors { try await engine.setAccessToken(token) }
    }

    // MARK: Messages

    /// Sends a text. It is on disk before anything is sent, and stays until the relay has it.
    /// - Returns: for each target, how far it has come.
    /// - Throws: `badInput` for a text that is too long, or a target that is not in the coalition: nothing is sent then.
    public func send(text: String, to targets: [Target]) async throws(MemberError) -> [SendResult] {
        let content: Content
        do throws(ContentError) {
            content = try Content(.text(text))
        } catch {
            throw MemberError.textTooLong
        }
        return try await describingErrors { try await engine.send(content, to: targets) }
    }

    /// Does everything that waits for the relay: sends what is queued and reads what has come.
    public func sync() async throws(MemberError) -> SyncResult {
        try await describingErrors { try await engine.sync() }
    }

    /// The same, as far as the relay lets it; otherwise what is known here has to do.
    /// - Returns: why not all of it could be done.
    @discardableResult
    public func syncIfReachable() async throws(MemberError) -> MemberError? {
        try await describingErrors { try await engine.syncIfReachable() }
    }

    /// Messages that have not been shown, oldest first, at most a thousand. Asks nobody.
    public func unshown(_ filter: MessageFilter = MessageFilter()) throws(MemberError) -> [Message] {
        try describingErrors { try engine.unshownMessages(filter) }
    }

    /// Hands over all messages that have not been shown, oldest first, each once, and what comes meanwhile. However many there
    /// are, no more than a page of them is in memory. Asks nobody.
    /// - Parameter handle: gets a page, and marks what it has shown; its error is thrown on.
    public func forEachUnshown(
        _ filter: MessageFilter = MessageFilter(),
        pageLength: Int = 1000,
        _ handle: ([Message]) async throws -> Void
    ) async throws {
        var last: UInt64?
        while true {
            let page = try describingErrors {
                try engine.unshownMessages(filter, after: last, pageLength: pageLength)
            }
            guard let newest = page.last else { return }
            last = newest.number
            try await handle(page)
        }
    }

    /// - Parameter toPerson: whether a person has seen them, which is confirmed to the senders of alerts where that is switched on.
    public func markShown(_ messages: [Message], toPerson: Bool = false) throws(MemberError) {
        try describingErrors { try engine.markShown(messages, toPerson: toPerson) }
    }

    /// Remembers that a message could not be handled; `status` tells of it until it is marked as shown.
    /// - Parameter reason: in words that do not depend on a language.
    public func noteFailure(of message: Message, reason: String) throws(MemberError) {
        try describingErrors { try engine.noteFailure(of: message, reason: reason) }
    }

    /// Whether this device confirms reading to the senders of alerts. Off, unless a person has switched it on.
    public func confirmsReading() throws(MemberError) -> Bool {
        try describingErrors { try engine.confirmsReading() }
    }

    public func setConfirmsReading(_ isOn: Bool) throws(MemberError) {
        try describingErrors { try engine.setConfirmsReading(isOn) }
    }

    /// Hands over what has not been shown, and then what comes, until the task is cancelled or `handle` throws; its error
    /// is thrown on. An unreachable relay is tried again without end.
    /// - Parameter mark: what becomes of what `handle` is done with.
    public func follow(
        _ filter: MessageFilter = MessageFilter(),
        mark: Marking = .shown,
        handle: @escaping @Sendable (Event) async throws -> Handling
    ) async throws {
        try await engine.follow(filter, mark: mark, handle: handle)
    }

    // MARK: What was noticed

    /// Findings that have not been shown, oldest first.
    public func unshownFindings() throws(MemberError) -> [Finding] {
        try describingErrors { try engine.unshownFindings() }
    }

    public func markShown(_ findings: [Finding]) throws(MemberError) {
        try describingErrors { try engine.markShown(findings) }
    }

    public func status() async throws(MemberError) -> Status {
        try await describingErrors { try await engine.status() }
    }
}
