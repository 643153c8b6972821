internal import Coalition
internal import RelayAPI

/// What is too long for an entry, part by part (Protocol/mailbox.md, "Blobs"). A transfer that was cut goes on with the parts
/// that are missing.
extension Relay {
    /// Puts a blob beside the entries of a mailbox; done already where all of it is there.
    /// - Parameter access: with the right to append.
    func put(_ blob: SealedBlob, beside access: Access) async throws(RelayError) {
        let mailbox = access.mailbox
        let write = Access(mailbox: mailbox, capability: blob.reference.writeCapability(in: mailbox))
        _ = try await createBlob(
            BlobCreateRequest(
                access: access,
                writeHash: write.capability.hash,
                readHash: blob.reference.readCapability(in: mailbox).hash,
                parts: UInt32(blob.reference.parts)
            )
        )
        let present = try await blobState(BlobStateRequest(access: write)).present
        for index in 0..<blob.reference.parts where !(present.indices.contains(index) && present[index]) {
            _ = try await putPart(BlobPutRequest(access: write, index: UInt32(index), bytes: blob.part(index)))
        }
    }

    /// - Returns: what its parts hold, one behind the other; nil when the relay does not have all of it.
    func get(_ blob: BlobReference, in mailbox: MailboxID) async throws(RelayError) -> [UInt8]? {
        let read = Access(mailbox: mailbox, capability: blob.readCapability(in: mailbox))
        var bytes: [UInt8] = []
        bytes.reserveCapacity(blob.parts * BlobPart.length)
        for index in 0..<blob.parts {
            let request = BlobGetRequest(access: read, index: UInt32(index))
            switch try await answer(to: request) {
            case .success(let part):
                guard let part = part.bytes else { return nil }
                bytes += part
            case .failure(let problem):
                guard problem.name == .notPermitted else { throw .problem(problem) }
                return nil
            }
        }
        return bytes
    }

    /// Deletes what has been got. If this fails, it expires.
    func forget(_ blob: BlobReference, in mailbox: MailboxID) async {
        let write = Access(mailbox: mailbox, capability: blob.writeCapability(in: mailbox))
        _ = try? await deleteBlob(BlobDeleteRequest(access: write))
    }
}
