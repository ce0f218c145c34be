-- Campaigns, their versions, and the stock: what may be given, and where it is.
-- Money is fen, bigint. Units are numbered from 0; a set of units is an int4multirange.

-- What this role creates later is nobody's to call until it is granted.
ALTER DEFAULT PRIVILEGES REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;

-- plpgsql here and elsewhere on the hot way: it keeps its plans, where a function in SQL that cannot be inlined is planned at each call.
CREATE FUNCTION units_count(units int4multirange) RETURNS bigint
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
BEGIN
    RETURN (SELECT coalesce(sum(upper(r)::bigint - lower(r)), 0)::bigint FROM unnest(units) AS r);
END
$$;

CREATE FUNCTION append_only() RETURNS trigger
    LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only: % refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'HB007';
END
$$;

-- Row triggers are cloned to partitions, statement triggers are not: partition_make() adds the second to each.
-- ALWAYS: also for sessions in replica mode.
CREATE PROCEDURE append_only_guard(p_table regclass)
    LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('CREATE TRIGGER append_only_row BEFORE UPDATE OR DELETE ON %s
                    FOR EACH ROW EXECUTE FUNCTION hongbao.append_only()', p_table);
    EXECUTE format('CREATE TRIGGER append_only_truncate BEFORE TRUNCATE ON %s
                    FOR EACH STATEMENT EXECUTE FUNCTION hongbao.append_only()', p_table);
    EXECUTE format('ALTER TABLE %s ENABLE ALWAYS TRIGGER append_only_row', p_table);
    EXECUTE format('ALTER TABLE %s ENABLE ALWAYS TRIGGER append_only_truncate', p_table);
END
$$;

CREATE TABLE campaign (
    id           int GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    slug         text NOT NULL UNIQUE CHECK (slug ~ '^[a-z0-9][a-z0-9_-]{0,31}$'),
    shards       int NOT NULL CHECK (shards BETWEEN 1 AND 256),
    time_zone    text NOT NULL,
    paused       bool NOT NULL DEFAULT false,
    ended_at     timestamptz,
    created_at   timestamptz NOT NULL DEFAULT clock_timestamp(),
    commitment   bytea NOT NULL CHECK (length(commitment) = 32),
    secret       bytea NOT NULL CHECK (length(secret) = 32),
    public_name  jsonb,                        -- what the public value will be, named with the commitment
    public_value text CHECK (public_value IS NULL OR public_name IS NOT NULL),
    revealed     bool NOT NULL DEFAULT false
);

-- What was promised before the start stays as it was, for everybody.
CREATE FUNCTION campaign_guard() RETURNS trigger
    LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP <> 'UPDATE' THEN
        RAISE EXCEPTION 'campaigns are kept: % refused', TG_OP USING ERRCODE = 'HB007';
    END IF;
    IF (OLD.id, OLD.slug, OLD.shards, OLD.time_zone, OLD.created_at, OLD.commitment, OLD.secret)
        IS DISTINCT FROM (NEW.id, NEW.slug, NEW.shards, NEW.time_zone, NEW.created_at, NEW.commitment, NEW.secret)
        OR OLD.public_name IS DISTINCT FROM NEW.public_name
        OR (OLD.public_value IS NOT NULL AND OLD.public_value IS DISTINCT FROM NEW.public_value)
        OR (OLD.revealed AND NOT NEW.revealed)
        OR (OLD.ended_at IS NOT NULL AND OLD.ended_at IS DISTINCT FROM NEW.ended_at) THEN
        RAISE EXCEPTION 'campaign %: what was published cannot change', OLD.slug USING ERRCODE = 'HB007';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER campaign_guard_row BEFORE UPDATE OR DELETE ON campaign
    FOR EACH ROW EXECUTE FUNCTION campaign_guard();
CREATE TRIGGER campaign_guard_truncate BEFORE TRUNCATE ON campaign
    FOR EACH STATEMENT EXECUTE FUNCTION campaign_guard();
ALTER TABLE campaign ENABLE ALWAYS TRIGGER campaign_guard_row;
ALTER TABLE campaign ENABLE ALWAYS TRIGGER campaign_guard_truncate;

CREATE TABLE campaign_version (
    campaign     int NOT NULL REFERENCES campaign,
    version      int NOT NULL CHECK (version >= 1),
    document     jsonb NOT NULL,
    table_json   text NOT NULL,                -- exactly the bytes that were hashed
    table_hash   bytea NOT NULL CHECK (length(table_hash) = 32),
    cover        bytea NOT NULL CHECK (length(cover) = 32),
    starts_at    timestamptz NOT NULL,
    ends_at      timestamptz NOT NULL CHECK (ends_at > starts_at),
    published_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (campaign, version)
);
CALL append_only_guard('campaign_version');

-- P1, first half: no more is leased than there is, in units and in fen, and every unit is at one place.
CREATE TABLE prize (
    campaign     int NOT NULL REFERENCES campaign,
    prize        smallint NOT NULL CHECK (prize BETWEEN 1 AND 64), -- 1-based place in the table
    prize_id     text NOT NULL,
    kind         text NOT NULL CHECK (kind IN ('cash', 'cash_split', 'voucher', 'card')),
    units        bigint NOT NULL CHECK (units BETWEEN 0 AND 2147483646),
    fen          bigint NOT NULL CHECK (fen >= 0),
    leased_units bigint NOT NULL DEFAULT 0,
    leased_fen   bigint NOT NULL DEFAULT 0,
    left_units   int4multirange NOT NULL,      -- not with any shard
    PRIMARY KEY (campaign, prize),
    UNIQUE (campaign, prize_id),
    CONSTRAINT prize_units CHECK (leased_units BETWEEN 0 AND units),
    CONSTRAINT prize_fen CHECK (leased_fen BETWEEN 0 AND fen),
    CONSTRAINT prize_left CHECK (units_count(left_units) = units - leased_units),
    CONSTRAINT prize_whole CHECK (leased_units <> units OR leased_fen = fen),
    CONSTRAINT prize_cash CHECK (kind <> 'cash' OR units = 0 OR fen % units = 0),
    CONSTRAINT prize_no_cash CHECK (kind IN ('cash', 'cash_split') OR fen = 0)
) WITH (fillfactor = 50);

-- The row that a shard's writers take in turn: see 004_ledger_post.sql.
CREATE TABLE shard (
    campaign        int NOT NULL REFERENCES campaign,
    shard           smallint NOT NULL,
    node            int NOT NULL CHECK (node >= 0),
    epoch           int NOT NULL DEFAULT 0,    -- of the last opening; 0: never opened
    lease_no        int NOT NULL DEFAULT 0,    -- of the last row in lease
    kept            bigint NOT NULL DEFAULT 1, -- of this epoch, all positions below it are stored (a mark; log_kept() moves it)
    version_applied int NOT NULL DEFAULT 0,
    run_id          text,
    opened_at       timestamptz,
    float_account   text NOT NULL,
    payable_account text NOT NULL,
    PRIMARY KEY (campaign, shard)
) WITH (fillfactor = 50);

-- P1, second half: a shard gives no more than was leased to it, in units and in fen, and no unit twice.
CREATE TABLE stock (
    campaign       int NOT NULL,
    shard          smallint NOT NULL,
    prize          smallint NOT NULL,
    leased_units   bigint NOT NULL DEFAULT 0,
    leased_fen     bigint NOT NULL DEFAULT 0,
    won_units      bigint NOT NULL DEFAULT 0 CHECK (won_units >= 0),
    won_fen        bigint NOT NULL DEFAULT 0 CHECK (won_fen >= 0),
    returned_units bigint NOT NULL DEFAULT 0 CHECK (returned_units >= 0),
    returned_fen   bigint NOT NULL DEFAULT 0 CHECK (returned_fen >= 0),
    left_units     int4multirange NOT NULL DEFAULT '{}', -- leased, neither won nor returned
    unit_fen       bigint,                     -- what each unit is worth; NULL: units differ (cash_split)
    more           bool NOT NULL DEFAULT true, -- what the shard was last told: the campaign may lease more of it
    PRIMARY KEY (campaign, shard, prize),
    FOREIGN KEY (campaign, shard) REFERENCES shard,
    FOREIGN KEY (campaign, prize) REFERENCES prize,
    CONSTRAINT stock_units CHECK (won_units + returned_units <= leased_units),
    CONSTRAINT stock_fen CHECK (won_fen + returned_fen <= leased_fen),
    CONSTRAINT stock_left CHECK (units_count(left_units) = leased_units - won_units - returned_units)
) WITH (fillfactor = 50);
