public import TLSCodec

/// What is hashed, signed or bound to a derived key: a structure under the name of its use.
///
///     struct {
///         opaque label<V>;
///         opaque content<V>;
///     } Labelled;
public struct Labelled: WireEncodable, Sendable {
    public let label: Label
    public let content: [UInt8]

    public init(_ label: Label, _ content: [UInt8]) {
        self.label = label
        self.content = content
    }

    public init(_ label: Label, _ content: some WireEncodable) {
        self.init(label, content.encoded)
    }

    public func encode(to writer: inout Writer) {
        writer.writeVector(label.bytes)
        writer.writeVector(content)
    }
}
