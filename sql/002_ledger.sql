-- The ledger: accounts and transfers, wins, the shards' log, leases, batches and their seals.

CREATE TABLE account (
    name    text PRIMARY KEY,
    debit   bigint NOT NULL DEFAULT 0 CHECK (debit >= 0),
    credit  bigint NOT NULL DEFAULT 0 CHECK (credit >= 0),
    limited bool NOT NULL,                     -- may not owe: every account but the bank
    CONSTRAINT account_limit CHECK (NOT limited OR credit >= debit)
) WITH (fillfactor = 50);
INSERT INTO account (name, limited) VALUES ('bank', false);

-- One committed transaction of the ledger. hash: see batch_hash().
CREATE SEQUENCE batch_id AS bigint CACHE 1;
CREATE TABLE batch (
    id        bigint PRIMARY KEY,
    kind      text NOT NULL CHECK (kind IN ('post', 'fund', 'lease', 'return')),
    wins      int NOT NULL,
    entries   int NOT NULL,
    transfers int NOT NULL,
    leases    int NOT NULL,
    fen       bigint NOT NULL,                 -- sum of its transfers
    hash      bytea NOT NULL CHECK (length(hash) = 32),
    at        timestamptz NOT NULL
);
CALL append_only_guard('batch');

-- Batches that the sealer has not chained yet: written with the batch, so none can be skipped whatever the
-- order of commits, and it survives a dump and restore (a comparison of transaction numbers would not).
CREATE TABLE batch_unsealed (
    batch bigint PRIMARY KEY
) WITH (autovacuum_vacuum_scale_factor = 0.05);

-- hash(seq) = sha256(hash(seq - 1) || batch id, 8 bytes || batch hash); before the first: 32 zero bytes.
CREATE TABLE seal (
    seq   bigint PRIMARY KEY CHECK (seq >= 1),
    batch bigint NOT NULL UNIQUE REFERENCES batch,
    hash  bytea NOT NULL CHECK (length(hash) = 32),
    at    timestamptz NOT NULL DEFAULT clock_timestamp()
);
CALL append_only_guard('seal');

-- One row names both sides, so debits equal credits.
CREATE TABLE transfer (
    id             bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    batch          bigint NOT NULL,
    kind           text NOT NULL CHECK (kind IN ('fund', 'lease', 'return', 'win')),
    debit_account  text NOT NULL,
    credit_account text NOT NULL,
    amount         bigint NOT NULL CHECK (amount > 0),
    campaign       int NOT NULL,
    at             timestamptz NOT NULL,
    CHECK (debit_account <> credit_account)
);
CALL append_only_guard('transfer');

CREATE TABLE fund (
    key      text PRIMARY KEY CHECK (length(key) BETWEEN 1 AND 200),
    campaign int NOT NULL REFERENCES campaign,
    amount   bigint NOT NULL CHECK (amount > 0),
    batch    bigint NOT NULL,
    at       timestamptz NOT NULL DEFAULT clock_timestamp()
);
CALL append_only_guard('fund');

-- No foreign keys and no second index on the two large tables: each would cost about half the write rate.
-- ledger_post() is their only writer.
CREATE TABLE win (
    player       uuid NOT NULL,
    amount_fen   bigint NOT NULL CHECK (amount_fen >= 0),
    key          bigint NOT NULL,              -- the seven bytes of the draw's key
    batch        bigint NOT NULL,
    won_at       timestamptz NOT NULL,
    campaign     int NOT NULL,
    draw_no      int NOT NULL CHECK (draw_no >= 1),
    unit         int NOT NULL CHECK (unit >= 0),
    chances_left int NOT NULL,
    shard        smallint NOT NULL,
    prize        smallint NOT NULL,
    PRIMARY KEY (player, draw_no, campaign)    -- the partition fixes the campaign: first in the key it would only lengthen every comparison
) PARTITION BY LIST (campaign);
CALL append_only_guard('win');

CREATE TABLE draw_log (
    position bigint NOT NULL CHECK (position >= 1),
    batch    bigint NOT NULL,
    campaign int NOT NULL,
    epoch    int NOT NULL CHECK (epoch >= 1),
    count    int NOT NULL CHECK (count >= 1),  -- positions it takes
    shard    smallint NOT NULL,
    kind     smallint NOT NULL CHECK (kind BETWEEN 1 AND 255),
    entry    bytea COMPRESSION lz4 NOT NULL,
    PRIMARY KEY (campaign, shard, epoch, position)
) PARTITION BY LIST (campaign);
CALL append_only_guard('draw_log');

-- Moves of units between a prize and a shard, numbered per shard and applied to Redis in that order.
CREATE TABLE lease (
    campaign  int NOT NULL,
    shard     smallint NOT NULL,
    lease_no  int NOT NULL CHECK (lease_no >= 1),
    prize     smallint NOT NULL,
    kind      text NOT NULL CHECK (kind IN ('lease', 'moment', 'return', 'gone')),
    from_unit int NOT NULL CHECK (from_unit >= 0),
    to_unit   int NOT NULL CHECK (to_unit >= from_unit), -- [from, to); empty: only says `more`
    fen       bigint NOT NULL CHECK (fen >= 0),
    more      bool NOT NULL,
    at_ms     bigint,                          -- of a moment: when it falls due
    epoch     int NOT NULL,
    batch     bigint NOT NULL,
    at        timestamptz NOT NULL,
    PRIMARY KEY (campaign, shard, lease_no),
    FOREIGN KEY (campaign, shard, prize) REFERENCES stock,
    CHECK ((kind = 'moment') = (at_ms IS NOT NULL)),
    CHECK (kind NOT IN ('moment', 'gone') OR to_unit = from_unit + 1),
    CHECK (kind <> 'return' OR to_unit > from_unit)
);
CALL append_only_guard('lease');

CREATE TABLE opening (
    campaign int NOT NULL,
    shard    smallint NOT NULL,
    epoch    int NOT NULL,
    run_id   text NOT NULL,
    kept     bigint NOT NULL,                  -- of the epoch before: all positions below are stored
    reason   text NOT NULL,
    state    bytea COMPRESSION lz4 NOT NULL,
    players  int NOT NULL,
    at       timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (campaign, shard, epoch),
    FOREIGN KEY (campaign, shard) REFERENCES shard
);
CALL append_only_guard('opening');

-- What arrived under a name that already has other content, or asked for a unit that was not there. Each row is an alarm.
CREATE TABLE quarantine (
    id       bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind     text NOT NULL CHECK (kind IN ('win', 'entry')),
    campaign int NOT NULL,
    shard    smallint NOT NULL,
    epoch    int NOT NULL,
    position bigint NOT NULL,
    player   uuid,
    draw_no  int,
    sent     jsonb NOT NULL,
    found    jsonb,                            -- NULL: no row of that name; the unit was not this shard's to give
    body     bytea NOT NULL UNIQUE,            -- sha256 of all above: a repeat adds nothing
    at       timestamptz NOT NULL DEFAULT clock_timestamp()
);
CALL append_only_guard('quarantine');

-- Who does the fleet's duties. A take-over changes the key, which waits for the duties in flight; a renewal does not.
CREATE TABLE leader (
    number     bigint PRIMARY KEY,
    node       text NOT NULL,
    renewed_at timestamptz NOT NULL
) WITH (fillfactor = 10);
CREATE UNIQUE INDEX leader_one ON leader ((true));
INSERT INTO leader VALUES (0, '', '-infinity');

-- One campaign's partition of a table. Made beside it and attached: CREATE TABLE ... PARTITION OF locks the whole table, so that
-- publishing would wait for every reader and hold up every campaign, and deadlock with who reads the same tables in another order.
CREATE FUNCTION partition_make(p_table text, p_campaign int, p_storage text DEFAULT '') RETURNS void
    LANGUAGE plpgsql AS $$
DECLARE
    partition text := p_table || '_' || p_campaign;
BEGIN
    EXECUTE format('CREATE TABLE hongbao.%I (LIKE hongbao.%I INCLUDING ALL) %s', partition, p_table, p_storage);
    EXECUTE format('ALTER TABLE hongbao.%I ATTACH PARTITION hongbao.%I FOR VALUES IN (%s)', p_table, partition, p_campaign);
END
$$;

-- Partitions of one campaign, made at its first publication.
CREATE FUNCTION partitions_make(p_campaign int) RETURNS void
    LANGUAGE plpgsql AS $$
BEGIN
    PERFORM hongbao.partition_make('win', p_campaign);
    -- Entries up to a page stay in the row: toasting each would write a second index.
    PERFORM hongbao.partition_make('draw_log', p_campaign, 'WITH (toast_tuple_target = 8160)');
    EXECUTE format('CREATE TRIGGER append_only_truncate BEFORE TRUNCATE ON hongbao.win_%s
                    FOR EACH STATEMENT EXECUTE FUNCTION hongbao.append_only()', p_campaign);
    EXECUTE format('CREATE TRIGGER append_only_truncate BEFORE TRUNCATE ON hongbao.draw_log_%s
                    FOR EACH STATEMENT EXECUTE FUNCTION hongbao.append_only()', p_campaign);
    EXECUTE format('ALTER TABLE hongbao.win_%s ENABLE ALWAYS TRIGGER append_only_truncate', p_campaign);
    EXECUTE format('ALTER TABLE hongbao.draw_log_%s ENABLE ALWAYS TRIGGER append_only_truncate', p_campaign);
    PERFORM hongbao.win_insert_make(p_campaign); -- 004_ledger_post.sql
END
$$;
