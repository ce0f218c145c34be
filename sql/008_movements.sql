-- Movements: every transfer but that of a win. One row names both sides, as before; besides, a movement has an id that its
-- caller derived (ref), a phase, and it may belong to a group that is booked whole or not at all.
--
--   phase    posted                        moves its amount
--            pending                       reserves it: counted in every limit, moves nothing
--            post | void | expire          ends the pending row pending_ref, once: post moves amount (not more than was reserved, the rest
--                                          is released), void and expire release all of it
--
-- The same ref with the same content is a repeat and changes nothing. With other content, or a group of which only a part is known,
-- nothing is booked and a row in quarantine says what was sent and what was there.
--
-- fund, lease and return are named by rows of their own (fund.key, lease.lease_no) and have no ref; win is named by its batch.
--
-- Locks, for everybody who moves money, in this order:
--   the campaign (its row, campaign_hold) > the player (player_hold) > withdrawal > payout > new win_use rows by (player, draw_no)
--   > shard rows by (campaign, shard) > account rows by name (byte order) > merchant_day
-- payout_claim() takes payouts without waiting for any. Freeing a win_use row waits for nobody. A float or payable account, and what it stands
-- for, is only ever changed by holders of its shard row (004_ledger_post.sql).

ALTER TABLE account
    ADD COLUMN debit_pending  bigint NOT NULL DEFAULT 0 CHECK (debit_pending >= 0),
    ADD COLUMN credit_pending bigint NOT NULL DEFAULT 0 CHECK (credit_pending >= 0),
    ADD COLUMN asset          bool NOT NULL DEFAULT false, -- grows by debit: the bank and what providers hold for us
    DROP CONSTRAINT account_limit,
    ADD CONSTRAINT account_limit CHECK (NOT limited OR CASE WHEN asset THEN debit - credit - credit_pending
                                                            ELSE credit - debit - debit_pending END >= 0);
UPDATE account SET asset = true WHERE name = 'bank';
INSERT INTO account (name, limited) VALUES ('tax_withheld', true), ('suspense', false);

-- THE list in SQL; TRANSFER_KINDS of engine/ledger/accounts.h is the same, and a test holds them together.
-- debit, credit: classes of accounts (what stands before the first colon); * is any, with suspense as the other side.
CREATE TABLE transfer_kind (
    name   text PRIMARY KEY,
    debit  text NOT NULL,
    credit text NOT NULL
);
INSERT INTO transfer_kind VALUES
    ('fund',      'bank',         'budget'),
    ('lease',     'budget',       'float'),
    ('return',    'float',        'budget'),
    ('win',       'float',        'payable'),
    ('topup',     'provider',     'bank'),
    ('payout',    'payable',      'provider'),
    ('tax',       'payable',      'tax_withheld'),
    ('gross_up',  'budget',       'tax_withheld'),
    ('remit',     'tax_withheld', 'bank'),
    ('expire',    'payable',      'budget'),
    ('claw_back', 'payable',      'budget'),
    ('refund',    'budget',       'bank'),
    ('adjust',    '*',            '*');
CALL append_only_guard('transfer_kind');

ALTER TABLE transfer
    ADD COLUMN ref         uuid,               -- NULL: not a movement
    ADD COLUMN phase       text CHECK (phase IN ('posted', 'pending', 'post', 'void', 'expire')),
    ADD COLUMN pending_ref uuid,
    ADD COLUMN group_ref   uuid,
    DROP CONSTRAINT transfer_kind_check,
    ADD CONSTRAINT transfer_kind_check CHECK (kind IN ('win', 'fund', 'lease', 'return') OR ref IS NOT NULL),
    ADD CONSTRAINT transfer_movement CHECK ((ref IS NULL) = (phase IS NULL) AND (ref IS NOT NULL OR group_ref IS NULL)
        AND (pending_ref IS NOT NULL) = coalesce(phase IN ('post', 'void', 'expire'), false));
-- Rows of wins, leases and returns enter none of these.
CREATE UNIQUE INDEX transfer_ref ON transfer (ref) WHERE ref IS NOT NULL;
CREATE UNIQUE INDEX transfer_resolution ON transfer (pending_ref) WHERE pending_ref IS NOT NULL;
CREATE INDEX transfer_movements ON transfer (batch) WHERE ref IS NOT NULL;
CREATE INDEX transfer_adjusted ON transfer (debit_account) WHERE kind = 'adjust';

ALTER TABLE quarantine
    DROP CONSTRAINT quarantine_kind_check,
    ADD CONSTRAINT quarantine_kind_check CHECK (kind IN ('win', 'entry', 'transfer', 'payout', 'voucher'));

-- Tables whose rows change only in the columns named, by our functions; nothing is deleted. A state that is over stays.
CREATE FUNCTION kept() RETURNS trigger
    LANGUAGE plpgsql AS $$
DECLARE
    v_old jsonb;
    v_new jsonb;
BEGIN
    IF TG_OP <> 'UPDATE' THEN
        RAISE EXCEPTION '% is kept: % refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'HB007';
    END IF;
    v_old := to_jsonb(OLD);
    v_new := to_jsonb(NEW);
    IF v_old - TG_ARGV[0]::text[] <> v_new - TG_ARGV[0]::text[] THEN
        RAISE EXCEPTION '%: only % may change', TG_TABLE_NAME, TG_ARGV[0] USING ERRCODE = 'HB007';
    END IF;
    IF v_old ->> 'state' = ANY (TG_ARGV[1]::text[]) AND v_old ->> 'state' <> v_new ->> 'state' THEN
        RAISE EXCEPTION '%: % is the end', TG_TABLE_NAME, v_old ->> 'state' USING ERRCODE = 'HB007';
    END IF;
    RETURN NEW;
END
$$;

CREATE PROCEDURE kept_guard(p_table regclass, p_may_change text[], p_ends text[] DEFAULT '{}')
    LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('CREATE TRIGGER kept_row BEFORE UPDATE OR DELETE ON %s FOR EACH ROW EXECUTE FUNCTION hongbao.kept(%L, %L)',
                   p_table, p_may_change, p_ends);
    EXECUTE format('CREATE TRIGGER kept_truncate BEFORE TRUNCATE ON %s FOR EACH STATEMENT EXECUTE FUNCTION hongbao.kept()', p_table);
    EXECUTE format('ALTER TABLE %s ENABLE ALWAYS TRIGGER kept_row', p_table);
    EXECUTE format('ALTER TABLE %s ENABLE ALWAYS TRIGGER kept_truncate', p_table);
END
$$;

-- The id of what some words stand for: the first 16 bytes of sha256("hongbao/ref/1" 00 | each word in UTF-8, 00).
CREATE FUNCTION ref_of(VARIADIC words text[]) RETURNS uuid
    LANGUAGE sql STABLE PARALLEL SAFE
    AS $$ SELECT encode(substr(sha256('hongbao/ref/1'::bytea || '\x00'::bytea
              || (SELECT string_agg(hongbao.text_bytes(w), ''::bytea ORDER BY n) FROM unnest(words) WITH ORDINALITY AS u(w, n))), 1, 16),
                  'hex')::uuid $$;

CREATE TYPE movement AS (
    ref         uuid,
    kind        text,
    phase       text,
    debit       text,
    credit      text,
    amount      bigint,
    campaign    int,        -- 0: of none
    shard       smallint,   -- of the float or payable account among the two sides; NULL: none
    pending_ref uuid,
    group_ref   uuid
);

CREATE FUNCTION account_class(account text) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$ SELECT split_part(account, ':', 1) $$;

CREATE FUNCTION transfer_fits(p_kind text, p_debit text, p_credit text) RETURNS bool
    LANGUAGE sql STABLE AS $$
    SELECT coalesce((SELECT CASE WHEN k.debit = '*' THEN (p_debit = 'suspense') <> (p_credit = 'suspense')
                                 ELSE k.debit = hongbao.account_class(p_debit) AND k.credit = hongbao.account_class(p_credit) END
                     FROM hongbao.transfer_kind k WHERE k.name = p_kind), false) $$;

-- Shard rows first, then accounts by name.
CREATE FUNCTION movements_lock(p_moves hongbao.movement[]) RETURNS void
    LANGUAGE plpgsql AS $$
BEGIN
    PERFORM FROM hongbao.shard s
        JOIN (SELECT DISTINCT m.campaign, m.shard FROM unnest(p_moves) AS m WHERE m.shard IS NOT NULL) d USING (campaign, shard)
        ORDER BY s.campaign, s.shard FOR NO KEY UPDATE OF s;
    PERFORM FROM hongbao.account a
        WHERE a.name IN (SELECT m.debit FROM unnest(p_moves) AS m UNION SELECT m.credit FROM unnest(p_moves) AS m)
        ORDER BY a.name COLLATE "C" FOR NO KEY UPDATE OF a;
END
$$;

-- A letter for each movement: b to be booked | f found, same | q for quarantine. Without regard to groups.
CREATE FUNCTION movement_verdicts(p_moves hongbao.movement[]) RETURNS text
    LANGUAGE sql STABLE AS $$
    SELECT string_agg(
        CASE WHEN m.twin IS NOT NULL AND m.twin <> m.same_twin THEN 'q'
             WHEN t.ref IS NOT NULL THEN
                 CASE WHEN (t.kind, t.phase, t.debit_account, t.credit_account, t.amount, t.campaign) = (m.kind, m.phase, m.debit, m.credit,
                     m.amount, m.campaign)
                           AND t.pending_ref IS NOT DISTINCT FROM m.pending_ref AND t.group_ref IS NOT DISTINCT FROM m.group_ref THEN 'f' ELSE 'q' END
             WHEN m.twin IS NOT NULL THEN 'f'
             WHEN m.pending_ref IS NULL THEN 'b'
             WHEN p.phase IS DISTINCT FROM 'pending' OR (p.kind, p.debit_account, p.credit_account, p.campaign) IS DISTINCT FROM (m.kind, m.debit,
                 m.credit, m.campaign)
                  OR m.amount > p.amount OR (m.phase <> 'post' AND m.amount <> p.amount)
                  OR EXISTS (SELECT FROM hongbao.transfer r WHERE r.pending_ref = m.pending_ref) THEN 'q'
             ELSE 'b' END, '' ORDER BY m.n)
    FROM (SELECT u.*, first_value(u.n) OVER w AS first_n, -- a ref that comes twice in one call: the first counts
                 CASE WHEN row_number() OVER w > 1 THEN 1 END AS twin,
                 CASE WHEN row_number() OVER w > 1 AND (u.kind, u.phase, u.debit, u.credit, u.amount, u.campaign, u.pending_ref, u.group_ref)
                           IS NOT DISTINCT FROM (first_value(u.kind) OVER w, first_value(u.phase) OVER w, first_value(u.debit) OVER w,
                                first_value(u.credit) OVER w, first_value(u.amount) OVER w, first_value(u.campaign) OVER w,
                                first_value(u.pending_ref) OVER w, first_value(u.group_ref) OVER w) THEN 1 ELSE 0 END AS same_twin
          FROM unnest(p_moves) WITH ORDINALITY AS u(ref, kind, phase, debit, credit, amount, campaign, shard, pending_ref, group_ref, n)
          WINDOW w AS (PARTITION BY u.ref ORDER BY u.n)) m
    LEFT JOIN hongbao.transfer t ON t.ref = m.ref
    LEFT JOIN hongbao.transfer p ON p.ref = m.pending_ref
    $$;

-- Books movements into batch p_batch; the caller ends with batch_write(). Takes shard and account rows.
-- A letter for each, in order: b booked | f found, same content, nothing changed | q quarantine, nothing booked (also for every new
-- member of a group of which another is q or f). Limits are constraints: passing one raises 23514, so look first, under the locks.
-- An amount that is not positive, an unknown account, or sides that do not fit the kind are a caller's mistake and raise HB004.
CREATE FUNCTION movements_book(p_batch bigint, p_moves hongbao.movement[], p_at timestamptz) RETURNS text
    LANGUAGE plpgsql AS $$
DECLARE
    v_letters text;
BEGIN
    IF coalesce(cardinality(p_moves), 0) = 0 THEN
        RETURN '';
    END IF;
    PERFORM hongbao.movements_lock(p_moves);
    IF EXISTS (SELECT FROM unnest(p_moves) AS m
               WHERE m.ref IS NULL OR m.amount IS NULL OR m.amount <= 0 OR NOT hongbao.transfer_fits(m.kind, m.debit, m.credit)
                  OR NOT EXISTS (SELECT FROM hongbao.account a WHERE a.name = m.debit)
                  OR NOT EXISTS (SELECT FROM hongbao.account a WHERE a.name = m.credit)) THEN
        RAISE EXCEPTION 'no such movement: %', p_moves USING ERRCODE = 'HB004';
    END IF;
    v_letters := hongbao.movement_verdicts(p_moves);
    SELECT string_agg(CASE WHEN x.letter = 'b' AND x.group_ref IS NOT NULL AND x.broken THEN 'q' ELSE x.letter END, '' ORDER BY x.n) INTO v_letters
    FROM (SELECT m.n, m.group_ref, substr(v_letters, m.n::int, 1) AS letter,
                 bool_or(substr(v_letters, m.n::int, 1) <> 'b') OVER (PARTITION BY m.group_ref) AS broken
          FROM unnest(p_moves) WITH ORDINALITY AS m(ref, kind, phase, debit, credit, amount, campaign, shard, pending_ref, group_ref, n)) x;

    IF strpos(v_letters, 'q') > 0 THEN
        INSERT INTO hongbao.quarantine (kind, campaign, shard, epoch, position, sent, found, body)
        SELECT 'transfer', m.campaign, 0, 0, 0, to_jsonb(m) - 'n', to_jsonb(t), sha256(convert_to('transfer' || (to_jsonb(m) - 'n')::text, 'UTF8'))
        FROM unnest(p_moves) WITH ORDINALITY AS m(ref, kind, phase, debit, credit, amount, campaign, shard, pending_ref, group_ref, n)
        LEFT JOIN hongbao.transfer t ON t.ref = m.ref
        WHERE substr(v_letters, m.n::int, 1) = 'q'
        ON CONFLICT (body) DO NOTHING;
    END IF;

    INSERT INTO hongbao.transfer (batch, kind, debit_account, credit_account, amount, campaign, at, ref, phase, pending_ref, group_ref)
    SELECT p_batch, m.kind, m.debit, m.credit, m.amount, m.campaign, p_at, m.ref, m.phase, m.pending_ref, m.group_ref
    FROM unnest(p_moves) WITH ORDINALITY AS m(ref, kind, phase, debit, credit, amount, campaign, shard, pending_ref, group_ref, n)
    WHERE substr(v_letters, m.n::int, 1) = 'b' ORDER BY m.n;

    WITH moved AS (
        SELECT m.debit, m.credit,
               CASE WHEN m.phase IN ('posted', 'post') THEN m.amount ELSE 0 END AS posted,
               CASE m.phase WHEN 'pending' THEN m.amount WHEN 'posted' THEN 0 ELSE -p.amount END AS pending
        FROM unnest(p_moves) WITH ORDINALITY AS m(ref, kind, phase, debit, credit, amount, campaign, shard, pending_ref, group_ref, n)
        LEFT JOIN hongbao.transfer p ON p.ref = m.pending_ref
        WHERE substr(v_letters, m.n::int, 1) = 'b'),
    net AS (
        SELECT name, sum(d)::bigint AS d, sum(c)::bigint AS c, sum(dp)::bigint AS dp, sum(cp)::bigint AS cp
        FROM (SELECT debit AS name, posted AS d, 0::bigint AS c, pending AS dp, 0::bigint AS cp FROM moved
              UNION ALL SELECT credit, 0, posted, 0, pending FROM moved) x GROUP BY name)
    UPDATE hongbao.account a SET debit = a.debit + net.d, credit = a.credit + net.c,
        debit_pending = a.debit_pending + net.dp, credit_pending = a.credit_pending + net.cp
    FROM net WHERE a.name = net.name;
    RETURN v_letters;
END
$$;

-- What an account has room for: the fen that may still be taken from it. NULL: no limit.
CREATE FUNCTION account_room(p_name text) RETURNS bigint
    LANGUAGE sql STABLE AS $$
    SELECT CASE WHEN a.limited THEN CASE WHEN a.asset THEN a.debit - a.credit - a.credit_pending ELSE a.credit - a.debit - a.debit_pending END END
    FROM hongbao.account a WHERE a.name = p_name $$;

-- Held (shared) by everybody who begins something for a campaign's players, alone by its close.
CREATE FUNCTION campaign_hold(p_campaign int) RETURNS void
    LANGUAGE sql AS $$ SELECT pg_advisory_xact_lock_shared(1752131426, p_campaign) $$;
CREATE FUNCTION campaign_hold_alone(p_campaign int) RETURNS void
    LANGUAGE sql AS $$ SELECT pg_advisory_xact_lock(1752131426, p_campaign) $$;
