internal import Foundation
internal import GRDB
internal import Sodium
internal import TLSCodec

/// An entry of one of the vault's logs.
public struct VaultEntry: Equatable, Sendable {
    public let number: UInt64
    public let value: [UInt8]
}

/// Logs: numbered values in spaces.
extension VaultTransaction {
    /// Appends a value.
    /// - Returns: its number: 1 for a space's first, growing, never used again.
    public func append(_ value: [UInt8], to space: VaultSpace) throws(VaultError) -> UInt64 {
        try append(value, to: space, sealedFor: Self.noDay)
    }

    /// Appends a value which is sealed under the day's history key besides, and which deleting that key deletes.
    /// - Parameter day: counted from 1970-01-01, which is not one of them.
    public func append(_ value: [UInt8], to space: VaultSpace, day: UInt32) throws(VaultError) -> UInt64 {
        precondition(day != Self.noDay, "days are counted from 1")
        return try append(value, to: space, sealedFor: day)
    }

    /// Up to `limit` entries with numbers greater than `number`, in ascending order. Fewer than `limit` are all.
    public func entries(
        in space: VaultSpace,
        after number: UInt64 = 0,
        limit: Int
    ) throws(VaultError) -> [VaultEntry] {
        let key = keys.key(for: space.text)
        let rows = try VaultError.mapping {
            let statement = try database.cachedStatement(
                sql: "SELECT number, value FROM log WHERE space = ? AND number > ? ORDER BY number LIMIT ?"
            )
            return try Row.fetchAll(
                statement,
                arguments: [Data(key), Int64(clamping: number), Int64(limit)]
            )
        }
        var entries: [VaultEntry] = []
        entries.reserveCapacity(rows.count)
        for row in rows {
            let number = UInt64(bitPattern: try row.integer("number"))
            let opened = try openEntry(row.bytes("value"), number: number, in: space, key: key)
            entries.append(VaultEntry(number: number, value: opened.value))
        }
        return entries
    }

    /// The value of one entry, or nil when there is none of this number.
    public func entry(_ number: UInt64, in space: VaultSpace) throws(VaultError) -> [UInt8]? {
        try openEntry(number, in: space)?.value
    }

    /// Gives an entry another value; its number and day stay.
    /// - Returns: false when there is no such entry.
    @discardableResult
    public func replace(
        _ number: UInt64,
        in space: VaultSpace,
        with value: [UInt8]
    ) throws(VaultError) -> Bool {
        guard let day = try openEntry(number, in: space)?.day else { return false }
        let key = keys.key(for: space.text)
        let sealed = try sealEntry(value, number: number, in: space, key: key, day: day)
        try VaultError.mapping {
            try database.cachedStatement(sql: "UPDATE log SET value = ? WHERE space = ? AND number = ?")
                .execute(arguments: [Data(sealed), Data(key), Int64(clamping: number)])
        }
        return true
    }

    /// Deletes an entry; one that is not there is deleted already. Its number is not used again.
    public func delete(_ number: UInt64, in space: VaultSpace) throws(VaultError) {
        let key = keys.key(for: space.text)
        try VaultError.mapping {
            try database.cachedStatement(sql: "DELETE FROM log WHERE space = ? AND number = ?")
                .execute(arguments: [Data(key), Int64(clamping: number)])
        }
    }
}

/// History keys: one for each day of a space.
extension VaultTransaction {
    /// The days that the space holds entries of, in ascending order.
    public func historyDays(in space: VaultSpace) throws(VaultError) -> [UInt32] {
        guard let bytes = try get(.historyDays(in: space)) else { return [] }
        var reader = Reader(bytes)
        var days: [UInt32] = []
        do {
            while !reader.isAtEnd { days.append(try reader.readUInt32()) }
        } catch {
            throw .damaged("the days of a log")
        }
        return days
    }

    /// Deletes a day's history key and with it the day's entries. After the step the write-ahead log is emptied.
    public func deleteHistory(of day: UInt32, in space: VaultSpace) throws(VaultError) {
        let days = try historyDays(in: space)
        guard days.contains(day) else { return }
        let key = keys.key(for: space.text)
        for number in try numbers(of: day, in: space, key: key) { try delete(number, in: space) }
        try delete(VaultName.historyKey(of: day, in: space))
        try setHistoryDays(days.filter { $0 != day }, in: space)
        noteDeletedHistory()
    }

    /// The numbers of a day's entries. Their days stand only inside what is sealed, so all of them are looked at.
    private func numbers(of day: UInt32, in space: VaultSpace, key: [UInt8]) throws(VaultError) -> [UInt64] {
        try VaultError.mapping {
            let statement = try database.cachedStatement(
                sql: "SELECT number, value FROM log WHERE space = ? ORDER BY number"
            )
            var numbers: [UInt64] = []
            let rows = try Row.fetchCursor(statement, arguments: [Data(key)])
            while let row = try rows.next() {
                let number = UInt64(bitPattern: try row.integer("number"))
                let place = Place.log(space: key, number: number)
                let opened = try DatedValue(keys.open(row.bytes("value"), at: place))
                if opened.day == day { numbers.append(number) }
            }
            return numbers
        }
    }

    private func setHistoryDays(_ days: [UInt32], in space: VaultSpace) throws(VaultError) {
        var writer = Writer()
        for day in days { writer.write(day) }
        try set(.historyDays(in: space), to: writer.bytes)
    }

    /// The history key of a day, made with the day's first entry.
    private func historyKey(of day: UInt32, in space: VaultSpace) throws(VaultError) -> Secret {
        let name = VaultName.historyKey(of: day, in: space)
        if let key = try getSecret(name) { return key }
        let key = Secret.random(count: VaultKeys.length)
        try setSecret(name, to: key)
        try setHistoryDays((try historyDays(in: space) + [day]).sorted(), in: space)
        return key
    }
}

/// What an entry is before it is sealed under the vault's key: a value, or a value sealed under its day's key.
///
///     struct {
///         uint32 day;               // 0: none
///         opaque value[rest];
///     } DatedValue;
private struct DatedValue: WireCodable {
    let day: UInt32
    let value: [UInt8]

    init(day: UInt32, value: [UInt8]) {
        self.day = day
        self.value = value
    }

    init(from reader: inout Reader) throws(CodecError) {
        day = try reader.readUInt32()
        value = reader.readRest()
    }

    init(_ bytes: [UInt8]) throws(VaultError) {
        do {
            try self.init(decoding: bytes)
        } catch {
            throw .damaged("an entry of a log")
        }
    }

    func encode(to writer: inout Writer) {
        writer.write(day)
        writer.writeFixed(value)
    }
}

extension VaultTransaction {
    private static let noDay: UInt32 = 0

    private func append(_ value: [UInt8], to space: VaultSpace, sealedFor day: UInt32) throws(VaultError) -> UInt64 {
        let key = keys.key(for: space.text)
        let number = try takeNumber(in: space)
        let sealed = try sealEntry(value, number: number, in: space, key: key, day: day)
        try VaultError.mapping {
            try database.cachedStatement(sql: "INSERT INTO log (space, number, value) VALUES (?, ?, ?)")
                .execute(arguments: [Data(key), Int64(clamping: number), Data(sealed)])
        }
        return number
    }

    /// The next number of a space. Counted apart from the entries, so that deleting the last one frees no number.
    private func takeNumber(in space: VaultSpace) throws(VaultError) -> UInt64 {
        var number: UInt64 = 1
        if let bytes = try get(.next(in: space)) {
            var reader = Reader(bytes)
            do {
                number = try reader.readUInt64()
                try reader.finish()
            } catch {
                throw .damaged("the counter of a log")
            }
        }
        var writer = Writer()
        writer.write(number + 1)
        try set(.next(in: space), to: writer.bytes)
        return number
    }

    private func sealEntry(
        _ value: [UInt8],
        number: UInt64,
        in space: VaultSpace,
        key: [UInt8],
        day: UInt32
    ) throws(VaultError) -> [UInt8] {
        let place = Place.log(space: key, number: number)
        let inner = day == Self.noDay ? value : place.seal(value, key: try historyKey(of: day, in: space))
        return keys.seal(DatedValue(day: day, value: inner).encoded, at: place)
    }

    private func openEntry(
        _ number: UInt64,
        in space: VaultSpace
    ) throws(VaultError) -> (day: UInt32, value: [UInt8])? {
        let key = keys.key(for: space.text)
        let sealed = try VaultError.mapping {
            let statement = try database.cachedStatement(
                sql: "SELECT value FROM log WHERE space = ? AND number = ?"
            )
            return try Row.fetchOne(statement, arguments: [Data(key), Int64(clamping: number)])?.bytes("value")
        }
        guard let sealed else { return nil }
        return try openEntry(sealed, number: number, in: space, key: key)
    }

    private func openEntry(
        _ sealed: [UInt8],
        number: UInt64,
        in space: VaultSpace,
        key: [UInt8]
    ) throws(VaultError) -> (day: UInt32, value: [UInt8]) {
        let place = Place.log(space: key, number: number)
        let dated = try DatedValue(keys.open(sealed, at: place))
        guard dated.day != Self.noDay else { return (dated.day, dated.value) }
        guard let historyKey = try getSecret(.historyKey(of: dated.day, in: space)) else {
            throw .damaged("an entry of a log whose day has been deleted")
        }
        return (dated.day, try place.open(dated.value, key: historyKey))
    }
}
