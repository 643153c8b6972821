internal import TLSCodec

/// Which of the four changes of Protocol/charter.md ("What a change of charter needs") a change is.
public enum CharterChange: Equatable, Sendable {
    /// An organisation changes its own entry, or leaves.
    case ownEntry(Name)
    /// An organisation suspends a device or another organisation.
    case suspension(by: Name)
    case founding
    case constituted
}

/// Why a charter may not follow another.
public enum CharterViolation: Error, Equatable, Sendable {
    case nonce
    case number
    case previous
    /// Organisations that stay do not keep their order, or new ones stand before them.
    case order
    /// No rule allows it, whoever approves.
    case notProvidedFor
    /// Those who would have to approve it have not.
    case notApproved
    /// Of its approvals, one does not count, or two are of one organisation.
    case idleApproval
}

extension Charter {
    /// Checks that `new` may take the place of this charter.
    /// - Parameter time: of the Commit that brings it; nil where signatures are checked and times are not.
    /// - Returns: the rule that allows it.
    @discardableResult
    public func judge(
        changeTo new: Charter,
        approvals: [Approval],
        in coalition: CoalitionID,
        at time: Time?
    ) throws(CharterViolation) -> CharterChange {
        guard new.nonce == nonce else { throw .nonce }
        guard number < .max, new.number == number + 1 else { throw .number }
        guard new.previous == hash else { throw .previous }
        guard keepsOrder(new) else { throw .order }

        let changes = [
            changeOfOwnEntry(new), changeBySuspension(new, at: time), changeOfFoundingPhase(new),
            changeOfConstituted(new),
        ]
        .compactMap { $0 }
        guard !changes.isEmpty else { throw .notProvidedFor }
        let subject = ApprovalSubject.charter(new, after: self, in: coalition)
        let approvers = approvers(of: subject, approvals: approvals, at: time)
        guard let change = changes.first(where: { isApproved($0, to: new, by: approvers) }) else { throw .notApproved }
        // They stay with the charter, and everybody who joins gets them all.
        guard approvers.count == approvals.count else { throw .idleApproval }
        return change
    }

    private func isApproved(_ change: CharterChange, to new: Charter, by approvers: Set<Name>) -> Bool {
        switch change {
        case .ownEntry(let organisation): approvers.contains(organisation)
        case .suspension(let organisation): approvers.contains(organisation)
        case .founding: approvers.contains(founder.id)
        case .constituted: isQuorum(approvers, concerned: organisationsConcerned(by: new))
        }
    }

    /// Those that stay come first, as they came before.
    private func keepsOrder(_ new: Charter) -> Bool {
        let old = Set(organisations.map(\.id))
        let names = new.organisations.map(\.id)
        let staying = Set(names).intersection(old)
        return Array(names.prefix(staying.count)) == organisations.map(\.id).filter(staying.contains)
    }

    // MARK: The four changes

    /// 1. Names or contact key of one organisation, or that organisation's leaving.
    private func changeOfOwnEntry(_ new: Charter) -> CharterChange? {
        if new.organisations.count == organisations.count {
            let changed = organisations.indices.filter { organisations[$0].encoded != new.organisations[$0].encoded }
            guard changed.count == 1, let index = changed.first else { return nil }
            let entry = new.organisations[index]
            guard entry.id.description == organisations[index].id.description,
                entry.rootKey == organisations[index].rootKey
            else { return nil }
            return isSame(new, as: try? successor(organisations: new.organisations)) ? .ownEntry(entry.id) : nil
        }
        let leaving = organisations.filter { new.organisation(named: $0.id) == nil }
        guard leaving.count == 1, let name = leaving.first?.id, phase == .constituted || name != founder.id else {
            return nil
        }
        let remaining = organisations.filter { $0.id != name }
        // A quorum is never more than there are organisations to make it up.
        let expected = try? successor(quorum: min(quorum, UInt16(remaining.count)), organisations: remaining)
        return isSame(new, as: expected) ? .ownEntry(name) : nil
    }

    /// 2. One suspension more, not confirmed, of somebody who is not suspended yet.
    ///
    /// An organisation has one at a time that is not confirmed, and there is a third besides: else it could suspend all others,
    /// and as nobody but itself would say the time, for ever.
    private func changeBySuspension(_ new: Charter, at time: Time?) -> CharterChange? {
        guard let added = new.suspensions.last, !added.isConfirmed,
            organisation(named: added.by) != nil, organisations.count >= 3,
            !suspensions.contains(where: { $0.target == added.target || ($0.by == added.by && !$0.isConfirmed) })
        else { return nil }
        if case .organisation(let name) = added.target {
            guard name != added.by, organisation(named: name) != nil else { return nil }
        }
        if let time, added.at != time { return nil }
        return isSame(new, as: try? successor(suspensions: suspensions + [added])) ? .suspension(by: added.by) : nil
    }

    /// 3. What the founder decides.
    private func changeOfFoundingPhase(_ new: Charter) -> CharterChange? {
        guard phase == .founding, new.founder.id == founder.id, keepsSuspensions(new),
            staying(in: new).allSatisfy({ $0.old.encoded == $0.new.encoded })
        else { return nil }
        return .founding
    }

    /// 4. What a quorum decides.
    private func changeOfConstituted(_ new: Charter) -> CharterChange? {
        guard phase == .constituted, new.phase == .constituted, keepsSuspensions(new),
            staying(in: new).allSatisfy({ $0.old.differsAtMostInRootKey(from: $0.new) })
        else { return nil }
        return .constituted
    }

    // MARK: Parts of them

    private func staying(in new: Charter) -> [(old: Organisation, new: Organisation)] {
        organisations.compactMap { old in new.organisation(named: old.id).map { (old, $0) } }
    }

    /// Suspensions are confirmed or lifted, and otherwise stay as they are.
    private func keepsSuspensions(_ new: Charter) -> Bool {
        var rest = suspensions[...]
        return new.suspensions.allSatisfy { kept in
            guard let index = rest.firstIndex(where: { [$0.encoded, $0.confirmed.encoded].contains(kept.encoded) })
            else { return false }
            rest = rest[(index + 1)...]
            return true
        }
    }

    /// The organisations that `new` removes, or whose suspension it confirms.
    private func organisationsConcerned(by new: Charter) -> Set<Name> {
        var concerned = Set(organisations.map(\.id)).subtracting(new.organisations.map(\.id))
        for suspension in new.suspensions where suspension.isConfirmed {
            guard case .organisation(let name) = suspension.target, organisation(named: name) != nil else { continue }
            if suspensions.contains(where: { $0.target == suspension.target && !$0.isConfirmed }) {
                concerned.insert(name)
            }
        }
        return concerned
    }

    private func isSame(_ charter: Charter, as expected: Charter?) -> Bool {
        charter.encoded == expected?.encoded
    }
}

extension Organisation {
    fileprivate func differsAtMostInRootKey(from other: Organisation) -> Bool {
        let renewed = try? Organisation(id: id, rootKey: other.rootKey, contactKey: contactKey, names: names)
        return renewed?.encoded == other.encoded
    }
}
