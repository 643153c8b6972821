/// The version of this program.
public let relayVersion = "0.1.0"
