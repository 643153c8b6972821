/// Why a cryptographic operation gave no result.
public enum SodiumError: Error, Equatable, Sendable {
    /// A ciphertext or its associated data is not what the holder of the key sealed, or the key is another one.
    case authenticationFailed
    /// A key has the wrong length, or is a point that every private key maps to the same shared secret.
    case invalidKey
    /// A nonce, salt, length or cost lies outside what the algorithm takes.
    case invalidParameter
    /// The memory which a password hash asks for is not to be had.
    case outOfMemory
}
