public import TLSCodec

/// The place of a member: its leaf, counted from the left (RFC 9420, section 4.1.2).
public struct LeafIndex: Hashable, Comparable, Sendable, WireCodable {
    public let value: UInt32

    public init(_ value: UInt32) { self.value = value }

    public static func < (a: LeafIndex, b: LeafIndex) -> Bool { a.value < b.value }

    public init(from reader: inout Reader) throws(CodecError) {
        value = try reader.readUInt32()
    }

    public func encode(to writer: inout Writer) {
        writer.write(value)
    }

    /// Only for leaves inside a tree: an index off the wire is compared with the tree's size first.
    var node: NodeIndex { NodeIndex(value * 2) }
}

/// A place in a ratchet tree's array representation (RFC 9420, appendix C): leaves are even, parents odd, and a
/// node's level is the number of its trailing ones.
struct NodeIndex: Hashable, Comparable, Sendable {
    let value: UInt32

    init(_ value: UInt32) { self.value = value }

    static func < (a: NodeIndex, b: NodeIndex) -> Bool { a.value < b.value }

    var level: Int { (~value).trailingZeroBitCount }

    var isLeaf: Bool { value & 1 == 0 }

    var leaf: LeafIndex? { isLeaf ? LeafIndex(value / 2) : nil }

    /// Children of a parent; nil for a leaf.
    var children: (left: NodeIndex, right: NodeIndex)? {
        guard !isLeaf else { return nil }
        let half = UInt32(1) << (level - 1)
        return (NodeIndex(value ^ half), NodeIndex(value ^ (half << 1 | half)))
    }

    /// The node above. Meaningless for a root.
    var parent: NodeIndex {
        let bit = UInt32(1) << level
        return NodeIndex((value | bit) & ~(bit << 1))
    }

    /// The other child of the node above. Meaningless for a root.
    var sibling: NodeIndex {
        NodeIndex(value ^ (UInt32(2) << level))
    }

    /// The leaves below, or the leaf itself.
    var leaves: Range<LeafIndex> {
        let half = (UInt32(1) << level) - 1
        return LeafIndex((value - half) / 2)..<LeafIndex((value + half) / 2 + 1)
    }

    func isAncestor(of leaf: LeafIndex) -> Bool {
        leaves.contains(leaf)
    }
}

/// The number of leaves of a ratchet tree, blank ones included: a power of two.
struct LeafCount: Hashable, Sendable {
    let value: UInt32

    private init(powerOfTwo value: UInt32) { self.value = value }

    static let one = LeafCount(powerOfTwo: 1)

    /// The largest tree that is built or read.
    static let maximum = LeafCount(powerOfTwo: 1 << 20)

    /// The smallest tree with room for `leaves` leaves; nil above `maximum`.
    init?(holding leaves: Int) {
        guard leaves <= Self.maximum.value else { return nil }
        var value: UInt32 = 1
        while value < leaves { value *= 2 }
        self.value = value
    }

    var nodeCount: Int { Int(value) * 2 - 1 }

    var root: NodeIndex { NodeIndex(value - 1) }

    var doubled: LeafCount? { value < Self.maximum.value ? LeafCount(powerOfTwo: value * 2) : nil }

    var halved: LeafCount { LeafCount(powerOfTwo: max(1, value / 2)) }

    func contains(_ leaf: LeafIndex) -> Bool { leaf.value < value }

    /// The nodes above `leaf`, from its parent to the root.
    func directPath(of leaf: LeafIndex) -> [NodeIndex] {
        var path: [NodeIndex] = []
        var node = leaf.node
        while node != root {
            node = node.parent
            path.append(node)
        }
        return path
    }
}
