internal import RelayAPI
internal import Synchronization

/// How relays are reached.
public struct Network: Sendable {
    package let relays: any RelayNetwork

    /// Over HTTPS; with a proxy, through it alone.
    public init(proxy: ProxyAddress? = nil) {
        relays = HTTPRelays(proxy: proxy)
    }

    package init(_ relays: any RelayNetwork) {
        self.relays = relays
    }

    public static var direct: Network { Network() }
}

extension RelayClient: Relay {}

/// One client for each relay, made when it is first needed.
private final class HTTPRelays: RelayNetwork {
    private let proxy: ProxyAddress?
    private let clients = Mutex<[RelayAddress: RelayClient]>([:])

    init(proxy: ProxyAddress?) {
        self.proxy = proxy
    }

    func relay(at address: RelayAddress) async -> any Relay {
        clients.withLock { clients in
            if let client = clients[address] { return client }
            let client = RelayClient(address: address, proxy: proxy)
            clients[address] = client
            return client
        }
    }

    func close() async {
        let all = clients.withLock { clients in
            defer { clients = [:] }
            return Array(clients.values)
        }
        for client in all { client.close() }
    }
}
