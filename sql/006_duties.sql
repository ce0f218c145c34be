-- What the fleet's leader does: leases, openings, seals. Lock order: leader, shard, prize, stock, accounts; rows of the log come before a shard.

-- Holds the leader's row by its key until the transaction ends: a take-over waits for it, a renewal does not.
CREATE FUNCTION fence(p_number bigint) RETURNS void
    LANGUAGE plpgsql AS $$
BEGIN
    PERFORM FROM hongbao.leader WHERE number = p_number FOR KEY SHARE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'leader % is over', p_number USING ERRCODE = 'HB001';
    END IF;
END
$$;

-- A new number when the row has not been renewed for stale_ms, was given back, or is this node's own: only one process
-- can listen on a node's address, so the one that took it before has died. Else NULL.
CREATE FUNCTION leader_take(p_node text, p_stale_ms bigint) RETURNS bigint
    LANGUAGE sql SECURITY DEFINER
    SET search_path = hongbao, pg_temp
    AS $$
    UPDATE leader SET number = number + 1, node = p_node, renewed_at = clock_timestamp()
    WHERE renewed_at <= clock_timestamp() - p_stale_ms * interval '1 ms' OR node = p_node
    RETURNING number
    $$;

CREATE FUNCTION leader_renew(p_number bigint) RETURNS bool
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = hongbao, pg_temp
    AS $$
BEGIN
    UPDATE leader SET renewed_at = clock_timestamp() WHERE number = p_number;
    RETURN FOUND;
END
$$;

CREATE FUNCTION leader_yield(p_number bigint) RETURNS void
    LANGUAGE sql SECURITY DEFINER
    SET search_path = hongbao, pg_temp
    AS $$ UPDATE leader SET renewed_at = '-infinity' WHERE number = p_number $$;

CREATE FUNCTION shard_lock(p_campaign int, p_shard smallint) RETURNS hongbao.shard
    LANGUAGE plpgsql AS $$
DECLARE
    v_shard hongbao.shard;
BEGIN
    SELECT * INTO v_shard FROM hongbao.shard WHERE campaign = p_campaign AND shard = p_shard FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'no such shard: % of campaign %', p_shard, p_campaign USING ERRCODE = 'HB004';
    END IF;
    RETURN v_shard;
END
$$;

CREATE FUNCTION budget_account(p_campaign int) RETURNS text
    LANGUAGE sql STABLE AS $$ SELECT 'budget:' || slug FROM hongbao.campaign WHERE id = p_campaign $$;

-- Which units a lease would get: the first free range, at most p_units of it; or p_unit alone when it is free.
-- No row when there are none. The caller works out their fen and hands all three to lease_take(), which checks again.
CREATE FUNCTION lease_offer(p_campaign int, p_prize smallint, p_units int, p_unit int DEFAULT NULL,
                            OUT from_unit int, OUT to_unit int) RETURNS SETOF record
    LANGUAGE sql STABLE SECURITY DEFINER ROWS 1
    SET search_path = hongbao, pg_temp
    AS $$
    SELECT p_unit, p_unit + 1 FROM prize
        WHERE p_unit IS NOT NULL AND campaign = p_campaign AND prize = p_prize AND p_unit <@ left_units
    UNION ALL
    (SELECT lower(r), least(upper(r)::bigint, lower(r)::bigint + p_units)::int
        FROM prize, unnest(left_units) AS r
        WHERE p_unit IS NULL AND p_units > 0 AND campaign = p_campaign AND prize = p_prize
        ORDER BY lower(r) LIMIT 1)
    $$;

-- The row of a lease with its transfer and batch. Answers nothing; the caller holds the locks and has moved the stock.
CREATE FUNCTION lease_book(p_lease hongbao.lease, p_debit text, p_credit text) RETURNS void
    LANGUAGE plpgsql AS $$
DECLARE
    v_transfer bytea;
BEGIN
    INSERT INTO hongbao.lease SELECT p_lease.*;
    UPDATE hongbao.shard SET lease_no = p_lease.lease_no WHERE campaign = p_lease.campaign AND shard = p_lease.shard;
    v_transfer := hongbao.transfer_book(p_lease.batch, CASE WHEN p_lease.kind IN ('lease', 'moment') THEN 'lease' ELSE 'return' END,
                                        p_debit, p_credit, p_lease.fen, p_lease.campaign, p_lease.at);
    PERFORM hongbao.batch_close(p_lease.batch, CASE WHEN p_lease.kind IN ('lease', 'moment') THEN 'lease' ELSE 'return' END,
        0, 0, CASE WHEN v_transfer IS NULL THEN 0 ELSE 1 END, 1, p_lease.fen,
        hongbao.batch_hash(NULL, NULL, v_transfer,
            hongbao.lease_bytes(p_lease.campaign, p_lease.shard, p_lease.lease_no, p_lease.prize, p_lease.kind, p_lease.from_unit,
                                p_lease.to_unit, p_lease.fen, p_lease.more, p_lease.at_ms, p_lease.epoch)), p_lease.at);
END
$$;

-- Units [from, to) and their fen go from the prize to the shard: budget -> float. p_at_ms: a moment, due then.
-- from = to: only tells the shard whether there is more; no row and nothing written when it was told so already.
CREATE FUNCTION lease_take(p_fence bigint, p_campaign int, p_shard smallint, p_prize smallint, p_from int, p_to int,
                           p_fen bigint, p_at_ms bigint DEFAULT NULL, OUT lease_no int, OUT more bool) RETURNS SETOF record
    LANGUAGE plpgsql SECURITY DEFINER ROWS 1
    SET search_path = hongbao, pg_temp
    AS $$
DECLARE
    v_shard shard;
    v_prize prize;
    v_set   int4multirange := int4multirange(int4range(p_from, p_to));
BEGIN
    PERFORM fence(p_fence);
    v_shard := shard_lock(p_campaign, p_shard);
    SELECT * INTO v_prize FROM prize WHERE campaign = p_campaign AND prize = p_prize FOR NO KEY UPDATE;
    IF NOT FOUND OR NOT v_set <@ v_prize.left_units THEN
        RAISE EXCEPTION 'units [%, %) of prize % are not free', p_from, p_to, p_prize USING ERRCODE = 'HB005';
    END IF;
    IF v_prize.kind = 'cash' AND p_fen::numeric * v_prize.units <> v_prize.fen::numeric * (p_to - p_from) THEN
        RAISE EXCEPTION 'units [%, %) of prize % are not worth % fen', p_from, p_to, p_prize, p_fen USING ERRCODE = 'HB005';
    END IF;
    IF (SELECT credit - debit FROM account WHERE name = budget_account(p_campaign)) < p_fen THEN
        RAISE EXCEPTION 'the budget of campaign % does not hold % fen', p_campaign, p_fen USING ERRCODE = 'HB006';
    END IF;
    more := NOT isempty(v_prize.left_units - v_set);
    IF p_from = p_to AND more = (SELECT s.more FROM stock s WHERE (s.campaign, s.shard, s.prize) = (p_campaign, p_shard, p_prize)) THEN
        RETURN;
    END IF;
    UPDATE prize SET leased_units = leased_units + (p_to - p_from), leased_fen = leased_fen + p_fen, left_units = left_units - v_set
        WHERE campaign = p_campaign AND prize = p_prize;
    UPDATE stock s SET leased_units = leased_units + (p_to - p_from), leased_fen = leased_fen + p_fen,
        left_units = left_units + v_set, more = lease_take.more
        WHERE campaign = p_campaign AND shard = p_shard AND prize = p_prize;
    lease_no := v_shard.lease_no + 1;
    PERFORM lease_book(ROW(p_campaign, p_shard, lease_no, p_prize, CASE WHEN p_at_ms IS NULL THEN 'lease' ELSE 'moment' END, p_from, p_to,
                           p_fen, more, p_at_ms, v_shard.epoch, nextval('batch_id'), clock_timestamp())::lease,
                       budget_account(p_campaign), v_shard.float_account);
    RETURN NEXT;
END
$$;

-- The posting of a RETURN or GONE entry, which is in the shard's log already: float -> budget. lease_no is the
-- entry's. The same again changes nothing and answers false.
CREATE FUNCTION lease_return(p_fence bigint, p_campaign int, p_shard smallint, p_lease_no int, p_prize smallint, p_from int,
                             p_to int, p_fen bigint, p_kind text) RETURNS bool
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = hongbao, pg_temp
    AS $$
DECLARE
    v_shard shard;
    v_old   lease;
    v_set   int4multirange := int4multirange(int4range(p_from, p_to));
BEGIN
    PERFORM fence(p_fence);
    v_shard := shard_lock(p_campaign, p_shard);
    SELECT * INTO v_old FROM lease l WHERE l.campaign = p_campaign AND l.shard = p_shard AND l.lease_no = p_lease_no;
    IF FOUND AND (v_old.prize, v_old.from_unit, v_old.to_unit, v_old.kind) = (p_prize, p_from, p_to, p_kind) THEN
        RETURN false;
    END IF;
    IF p_lease_no <> v_shard.lease_no + 1 OR p_kind NOT IN ('return', 'gone') THEN
        RAISE EXCEPTION 'shard % of campaign %: the next lease number is %, not %', p_shard, p_campaign, v_shard.lease_no + 1, p_lease_no
            USING ERRCODE = 'HB009';
    END IF;
    PERFORM FROM prize WHERE campaign = p_campaign AND prize = p_prize FOR NO KEY UPDATE;
    UPDATE stock SET returned_units = returned_units + (p_to - p_from), returned_fen = returned_fen + p_fen, left_units = left_units - v_set
        WHERE campaign = p_campaign AND shard = p_shard AND prize = p_prize AND v_set <@ left_units;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'units [%, %) of prize % are not with shard %', p_from, p_to, p_prize, p_shard USING ERRCODE = 'HB005';
    END IF;
    UPDATE prize SET leased_units = leased_units - (p_to - p_from), leased_fen = leased_fen - p_fen, left_units = left_units + v_set
        WHERE campaign = p_campaign AND prize = p_prize;
    PERFORM lease_book(ROW(p_campaign, p_shard, p_lease_no, p_prize, p_kind, p_from, p_to, p_fen, true, NULL, v_shard.epoch,
                           nextval('batch_id'), clock_timestamp())::lease,
                       v_shard.float_account, budget_account(p_campaign));
    RETURN true;
END
$$;

-- Of the shard's present epoch: the first position that is not stored, or the one behind the next p_max entries.
-- Remembers how far it came, so that an opening after millions of entries has only the newest to look at.
CREATE FUNCTION log_kept(p_campaign int, p_shard smallint, p_max int DEFAULT NULL) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = hongbao, pg_temp
    AS $$
DECLARE
    v_shard shard := shard_lock(p_campaign, p_shard);
    v_kept  bigint;
BEGIN
    SELECT coalesce(min(x.after) FILTER (WHERE x.next IS DISTINCT FROM x.after), v_shard.kept) INTO v_kept
    FROM (SELECT position + count AS after, lead(position) OVER (ORDER BY position) AS next
          FROM (SELECT position, count FROM draw_log
                WHERE campaign = p_campaign AND shard = p_shard AND epoch = v_shard.epoch AND position >= v_shard.kept
                ORDER BY position LIMIT p_max) l
          WHERE EXISTS (SELECT FROM draw_log f WHERE f.campaign = p_campaign AND f.shard = p_shard AND f.epoch = v_shard.epoch
                        AND f.position = v_shard.kept)) x;
    IF v_kept > v_shard.kept THEN
        UPDATE shard SET kept = v_kept WHERE campaign = p_campaign AND shard = p_shard;
    END IF;
    RETURN v_kept;
END
$$;

-- Opening, step 2, one transaction: BEGIN; opening_begin; opening_prizes, opening_ranges, opening_moments; COMMIT.
-- The epoch is over for every post from here on, before Redis is opened with the new one.
-- kept: of the epoch before (log_kept). paused is the campaign's.
CREATE FUNCTION opening_begin(p_fence bigint, p_campaign int, p_shard smallint,
                              OUT epoch int, OUT kept bigint, OUT lease_no int, OUT version int, OUT paused bool, OUT last_run_id text)
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = hongbao, pg_temp
    AS $$
DECLARE
    v_shard shard;
BEGIN
    PERFORM fence(p_fence);
    PERFORM FROM shard s WHERE s.campaign = p_campaign AND s.shard = p_shard FOR UPDATE;
    v_shard := shard_lock(p_campaign, p_shard);
    kept := log_kept(p_campaign, p_shard);
    epoch := v_shard.epoch + 1;
    lease_no := v_shard.lease_no;
    last_run_id := coalesce(v_shard.run_id, '');
    UPDATE shard s SET epoch = opening_begin.epoch, kept = 1, run_id = NULL, opened_at = NULL
        WHERE s.campaign = p_campaign AND s.shard = p_shard;
    PERFORM FROM prize WHERE campaign = p_campaign ORDER BY prize FOR KEY SHARE;
    UPDATE stock s SET more = NOT isempty(p.left_units) FROM prize p
        WHERE s.campaign = p_campaign AND s.shard = p_shard AND p.campaign = s.campaign AND p.prize = s.prize
          AND s.more = isempty(p.left_units);
    SELECT max(v.version) INTO version FROM campaign_version v WHERE v.campaign = p_campaign;
    SELECT c.paused INTO paused FROM campaign c WHERE c.id = p_campaign;
END
$$;

-- given: units this shard gave and the ledger has.
CREATE FUNCTION opening_prizes(p_campaign int, p_shard smallint) RETURNS TABLE (prize smallint, given bigint, more bool)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path = hongbao, pg_temp
    AS $$ SELECT s.prize, s.won_units, s.more FROM stock s WHERE s.campaign = p_campaign AND s.shard = p_shard ORDER BY s.prize $$;

-- Moments that are with the shard and open, in the order of its state.
CREATE FUNCTION opening_moments(p_campaign int, p_shard smallint) RETURNS TABLE (prize smallint, unit int, at_ms bigint)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path = hongbao, pg_temp
    AS $$
    SELECT l.prize, l.from_unit, l.at_ms
    FROM (SELECT DISTINCT ON (m.prize, m.from_unit) m.* FROM lease m
          WHERE m.campaign = p_campaign AND m.shard = p_shard AND m.kind IN ('moment', 'gone')
          ORDER BY m.prize, m.from_unit, m.lease_no DESC) l
    JOIN stock s ON s.campaign = p_campaign AND s.shard = p_shard AND s.prize = l.prize AND l.from_unit <@ s.left_units
    WHERE l.kind = 'moment'
    ORDER BY l.at_ms, l.prize, l.from_unit
    $$;

-- Units that are with the shard and to be given, without open moments: also those whose draws were lost for good.
CREATE FUNCTION opening_ranges(p_campaign int, p_shard smallint) RETURNS TABLE (prize smallint, from_unit int, to_unit int)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path = hongbao, pg_temp
    AS $$
    SELECT s.prize, lower(r), upper(r)
    FROM stock s
    LEFT JOIN (SELECT m.prize, range_agg(int4range(m.unit, m.unit + 1)) AS units
               FROM opening_moments(p_campaign, p_shard) m GROUP BY m.prize) m USING (prize),
    unnest(s.left_units - coalesce(m.units, '{}')) AS r
    WHERE s.campaign = p_campaign AND s.shard = p_shard
    ORDER BY s.prize, lower(r)
    $$;

-- Opening, last step, after Redis has been opened: what it was opened with. The same again changes nothing.
CREATE FUNCTION opening_record(p_fence bigint, p_campaign int, p_shard smallint, p_epoch int, p_run_id text, p_kept bigint,
                               p_reason text, p_state bytea, p_players int, p_version int) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = hongbao, pg_temp
    AS $$
DECLARE
    v_shard shard;
BEGIN
    PERFORM fence(p_fence);
    v_shard := shard_lock(p_campaign, p_shard);
    IF v_shard.epoch <> p_epoch THEN
        RAISE EXCEPTION 'shard % of campaign % is at epoch %, not %', p_shard, p_campaign, v_shard.epoch, p_epoch USING ERRCODE = 'HB001';
    END IF;
    INSERT INTO opening (campaign, shard, epoch, run_id, kept, reason, state, players)
        VALUES (p_campaign, p_shard, p_epoch, p_run_id, p_kept, p_reason, p_state, p_players) ON CONFLICT DO NOTHING;
    UPDATE shard SET run_id = p_run_id, version_applied = greatest(version_applied, p_version), opened_at = clock_timestamp()
        WHERE campaign = p_campaign AND shard = p_shard;
END
$$;

CREATE FUNCTION version_applied(p_fence bigint, p_campaign int, p_shard smallint, p_version int) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = hongbao, pg_temp
    AS $$
BEGIN
    PERFORM fence(p_fence);
    UPDATE shard SET version_applied = p_version WHERE campaign = p_campaign AND shard = p_shard AND version_applied < p_version;
END
$$;

-- Chains at most p_max committed batches, oldest number first; answers how many.
CREATE FUNCTION seal_some(p_fence bigint, p_max int) RETURNS int
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = hongbao, pg_temp
    AS $$
DECLARE
    v_seq  bigint;
    v_hash bytea;
    v_next record;
    v_count int := 0;
BEGIN
    PERFORM fence(p_fence);
    PERFORM pg_advisory_xact_lock(hashtext('hongbao.seal')); -- of one leader, one at a time
    SELECT seq, hash INTO v_seq, v_hash FROM seal ORDER BY seq DESC LIMIT 1;
    v_seq := coalesce(v_seq, 0);
    v_hash := coalesce(v_hash, decode(repeat('00', 32), 'hex'));
    FOR v_next IN SELECT b.id, b.hash FROM batch_unsealed u JOIN batch b ON b.id = u.batch ORDER BY b.id LIMIT p_max LOOP
        v_seq := v_seq + 1;
        v_hash := sha256(v_hash || int8send(v_next.id) || v_next.hash);
        INSERT INTO seal (seq, batch, hash) VALUES (v_seq, v_next.id, v_hash);
        DELETE FROM batch_unsealed WHERE batch = v_next.id;
        v_count := v_count + 1;
    END LOOP;
    RETURN v_count;
END
$$;
