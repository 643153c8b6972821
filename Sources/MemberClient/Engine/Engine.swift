internal import Coalition
internal import RelayAPI

/// What a member does, above its vault and its relays. It remembers nothing between two steps: every transaction reads
/// the state anew, because other processes share the vault.
///
/// Each capability is an extension in a file of its own; Docs/architecture.md tells how a message travels through them.
final class Engine: Sendable {
    let home: String
    let vault: Vault
    let network: any RelayNetwork
    let observer: any StepObserver

    init(home: String, vault: Vault, network: any RelayNetwork, observer: any StepObserver) {
        self.home = home
        self.vault = vault
        self.network = network
        self.observer = observer
    }

    /// The local clock.
    var now: Time { Time(seconds: SystemClock.secondsSince1970()) }

    /// Whether what is done once a day, and was then, is due: a clock that was ahead must not put it off.
    func isDayOver(since last: Time) -> Bool { now >= last.advanced(by: .days(1)) || now < last }

    /// Days since 1970-01-01, for the history.
    var today: UInt32 { UInt32(clamping: now.seconds / 86_400) }

    func relay(at address: RelayAddress) async -> any Relay {
        await network.relay(at: address)
    }

    /// The relay of a mailbox that somebody else has named.
    func relay(of mailbox: MailboxAddress) async throws -> any Relay {
        do throws(RelayAddressError) {
            return await network.relay(at: try RelayAddress(mailbox.relay.string))
        } catch {
            throw MemberError(
                .violation,
                "a member named a relay address that is none: \(error)",
                advice: "tell the member's organisation"
            )
        }
    }

    func close() async {
        await network.close()
        do throws(VaultError) {
            try vault.close()
        } catch {
            // Everything is on disk already; what is not done is the emptying of the write-ahead log, which the next
            // process that closes the vault will do.
        }
    }
}
