-- The hot one: the posts of all waiting draws of one worker, of any campaigns and shards, in one transaction.
--
-- Locks. A post first takes the rows of its shards, in (campaign, shard) order, FOR NO KEY UPDATE; everything else that it
-- changes (the shard's stock rows, its float and payable accounts) is only ever changed by holders of that row, so there
-- is nothing else to order and writers cannot deadlock. Two posts on one shard would wait for each other at its accounts
-- anyway. One lock answers the epoch too: an opening takes the same row FOR UPDATE, raises the epoch and commits; a post
-- that waited for it sees the new epoch. A shared lock for the epoch would cost a multixact a batch and still need the stock rows in order.
-- Whoever comes later with another reason to change those rows takes the shard first as well.
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
-- empty the planner would otherwise keep a plan that reads all of them.

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
DECLARE
    v_at            timestamptz := clock_timestamp();
    v_batch         bigint;
    v_ok            bool[];    -- of each post: its epoch is the shard's and its entry is not refused
    v_over          bool[];    -- of each post: its epoch is over
    v_entries       int := 0;
    v_entry_bytes   bytea;
    v_wins          int := 0;
    v_fen           bigint := 0;
    v_win_bytes     bytea;
    v_transfers     int := 0;
    v_transfer_bytes bytea;
BEGIN
    WITH locked AS MATERIALIZED (
        SELECT s.campaign, s.shard, s.epoch
        FROM shard s
        JOIN (SELECT DISTINCT u.campaign, u.shard FROM unnest(p_campaign, p_shard) AS u(campaign, shard)) d USING (campaign, shard)
        ORDER BY s.campaign, s.shard
        FOR NO KEY UPDATE OF s)
    SELECT array_agg(l.epoch IS NOT NULL AND l.epoch = p.epoch ORDER BY p.n) INTO v_ok
    FROM unnest(p_campaign, p_shard, p_epoch) WITH ORDINALITY AS p(campaign, shard, epoch, n)
    LEFT JOIN locked l USING (campaign, shard);
    SELECT array_agg(NOT o.ok ORDER BY o.n) INTO v_over FROM unnest(v_ok) WITH ORDINALITY AS o(ok, n);
    v_batch := nextval('batch_id');

    WITH e AS (
        INSERT INTO draw_log (campaign, shard, epoch, position, count, kind, entry, batch)
        SELECT p.campaign, p.shard, p.epoch, p.position, entry_count(p.entry), get_byte(p.entry, 1), p.entry, v_batch
        FROM unnest(p_campaign, p_shard, p_epoch, p_position, p_entry, v_ok) AS p(campaign, shard, epoch, position, entry, ok)
        WHERE p.ok AND p.position > 0
        ON CONFLICT DO NOTHING
        RETURNING campaign, shard, epoch, position, entry)
    SELECT count(*), string_agg(entry_bytes(campaign, shard, epoch, position, entry), ''::bytea
                                ORDER BY campaign, shard, epoch, position)
    INTO v_entries, v_entry_bytes FROM e;

    IF v_entries = cardinality(p_campaign) THEN
        entry_verdicts := repeat('s', v_entries);
    ELSE
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
    END IF;

    IF cardinality(w_post) > 0 THEN
        WITH w AS (
            INSERT INTO win (player, amount_fen, key, batch, won_at, campaign, draw_no, unit, chances_left, shard, prize)
            SELECT u.player, u.amount, u.key, v_batch, v_at, s.campaign, u.draw_no, u.unit, u.chances, s.shard, s.prize
            FROM unnest(w_post, w_player, w_draw_no, w_prize, w_unit, w_amount, w_key, w_chances)
                 AS u(post, player, draw_no, prize, unit, amount, key, chances)
            JOIN stock s ON s.campaign = p_campaign[u.post] AND s.shard = p_shard[u.post] AND s.prize = u.prize
            WHERE v_ok[u.post] AND p_position[u.post] > 0 AND u.unit <@ s.left_units AND (s.unit_fen IS NULL OR u.amount = s.unit_fen)
            ON CONFLICT DO NOTHING
            RETURNING campaign, player, draw_no, shard, prize, unit, amount_fen, key, chances_left, won_at),
        by_prize AS (
            SELECT campaign, shard, prize, count(*) AS units, sum(amount_fen)::bigint AS fen,
                   range_agg(int4range(unit, unit + 1)) AS unit_set
            FROM w GROUP BY campaign, shard, prize),
        stocked AS (
            -- stock_left holds only when every unit was there and none came twice.
            UPDATE stock s SET won_units = s.won_units + b.units, won_fen = s.won_fen + b.fen, left_units = s.left_units - b.unit_set
            FROM by_prize b WHERE s.campaign = b.campaign AND s.shard = b.shard AND s.prize = b.prize),
        by_shard AS (
            SELECT s.campaign, s.float_account, s.payable_account, b.fen
            FROM (SELECT campaign, shard, sum(fen)::bigint AS fen FROM by_prize GROUP BY campaign, shard) b
            JOIN shard s USING (campaign, shard)
            WHERE b.fen > 0),
        booked AS (
            UPDATE account a SET debit = a.debit + m.debit, credit = a.credit + m.credit
            FROM (SELECT float_account AS name, fen AS debit, 0::bigint AS credit FROM by_shard
                  UNION ALL SELECT payable_account, 0, fen FROM by_shard) m
            WHERE a.name = m.name),
        moved AS (
            INSERT INTO transfer (batch, kind, debit_account, credit_account, amount, campaign, at)
            SELECT v_batch, 'win', float_account, payable_account, fen, campaign, v_at FROM by_shard
            RETURNING id, campaign, kind, debit_account, credit_account, amount)
        SELECT c.wins, c.fen, c.bytes, t.transfers, t.bytes
        INTO v_wins, v_fen, v_win_bytes, v_transfers, v_transfer_bytes
        FROM (SELECT count(*) AS wins, coalesce(sum(amount_fen), 0)::bigint AS fen,
                     string_agg(win_bytes(campaign, player, draw_no, shard, prize, unit, amount_fen, key, chances_left, won_at),
                                ''::bytea ORDER BY campaign, player, draw_no) AS bytes FROM w) c,
             (SELECT count(*) AS transfers,
                     string_agg(transfer_bytes(id, campaign, kind, debit_account, credit_account, amount), ''::bytea ORDER BY id) AS bytes
              FROM moved) t;
    END IF;

    IF v_wins > 0 OR v_entries > 0 THEN
        PERFORM batch_close(v_batch, 'post', v_wins, v_entries, v_transfers, 0, v_fen,
                            batch_hash(v_win_bytes, v_entry_bytes, v_transfer_bytes, NULL), v_at);
    END IF;

    IF v_wins = cardinality(w_post) THEN
        win_verdicts := repeat('r', v_wins);
        RETURN;
    END IF;
    SELECT string_agg(CASE WHEN f.player IS NULL THEN CASE WHEN v_over[w.post] THEN 'a' WHEN p_position[w.post] = 0 THEN 'w' ELSE 'd' END
                           WHEN (f.shard, f.prize, f.unit, f.amount_fen, f.key, f.chances_left)
                              = (p_shard[w.post], w.prize, w.unit, w.amount, w.key, w.chances)
                           THEN CASE WHEN f.batch = v_batch THEN 'r' ELSE 'f' END
                           WHEN v_over[w.post] AND substr(entry_verdicts, w.post, 1) IN ('o', '-') THEN 'a'
                           ELSE 'd' END, '' ORDER BY w.n)
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

-- The drain's entries without wins (entries with wins go through ledger_post with them). A letter for each, as entry_verdicts.
CREATE FUNCTION entries_store(p_campaign int[], p_shard smallint[], p_epoch int[], p_position bigint[], p_entry bytea[])
    RETURNS text
    LANGUAGE sql SECURITY DEFINER
    SET search_path = hongbao, pg_temp
    AS $$
    SELECT entry_verdicts FROM ledger_post(p_campaign, p_shard, p_epoch, p_position, p_entry,
        '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}')
    $$;
