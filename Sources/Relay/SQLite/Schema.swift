internal import GRDB
internal import RelayAPI

/// The tables of a relay's SQLite file, and how they came to be. A migration, once released, never changes; the
/// meaning of a column never changes either.
enum Schema {
    static var migrator: DatabaseMigrator {
        var migrator = DatabaseMigrator()
        migrator.registerMigration("mailboxes") { db in
            try db.execute(
                sql: """
                    -- One row: what is true of the store as a whole.
                    CREATE TABLE store (
                        id INTEGER PRIMARY KEY CHECK (id = 1),
                        incarnation BLOB NOT NULL
                    ) STRICT;

                    CREATE TABLE token (
                        hash BLOB PRIMARY KEY,
                        label TEXT NOT NULL,
                        mailboxes_left INTEGER NOT NULL,
                        last_day INTEGER
                    ) STRICT, WITHOUT ROWID;

                    CREATE TABLE mailbox (
                        id INTEGER PRIMARY KEY,
                        mailbox_id BLOB NOT NULL UNIQUE,
                        next_sequence INTEGER NOT NULL
                    ) STRICT;

                    CREATE TABLE epoch (
                        id INTEGER PRIMARY KEY,
                        mailbox INTEGER NOT NULL REFERENCES mailbox (id),
                        number INTEGER NOT NULL,
                        opening INTEGER NOT NULL,
                        opening_hash BLOB NOT NULL,
                        advances INTEGER NOT NULL,
                        UNIQUE (mailbox, opening)
                    ) STRICT;

                    -- Searched by both keys at once, and by the hash first: an unknown mailbox and a wrong
                    -- capability then miss in the same way.
                    CREATE TABLE "grant" (
                        capability_hash BLOB NOT NULL,
                        mailbox_id BLOB NOT NULL,
                        epoch INTEGER NOT NULL REFERENCES epoch (id),
                        rights INTEGER NOT NULL,
                        uses_left INTEGER NOT NULL,
                        PRIMARY KEY (capability_hash, mailbox_id)
                    ) STRICT, WITHOUT ROWID;
                    CREATE INDEX grant_by_epoch ON "grant" (epoch);

                    -- id is the epoch's id * 2^32 + the sequence number (EntryKey): the entries of an epoch lie
                    -- together, in order. A tombstone has neither body nor last_day.
                    CREATE TABLE entry (
                        id INTEGER PRIMARY KEY,
                        mailbox INTEGER NOT NULL,
                        entry_id BLOB NOT NULL,
                        kind INTEGER NOT NULL,
                        next BLOB NOT NULL,
                        body_hash BLOB NOT NULL,
                        running_hash BLOB NOT NULL,
                        last_day INTEGER,
                        body INTEGER
                    ) STRICT;
                    CREATE UNIQUE INDEX entry_by_entry_id ON entry (mailbox, entry_id);
                    -- Advances and last resorts, which are few, are found among many application entries.
                    CREATE INDEX entry_by_kind ON entry (id, kind) WHERE kind <> 1;

                    -- Bodies apart, in the order in which they came, whatever their mailbox: a transaction then writes
                    -- few pages, those of one day are freed together, and entries are searched without them.
                    CREATE TABLE body (
                        id INTEGER PRIMARY KEY,
                        bytes BLOB NOT NULL
                    ) STRICT;

                    -- In which epochs there are entries that expire at the end of a day, and from which sequence
                    -- number on: kept once for an epoch and a day, so that appending does not pay for an index.
                    CREATE TABLE expiry (
                        last_day INTEGER NOT NULL,
                        epoch INTEGER NOT NULL REFERENCES epoch (id),
                        first_sequence INTEGER NOT NULL,
                        PRIMARY KEY (last_day, epoch)
                    ) STRICT, WITHOUT ROWID;
                    """
            )
            try db.execute(
                sql: "INSERT INTO store (id, incarnation) VALUES (1, ?)",
                arguments: [Incarnation.random().data]
            )
        }
        migrator.registerMigration("blobs") { db in
            try db.execute(
                sql: """
                    CREATE TABLE blob (
                        id INTEGER PRIMARY KEY,
                        mailbox INTEGER NOT NULL REFERENCES mailbox (id),
                        parts INTEGER NOT NULL,
                        last_day INTEGER NOT NULL
                    ) STRICT;
                    CREATE INDEX blob_by_mailbox ON blob (mailbox, parts);
                    CREATE INDEX blob_by_last_day ON blob (last_day);

                    -- Searched as "grant" is. rights: 1 read, 2 write.
                    CREATE TABLE blob_grant (
                        capability_hash BLOB NOT NULL,
                        mailbox_id BLOB NOT NULL,
                        blob INTEGER NOT NULL REFERENCES blob (id),
                        rights INTEGER NOT NULL,
                        PRIMARY KEY (capability_hash, mailbox_id)
                    ) STRICT, WITHOUT ROWID;
                    CREATE INDEX blob_grant_by_blob ON blob_grant (blob);

                    -- id is the blob's id * 2^16 + the part's index.
                    CREATE TABLE blob_part (
                        id INTEGER PRIMARY KEY,
                        bytes BLOB NOT NULL
                    ) STRICT;
                    """
            )
        }
        migrator.registerMigration("body bytes") { db in
            try db.execute(
                sql: """
                    -- Of the bodies that it holds, together: counted beside next_sequence, so that a quota costs nothing.
                    ALTER TABLE mailbox ADD COLUMN body_bytes INTEGER NOT NULL DEFAULT 0;
                    UPDATE mailbox SET body_bytes = (
                        SELECT coalesce(sum(length(bytes)), 0) FROM entry JOIN body ON body.id = entry.body
                        WHERE entry.mailbox = mailbox.id
                    );
                    """
            )
        }
        migrator.registerMigration("last day") { db in
            // On which a relay last served from the store and believed its clock (RelayClock).
            try db.execute(sql: "ALTER TABLE store ADD COLUMN last_day INTEGER")
        }
        migrator.registerMigration("grants") { db in
            try db.execute(
                sql: """
                    -- How many it has ever got: what an advance brings stays in its entry. Those that went before
                    -- this column came are not counted.
                    ALTER TABLE mailbox ADD COLUMN grants INTEGER NOT NULL DEFAULT 0;
                    UPDATE mailbox SET grants = (
                        SELECT count(*) FROM epoch JOIN "grant" ON "grant".epoch = epoch.id WHERE epoch.mailbox = mailbox.id
                    );
                    """
            )
        }
        return migrator
    }

    /// Changes nothing, and is written all the same: a row that stays as it is, SQLite does not write.
    static func touch(_ db: Database) throws {
        try db.execute(sql: "PRAGMA user_version = 0")
    }
}

/// Where an entry stands in the table `entry`.
struct EntryKey: Sendable {
    /// `epoch.id`.
    let epoch: Int64
    let sequence: UInt64

    /// - Parameter sequence: cut to the greatest that the key can express, which no entry has.
    init(epoch: Int64, sequence: UInt64) {
        self.epoch = epoch
        self.sequence = min(sequence, Self.sequenceMask)
    }

    init(rowID: Int64) {
        epoch = rowID >> 32
        sequence = UInt64(bitPattern: rowID) & Self.sequenceMask
    }

    var rowID: Int64 { epoch << 32 | Int64(sequence) }

    /// Behind the last entry that the epoch can have.
    static func end(ofEpoch epoch: Int64) -> EntryKey { EntryKey(epoch: epoch, sequence: sequenceMask) }

    private static let sequenceMask: UInt64 = 0xffff_ffff
}
