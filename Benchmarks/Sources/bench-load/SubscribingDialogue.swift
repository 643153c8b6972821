internal import NIOCore
internal import RelayAPI

/// Makes a mailbox of its own and subscribes to it: what comes from then on is a stream without an end.
struct SubscribingDialogue: Dialogue {
    private let speech: FanoutSpeech
    private let creation: RelayDialogue
    private var hasSubscribed = false

    init(token: AccessToken) {
        speech = RelayDialogue.fanout(token: token)
        creation = .echo("/echo", token: token)
    }

    var opening: ByteBuffer { speech.opening }

    mutating func next() -> ByteBuffer {
        hasSubscribed = true
        return speech.waiting
    }

    func answerLength(in bytes: ByteBuffer) throws -> Int? {
        hasSubscribed ? nil : try creation.answerLength(in: bytes)
    }
}
