internal import RelayAPI

extension Engine {
    /// Takes another access token, with which mailboxes are made from now on, once the relay has said that it is good.
    func setAccessToken(_ token: AccessToken) async throws {
        let relay = await relay(at: try vault.read { try $0.device().relay })
        // A token that is to be made from itself exists already: that costs nothing, and is refused when it is no good
        // (Protocol/http-api.md, "POST /v1/child-token").
        _ = try await relay.childToken(ChildTokenRequest(accessToken: token, child: token, mailboxes: 1, days: 1))
        try vault.write { transaction in
            var organisation = try transaction.organisation()
            organisation.accessToken = token
            try transaction.setRecord(.organisation, to: organisation)
        }
    }
}
