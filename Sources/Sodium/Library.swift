internal import CSodium

/// libsodium itself.
enum Library {
    private static let initialized: Void = {
        // Fails only where the system offers no source of randomness: nothing here can be done without one.
        guard sodium_init() >= 0 else { fatalError("libsodium could not be initialized: no source of randomness") }
    }()

    /// Initializes libsodium once, from any thread. Whatever draws randomness, or gains from libsodium's choosing
    /// an implementation for this processor, calls this first; making a `Secret` does.
    static func prepare() {
        _ = initialized
    }
}
