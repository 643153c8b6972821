/// The name that sets one use of a hash, signature or derived key apart from all others (Protocol/README.md,
/// "Labelled hashes, signatures and keys"). No two uses share one.
///
/// Each module declares the labels that it uses as static members, in an extension of this type.
public struct Label: Hashable, Sendable {
    /// As it stands in the table of Protocol/README.md, without the prefix.
    public let name: String

    /// The prefix and the name, as they are hashed and signed.
    public let bytes: [UInt8]

    public init(_ name: String) {
        self.name = name
        bytes = Array((Self.prefix + name).utf8)
    }

    /// What every label begins with: the version of our formats.
    public static let prefix = "AADR-v1 "
}
