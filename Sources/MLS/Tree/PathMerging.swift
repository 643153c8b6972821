extension RatchetTree {
    /// Judges a path and puts it into the tree (RFC 9420, sections 7.5 and 12.4.2).
    /// - Parameters:
    ///   - old: the leaf that the path's leaf replaces; nil for a member that is new.
    ///   - added: members added by the same Commit.
    mutating func merge(
        _ path: UpdatePath,
        from place: LeafNode.Place,
        replacing old: LeafNode?,
        excluding added: Set<LeafIndex>,
        _ crypto: Crypto
    ) throws(MLSError) {
        let steps = filteredDirectPath(of: place.leaf)
        try require(path.nodes.count == steps.count, .pathLength)
        for (node, step) in zip(path.nodes, steps) {
            let receivers = resolution(of: step.copathChild, excluding: added)
            try require(node.encryptedPathSecret.count == receivers.count, .pathCiphertextCount)
            try require(crypto.isUsable(node.encryptionKey), .encryptionKeysUsable)
        }
        try path.leafNode.validate(.commit(place), crypto)
        try require(path.leafNode.encryptionKey != old?.encryptionKey, .leafEncryptionKeyFresh)
        let known = memberIndex.encryptionKeys
        try require(
            path.nodes.allSatisfy { !known.contains($0.encryptionKey) }
                && !known.contains(path.leafNode.encryptionKey),
            .pathKeysNew
        )
        let parentHash = try mergeKeys(path.nodes.map(\.encryptionKey), along: steps, of: place.leaf, crypto)
        try require(path.leafNode.source == .commit(parentHash: parentHash), .pathParentHash)
        try replaceLeaf(at: place.leaf, with: path.leafNode)
    }
}
