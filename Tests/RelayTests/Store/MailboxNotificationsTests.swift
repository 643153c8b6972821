import RelayAPI
import Testing

@testable import Relay
@testable import RelayTesting

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

    @Test func aGenerationIsSharedByManyAndEndsWithTheNextEntry() {
        let first = notifications.subscribe(to: [mailboxes[0]])
        #expect(notifications.sharedGeneration(of: mailboxes[0]) == nil)
        let second = notifications.subscribe(to: mailboxes)
        let before = notifications.sharedGeneration(of: mailboxes[0])
        #expect(before != nil)
        #expect(notifications.sharedGeneration(of: mailboxes[1]) == nil)
        notifications.notify([mailboxes[1]])
        #expect(notifications.sharedGeneration(of: mailboxes[0]) == before)
        notifications.notify([mailboxes[0]])
        let after = notifications.sharedGeneration(of: mailboxes[0])
        #expect(after != before)
        notifications.notifyAll()
        #expect(notifications.sharedGeneration(of: mailboxes[0]) != after)

        // Whoever comes when all have gone begins no generation that there was.
        notifications.unsubscribe(first)
        notifications.unsubscribe(second)
        notifications.notify([mailboxes[0]])
        let third = notifications.subscribe(to: [mailboxes[0]])
        let fourth = notifications.subscribe(to: [mailboxes[0]])
        #expect(![nil, before, after].contains(notifications.sharedGeneration(of: mailboxes[0])))
        withExtendedLifetime((third, fourth)) {}
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
