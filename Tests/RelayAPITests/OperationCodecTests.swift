import RelayAPI
import TLSCodec
import Testing

@Suite struct OperationCodecTests {
    private let access = Access(mailbox: .random(), capability: .random())

    private func grant(_ rights: Rights = [.read, .append], uses: UInt32 = Grant.unlimited) -> Grant {
        Grant(capabilityHash: Capability.random().hash, rights: rights, uses: uses)
    }

    private func expectRoundTrip<Value: WireCodable & Equatable>(_ value: Value) throws {
        let encoded = value.encoded
        #expect(try Value(decoding: encoded) == value)
        #expect(throws: CodecError.self) { try Value(decoding: encoded + [0]) }
        for length in Set([0, 1, encoded.count / 2, encoded.count - 1]) where length >= 0 && length < encoded.count {
            #expect(throws: CodecError.self) { try Value(decoding: Array(encoded[..<length])) }
        }
    }

    @Test func requestsAreReadAsWrittenAndRefusedWhenCutOrLonger() throws {
        let token = AccessToken.random()
        let body = [UInt8](repeating: 7, count: 1024)
        try expectRoundTrip(CreateRequest(accessToken: token, mailbox: .random(), epoch: .max, grants: [grant()]))
        try expectRoundTrip(ChildTokenRequest(accessToken: token, child: .random(), mailboxes: 2, days: 90))
        try expectRoundTrip(GrantRequest(access: access, set: [grant(), grant()], remove: [grant().capabilityHash]))
        try expectRoundTrip(
            AppendRequest(access: access, epoch: 3, entryID: .random(), kind: .lastResort, retentionDays: 9, body: body)
        )
        try expectRoundTrip(
            AdvanceRequest(
                access: access,
                epoch: 3,
                entryID: .random(),
                next: [grant(.all)],
                advancesSeen: [.random(), .random()],
                body: body
            )
        )
        try expectRoundTrip(
            ReadRequest(access: access, incarnation: .unknown, after: 12, limit: 5, waitSeconds: 60)
        )
        let append = AppendRequest(access: access, epoch: 3, entryID: .random(), kind: .application, body: body)
        try expectRoundTrip(BatchRequest(appends: [append, append]))
        let mailbox = SubscribedMailbox(access: access, incarnation: .random(), after: 12)
        try expectRoundTrip(SubscribeRequest(mailboxes: [mailbox, mailbox], heartbeatSeconds: 60))
        try expectRoundTrip(TakeRequest(access: access))
        try expectRoundTrip(DeleteRequest(access: access, upTo: 77))
        let (write, read) = (Capability.random().hash, Capability.random().hash)
        try expectRoundTrip(
            BlobCreateRequest(access: access, writeHash: write, readHash: read, parts: 10, retentionDays: 3)
        )
        try expectRoundTrip(BlobPutRequest(access: access, index: 9, bytes: body))
        try expectRoundTrip(BlobStateRequest(access: access))
        try expectRoundTrip(BlobGetRequest(access: access, index: 9))
        try expectRoundTrip(BlobDeleteRequest(access: access))
    }

    @Test func answersAreReadAsWrittenAndRefusedWhenCutOrLonger() throws {
        let hash = RunningHash(opening: .random())
        let body = [UInt8](repeating: 7, count: 4096)
        try expectRoundTrip(CreateResponse(incarnation: .random()))
        try expectRoundTrip(
            AppendResponse(incarnation: .random(), sequence: 9, runningHash: hash, isDuplicate: true)
        )
        let entry = ReadEntry(
            sequence: 8,
            kind: .advance,
            entryID: .random(),
            next: [grant()],
            bodyHash: BodyHash(of: body),
            runningHash: hash,
            body: body
        )
        let tombstone = ReadEntry(
            sequence: 9,
            kind: .application,
            entryID: .random(),
            next: [],
            bodyHash: BodyHash(of: body),
            runningHash: hash,
            body: nil
        )
        let read = ReadResponse(
            incarnation: .random(),
            epoch: 4,
            opening: 7,
            openingHash: hash,
            head: 9,
            headHash: hash,
            entries: [entry, tombstone]
        )
        try expectRoundTrip(read)
        let refusal = Refusal(Problem(.incarnationChanged, incarnation: .random()))
        let append = AppendResponse(incarnation: .random(), sequence: 9, runningHash: hash, isDuplicate: false)
        try expectRoundTrip(BatchResponse(outcomes: [.appended(append), .refused(refusal)]))
        try expectRoundTrip(SubscriptionEvent.heartbeat)
        try expectRoundTrip(SubscriptionEvent.entries(read, mailbox: 255))
        try expectRoundTrip(SubscriptionEvent.refused(refusal, mailbox: 0))
        try expectRoundTrip(TakeResponse(entry: nil))
        try expectRoundTrip(TakeResponse(entry: TakenEntry(entryID: .random(), kind: .application, body: body)))
        try expectRoundTrip(EmptyResponse())
        try expectRoundTrip(BlobStateResponse(present: (0..<10).map { $0 % 3 == 0 }))
        try expectRoundTrip(BlobGetResponse(bytes: nil))
        try expectRoundTrip(BlobGetResponse(bytes: [UInt8](repeating: 3, count: BlobPart.length)))
    }

    @Test(arguments: [0, 64, 128, 255] as [UInt8])
    func rightsThatDoNotExistAreRefused(_ rights: UInt8) throws {
        var encoded = grant().encoded
        encoded[CapabilityHash.length] = rights
        #expect(throws: CodecError.invalid("rights")) { try Grant(decoding: encoded) }
    }

    @Test func aMailboxOrEpochWithoutGrantsOrWithTooManyIsRefused() throws {
        for count in [0, 1025] {
            let request = CreateRequest(
                accessToken: .random(),
                mailbox: .random(),
                epoch: 0,
                grants: (0..<count).map { _ in grant() }
            )
            #expect(throws: CodecError.self) { try CreateRequest(decoding: request.encoded) }
        }
        let most = CreateRequest(
            accessToken: .random(),
            mailbox: .random(),
            epoch: 0,
            grants: (0..<1024).map { _ in grant() }
        )
        #expect(try CreateRequest(decoding: most.encoded) == most)
    }

    @Test func appendTakesNoAdvance() throws {
        let request = AppendRequest(access: access, epoch: 0, entryID: .random(), kind: .advance, body: [])
        #expect(throws: CodecError.invalid("entry kind")) { try AppendRequest(decoding: request.encoded) }
    }

    @Test func aBodyOfAWrongLengthIsStillReadSoThatTheRelayCanSayWhatIsWrong() throws {
        for count in [0, 1, 1023, 1025] {
            let body = [UInt8](repeating: 1, count: count)
            let request = AppendRequest(access: access, epoch: 0, entryID: .random(), kind: .application, body: body)
            #expect(try AppendRequest(decoding: request.encoded) == request)
        }
    }

    @Test func childTokensAreBoundedInMailboxesAndDays() throws {
        for (mailboxes, days) in [(0, 1), (1, 0), (1, 91)] as [(UInt32, UInt16)] {
            let request = ChildTokenRequest(
                accessToken: .random(),
                child: .random(),
                mailboxes: mailboxes,
                days: days
            )
            #expect(throws: CodecError.self) { try ChildTokenRequest(decoding: request.encoded) }
        }
    }

    @Test func aReadWaitsAMinuteAtMost() throws {
        let request = ReadRequest(access: access, incarnation: .unknown, after: 0, waitSeconds: 61)
        #expect(throws: CodecError.invalid("wait_seconds")) { try ReadRequest(decoding: request.encoded) }
    }

    @Test func theNumberOfPartsTellsALengthOnlyRoughly() throws {
        let allowed = (0...1025).filter { BlobPart.isAllowed(count: $0) }
        #expect(allowed.prefix(14) == [1, 2, 3, 4, 5, 6, 7, 8, 10, 12, 14, 16, 20, 24])
        #expect(allowed.suffix(3) == [768, 896, 1024])
        for bytes in [0, 1, 65_536, 65_537, 524_289, 64 << 20] {
            let count = try #require(BlobPart.count(holding: bytes))
            #expect(BlobPart.isAllowed(count: count) && count * BlobPart.length >= bytes)
            #expect((count - 1) * BlobPart.length <= max(bytes, 1) * 5 / 4)
        }
        #expect(BlobPart.count(holding: 64 << 20 + 1) == nil)
        let hash = Capability.random().hash
        for (parts, read) in [(0, Capability.random().hash), (9, Capability.random().hash), (1, hash)] {
            let request = BlobCreateRequest(access: access, writeHash: hash, readHash: read, parts: UInt32(parts))
            #expect(throws: CodecError.self) { try BlobCreateRequest(decoding: request.encoded) }
        }
    }

    @Test func bitsOfPartsThatDoNotExistAreRefused() throws {
        var encoded = BlobStateResponse(present: [true, false, true]).encoded
        encoded[encoded.count - 1] |= 1
        #expect(throws: CodecError.invalid("present")) { try BlobStateResponse(decoding: encoded) }
    }

    @Test func aSubscriptionNamesSomeMailboxesAndAHeartbeat() throws {
        let mailbox = SubscribedMailbox(access: access, incarnation: .unknown, after: 0)
        for (count, seconds) in [(0, 25), (257, 25), (1, 0), (1, 61)] as [(Int, UInt16)] {
            let mailboxes = Array(repeating: mailbox, count: count)
            let request = SubscribeRequest(mailboxes: mailboxes, heartbeatSeconds: seconds)
            #expect(throws: CodecError.self) { try SubscribeRequest(decoding: request.encoded) }
        }
    }

    @Test func aBatchHoldsOneTo256Appends() throws {
        let append = AppendRequest(access: access, epoch: 0, entryID: .random(), kind: .application, body: [])
        for count in [0, 257] {
            let request = BatchRequest(appends: Array(repeating: append, count: count))
            #expect(throws: CodecError.self) { try BatchRequest(decoding: request.encoded) }
        }
    }

    @Test func eventsAreFoundInAStreamWhereverItIsCut() throws {
        let refusal = Refusal(Problem(.notPermitted))
        let expected = (0..<40)
            .map { index in
                index % 3 == 0 ? SubscriptionEvent.heartbeat : .refused(refusal, mailbox: UInt16(index))
            }
        let stream = expected.flatMap(\.framed)
        for step in [1, 2, 7, stream.count] {
            var events = SubscriptionEvents()
            var found: [SubscriptionEvent] = []
            for start in stride(from: 0, to: stream.count, by: step) {
                events.append(stream[start..<min(start + step, stream.count)])
                while let event = try events.next() { found.append(event) }
            }
            #expect(found == expected)
        }
        var tooLong = SubscriptionEvents()
        tooLong.append([0xbf, 0xff, 0xff, 0xff])
        #expect(throws: CodecError.tooLong) { try tooLong.next() }
    }

    @Test func anEntryThatIsGoneHasNoBodyAndOneThatIsPresentHasABucketsLength() throws {
        func entry(_ body: [UInt8]?) -> [UInt8] {
            ReadEntry(
                sequence: 1,
                kind: .application,
                entryID: .random(),
                next: [],
                bodyHash: BodyHash(of: []),
                runningHash: RunningHash(opening: .random()),
                body: body
            )
            .encoded
        }
        #expect(throws: CodecError.invalid("body")) { try ReadEntry(decoding: entry([1, 2, 3])) }
        var gone = entry(nil)
        gone[gone.count - 1] = 1
        #expect(throws: CodecError.invalid("body")) { try ReadEntry(decoding: gone + [9]) }
        var unknown = entry(nil)
        unknown[unknown.count - 2] = 3
        #expect(throws: CodecError.invalid("body state")) { try ReadEntry(decoding: unknown) }
    }

    @Test func pathsNameVersionAndOperation() {
        #expect(ChildTokenRequest.operation.path == "/v1/child-token")
        #expect(Operation.allCases.map(\.path).count == Set(Operation.allCases.map(\.path)).count)
    }

    @Test func theShortestBucketThatHoldsABodyIsChosen() {
        #expect(BodyLength(holding: 0) == .oneKiB)
        #expect(BodyLength(holding: 1024) == .oneKiB)
        #expect(BodyLength(holding: 1025) == .fourKiB)
        #expect(BodyLength(holding: 1_048_576) == .oneMiB)
        #expect(BodyLength(holding: 1_048_577) == nil)
    }

    @Test func secretsDoNotShowWhenPrinted() {
        #expect("\(access)".contains("Capability"))
        #expect(!"\(access.capability)".contains("\(access.capability.bytes[0]), \(access.capability.bytes[1])"))
        #expect("\(AccessToken.random())" == "AccessToken")
    }
}
