-- The hot one: the posts of all waiting draws of one worker, of any campaigns and shards, in one transaction.
--
-- Locks, in this order: new rows of draw_log by (campaign, shard, epoch, position), new rows of win by their key, then the
-- rows of its shards by (campaign, shard), FOR NO KEY UPDATE. Everything else that a post changes (the shard's stock rows, its float and
-- payable accounts) is only ever changed by holders of that row, so writers cannot deadlock. The shard comes last, since it is what all
-- writers of a campaign share: the rows, their index and their hash are most of the work, and several workers do that at the same time.
-- So rows are inserted for an epoch that may be over and from stock that may be gone; both are looked at under the lock, and if either
-- is so, nothing of it stays (HB010, never seen outside). An opening takes the same row FOR UPDATE, raises the epoch and commits; a
-- post that waited for it sees the new epoch.
-- Whoever comes later with another reason to change those rows takes the shard first as well, and inserts no win or entry under it.
--
-- Two ways: post_new() expects that all of it is new and right, as it nearly always is. When a row is there already, an epoch is over, or
-- a unit is not the shard's to give, all that it did is undone and post_each() looks at every row for itself.
--
-- One post: p_campaign[i], p_shard[i], p_epoch[i], and its log entry p_entry[i] at p_position[i] (0: no entry).
-- One win:  w_post[j] = i, then its columns.
--
-- win_verdicts, a letter for each win in order:
--   r recorded by this call | f found, same content | d there is other content under this key, or the unit was not the
--   shard's to give, or is worth another amount: a row in quarantine, never a win | a the epoch is over and the draw was lost with it: the row
--   is not there, or is that of the same number drawn again
--   w the post has no entry and the row is not there: a win is only ever recorded together with its entry, so it waits for that
-- entry_verdicts, a letter for each post in order:
--   s stored | f found, same bytes | d other bytes at this position: quarantine; new wins of this post are refused with d
--   o the epoch is over, nothing stored | - no entry
-- A post whose epoch is over writes nothing at all.
--
-- The statements are few and whole-set; the plans are made once, generic, and only with index lookups: with the tables
-- empty the planner would otherwise keep a plan that reads all of them. Arrays of wins are unnested in the select list: in FROM each would
-- be stored before it is read.

CREATE FUNCTION entry_count(entry bytea) RETURNS int -- positions an entry takes: lottery/record.h, header
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $$ SELECT CASE get_byte(entry, 1) WHEN 1 THEN get_byte(entry, 14) * 256 + get_byte(entry, 15) ELSE 1 END $$;

CREATE FUNCTION quarantine_entries(p_campaign int[], p_shard smallint[], p_epoch int[], p_position bigint[], p_entry bytea[],
                                   p_verdicts text) RETURNS void
    LANGUAGE sql
    AS $$
    INSERT INTO hongbao.quarantine (kind, campaign, shard, epoch, position, sent, found, body)
    SELECT 'entry', p.campaign, p.shard, p.epoch, p.position, jsonb_build_object('entry', encode(p.entry, 'hex')),
           jsonb_build_object('entry', encode(l.entry, 'hex'), 'batch', l.batch),
           sha256('entry'::bytea || hongbao.entry_bytes(p.campaign, p.shard, p.epoch, p.position, p.entry))
    FROM unnest(p_campaign, p_shard, p_epoch, p_position, p_entry) WITH ORDINALITY AS p(campaign, shard, epoch, position, entry, n)
    JOIN hongbao.draw_log l USING (campaign, shard, epoch, position)
    WHERE substr(p_verdicts, p.n::int, 1) = 'd'
    ON CONFLICT (body) DO NOTHING
    $$;

CREATE FUNCTION quarantine_wins(p_campaign int[], p_shard smallint[], p_epoch int[], p_position bigint[],
                                w_post int[], w_player uuid[], w_draw_no int[], w_prize smallint[], w_unit int[],
                                w_amount bigint[], w_key bigint[], w_chances int[], p_verdicts text) RETURNS void
    LANGUAGE sql
    AS $$
    INSERT INTO hongbao.quarantine (kind, campaign, shard, epoch, position, player, draw_no, sent, found, body)
    SELECT 'win', s.campaign, s.shard, s.epoch, s.position, s.player, s.draw_no, s.sent,
           CASE WHEN f.player IS NOT NULL THEN
               jsonb_build_object('shard', f.shard, 'prize', f.prize, 'unit', f.unit, 'amount_fen', f.amount_fen,
                                  'key', f.key, 'chances_left', f.chances_left, 'batch', f.batch) END,
           sha256(convert_to(jsonb_build_array('win', s.campaign, s.shard, s.epoch, s.position, s.player, s.draw_no, s.sent)::text, 'UTF8'))
    FROM (SELECT p_campaign[w.post] AS campaign, p_shard[w.post] AS shard, p_epoch[w.post] AS epoch,
                 p_position[w.post] AS position, w.player, w.draw_no,
                 jsonb_build_object('shard', p_shard[w.post], 'prize', w.prize, 'unit', w.unit, 'amount_fen', w.amount,
                                    'key', w.key, 'chances_left', w.chances) AS sent
          FROM unnest(w_post, w_player, w_draw_no, w_prize, w_unit, w_amount, w_key, w_chances) WITH ORDINALITY
               AS w(post, player, draw_no, prize, unit, amount, key, chances, n)
          WHERE substr(p_verdicts, w.n::int, 1) = 'd') s
    LEFT JOIN hongbao.win f ON f.campaign = s.campaign AND f.player = s.player AND f.draw_no = s.draw_no
    ON CONFLICT (body) DO NOTHING
    $$;

-- What a batch gave of one prize of one shard.
CREATE TYPE given AS (
    campaign int,
    shard    smallint,
    prize    smallint,
    units    int,
    unit_set int4multirange,
    fen      bigint,
    least    bigint, -- a unit's worth
    most     bigint
);

-- Takes the shards of these posts. HB010 when the epoch of one is over.
CREATE FUNCTION post_lock(p_campaign int[], p_shard smallint[], p_epoch int[]) RETURNS void
    LANGUAGE plpgsql AS $$
DECLARE
    v_same bool;
BEGIN
    WITH locked AS MATERIALIZED (
        SELECT s.campaign, s.shard, s.epoch
        FROM shard s
        JOIN (SELECT DISTINCT u.campaign, u.shard FROM unnest(p_campaign, p_shard) AS u(campaign, shard)) d USING (campaign, shard)
        ORDER BY s.campaign, s.shard
        FOR NO KEY UPDATE OF s)
    SELECT bool_and(l.epoch IS NOT NULL AND l.epoch = p.epoch) INTO v_same
    FROM unnest(p_campaign, p_shard, p_epoch) AS p(campaign, shard, epoch)
    LEFT JOIN locked l USING (campaign, shard);
    IF NOT v_same THEN
        RAISE EXCEPTION 'an epoch is over' USING ERRCODE = 'HB010';
    END IF;
END
$$;

-- The end of a batch whose rows are inserted and whose shards are taken: the stock, the accounts, the transfers, the batch.
-- p_win_bytes, p_entry_bytes: as batch_hash() wants them.
CREATE FUNCTION post_book(p_batch bigint, p_at timestamptz, p_given given[], p_wins int, p_entries int, p_win_bytes bytea, p_entry_bytes bytea)
    RETURNS void
    LANGUAGE plpgsql AS $$
DECLARE
    v_stocked   int;
    v_transfers int;
    v_fen       bigint;
    v_bytes     bytea;
BEGIN
    WITH stocked AS (
        -- stock_left holds only when none came twice.
        UPDATE stock s SET won_units = s.won_units + g.units, won_fen = s.won_fen + g.fen, left_units = s.left_units - g.unit_set
        FROM unnest(p_given) AS g
        WHERE s.campaign = g.campaign AND s.shard = g.shard AND s.prize = g.prize AND g.unit_set <@ s.left_units
          AND (s.unit_fen IS NULL OR (s.unit_fen = g.least AND s.unit_fen = g.most))
        RETURNING s.prize),
    by_shard AS (
        SELECT s.campaign, s.float_account, s.payable_account, b.fen
        FROM (SELECT g.campaign, g.shard, sum(g.fen)::bigint AS fen FROM unnest(p_given) AS g GROUP BY g.campaign, g.shard) b
        JOIN shard s USING (campaign, shard)
        WHERE b.fen > 0),
    booked AS (
        UPDATE account a SET debit = a.debit + m.debit, credit = a.credit + m.credit
        FROM (SELECT float_account AS name, fen AS debit, 0::bigint AS credit FROM by_shard
              UNION ALL SELECT payable_account, 0, fen FROM by_shard) m
        WHERE a.name = m.name),
    moved AS (
        INSERT INTO transfer (batch, kind, debit_account, credit_account, amount, campaign, at)
        SELECT p_batch, 'win', float_account, payable_account, fen, campaign, p_at FROM by_shard
        RETURNING id, campaign, kind, debit_account, credit_account, amount)
    SELECT (SELECT count(*) FROM stocked), count(*), coalesce(sum(amount), 0)::bigint,
           string_agg(transfer_bytes(id, campaign, kind, debit_account, credit_account, amount), ''::bytea ORDER BY id)
    INTO v_stocked, v_transfers, v_fen, v_bytes FROM moved;
    IF v_stocked <> cardinality(p_given) THEN
        RAISE EXCEPTION 'units are not with the shard, or are worth another amount' USING ERRCODE = 'HB010';
    END IF;
    PERFORM batch_close(p_batch, 'post', p_wins, p_entries, v_transfers, 0, v_fen, batch_hash(p_win_bytes, p_entry_bytes, v_bytes, NULL), p_at);
END
$$;

-- Inserts wins and answers their bytes for the hash: win_insert_<id> of one campaign straight into its partition, win_insert_0 through the
-- parent. Finding the partition of every row anew was a tenth of a post; a statement made at each call would be planned at each call.
CREATE FUNCTION win_insert_make(p_campaign int) RETURNS void
    LANGUAGE plpgsql AS $make$
BEGIN
    EXECUTE format($outer$
        CREATE FUNCTION hongbao.win_insert_%s(p_batch bigint, p_at timestamptz, p_campaign int[], p_shard smallint[], w_post int[], w_player uuid[],
                                              w_draw_no int[], w_prize smallint[], w_unit int[], w_amount bigint[], w_key bigint[], w_chances int[])
            RETURNS bytea
            LANGUAGE plpgsql AS $$
        DECLARE
            v_bytes bytea;
        BEGIN
            -- In the order of the hash, so that the rows come back in it.
            WITH w AS (
                INSERT INTO hongbao.%I (player, amount_fen, key, batch, won_at, campaign, draw_no, unit, chances_left, shard, prize)
                SELECT u.player, u.amount, u.key, p_batch, p_at, %s, u.draw_no, u.unit, u.chances, p_shard[u.post], u.prize
                FROM (SELECT unnest(w_post) AS post, unnest(w_player) AS player, unnest(w_draw_no) AS draw_no, unnest(w_prize) AS prize,
                             unnest(w_unit) AS unit, unnest(w_amount) AS amount, unnest(w_key) AS key, unnest(w_chances) AS chances) u
                ORDER BY u.player, u.draw_no%s
                RETURNING hongbao.win_bytes(campaign, player, draw_no, shard, prize, unit, amount_fen, key, chances_left, won_at) AS bytes)
            SELECT string_agg(w.bytes, ''::bytea) INTO v_bytes FROM w;
            RETURN v_bytes;
        END
        $$ $outer$, p_campaign, CASE p_campaign WHEN 0 THEN 'win' ELSE 'win_' || p_campaign END,
        CASE p_campaign WHEN 0 THEN 'p_campaign[u.post]' ELSE p_campaign::text END, CASE p_campaign WHEN 0 THEN ', p_campaign[u.post]' ELSE '' END);
END
$make$;
SELECT win_insert_make(0);

-- All is new: every post has an entry, every win is inserted; else an error, and nothing stays.
CREATE FUNCTION post_new(p_campaign int[], p_shard smallint[], p_epoch int[], p_position bigint[], p_entry bytea[],
                         w_post int[], w_player uuid[], w_draw_no int[], w_prize smallint[], w_unit int[],
                         w_amount bigint[], w_key bigint[], w_chances int[]) RETURNS void
    LANGUAGE plpgsql AS $$
DECLARE
    v_at          timestamptz := clock_timestamp();
    v_batch       bigint := nextval('batch_id');
    v_given       given[] := '{}';
    v_whole       bool;      -- the units of each post and prize are one range
    v_win_bytes   bytea;
    v_entry_bytes bytea;
BEGIN
    WITH e AS (
        INSERT INTO draw_log (campaign, shard, epoch, position, count, kind, entry, batch)
        SELECT p.campaign, p.shard, p.epoch, p.position, entry_count(p.entry), get_byte(p.entry, 1), p.entry, v_batch
        FROM unnest(p_campaign, p_shard, p_epoch, p_position, p_entry) AS p(campaign, shard, epoch, position, entry)
        ORDER BY p.campaign, p.shard, p.epoch, p.position
        RETURNING entry_bytes(campaign, shard, epoch, position, entry) AS bytes)
    SELECT string_agg(e.bytes, ''::bytea) INTO v_entry_bytes FROM e;

    IF cardinality(w_post) > 0 THEN
        EXECUTE format('SELECT hongbao.win_insert_%s($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)',
                       CASE WHEN p_campaign[1] = ALL (p_campaign) THEN p_campaign[1] ELSE 0 END)
            INTO v_win_bytes
            USING v_batch, v_at, p_campaign, p_shard, w_post, w_player, w_draw_no, w_prize, w_unit, w_amount, w_key, w_chances;
        -- Units of one batch of draws are mostly one range of the pool.
        SELECT array_agg(ROW(x.campaign, x.shard, x.prize, x.units, x.unit_set, x.fen, x.least, x.most)::given), bool_and(x.whole)
        INTO v_given, v_whole
        FROM (SELECT p_campaign[b.post] AS campaign, p_shard[b.post] AS shard, b.prize, sum(b.units)::int AS units,
                     range_agg(b.unit_range) AS unit_set, sum(b.fen)::bigint AS fen, min(b.least) AS least, max(b.most) AS most,
                     bool_and(b.units = b.distinct_units AND b.units = upper(b.unit_range) - lower(b.unit_range)) AS whole
              FROM (SELECT w.post, w.prize, count(*) AS units, count(DISTINCT w.unit) AS distinct_units,
                           int4range(min(w.unit), max(w.unit) + 1) AS unit_range, sum(w.amount) AS fen, min(w.amount) AS least, max(w.amount) AS most
                    FROM (SELECT unnest(w_post) AS post, unnest(w_prize) AS prize, unnest(w_unit) AS unit, unnest(w_amount) AS amount) w
                    GROUP BY w.post, w.prize) b
              GROUP BY 1, 2, 3) x;
        IF NOT v_whole THEN
            SELECT array_agg(ROW(x.campaign, x.shard, x.prize, x.units, x.unit_set, x.fen, x.least, x.most)::given) INTO v_given
            FROM (SELECT p_campaign[w.post] AS campaign, p_shard[w.post] AS shard, w.prize, count(*)::int AS units,
                         range_agg(int4range(w.unit, w.unit + 1)) AS unit_set, sum(w.amount)::bigint AS fen, min(w.amount) AS least, max(w.amount) AS most
                  FROM (SELECT unnest(w_post) AS post, unnest(w_prize) AS prize, unnest(w_unit) AS unit, unnest(w_amount) AS amount) w
                  GROUP BY 1, 2, 3) x;
        END IF;
    END IF;
    PERFORM post_lock(p_campaign, p_shard, p_epoch);
    PERFORM post_book(v_batch, v_at, v_given, cardinality(w_post), cardinality(p_campaign), v_win_bytes, v_entry_bytes);
END
$$;

-- Every row for itself: what is new and right is recorded, the rest is told by its letter.
CREATE FUNCTION post_each(p_campaign int[], p_shard smallint[], p_epoch int[], p_position bigint[], p_entry bytea[],
                          w_post int[], w_player uuid[], w_draw_no int[], w_prize smallint[], w_unit int[],
                          w_amount bigint[], w_key bigint[], w_chances int[],
                          OUT win_verdicts text, OUT entry_verdicts text)
    LANGUAGE plpgsql AS $$
DECLARE
    v_at          timestamptz := clock_timestamp();
    v_batch       bigint := nextval('batch_id');
    v_ok          bool[];    -- of each post: its epoch is the shard's and its entry is not refused
    v_over        bool[];    -- of each post: its epoch is over
    v_entries     int := 0;
    v_entry_bytes bytea;
    v_wins        int := 0;
    v_win_bytes   bytea;
    v_given       given[];
BEGIN
    SELECT array_agg(coalesce(s.epoch = p.epoch, false) ORDER BY p.n), array_agg(coalesce(s.epoch <> p.epoch, true) ORDER BY p.n) INTO v_ok, v_over
    FROM unnest(p_campaign, p_shard, p_epoch) WITH ORDINALITY AS p(campaign, shard, epoch, n)
    LEFT JOIN shard s USING (campaign, shard);

    WITH e AS (
        INSERT INTO draw_log (campaign, shard, epoch, position, count, kind, entry, batch)
        SELECT p.campaign, p.shard, p.epoch, p.position, entry_count(p.entry), get_byte(p.entry, 1), p.entry, v_batch
        FROM unnest(p_campaign, p_shard, p_epoch, p_position, p_entry, v_ok) AS p(campaign, shard, epoch, position, entry, ok)
        WHERE p.ok AND p.position > 0
        ORDER BY p.campaign, p.shard, p.epoch, p.position
        ON CONFLICT DO NOTHING
        RETURNING campaign, shard, epoch, position, entry)
    SELECT count(*), string_agg(entry_bytes(campaign, shard, epoch, position, entry), ''::bytea
                                ORDER BY campaign, shard, epoch, position)
    INTO v_entries, v_entry_bytes FROM e;

    SELECT coalesce(string_agg(CASE WHEN p.position = 0 THEN '-'
                                    WHEN l.entry IS NULL THEN 'o'
                                    WHEN l.entry <> p.entry THEN 'd'
                                    WHEN l.batch = v_batch THEN 's'
                                    ELSE 'f' END, '' ORDER BY p.n), '')
    INTO entry_verdicts
    FROM unnest(p_campaign, p_shard, p_epoch, p_position, p_entry) WITH ORDINALITY AS p(campaign, shard, epoch, position, entry, n)
    LEFT JOIN draw_log l USING (campaign, shard, epoch, position);
    IF strpos(entry_verdicts, 'd') > 0 THEN
        PERFORM quarantine_entries(p_campaign, p_shard, p_epoch, p_position, p_entry, entry_verdicts);
        SELECT array_agg(o.ok AND substr(entry_verdicts, o.n::int, 1) <> 'd' ORDER BY o.n) INTO v_ok
        FROM unnest(v_ok) WITH ORDINALITY AS o(ok, n);
    END IF;

    WITH w AS (
        INSERT INTO win (player, amount_fen, key, batch, won_at, campaign, draw_no, unit, chances_left, shard, prize)
        SELECT u.player, u.amount, u.key, v_batch, v_at, s.campaign, u.draw_no, u.unit, u.chances, s.shard, s.prize
        FROM unnest(w_post, w_player, w_draw_no, w_prize, w_unit, w_amount, w_key, w_chances)
             AS u(post, player, draw_no, prize, unit, amount, key, chances)
        JOIN stock s ON s.campaign = p_campaign[u.post] AND s.shard = p_shard[u.post] AND s.prize = u.prize
        WHERE v_ok[u.post] AND p_position[u.post] > 0 AND u.unit <@ s.left_units AND (s.unit_fen IS NULL OR u.amount = s.unit_fen)
        ORDER BY u.player, u.draw_no, s.campaign
        ON CONFLICT DO NOTHING
        RETURNING campaign, player, draw_no, shard, prize, unit, amount_fen, key, chances_left, won_at),
    by_prize AS (
        SELECT campaign, shard, prize, count(*)::int AS units, range_agg(int4range(unit, unit + 1)) AS unit_set,
               sum(amount_fen)::bigint AS fen, min(amount_fen) AS least, max(amount_fen) AS most
        FROM w GROUP BY campaign, shard, prize)
    SELECT c.wins, c.bytes, g.given INTO v_wins, v_win_bytes, v_given
    FROM (SELECT count(*) AS wins, string_agg(win_bytes(campaign, player, draw_no, shard, prize, unit, amount_fen, key, chances_left, won_at),
                                              ''::bytea ORDER BY player, draw_no, campaign) AS bytes FROM w) c,
         (SELECT coalesce(array_agg(ROW(b.*)::given), '{}') AS given FROM by_prize b) g;

    PERFORM post_lock(array_agg(p.campaign), array_agg(p.shard), array_agg(p.epoch))
    FROM unnest(p_campaign, p_shard, p_epoch, v_over) AS p(campaign, shard, epoch, over) WHERE NOT p.over;
    IF v_wins > 0 OR v_entries > 0 THEN
        PERFORM post_book(v_batch, v_at, v_given, v_wins, v_entries, v_win_bytes, v_entry_bytes);
    END IF;

    SELECT coalesce(string_agg(CASE WHEN f.player IS NULL THEN CASE WHEN v_over[w.post] THEN 'a' WHEN p_position[w.post] = 0 THEN 'w' ELSE 'd' END
                                    WHEN (f.shard, f.prize, f.unit, f.amount_fen, f.key, f.chances_left)
                                       = (p_shard[w.post], w.prize, w.unit, w.amount, w.key, w.chances)
                                    THEN CASE WHEN f.batch = v_batch THEN 'r' ELSE 'f' END
                                    WHEN v_over[w.post] AND substr(entry_verdicts, w.post, 1) IN ('o', '-') THEN 'a'
                                    ELSE 'd' END, '' ORDER BY w.n), '')
    INTO win_verdicts
    FROM unnest(w_post, w_player, w_draw_no, w_prize, w_unit, w_amount, w_key, w_chances) WITH ORDINALITY
         AS w(post, player, draw_no, prize, unit, amount, key, chances, n)
    LEFT JOIN win f ON f.campaign = p_campaign[w.post] AND f.player = w.player AND f.draw_no = w.draw_no;
    IF strpos(win_verdicts, 'd') > 0 THEN
        PERFORM quarantine_wins(p_campaign, p_shard, p_epoch, p_position, w_post, w_player, w_draw_no, w_prize, w_unit,
                                w_amount, w_key, w_chances, win_verdicts);
    END IF;
END
$$;

CREATE FUNCTION ledger_post(p_campaign int[], p_shard smallint[], p_epoch int[], p_position bigint[], p_entry bytea[],
                            w_post int[], w_player uuid[], w_draw_no int[], w_prize smallint[], w_unit int[],
                            w_amount bigint[], w_key bigint[], w_chances int[],
                            OUT win_verdicts text, OUT entry_verdicts text)
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = hongbao, pg_temp
    SET plan_cache_mode = force_generic_plan
    SET enable_seqscan = off
    SET enable_hashjoin = off
    SET enable_mergejoin = off
    AS $$
BEGIN
    IF cardinality(p_position) > 0 AND 0 <> ALL (p_position) THEN
        BEGIN
            PERFORM post_new(p_campaign, p_shard, p_epoch, p_position, p_entry, w_post, w_player, w_draw_no, w_prize, w_unit,
                             w_amount, w_key, w_chances);
            win_verdicts := repeat('r', cardinality(w_post));
            entry_verdicts := repeat('s', cardinality(p_position));
            RETURN;
        EXCEPTION WHEN unique_violation OR check_violation OR not_null_violation OR undefined_function OR SQLSTATE 'HB010' THEN
            NULL; -- not all of it is new and right, or there is no such campaign
        END;
    END IF;
    FOR v_try IN 1..5 LOOP
        BEGIN
            SELECT e.win_verdicts, e.entry_verdicts INTO win_verdicts, entry_verdicts
            FROM post_each(p_campaign, p_shard, p_epoch, p_position, p_entry, w_post, w_player, w_draw_no, w_prize, w_unit,
                           w_amount, w_key, w_chances) AS e;
            RETURN;
        EXCEPTION WHEN SQLSTATE 'HB010' THEN
            NULL; -- an epoch or stock went meanwhile: look again
        END;
    END LOOP;
    RAISE EXCEPTION 'epochs or stock change too fast' USING ERRCODE = 'serialization_failure';
END
$$;

-- The drain's entries without wins (entries with wins go through ledger_post with them). A letter for each, as entry_verdicts.
CREATE FUNCTION entries_store(p_campaign int[], p_shard smallint[], p_epoch int[], p_position bigint[], p_entry bytea[])
    RETURNS text
    LANGUAGE sql SECURITY DEFINER
    SET search_path = hongbao, pg_temp
    AS $$
    SELECT entry_verdicts FROM ledger_post(p_campaign, p_shard, p_epoch, p_position, p_entry,
        '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}')
    $$;
