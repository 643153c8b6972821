public import ArgumentParser
public import MemberClient

/// The values of `--suite`.
extension SuiteName: ExpressibleByArgument {}
