internal import TLSCodec

extension RatchetTree {
    /// Judges a tree that someone else built, before it is joined (RFC 9420, section 12.4.3.1).
    /// - Parameter time: seconds since 1970, to judge lifetimes by; nil not to.
    mutating func validate(for context: GroupContext, at time: UInt64?, _ crypto: Crypto) throws(MLSError) {
        try require(treeHash(crypto) == context.treeHash, .treeHashMatches)
        try buildIndex()
        try validateUnmergedLeaves()
        try validateParentKeys(crypto)
        try validateParentHashes(crypto)
        try validateSupport(for: context.extensions)
        try validateLeaves(groupID: context.groupID, at: time, crypto)
    }

    /// Judges each leaf by itself.
    private func validateLeaves(groupID: [UInt8], at time: UInt64?, _ crypto: Crypto) throws(MLSError) {
        try Concurrently.forEach(in: 0..<Int(leafCount.value)) { values throws(MLSError) in
            for value in values {
                let index = LeafIndex(UInt32(value))
                guard let leaf = self[index] else { continue }
                try leaf.validate(.tree(LeafNode.Place(groupID: groupID, leaf: index)), crypto)
                if let time, case .keyPackage(let lifetime) = leaf.source {
                    try require(lifetime.contains(time), .leafLifetime)
                }
            }
        }
    }

    /// Whether all members support what the group asks of them, and each other's credentials (sections 7.3 and 13.4).
    func validateSupport(for extensions: Extensions) throws(MLSError) {
        let index = memberIndex
        try require(!extensions.hasDuplicates, .extensionsUnique)
        try require(
            extensions.elements.allSatisfy { index.isSupportedByAll($0.type) },
            .groupExtensionsSupported
        )
        if let data = extensions[.requiredCapabilities] {
            let required = try wireForm { () throws(CodecError) in try RequiredCapabilities(decoding: data) }
            try require(
                required.extensions.allSatisfy(index.isSupportedByAll)
                    && required.proposals.allSatisfy(index.isSupportedByAll)
                    && required.credentials.allSatisfy(index.isSupportedByAll),
                .requiredCapabilities
            )
        }
        // Nobody may find out only when such a sender writes that the list cannot be read.
        _ = try extensions.externalSenders()
        try require(index.credentialsInUse.keys.allSatisfy(index.isSupportedByAll), .credentialsSupportedByAll)
    }

    private var parents: some Sequence<NodeIndex> {
        stride(from: UInt32(1), to: UInt32(leafCount.nodeCount), by: 2).lazy.map(NodeIndex.init)
    }

    /// Sections 7.1 and 12.4.3.1.
    private func validateUnmergedLeaves() throws(MLSError) {
        for node in parents {
            guard let parent = parent(at: node) else { continue }
            let unmerged = parent.unmergedLeaves
            try require(zip(unmerged, unmerged.dropFirst()).allSatisfy { $0 < $1 }, .unmergedLeavesSorted)
        }
        // All are sorted: so that a tree made for it takes nobody's time, they are searched by halves.
        for node in parents {
            guard let parent = parent(at: node) else { continue }
            for leaf in parent.unmergedLeaves {
                try require(node.isAncestor(of: leaf) && self[leaf] != nil, .unmergedLeavesPresent)
                var between = leaf.node.parent
                while between != node {
                    if let parent = self.parent(at: between) {
                        try require(parent.hasUnmergedLeaf(leaf), .unmergedLeavesInherited)
                    }
                    between = between.parent
                }
            }
        }
    }

    /// Whether this member could encrypt to them when it commits.
    private func validateParentKeys(_ crypto: Crypto) throws(MLSError) {
        for node in parents {
            guard let parent = parent(at: node) else { continue }
            try require(crypto.isUsable(parent.encryptionKey), .encryptionKeysUsable)
        }
    }

    /// Whether each parent was set by a path of one of the members below it (section 7.9.2): exactly one node below
    /// carries its parent hash.
    private mutating func validateParentHashes(_ crypto: Crypto) throws(MLSError) {
        for node in parents {
            guard let parent = parent(at: node), let (left, right) = node.children else { continue }
            let fromLeft = isParentHashValid(of: parent, child: left, sibling: right, crypto)
            let fromRight = isParentHashValid(of: parent, child: right, sibling: left, crypto)
            try require(fromLeft != fromRight, .parentHashesValid)
        }
    }

    private mutating func isParentHashValid(
        of parent: ParentNode,
        child: NodeIndex,
        sibling: NodeIndex,
        _ crypto: Crypto
    ) -> Bool {
        let unmergedBelow = Set(parent.unmergedLeaves.filter(child.isAncestor(of:)).map(\.node))
        let resolution = resolution(of: child)
        let merged = resolution.filter { !unmergedBelow.contains($0) }
        guard merged.count == 1, resolution.count == unmergedBelow.count + 1,
            let carried = self[merged[0]]?.parentHash
        else { return false }
        let expected = Self.parentHash(
            encryptionKey: parent.encryptionKey,
            parentHash: parent.parentHash,
            originalSiblingTreeHash: hash(of: sibling, excluding: parent.unmergedLeaves, crypto),
            crypto
        )
        return carried == expected
    }
}

extension ParentNode {
    /// Whether a leaf is among `unmergedLeaves`, which are sorted.
    fileprivate func hasUnmergedLeaf(_ leaf: LeafIndex) -> Bool {
        var (low, high) = (unmergedLeaves.startIndex, unmergedLeaves.endIndex)
        while low < high {
            let middle = low + (high - low) / 2
            if unmergedLeaves[middle] < leaf { low = middle + 1 } else { high = middle }
        }
        return low < unmergedLeaves.endIndex && unmergedLeaves[low] == leaf
    }
}
