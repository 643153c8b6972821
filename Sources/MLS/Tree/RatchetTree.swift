internal import TLSCodec

/// A group's ratchet tree, the public part (RFC 9420, sections 4.1 and 7): every member's leaf, and the public keys
/// above them.
///
/// A value whose copies share what they have in common: the tree of the next epoch costs the nodes that differ.
/// Tree hashes are kept with the nodes, so that a change hashes its path anew and nothing else.
public struct RatchetTree: Sendable {
    private struct Slot: Sendable {
        var node: Node?
        /// The tree hash below here. Where it is missing, it is missing in every node above.
        var hash: [UInt8]?
    }

    private var slots: ChunkedArray<Slot>
    private(set) var leafCount: LeafCount
    /// Made when first needed: reading messages needs none.
    private var index: TreeIndex?
    /// No leaf before this one is blank.
    private var firstFreeHint: UInt32 = 0
    /// All leaves from this one on are blank: up to half of a tree that is wide enough for the members that it has.
    private var membersEnd: UInt32 = 0

    /// A tree of one blank leaf.
    init() {
        slots = ChunkedArray()
        slots.append(Slot())
        leafCount = .one
    }

    // MARK: Looking

    /// The member at a leaf; nil when there is none.
    public subscript(leaf: LeafIndex) -> LeafNode? {
        guard leafCount.contains(leaf), case .leaf(let node) = slots[Int(leaf.node.value)].node else { return nil }
        return node
    }

    /// Every member, from the left.
    public var members: [(index: LeafIndex, leaf: LeafNode)] {
        (0..<leafCount.value)
            .compactMap { value in
                let index = LeafIndex(value)
                return self[index].map { (index, $0) }
            }
    }

    subscript(node: NodeIndex) -> Node? {
        slots[Int(node.value)].node
    }

    func parent(at node: NodeIndex) -> ParentNode? {
        guard case .parent(let parent) = self[node] else { return nil }
        return parent
    }

    /// The non-blank nodes that cover all members below `node` (section 4.1.1), without the leaves in `excluded`.
    func resolution(of node: NodeIndex, excluding excluded: Set<LeafIndex> = []) -> [NodeIndex] {
        var result: [NodeIndex] = []
        appendResolution(of: node, excluding: excluded, to: &result)
        return result
    }

    private func appendResolution(
        of index: NodeIndex,
        excluding excluded: Set<LeafIndex>,
        to result: inout [NodeIndex]
    ) {
        switch self[index] {
        case .leaf:
            if let leaf = index.leaf, !excluded.contains(leaf) { result.append(index) }
        case .parent(let parent):
            result.append(index)
            for leaf in parent.unmergedLeaves where !excluded.contains(leaf) { result.append(leaf.node) }
        case nil:
            guard index.leaves.lowerBound.value < membersEnd, let (left, right) = index.children else { return }
            appendResolution(of: left, excluding: excluded, to: &result)
            appendResolution(of: right, excluding: excluded, to: &result)
        }
    }

    private func hasMembers(below node: NodeIndex) -> Bool {
        guard self[node] == nil else { return true }
        guard node.leaves.lowerBound.value < membersEnd, let (left, right) = node.children else { return false }
        return hasMembers(below: left) || hasMembers(below: right)
    }

    /// A node of a filtered direct path (section 4.1.2), and its child away from the leaf.
    struct PathStep: Hashable {
        let node: NodeIndex
        let copathChild: NodeIndex
    }

    /// The direct path of `leaf` without the nodes whose copath child has an empty resolution.
    func filteredDirectPath(of leaf: LeafIndex) -> [PathStep] {
        var child = leaf.node
        var path: [PathStep] = []
        for node in leafCount.directPath(of: leaf) {
            let step = PathStep(node: node, copathChild: child.sibling)
            if hasMembers(below: step.copathChild) { path.append(step) }
            child = node
        }
        return path
    }

    // MARK: Changing

    private mutating func replace(_ node: NodeIndex, with new: Node?) {
        slots[Int(node.value)].node = new
        var above = node
        while slots[Int(above.value)].hash != nil {
            slots[Int(above.value)].hash = nil
            guard above != leafCount.root else { break }
            above = above.parent
        }
    }

    private mutating func blankDirectPath(of leaf: LeafIndex) {
        for node in leafCount.directPath(of: leaf) {
            guard let parent = parent(at: node) else { continue }
            index?.remove(encryptionKey: parent.encryptionKey)
            replace(node, with: nil)
        }
    }

    /// Makes the index that every change keeps up to date.
    /// - Throws: `signatureKeysUnique` or `encryptionKeysUnique`.
    mutating func buildIndex() throws(MLSError) {
        guard index == nil else { return }
        var new = TreeIndex()
        for value in 0..<UInt32(leafCount.nodeCount) {
            switch self[NodeIndex(value)] {
            case .leaf(let leaf): try new.insert(leaf)
            case .parent(let parent): try new.insert(encryptionKey: parent.encryptionKey)
            case nil: break
            }
        }
        index = new
    }

    /// What is known of all members. `buildIndex()` comes first.
    var memberIndex: TreeIndex { index ?? TreeIndex() }

    /// The leftmost blank leaf; the tree is widened when there is none.
    mutating func leftmostBlankLeaf() throws(MLSError) -> LeafIndex {
        while firstFreeHint < leafCount.value, self[LeafIndex(firstFreeHint)] != nil { firstFreeHint += 1 }
        let place = LeafIndex(firstFreeHint)
        if !leafCount.contains(place) { try extend() }
        return place
    }

    /// Puts a member at the leftmost blank leaf (section 12.1.1).
    mutating func add(_ leaf: LeafNode) throws(MLSError) -> LeafIndex {
        let place = try leftmostBlankLeaf()
        try fill(place, with: leaf)
        for node in leafCount.directPath(of: place) {
            guard var parent = parent(at: node) else { continue }
            let position = parent.unmergedLeaves.firstIndex { $0 > place } ?? parent.unmergedLeaves.endIndex
            parent.unmergedLeaves.insert(place, at: position)
            replace(node, with: .parent(parent))
        }
        return place
    }

    /// Takes out the member at `leaf`, without narrowing the tree (section 12.1.3).
    mutating func blank(_ leaf: LeafIndex) {
        guard let old = self[leaf] else { return }
        index?.remove(old)
        replace(leaf.node, with: nil)
        blankDirectPath(of: leaf)
        firstFreeHint = min(firstFreeHint, leaf.value)
        while membersEnd > 0, self[LeafIndex(membersEnd - 1)] == nil { membersEnd -= 1 }
    }

    /// Puts a leaf where `blank` has made room (section 12.1.2).
    mutating func fill(_ place: LeafIndex, with leaf: LeafNode) throws(MLSError) {
        try index?.insert(leaf)
        replace(place.node, with: .leaf(leaf))
        membersEnd = max(membersEnd, place.value + 1)
    }

    /// Doubles the tree (section 7.7).
    private mutating func extend() throws(MLSError) {
        guard let doubled = leafCount.doubled else { throw .invalid(.treeSize) }
        while slots.count < doubled.nodeCount { slots.append(Slot()) }
        leafCount = doubled
    }

    /// Halves the tree as long as its right half holds no member (section 7.7).
    mutating func truncate() {
        while leafCount.value > 1, let right = leafCount.root.children?.right, !hasMembers(below: right) {
            if let parent = parent(at: leafCount.root) { index?.remove(encryptionKey: parent.encryptionKey) }
            leafCount = leafCount.halved
            slots.truncate(to: leafCount.nodeCount)
        }
    }

    /// Replaces the keys above `leaf` (section 7.5).
    /// - Parameters:
    ///   - keys: one public key for each node of the filtered direct path, upwards.
    /// - Returns: the parent hash that the leaf must carry.
    mutating func mergeKeys(
        _ keys: [[UInt8]],
        along path: [PathStep],
        of leaf: LeafIndex,
        _ crypto: Crypto
    ) throws(MLSError) -> [UInt8] {
        blankDirectPath(of: leaf)
        var parentHash: [UInt8] = []
        for (step, key) in zip(path, keys).reversed() {
            try index?.insert(encryptionKey: key)
            let siblingHash = hash(of: step.copathChild, crypto)
            replace(step.node, with: .parent(ParentNode(encryptionKey: key, parentHash: parentHash)))
            parentHash = Self.parentHash(
                encryptionKey: key,
                parentHash: parentHash,
                originalSiblingTreeHash: siblingHash,
                crypto
            )
        }
        return parentHash
    }

    /// Replaces a member's leaf, leaving the nodes above it.
    mutating func replaceLeaf(at place: LeafIndex, with leaf: LeafNode) throws(MLSError) {
        if let old = self[place] { index?.remove(old) }
        try fill(place, with: leaf)
    }

    // MARK: Hashing (sections 7.8 and 7.9)

    /// The tree hash of the whole tree.
    mutating func treeHash(_ crypto: Crypto) -> [UInt8] {
        hash(of: leafCount.root, crypto)
    }

    mutating func hash(of node: NodeIndex, _ crypto: Crypto) -> [UInt8] {
        if let known = slots[Int(node.value)].hash { return known }
        var below: ([UInt8], [UInt8])?
        if let (left, right) = node.children { below = (hash(of: left, crypto), hash(of: right, crypto)) }
        let new = Self.hash(of: node, self[node], children: below, crypto)
        slots[Int(node.value)].hash = new
        return new
    }

    /// The tree hash of `node` in the tree without the leaves in `excluded`.
    mutating func hash(of node: NodeIndex, excluding excluded: [LeafIndex], _ crypto: Crypto) -> [UInt8] {
        let below = excluded.filter(node.isAncestor(of:))
        guard !below.isEmpty else { return hash(of: node, crypto) }
        guard let (left, right) = node.children else { return Self.hash(of: node, nil, children: nil, crypto) }
        var content = self[node]
        if case .parent(var parent) = content {
            let removed = Set(below)
            parent.unmergedLeaves.removeAll(where: removed.contains)
            content = .parent(parent)
        }
        let children = (
            hash(of: left, excluding: below, crypto),
            hash(of: right, excluding: below, crypto)
        )
        return Self.hash(of: node, content, children: children, crypto)
    }

    /// `TreeHashInput`, hashed.
    private static func hash(
        of index: NodeIndex,
        _ node: Node?,
        children: ([UInt8], [UInt8])?,
        _ crypto: Crypto
    ) -> [UInt8] {
        var writer = Writer(capacity: 512)
        if let leaf = index.leaf {
            writer.write(UInt8(1))
            writer.write(leaf)
        } else {
            writer.write(UInt8(2))
        }
        switch node {
        case .leaf(let leaf):
            writer.write(UInt8(1))
            writer.write(leaf)
        case .parent(let parent):
            writer.write(UInt8(1))
            writer.write(parent)
        case nil:
            writer.write(UInt8(0))
        }
        if let (left, right) = children {
            writer.writeVector(left)
            writer.writeVector(right)
        }
        return crypto.hash(writer.bytes)
    }

    /// `ParentHashInput`, hashed.
    static func parentHash(
        encryptionKey: [UInt8],
        parentHash: [UInt8],
        originalSiblingTreeHash: [UInt8],
        _ crypto: Crypto
    ) -> [UInt8] {
        var writer = Writer(capacity: 128 + encryptionKey.count)
        writer.writeVector(encryptionKey)
        writer.writeVector(parentHash)
        writer.writeVector(originalSiblingTreeHash)
        return crypto.hash(writer.bytes)
    }
}

// MARK: - Wire form (section 12.4.3.3)

extension RatchetTree {
    /// Reads the contents of a `ratchet_tree` extension. Its hashes, keys and leaves are not judged yet.
    /// - Throws: `malformed`, `treeEndsWithNode`, `treeSize`, `treeNodeKinds`.
    public init(decoding bytes: [UInt8]) throws(MLSError) {
        try self.init(reading: Reader(bytes))
    }

    /// The same of a reader that holds nothing else.
    init(reading reader: Reader) throws(MLSError) {
        slots = ChunkedArray()
        leafCount = .one
        try wireForm { () throws(CodecError) in
            var contents = try reader.readLastVectorContents()
            // A blank node is one byte there and many here: no more are read than it takes to see that they are too many.
            while !contents.isAtEnd, slots.count <= LeafCount.maximum.nodeCount {
                slots.append(Slot(node: try contents.readOptional()))
            }
        }
        guard let count = LeafCount(holding: (slots.count + 2) / 2) else { throw .invalid(.treeSize) }
        leafCount = count
        membersEnd = UInt32((slots.count + 2) / 2)
        try require(slots.count > 0 && slots[slots.count - 1].node != nil, .treeEndsWithNode)
        for value in 0..<slots.count {
            switch slots[value].node {
            case .leaf: try require(value % 2 == 0, .treeNodeKinds)
            case .parent: try require(value % 2 == 1, .treeNodeKinds)
            case nil: break
            }
        }
        while slots.count < count.nodeCount { slots.append(Slot()) }
    }

    /// The contents of a `ratchet_tree` extension.
    public var encoded: [UInt8] {
        var count = slots.count
        while count > 0, slots[count - 1].node == nil { count -= 1 }
        var writer = Writer(capacity: count * 256)
        writer.writeVector { writer in
            for position in 0..<count { writer.writeOptional(slots[position].node) }
        }
        return writer.bytes
    }
}
