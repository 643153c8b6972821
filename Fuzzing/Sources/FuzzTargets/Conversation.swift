import TLSCodec

@testable import MLS

/// What a script makes the live group do, and what must be true of it after each step.
///
/// Who sends something spoilt is no longer listened to: what it thinks of the group is its own affair.
final class Conversation {
    let world: LiveGroup
    var script: Script
    /// Those who have followed everything.
    var present: [Device]
    /// Messages so far.
    private var sent: [MLSMessage] = []
    /// Whether the whole state of each member is compared when it refuses something. It costs more than everything
    /// else, so that one input in thirty-two pays for it.
    let isThorough: Bool
    /// Whether those who are left at the end go on: that takes as long as a step.
    private let goesOn: Bool

    init(_ input: [UInt8]) {
        script = Script(input)
        world = LiveGroup.chosen(by: &script)
        present = world.members.map { $0.copy() }
        isThorough = pays(input, oneIn: 32)
        goesOn = pays(input, oneIn: 4)
    }

    func run() {
        // The same script draws the same keys, whatever ran before it.
        KnownRandomness.begin(0)
        var steps = 0
        while !script.isAtEnd, present.count > 1, steps < 5 {
            step()
            steps += 1
        }
        part()
    }

    private func step() {
        switch script.choice(of: 12) {
        case 0: application()
        case 1, 2: commitByTheRules()
        case 3: proposeByTheRules()
        case 4, 5: forgedCommit()
        case 6: forgedProposal()
        case 7: externalCommit()
        case 8: fromOutside()
        case 9: replay()
        case 10: reload()
        default: raw()
        }
    }

    func someone() -> Device { script.choice(of: present) }

    // MARK: By the rules

    private func application() {
        let sender = someone()
        let skipped = script.choice(of: [0, 1, 5, 6, 7])
        for _ in 0..<skipped { _ = try? sender.group.protect([], signatureKey: sender.signer.key) }
        if script.seldom() { forgedApplication(by: sender) }
        let data = script.bytes(atMost: 16)
        do throws(MLSError) {
            let message = try sender.group.protect(
                data,
                signatureKey: sender.signer.key,
                padding: .toMultiple(of: script.choice(of: 9))
            )
            deliver(message, from: sender)
        } catch {
            promise(error == .misuse(.proposalsPending) || error == .misuse(.groupReinitialized), "\(error)")
        }
    }

    private func proposeByTheRules() {
        let sender = someone()
        let framing: HandshakeFraming = script.seldom() ? .publicMessage : .privateMessage(.none)
        let isUpdate = script.choice(of: 3) == 0
        let proposal = Forger(world: world, device: sender).proposal(&script)
        do throws(MLSError) {
            let message =
                isUpdate
                ? try sender.group.proposeUpdate(signatureKey: sender.signer.key, framing: framing)
                : try sender.group.propose(proposal, signatureKey: sender.signer.key, framing: framing)
            deliver(message, from: sender)
        } catch {
            requireNoBug(error)
        }
    }

    /// Whatever a member can commit, the others can follow.
    private func commitByTheRules() {
        let committer = someone()
        var options = CommitOptions()
        options.alwaysHasPath = !script.seldom()
        if script.seldom() { options.framing = .publicMessage }
        if script.seldom() { options.references = [] }
        options.preSharedKeys = committer.preSharedKeys
        let forger = Forger(world: world, device: committer)
        let proposals = (0..<script.choice(of: 4)).map { _ in forger.proposal(&script) }
        commit(proposals, by: committer, options)
    }

    private func commit(_ proposals: [Proposal], by committer: Device, _ options: CommitOptions) {
        let isEmpty = proposals.isEmpty
        do throws(MLSError) {
            let pending = try committer.group.commit(proposals, signatureKey: committer.signer.key, options: options)
            let (message, welcome, changes) = (pending.message, pending.welcome, pending.changes)
            let staged = pending.takeStaged()
            let authenticator = staged.epochAuthenticator
            var followers = [committer]
            for receiver in present where receiver !== committer {
                switch (receive(message, receiver), changes.removes(receiver.group.ownLeaf)) {
                case (.refused(.misuse(.removedFromGroup)), true): break
                case (.refused(.invalid(.preSharedKeyKnown)), false): break
                case (.committed(authenticator), false): followers.append(receiver)
                case (let outcome, _): fatalError("cannot follow: \(outcome)")
                }
            }
            try committer.group.merge(staged)
            sent.append(message)
            present = followers
            if let welcome { join(welcome, changes) }
        } catch {
            requireNoBug(error)
            promise(
                !isEmpty || options.references != nil || error == .misuse(.groupReinitialized),
                "nobody can commit any more: \(error)"
            )
        }
    }

    private func join(_ welcome: Welcome, _ changes: CommitChanges) {
        for added in changes.added {
            guard let newcomer = world.newcomers.first(where: { $0.keyPackage == added.keyPackage }) else { continue }
            do throws(MLSError) {
                let device = try newcomer.join(welcome, world.sharedKeys)
                promise(device.group.epochAuthenticator == present[0].group.epochAuthenticator)
                present.append(device)
            } catch {
                // That of the epoch which ends here is nothing that a newcomer has.
                promise(error == .invalid(.preSharedKeyKnown), "cannot join: \(error)")
            }
        }
    }

    private func reload() {
        let device = someone()
        device.group = must { try GroupState(of: device.group).restored() }
    }

    private func externalCommit() {
        let host = someone()
        let joiner = script.choice(of: world.newcomers)
        let leaf = joiner.keyPackage.leafNode
        var removed: LeafIndex?
        if script.seldom() { removed = LeafIndex(UInt32(script.choice(of: 4))) }
        var options = CommitOptions()
        options.preSharedKeys = world.sharedKeys
        do throws(MLSError) {
            let info = try host.group.groupInfo(signatureKey: host.signer.key)
            let ids =
                script.seldom()
                ? [PreSharedKeyID(source: .external(id: LiveGroup.PSK.shared), nonce: Array(repeating: 1, count: 32))]
                : []
            let pending = try ExternalJoin(info)
                .commit(
                    as: ExternalJoin.Joiner(credential: leaf.credential, capabilities: leaf.capabilities),
                    signatureKey: joiner.signer.key,
                    replacing: removed,
                    preSharedKeys: ids,
                    options: options
                )
            if script.seldom(), let forged = spoilt(pending.message, joiner.signer, context: info.groupContext) {
                deliver(forged, from: nil)
                return
            }
            let authenticator = pending.epochAuthenticator
            deliver(pending.message, from: nil)
            promise(present.allSatisfy { $0.group.epochAuthenticator == authenticator }, "cannot follow a joiner")
            present.append(Device(joiner.signer, pending.accept(), world.sharedKeys))
        } catch {
            requireNoBug(error)
        }
    }

    // MARK: Against them

    private func forgedCommit() {
        let sender = someone()
        let forger = Forger(world: world, device: sender)
        let (commit, commitSecret) = forger.commit(&script)
        deliver(forger.framed(.commit(commit), asPrivateMessage: script.byte() & 1 == 0, &script).message, from: sender)
        {
            forger.confirmationTag(of: $0, commitSecret)
        }
    }

    private func forgedProposal() {
        let sender = someone()
        let forger = Forger(world: world, device: sender)
        let proposal = forger.proposal(&script)
        propose(proposal, forger.framed(.proposal(proposal), asPrivateMessage: script.byte() & 1 == 0, &script), sender)
    }

    /// What the others take, its sender keeps as they do; but for an Update, whose new keys it does not have.
    private func propose(_ proposal: Proposal, _ framed: Forger.Framed, _ sender: Device) {
        guard deliver(framed.message, from: sender) else { return }
        if case .update = proposal {
            present.removeAll { $0 === sender }
        } else {
            _ = must { try sender.group.keep(proposal, in: framed.content) }
        }
    }

    private func forgedApplication(by sender: Device) {
        let content = Content.application(script.bytes(atMost: 16))
        let forger = Forger(world: world, device: sender)
        deliver(forger.framed(content, asPrivateMessage: script.byte() & 1 == 0, &script).message, from: sender)
    }

    /// A proposal of one who is no member.
    private func fromOutside() {
        let someone = someone()
        let context = someone.group.context
        let proposal = Forger(world: world, device: someone).proposal(&script)
        let newcomer = script.choice(of: world.newcomers)
        let sender: Sender = script.choice(of: [.external(0), .newMemberProposal, .external(1), .newMemberCommit])
        let signer = sender == .external(0) ? world.externalSender : newcomer.signer
        let content = FramedContent(
            groupID: context.groupID,
            epoch: context.epoch,
            sender: sender,
            authenticatedData: [],
            content: .proposal(proposal)
        )
        let signature = AuthenticatedContent.signature(
            of: content,
            .publicMessage,
            context: [],
            with: signer.key,
            someone.group.crypto
        )
        let auth = FramedContentAuthData(signature: signature, confirmationTag: nil)
        deliver(.publicMessage(PublicMessage(content: content, auth: auth, membershipTag: nil)), from: nil)
    }

    /// An external Commit with other proposals or another path, signed anew.
    private func spoilt(_ message: MLSMessage, _ joiner: Device.Signer, context: GroupContext) -> MLSMessage? {
        guard case .publicMessage(let message) = message, case .commit(let commit) = message.content.content,
            let path = commit.path
        else { return nil }
        let device = present[0]
        let forger = Forger(world: world, device: device)
        var proposals = commit.proposals
        script.spoiling { $0.seldom() ? proposals.spoil(&$0) : proposals.append(.proposal(forger.proposal(&$0))) }
        var nodes = path.nodes
        script.spoiling { nodes.spoil(&$0) }
        script.spoiling { forger.spoilNode(in: &nodes, &$0) }
        var leaf = path.leafNode
        script.spoiling { forger.spoilContents(of: &leaf, &$0) }
        let place = LeafNode.Place(groupID: context.groupID, leaf: LeafIndex(UInt32(script.choice(of: [3, 0, 4]))))
        leaf.sign(at: place, with: joiner.key, device.group.crypto)
        let content = FramedContent(
            groupID: context.groupID,
            epoch: context.epoch,
            sender: .newMemberCommit,
            authenticatedData: [],
            content: .commit(
                Commit(
                    proposals: proposals,
                    path: script.seldom() ? nil : UpdatePath(leafNode: leaf, nodes: nodes)
                )
            )
        )
        let signature = AuthenticatedContent.signature(
            of: content,
            .publicMessage,
            context: context.encoded,
            with: joiner.key,
            device.group.crypto
        )
        let auth = FramedContentAuthData(signature: signature, confirmationTag: message.auth.confirmationTag)
        return .publicMessage(PublicMessage(content: content, auth: auth, membershipTag: nil))
    }

    /// An earlier message again, or what has become of it on the way.
    private func replay() {
        guard !sent.isEmpty else { return }
        let message = script.choice(of: sent)
        guard script.byte() & 1 == 1 else {
            deliver(message, from: nil)
            return
        }
        var bytes = message.encoded
        bytes[(Int(script.byte()) * 256 + Int(script.byte())) % bytes.count] ^= 1 << script.choice(of: 8)
        if let changed = try? MLSMessage(decoding: bytes) { deliver(changed, from: nil) }
    }

    /// Bytes as they come: the content of a member's message, or a message.
    private func raw() {
        let isMessage = script.byte() & 1 == 1
        let sender = someone()
        let isPrivate = script.byte() & 1 == 0
        let bytes = script.rest()
        if isMessage {
            if let message = try? MLSMessage(decoding: bytes) { deliver(message, from: nil) }
            return
        }
        var reader = Reader(bytes)
        guard let type: ContentType = try? reader.read(), let content = try? Content(type, from: &reader) else {
            return
        }
        let forger = Forger(world: world, device: sender)
        let framed = forger.framed(content, asPrivateMessage: isPrivate, &script)
        if case .proposal(let proposal) = content { return propose(proposal, framed, sender) }
        deliver(framed.message, from: sender) { forger.confirmationTag(of: $0, nil) }
    }

    // MARK: Delivery

    /// What a receiver made of a message.
    private enum Outcome: Equatable {
        case refused(MLSError)
        case opened
        /// The authenticator of the next epoch.
        case committed([UInt8])
    }

    /// Hands a message to all present but its sender. A Commit that they follow leaves its sender behind.
    /// - Parameter tag: what stands in the place of a Commit's confirmation tag.
    /// - Returns: whether it was taken.
    @discardableResult
    private func deliver(
        _ message: MLSMessage,
        from sender: Device?,
        tag: ((VerifiedCommit) -> [UInt8]?)? = nil
    ) -> Bool {
        var outcomes: [Outcome] = []
        var followers: [Device] = []
        for receiver in present where receiver !== sender {
            let outcome = receive(message, receiver, tag: tag)
            for other in outcomes { promise(isAgreement(outcome, other), "\(outcome), \(other)") }
            outcomes.append(outcome)
            if case .committed = outcome { followers.append(receiver) }
        }
        if !followers.isEmpty { present = followers }
        let isTaken = outcomes.contains { if case .refused = $0 { false } else { true } }
        if isTaken || sender != nil { sent.append(message) }
        return isTaken
    }

    private func isAgreement(_ first: Outcome, _ second: Outcome) -> Bool {
        for outcome in [first, second] {
            switch outcome {
            // One's own message, one's own removal, and what only one's own secrets can tell.
            case .refused(.misuse): return true
            case .refused(.invalid(let rule)) where rule.failsOnlyForMe: return true
            default: break
            }
        }
        return first == second
    }

    /// Opens a message, and follows a Commit.
    private func receive(
        _ message: MLSMessage,
        _ receiver: Device,
        tag: ((VerifiedCommit) -> [UInt8]?)? = nil
    ) -> Outcome {
        if isThorough { receiver.group.deriveRatchets() }
        let before = receiver.copy()
        let state = isThorough ? GroupState(of: receiver.group) : nil
        do throws(MLSError) {
            guard case .commit(let verified) = try receiver.group.open(message) else {
                Tally.countTaken()
                return .opened
            }
            let confirmed = VerifiedCommit(
                changes: verified.changes,
                path: verified.path,
                confirmationTag: tag?(verified) ?? verified.confirmationTag,
                externalInitSecret: verified.externalInitSecret,
                provisionalContext: verified.provisionalContext
            )
            let staged: StagedCommit
            do throws(MLSError) {
                staged = try receiver.group.stage(confirmed, preSharedKeys: receiver.preSharedKeys)
            } catch {
                Tally.count(error)
                // The message is authentic, and its key used up: who skips it goes back (Docs/architecture.md).
                receiver.group = before.group.copy()
                return .refused(error)
            }
            let authenticator = staged.epochAuthenticator
            try receiver.group.merge(staged)
            Tally.countTaken()
            return .committed(authenticator)
        } catch {
            Tally.count(error)
            promise(
                receiver.group.context.epoch == before.group.context.epoch
                    && receiver.group.epoch.pendingProposals.entries.count
                        == before.group.epoch.pendingProposals.entries.count,
                "a refused message has changed the group"
            )
            if let state {
                promise(state.isEqual(to: GroupState(of: receiver.group)), "a refused message has changed the group")
            }
            return .refused(error)
        }
    }

    private func requireNoBug(_ error: MLSError) {
        if case .internalBug(let what) = error { fatalError(what) }
    }

    /// Those who have followed everything agree. Of one in four inputs they can commit whatever is pending, and go on talking.
    private func part() {
        guard present.count > 1 else { return }
        let authenticator = present[0].group.epochAuthenticator
        promise(present.allSatisfy { $0.group.epochAuthenticator == authenticator }, "members disagree")
        guard goesOn, present[0].group.reInit == nil else { return }
        if !present[0].group.epoch.pendingProposals.entries.isEmpty {
            var options = CommitOptions()
            options.preSharedKeys = present[0].preSharedKeys
            commit([], by: present[0], options)
        }
        guard present.count > 1, present[0].group.reInit == nil else { return }
        let message = must { try present[0].group.protect([1], signatureKey: present[0].signer.key) }
        for receiver in present.dropFirst() { _ = must { try receiver.group.open(message) } }
    }
}
