/// An array in chunks that copies share until one of them changes: changing k elements of a copy costs k chunks, not
/// the array.
struct ChunkedArray<Element: Sendable>: Sendable {
    private static var chunkSize: Int { 32 }

    private var chunks: [[Element]] = []
    private(set) var count = 0

    subscript(index: Int) -> Element {
        get { chunks[index / Self.chunkSize][index % Self.chunkSize] }
        _modify { yield &chunks[index / Self.chunkSize][index % Self.chunkSize] }
    }

    mutating func append(_ element: Element) {
        if count % Self.chunkSize == 0 {
            var chunk: [Element] = []
            chunk.reserveCapacity(Self.chunkSize)
            chunks.append(chunk)
        }
        chunks[chunks.count - 1].append(element)
        count += 1
    }

    /// Keeps the first `count` elements.
    mutating func truncate(to count: Int) {
        self.count = count
        chunks.removeLast(chunks.count - (count + Self.chunkSize - 1) / Self.chunkSize)
        if let last = chunks.indices.last {
            chunks[last].removeLast(chunks[last].count - (count - last * Self.chunkSize))
        }
    }
}
