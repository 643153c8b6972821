import RelayAPI
import Testing

@testable import Relay

@Suite struct MailboxNotificationsTests {
    private let notifications = MailboxNotifications()
    private let mailboxes = [MailboxID.random(), MailboxID.random()]

    @Test func aWakeUpBeforeTheWaitIsNotLost() async {
        let subscription = notifications.subscribe(to: mailboxes)
        notifications.notify([mailboxes[1]])
        notifications.notify([mailboxes[0]])
        #expect(await subscription.wait() == Set(mailboxes))
    }

    @Test func whoeverWaitsLearnsWhichMailboxHasNewEntries() async {
        let subscription = notifications.subscribe(to: mailboxes)
        let waiter = Task { await subscription.wait() }
        notifications.notify([mailboxes[1], .random()])
        #expect(await waiter.value == [mailboxes[1]])
        subscription.wake()
        #expect(await subscription.wait() == [])
    }

    @Test func othersMailboxesDoNotWake() async {
        let subscription = notifications.subscribe(to: [mailboxes[0]])
        notifications.notify([mailboxes[1]])
        let waiter = Task { await subscription.wait() }
        notifications.unsubscribe(subscription)
        #expect(await waiter.value == nil)
    }

    @Test func drainingEndsWaitsPresentAndFuture() async {
        let subscription = notifications.subscribe(to: mailboxes)
        let waiter = Task { await subscription.wait() }
        notifications.drain()
        #expect(await waiter.value == nil)
        #expect(await notifications.subscribe(to: mailboxes).wait() == nil)
    }

    @Test func aCancelledWaitEnds() async {
        let subscription = notifications.subscribe(to: mailboxes)
        let waiter = Task { await subscription.wait() }
        waiter.cancel()
        #expect(await waiter.value == nil)
    }
}
