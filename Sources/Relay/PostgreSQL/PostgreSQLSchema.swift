internal import RelayAPI

/// The tables of a relay's PostgreSQL database, and how they came to be. A migration, once released, never changes;
/// the meaning of a column never changes either.
enum PostgreSQLSchema {
    private struct Migration {
        let name: String
        let sql: String
    }

    private static let migrations = [
        Migration(name: "mailboxes", sql: mailboxes), Migration(name: "blobs", sql: blobs),
        Migration(name: "body bytes", sql: bodyBytes), Migration(name: "last day", sql: lastDay),
        Migration(name: "grants", sql: grants),
    ]

    /// Brings the tables up to this version's. Several relays may do so at once.
    static func migrate(_ connection: PostgreSQLConnection) throws {
        try connection.transaction {
            // A whole table takes longer than a request ever may.
            try connection.execute("SET LOCAL statement_timeout = 0")
            // Until the transaction's end no other relay migrates; who finds one at it waits for it.
            let patience = try connection.execute("SHOW lock_timeout").first?.text(0) ?? "10s"
            try connection.execute("SET LOCAL lock_timeout = 0")
            try connection.execute("SELECT pg_advisory_xact_lock($1)", [.integer(migrationLock)])
            try connection.execute("SET LOCAL lock_timeout = '\(patience)'")
            try connection.execute("CREATE TABLE IF NOT EXISTS migration (name text PRIMARY KEY)")
            let applied = try applied(connection)
            for migration in migrations where !applied.contains(migration.name) {
                try connection.run(script: migration.sql)
                try connection.execute("INSERT INTO migration (name) VALUES ($1)", [.text(migration.name)])
            }
            try connection.execute(
                "INSERT INTO store (id, incarnation) VALUES (1, $1) ON CONFLICT DO NOTHING",
                [.opaque(Incarnation.random())]
            )
        }
    }

    /// Refuses tables that a later version has changed.
    static func check(_ connection: PostgreSQLConnection) throws {
        _ = try applied(connection)
    }

    private static func applied(_ connection: PostgreSQLConnection) throws -> Set<String> {
        let applied = Set(try connection.execute("SELECT name FROM migration").map { $0.text(0) })
        guard applied.isSubset(of: migrations.map(\.name)) else { throw StoreFault.newerSchema }
        return applied
    }

    /// "aadr" in ASCII.
    private static let migrationLock: Int64 = 0x6161_6472

    private static let mailboxes = """
        -- One row: what is true of the store as a whole.
        CREATE TABLE store (
            id bigint PRIMARY KEY CHECK (id = 1),
            incarnation bytea NOT NULL
        );

        CREATE TABLE token (
            hash bytea PRIMARY KEY,
            label text NOT NULL,
            mailboxes_left bigint NOT NULL,
            last_day bigint
        );

        -- Whoever changes anything that belongs to a mailbox locks its row first, and so waits for other relays.
        -- The counters of a busy mailbox change with every transaction: half of each page is left for that.
        CREATE TABLE mailbox (
            id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
            mailbox_id bytea NOT NULL UNIQUE,
            next_sequence bigint NOT NULL
        ) WITH (fillfactor = 50);

        -- head and head_hash are of its last entry, or those with which it was opened. No application entry up to
        -- taken_to can be taken any more; all bodies up to deleted_to have been deleted.
        CREATE TABLE epoch (
            id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
            mailbox bigint NOT NULL REFERENCES mailbox (id),
            number bigint NOT NULL,
            opening bigint NOT NULL,
            opening_hash bytea NOT NULL,
            advances bigint NOT NULL DEFAULT 0,
            head bigint NOT NULL,
            head_hash bytea NOT NULL,
            taken_to bigint NOT NULL DEFAULT 0,
            deleted_to bigint NOT NULL DEFAULT 0,
            UNIQUE (mailbox, opening)
        ) WITH (fillfactor = 50);

        -- Searched by both keys at once, and by the hash first: an unknown mailbox and a wrong capability then miss
        -- in the same way.
        CREATE TABLE "grant" (
            capability_hash bytea NOT NULL,
            mailbox_id bytea NOT NULL,
            epoch bigint NOT NULL REFERENCES epoch (id),
            rights bigint NOT NULL,
            uses_left bigint NOT NULL,
            PRIMARY KEY (capability_hash, mailbox_id)
        );
        CREATE INDEX grant_by_epoch ON "grant" (epoch);

        -- A tombstone has neither body nor last_day.
        CREATE TABLE entry (
            epoch bigint NOT NULL,
            sequence bigint NOT NULL,
            mailbox bigint NOT NULL,
            entry_id bytea NOT NULL,
            kind bigint NOT NULL,
            next bytea NOT NULL,
            body_hash bytea NOT NULL,
            running_hash bytea NOT NULL,
            last_day bigint,
            body bytea,
            PRIMARY KEY (epoch, sequence),
            UNIQUE (mailbox, entry_id)
        ) WITH (autovacuum_vacuum_scale_factor = 0.02, toast.autovacuum_vacuum_scale_factor = 0.02);
        -- Bodies are noise: nothing of them can be compressed.
        ALTER TABLE entry ALTER COLUMN body SET STORAGE EXTERNAL;
        -- Advances and last resorts, which are few, are found among many application entries.
        CREATE INDEX entry_by_kind ON entry (epoch, kind, sequence) WHERE kind <> 1;

        -- In which epochs there are entries that expire at the end of a day, and from which sequence number on.
        CREATE TABLE expiry (
            last_day bigint NOT NULL,
            epoch bigint NOT NULL REFERENCES epoch (id),
            first_sequence bigint NOT NULL,
            PRIMARY KEY (last_day, epoch)
        );
        """

    private static let blobs = """
        -- parts is how many it may have, whether they are there or not.
        CREATE TABLE blob (
            id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
            mailbox bigint NOT NULL REFERENCES mailbox (id),
            parts bigint NOT NULL,
            last_day bigint NOT NULL
        );
        CREATE INDEX blob_by_mailbox ON blob (mailbox);
        CREATE INDEX blob_by_last_day ON blob (last_day);

        -- Searched as the table of grants is.
        CREATE TABLE blob_grant (
            capability_hash bytea NOT NULL,
            mailbox_id bytea NOT NULL,
            blob bigint NOT NULL REFERENCES blob (id),
            rights bigint NOT NULL,
            PRIMARY KEY (capability_hash, mailbox_id)
        );
        CREATE INDEX blob_grant_by_blob ON blob_grant (blob);

        CREATE TABLE blob_part (
            blob bigint NOT NULL REFERENCES blob (id),
            place bigint NOT NULL,
            bytes bytea NOT NULL,
            PRIMARY KEY (blob, place)
        ) WITH (autovacuum_vacuum_scale_factor = 0.02, toast.autovacuum_vacuum_scale_factor = 0.02);
        ALTER TABLE blob_part ALTER COLUMN bytes SET STORAGE EXTERNAL;
        """

    private static let bodyBytes = """
        -- Of the bodies that it holds, together: counted beside next_sequence, so that a quota costs nothing.
        ALTER TABLE mailbox ADD COLUMN body_bytes bigint NOT NULL DEFAULT 0;
        UPDATE mailbox SET body_bytes = held.bytes
        FROM (
            SELECT mailbox, sum(octet_length(body)) AS bytes FROM entry WHERE body IS NOT NULL GROUP BY mailbox
        ) AS held
        WHERE mailbox.id = held.mailbox;
        """

    private static let lastDay = """
        -- On which a relay last served from the store and believed its clock (RelayClock).
        ALTER TABLE store ADD COLUMN last_day bigint;
        """

    private static let grants = """
        -- How many it has ever got: what an advance brings stays in its entry. Those that went before this column came are
        -- not counted.
        ALTER TABLE mailbox ADD COLUMN grants bigint NOT NULL DEFAULT 0;
        UPDATE mailbox SET grants = held.grants
        FROM (
            SELECT epoch.mailbox, count(*) AS grants FROM epoch JOIN "grant" ON "grant".epoch = epoch.id GROUP BY epoch.mailbox
        ) AS held
        WHERE mailbox.id = held.mailbox;
        """
}
