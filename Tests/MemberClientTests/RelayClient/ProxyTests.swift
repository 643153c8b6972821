import NIOHTTP1
import RelayAPI
import Testing

@testable import MemberClient

@Suite("Relay client: through a proxy", .timeLimit(.minutes(1)))
struct ProxyTests {
    private func relay() throws -> RelayAddress {
        try RelayAddress("https://relay.example:8443/#\(TestServer.pin)")
    }

    private func error(_ client: RelayClient) async -> RelayError? {
        await relayError { () throws(RelayError) in _ = try await client.delete(Sample.delete) }
    }

    @Test func aSOCKSProxyIsGivenTheNameAndNotAnAddress() async throws {
        let server = try await TestServer()
        let proxy = try await TestProxy(.socks(user: nil, password: nil), target: server.port)
        let client = RelayClient(address: try relay(), proxy: try ProxyAddress("socks5://127.0.0.1:\(proxy.port)"))
        _ = try await client.delete(Sample.delete)
        #expect(proxy.asked == [TestProxy.Asked(host: "relay.example", port: 8443)])
        #expect(server.requests.first?.head.headers["host"] == ["relay.example:8443"])
    }

    @Test func anHTTPProxyIsGivenTheNameAndTheCredentials() async throws {
        let server = try await TestServer()
        let proxy = try await TestProxy(.connect, target: server.port)
        let address = try ProxyAddress("http://user:p%40ss@127.0.0.1:\(proxy.port)/")
        _ = try await RelayClient(address: try relay(), proxy: address).delete(Sample.delete)
        let head = try #require(proxy.asked.first?.head)
        #expect(head.hasPrefix("CONNECT relay.example:8443 HTTP/1.1\r\nHost: relay.example:8443\r\n"))
        #expect(head.contains("Proxy-Authorization: Basic dXNlcjpwQHNz\r\n"))
        #expect(server.requests.count == 1)
    }

    @Test func theCertificateIsStillTheRelays() async throws {
        let server = try await TestServer()
        let proxy = try await TestProxy(.socks(user: nil, password: nil), target: server.port)
        let address = try RelayAddress("https://relay.example:8443/#\(TestServer.wrongPin)")
        let client = RelayClient(address: address, proxy: try ProxyAddress("socks5://127.0.0.1:\(proxy.port)"))
        #expect(await error(client) == .untrustedCertificate("its key is none of those that the address's #PIN names"))
        #expect(server.bytesReceived == 0)
    }

    @Test func aUserNameIsGivenWhereOneIsAsked() async throws {
        let server = try await TestServer()
        let proxy = try await TestProxy(.socks(user: "staff", password: "secret"), target: server.port)
        let right = try ProxyAddress("socks5://staff:secret@127.0.0.1:\(proxy.port)")
        _ = try await RelayClient(address: try relay(), proxy: right).delete(Sample.delete)
        let wrong = try ProxyAddress("socks5://staff:guess@127.0.0.1:\(proxy.port)")
        #expect(
            await error(RelayClient(address: try relay(), proxy: wrong))
                == .proxy("it refuses the user name and password")
        )
        let none = try ProxyAddress("socks5://127.0.0.1:\(proxy.port)")
        #expect(
            await error(RelayClient(address: try relay(), proxy: none))
                == .proxy("it asks for a user name and password: socks5://USER:PASSWORD@HOST:PORT")
        )
        #expect(server.requests.count == 1)
    }

    @Test func eachMailboxHasAConnectionAndACircuitOfItsOwn() async throws {
        let server = try await TestServer()
        let proxy = try await TestProxy(.socks(user: "any", password: nil), target: server.port)
        let client = RelayClient(address: try relay(), proxy: try ProxyAddress("socks5://127.0.0.1:\(proxy.port)"))
        let mailboxes = [MailboxID.random(), .random(), .random()]
        for mailbox in mailboxes + mailboxes {
            _ = try await client.delete(DeleteRequest(access: Access(mailbox: mailbox, capability: .random()), upTo: 1))
        }
        #expect(server.connections == mailboxes.count)
        #expect(Set(proxy.asked.map(\.password)).count == mailboxes.count)
        #expect(server.requests.map(\.connection) == [1, 2, 3, 1, 2, 3])
    }

    @Test func aDeadProxyIsNamedAndNeverGoneAround() async throws {
        let server = try await TestServer()
        let dead = try await TestProxy(.silent, target: 1)
        try await dead.stop()
        for scheme in ["socks5", "http"] {
            let proxy = try ProxyAddress("\(scheme)://127.0.0.1:\(dead.port)")
            let client = RelayClient(address: try server.address(), proxy: proxy)
            #expect(await error(client) == .proxy("Connection refused"))
        }
        #expect(server.connections == 0)
    }

    @Test func whatAProxyRefusesIsSaid() async throws {
        let socks = try await TestProxy(.socksRefusing(reply: 2), target: 1)
        let client = RelayClient(address: try relay(), proxy: try ProxyAddress("socks5://127.0.0.1:\(socks.port)"))
        #expect(await error(client) == .proxy("its rules do not allow the relay"))
        for (answer, reason) in [
            ("HTTP/1.1 403 Forbidden\r\n\r\n", "it answers with status 403"),
            (
                "HTTP/1.1 407 Proxy Authentication Required\r\n\r\n",
                "it asks for a user name and password: http://USER:PASSWORD@HOST:PORT"
            ),
            ("220 mail.example ESMTP\r\n\r\n", "it does not speak HTTP"),
            ("HTTP/1.1 200 OK\r\n\r\nand more", "it speaks out of turn"),
            (String(repeating: "x", count: 20_000), "its answer is too long"),
        ] {
            let http = try await TestProxy(.connectAnswering(answer), target: 1)
            let client = RelayClient(address: try relay(), proxy: try ProxyAddress("http://127.0.0.1:\(http.port)"))
            #expect(await error(client) == .proxy(Sentence(verbatim: reason)))
        }
    }

    @Test func aRelayThatAProxyDoesNotGetToIsNotCalledTheProxysFailure() async throws {
        for reply: UInt8 in [1, 3, 4, 5, 6] {
            let socks = try await TestProxy(.socksRefusing(reply: reply), target: 1)
            let client = RelayClient(address: try relay(), proxy: try ProxyAddress("socks5://127.0.0.1:\(socks.port)"))
            guard case .unreachable = await error(client) else {
                Issue.record("reply \(reply) is called otherwise")
                continue
            }
        }
        let http = try await TestProxy(.connectAnswering("HTTP/1.1 503 Service Unavailable\r\n\r\n"), target: 1)
        let client = RelayClient(address: try relay(), proxy: try ProxyAddress("http://127.0.0.1:\(http.port)"))
        #expect(await error(client) == .unreachable("the proxy does not get to it, and answers \(503)"))
    }

    @Test func anOnionNameIsNeverAskedOfANameServer() async throws {
        let address = try RelayAddress("http://abcdefghijklmnop.onion:80/")
        #expect(
            await error(RelayClient(address: address))
                == .proxy("an .onion address is reached through Tor's proxy alone, often socks5://127.0.0.1:9050")
        )
    }

    @Test func anOnionServiceIsReachedInThePlainThroughTor() async throws {
        let server = try await TestServer(tls: false)
        let proxy = try await TestProxy(.socks(user: "any", password: nil), target: server.port)
        let address = try RelayAddress("http://abcdefghijklmnop.onion:80/")
        let client = RelayClient(address: address, proxy: try ProxyAddress("socks5://127.0.0.1:\(proxy.port)"))
        _ = try await client.delete(Sample.delete)
        #expect(proxy.asked.first?.host == "abcdefghijklmnop.onion")
    }

    @Test func aNumberWithoutAPinIsNotTrustedThroughAProxy() async throws {
        let server = try await TestServer()
        let proxy = try await TestProxy(.socks(user: nil, password: nil), target: server.port)
        let client = RelayClient(
            address: try server.address(pins: []),
            proxy: try ProxyAddress("socks5://127.0.0.1:\(proxy.port)")
        )
        guard case .untrustedCertificate = await error(client) else {
            Issue.record("trusted")
            return
        }
        #expect(proxy.asked.isEmpty)
    }

    @Test func addressesAreReadAsTheyAreWritten() throws {
        let plain = try ProxyAddress("socks5://127.0.0.1:9050")
        #expect(plain.scheme == .socks5 && plain.host == "127.0.0.1" && plain.port == 9050 && plain.credentials == nil)
        let six = try ProxyAddress("http://[::1]:3128/")
        #expect(six.host == "::1" && six.port == 3128)
        let credentials = try ProxyAddress("SOCKS5://a%3Ab:c@d@proxy.example:1").credentials
        #expect(credentials?.user == "a:b" && credentials?.password == "c@d")
    }

    @Test(
        arguments: [
            ("socks4://127.0.0.1:1", ProxyAddressError.scheme), ("127.0.0.1:1", .scheme), ("http://127.0.0.1", .port),
            ("http://127.0.0.1:0", .port), ("http://127.0.0.1:70000", .port), ("http://:1", .host),
            ("http://a b:1", .host), ("http://user@host:1", .credentials), ("http://:x@host:1", .credentials),
            ("http://%zz:x@host:1", .credentials),
        ]
    )
    func whatIsNoAddressIsRefused(text: String, error: ProxyAddressError) {
        #expect(throws: error) { try ProxyAddress(text) }
    }
}
