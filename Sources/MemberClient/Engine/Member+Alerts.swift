public import Coalition

/// Alerts, answers, and who has them.
extension Member {
    /// Sends an alert. It is on disk before anything is sent, and stays until the relay has it.
    /// - Returns: for each target, how far it has come.
    /// - Throws: `badInput` for an alert that lacks what CAP requires, or a target that is not in the coalition.
    public func send(_ draft: AlertDraft, to targets: [Target]) async throws(MemberError) -> [SendResult] {
        try await describingErrors { try await engine.send(draft, to: targets) }
    }

    /// Sends an alert that was made elsewhere, as it is. One that this organisation has brought in before is not sent
    /// again: the result names the message that carries it.
    public func bringIn(_ alert: Alert, to targets: [Target]) async throws(MemberError) -> [SendResult] {
        try await describingErrors { try await engine.bringIn(alert, to: targets) }
    }

    /// Puts another alert in the place of one of this organisation's, everywhere it was sent to.
    /// - Parameter id: of any alert in a chain of updates: the newest is superseded.
    /// - Throws: `notPermitted` for another organisation's alert, and for one that has been cancelled.
    public func update(_ id: MessageID, with draft: AlertDraft) async throws(MemberError) -> [SendResult] {
        try await describingErrors { try await engine.supersede(id, with: draft, note: nil) }
    }

    /// Cancels an alert of this organisation's, for good.
    /// - Parameter note: why.
    /// - Throws: as `update`.
    public func cancel(_ id: MessageID, note: String?) async throws(MemberError) -> [SendResult] {
        try await describingErrors { try await engine.supersede(id, with: nil, note: note) }
    }

    /// Answers a message, where it stands, for everybody there to see.
    /// - Parameter sender: whose message is meant. It needs to be said only where several have sent one under this id.
    /// - Throws: `badInput` for an id that is not on this device, or might mean one or another, and for one's own message.
    public func acknowledge(
        _ id: MessageID,
        from sender: UserAddress? = nil,
        text: String?
    ) async throws(MemberError) -> [SendResult] {
        try await describingErrors { try await engine.acknowledge(id, from: sender, text: text) }
    }

    /// The alerts on this device, oldest first. Asks nobody.
    public func alerts() throws(MemberError) -> [AlertEntry] {
        try describingErrors { try engine.alerts() }
    }

    /// Asks nobody.
    /// - Parameter sender: whose is meant; nil for one's own organisation's, or the only one.
    /// - Throws: `badInput` when there is no alert of this id, or it might be one or another.
    public func alert(_ id: MessageID, from sender: UserAddress? = nil) throws(MemberError) -> AlertEntry {
        try describingErrors { try engine.alert(id, from: sender) }
    }

    /// An alert of this organisation's, for `update` to begin with. Asks nobody.
    /// - Throws: `badInput` when there is no alert of this id, `notPermitted` for another organisation's.
    public func changeableAlert(_ id: MessageID) throws(MemberError) -> AlertEntry {
        try describingErrors { try engine.changeableAlert(id) }
    }

    /// Who has a message, as far as this device knows. Asks nobody.
    /// - Parameter sender: whose is meant; nil for one's own organisation's, or the only one.
    /// - Throws: `badInput` when there is no message of this id, or it might be one or another.
    public func reach(of id: MessageID, from sender: UserAddress? = nil) throws(MemberError) -> MessageReach {
        try describingErrors { try engine.reach(of: id, from: sender) }
    }

    /// Waits until a message has come so far with so many organisations, or the time is over.
    /// - Parameters:
    ///   - quorum: how many other organisations; nil for all of them.
    ///   - seconds: nil to wait without end.
    /// - Returns: how far it has come: not necessarily as far as was waited for.
    public func wait(
        for id: MessageID,
        state: ReachState,
        quorum: Int?,
        seconds: UInt64?
    ) async throws(MemberError) -> MessageReach {
        try await describingErrors {
            try await engine.wait(for: id, state: state, quorum: quorum, seconds: seconds)
        }
    }
}
