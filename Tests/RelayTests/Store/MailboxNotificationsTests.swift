import RelayAPI
import Testing

@testable import Relay

@Suite struct MailboxNotificationsTests {
    private let notifications = MailboxNotifications()
    private let mailboxes = [MailboxID.random(), MailboxID.random()]

    @Test func aWakeUpBeforeTheWaitIsNotLost() async {
        let subscription = notifications.subscribe(to: mailboxes)
        notifications.notify([mailboxes[1]])
        #expect(await subscription.wait())
    }

    @Test func othersMailboxesDoNotWake() async {
        let subscription = notifications.subscribe(to: [mailboxes[0]])
        notifications.notify([mailboxes[1]])
        let waiter = Task { await subscription.wait() }
        notifications.unsubscribe(subscription)
        #expect(await !waiter.value)
    }

    @Test func drainingEndsWaitsPresentAndFuture() async {
        let subscription = notifications.subscribe(to: mailboxes)
        let waiter = Task { await subscription.wait() }
        notifications.drain()
        #expect(await !waiter.value)
        #expect(await !notifications.subscribe(to: mailboxes).wait())
    }

    @Test func aCancelledWaitEnds() async {
        let subscription = notifications.subscribe(to: mailboxes)
        let waiter = Task { await subscription.wait() }
        waiter.cancel()
        #expect(await !waiter.value)
    }
}
