internal import CSodium

/// Bytes that must not be copied by accident, swapped out, dumped or left behind: keys, passphrases, shared secrets.
///
/// A secret has one owner, who borrows it out; the compiler stops everything else. It lives in `SecretMemory`, never
/// changes, and is zeroed when its owner lets go of it.
public struct Secret: ~Copyable, @unchecked Sendable {
    private let base: UnsafeMutablePointer<UInt8>

    /// In bytes.
    public let count: Int

    private init(owning base: UnsafeMutablePointer<UInt8>, count: Int) {
        self.base = base
        self.count = count
    }

    /// A secret of `count` bytes that `body` writes, zero where it does not. Throws what `body` throws, the bytes
    /// zeroed.
    public init<Failure: Error>(
        count: Int,
        initializing body: (UnsafeMutableRawBufferPointer) throws(Failure) -> Void
    ) throws(Failure) {
        self = try .filling(count: count) { base throws(Failure) in
            try body(UnsafeMutableRawBufferPointer(start: base, count: count))
        }
    }

    /// The same for libsodium's functions, which take a pointer that is never null.
    static func filling<Failure: Error>(
        count: Int,
        _ body: (UnsafeMutablePointer<UInt8>) throws(Failure) -> Void
    ) throws(Failure) -> Secret {
        precondition(count >= 0, "a secret's length is not negative")
        let secret = Secret(owning: SecretMemory.allocate(count), count: count)
        try body(secret.base)
        return secret
    }

    /// A copy of `bytes`, which stay where they are: for what is secret only together with something else, and for
    /// tests. Prefer `init(moving:)`.
    public init(copying bytes: some Collection<UInt8>) {
        self.init(count: bytes.count) { $0.copyBytes(from: bytes) }
    }

    /// Takes `bytes` over, leaving zeros in their place. Only the caller can know of further copies: an array whose
    /// storage is shared is copied before it is zeroed.
    public init(moving bytes: inout [UInt8]) {
        self.init(copying: bytes)
        bytes.withUnsafeMutableBytes { sodium_memzero($0.baseAddress, $0.count) }
    }

    /// `count` bytes from the system's generator.
    public static func random(count: Int) -> Secret {
        Secret.filling(count: count) { base in
            randombytes_buf(base, count)
        }
    }

    deinit {
        SecretMemory.release(base, count)
    }

    /// Lends the bytes to `body`, which must not keep the pointer.
    public borrowing func withUnsafeBytes<Result: ~Copyable, Failure: Error>(
        _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try body(UnsafeRawBufferPointer(start: base, count: count))
    }

    /// The same for libsodium's functions, which take a pointer that is never null.
    borrowing func withPointer<Result: ~Copyable, Failure: Error>(
        _ body: (UnsafePointer<UInt8>) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try body(UnsafePointer(base))
    }

    /// A second secret with the same bytes.
    public borrowing func copy() -> Secret {
        slice(0..<count)
    }

    /// The first `count` bytes, as a secret of their own. A program that asks for more than there are is wrong, and
    /// stops.
    public borrowing func prefix(_ count: Int) -> Secret {
        slice(0..<count)
    }

    /// The bytes in `range`, as a secret of their own. A program that asks for more than there are is wrong, and
    /// stops.
    public borrowing func slice(_ range: Range<Int>) -> Secret {
        precondition(range.lowerBound >= 0 && range.upperBound <= count, "slice outside the secret")
        return Secret.filling(count: range.count) { copy in
            copy.update(from: base + range.lowerBound, count: range.count)
        }
    }

    /// Whether both have the same bytes, in a time that tells nothing about them but their lengths.
    public borrowing func isEqual(to other: borrowing Secret) -> Bool {
        count == other.count && sodium_memcmp(base, other.base, count) == 0
    }

    /// The bytes in ordinary memory, where nothing protects them: for encoding into what is about to be encrypted,
    /// and for nothing else.
    public borrowing func exposed() -> [UInt8] {
        withUnsafeBytes { Array($0) }
    }
}
