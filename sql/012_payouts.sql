-- Paying out: what the worker and the providers' callbacks do to a payout. See payout_step for what may follow what.
--
--   payout_claim   planned -> reserved: the money is reserved in the books; COMMIT
--   payout_sent    reserved -> sent: the body is stored; COMMIT before the first byte leaves
--   (send)
--   payout_verdict what the provider said, or that nothing is known. paid posts the reservation, failed voids it
--   payout_due     what has to be asked for: silent, waiting, or left by a worker that died
--
-- Nothing here times a payout out: only a verified verdict ends one that may have been sent.

CREATE SEQUENCE payout_fence AS bigint;

-- The legs of a payout: pending, or what ends them (post, void, expire). A second, other end has the same ref as the first: quarantine.
CREATE FUNCTION payout_moves(p_payout hongbao.payout, p_phase text) RETURNS hongbao.movement[]
    LANGUAGE sql STABLE AS $$
    SELECT array_agg(ROW(hongbao.ref_of('payout', p_payout.out_no, l.kind, CASE p_phase WHEN 'pending' THEN 'pending' ELSE 'end' END),
                         l.kind, p_phase,
                         l.debit, l.credit, l.amount, p_payout.campaign, p_payout.shard,
                         CASE WHEN p_phase <> 'pending' THEN hongbao.ref_of('payout', p_payout.out_no, l.kind, 'pending') END,
                         hongbao.ref_of('payout', p_payout.out_no, CASE p_phase WHEN 'pending' THEN 'pending' ELSE 'end' END))::hongbao.movement
                             ORDER BY l.n)
    FROM hongbao.shard s, hongbao.merchant m,
         LATERAL (VALUES (1, 'payout', s.payable_account, m.account, p_payout.amount_fen),
                         (2, 'tax', s.payable_account, 'tax_withheld', p_payout.tax_fen),
                         (3, 'gross_up', hongbao.budget_account(p_payout.campaign), 'tax_withheld', p_payout.organiser_fen))
             AS l(n, kind, debit, credit, amount)
    WHERE s.campaign = p_payout.campaign AND s.shard = p_payout.shard AND m.id = p_payout.merchant AND l.amount > 0 $$;

-- Is it quiet for this merchant now?
CREATE FUNCTION merchant_quiet(p_merchant hongbao.merchant, p_now timestamptz) RETURNS bool
    LANGUAGE sql STABLE AS $$
    SELECT CASE WHEN p_merchant.quiet_from IS NULL OR p_merchant.quiet_from = p_merchant.quiet_to THEN false
                WHEN p_merchant.quiet_from < p_merchant.quiet_to THEN m.minute >= p_merchant.quiet_from AND m.minute < p_merchant.quiet_to
                ELSE m.minute >= p_merchant.quiet_from OR m.minute < p_merchant.quiet_to END
    FROM (SELECT extract(hour FROM l.t) * 60 + extract(minute FROM l.t) AS minute FROM (SELECT p_now AT TIME ZONE p_merchant.time_zone AS t) l) m $$;

-- What a worker needs to know of a payout. payee_sealed NULL: the person was erased (only possible when nothing is open).
CREATE TYPE payout_job AS (
    out_no text, state text, fence bigint, withdrawal uuid, part int, attempt int, campaign text, player uuid, merchant text, provider text,
    app_id text, amount_fen bigint, payee_sealed bytea, name_sealed bytea, body_hash bytea, body_sealed bytea, provider_no text, code text,
    package_until timestamptz, planned_at timestamptz
);

CREATE FUNCTION payout_jobs(p_out_nos text[]) RETURNS SETOF hongbao.payout_job
    LANGUAGE sql STABLE AS $$
    SELECT p.out_no, p.state, p.fence, p.withdrawal, p.part::int, p.attempt::int, c.slug, p.player, p.merchant, m.provider, m.app_id, p.amount_fen,
           y.sealed, y.name_sealed, p.body_hash, b.sealed, p.provider_no, p.code, p.package_until, p.planned_at
    FROM unnest(p_out_nos) WITH ORDINALITY AS o(out_no, n)
    JOIN hongbao.payout p USING (out_no)
    JOIN hongbao.merchant m ON m.id = p.merchant
    JOIN hongbao.campaign c ON c.id = p.campaign
    LEFT JOIN hongbao.payee y ON y.player = p.player AND y.no = p.payee
    LEFT JOIN hongbao.payout_body b ON b.out_no = p.out_no
    ORDER BY o.n $$;

-- At most p_limit payouts of a merchant number to be sent (and 500: its locks stop the draws of their shards): planned ones, now reserved in
-- the books; and reserved ones whose worker let its lease lapse before it stored a body, so that nothing was sent. Each is this caller's, under
-- its fence, for p_lease_ms. Fair between campaigns: the oldest of each in turn. None while the merchant is stopped or quiet; none of campaigns
-- that are stopped. Left for later when the provider's account, the day's cap, or the budget (for tax that it bears) has no room.
CREATE FUNCTION payout_claim(p_merchant text, p_limit int, p_lease_ms bigint,
                             p_now timestamptz DEFAULT clock_timestamp()) RETURNS SETOF hongbao.payout_job
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = hongbao, pg_temp
    AS $$
DECLARE
    v_merchant merchant;
    v_wanted   text[];
    v_taken    text[] := '{}'; -- handed out
    v_new      text[] := '{}'; -- and reserved by this call
    v_late     text[] := '{}'; -- no room
    v_moves    movement[] := '{}';
    v_letters  text;
    v_payout   payout;
    v_float    bigint;
    v_cap      bigint;
    v_budget   jsonb := '{}'; -- room by campaign
    v_day      date;
    v_batch    bigint := nextval('batch_id');
    v_at       timestamptz := clock_timestamp();
BEGIN
    p_limit := least(p_limit, 500);
    SELECT * INTO v_merchant FROM merchant m WHERE m.id = p_merchant;
    IF NOT FOUND OR v_merchant.stopped OR merchant_quiet(v_merchant, p_now) THEN
        RETURN;
    END IF;
    -- More than asked for: other workers may hold some.
    SELECT array_agg(d.out_no ORDER BY d.turn, d.due_at, d.out_no) INTO v_wanted
    FROM (SELECT q.*, row_number() OVER (PARTITION BY q.campaign ORDER BY q.due_at, q.out_no) AS turn
          FROM campaign c, LATERAL (SELECT p.out_no, p.campaign, p.due_at FROM payout p
                                    WHERE p.merchant = p_merchant AND p.campaign = c.id AND p.state NOT IN ('paid', 'failed') AND p.due_at <= p_now
                                      AND p.state IN ('planned', 'reserved') AND NOT p.frozen
                                    ORDER BY p.due_at, p.out_no LIMIT p_limit * 2) q
          WHERE NOT EXISTS (SELECT FROM wallet_policy y WHERE y.campaign = c.id AND y.stopped)
          ORDER BY turn, q.due_at, q.out_no LIMIT p_limit * 4) d;
    SELECT coalesce(array_agg(l.out_no), '{}') INTO v_wanted
    FROM (SELECT p.out_no FROM unnest(v_wanted) WITH ORDINALITY AS w(out_no, n) JOIN payout p USING (out_no)
          WHERE p.state IN ('planned', 'reserved') AND p.due_at <= p_now AND NOT p.frozen
          ORDER BY w.n LIMIT p_limit FOR NO KEY UPDATE OF p SKIP LOCKED) l;

    PERFORM movements_lock((SELECT array_agg(m) FROM payout p, unnest(payout_moves(p, 'pending')) AS m WHERE p.out_no = ANY (v_wanted)
                            AND p.state = 'planned'));
    v_day := (p_now AT TIME ZONE v_merchant.time_zone)::date;
    v_float := account_room(v_merchant.account);
    v_cap := v_merchant.day_cap_fen - coalesce((SELECT d.fen FROM merchant_day d WHERE d.merchant = p_merchant AND d.day = v_day), 0);
    SELECT coalesce(jsonb_object_agg(b.campaign, account_room(budget_account(b.campaign))), '{}') INTO v_budget
    FROM (SELECT DISTINCT p.campaign FROM payout p WHERE p.out_no = ANY (v_wanted) AND p.organiser_fen > 0) b;
    FOR v_payout IN SELECT p.* FROM unnest(v_wanted) WITH ORDINALITY AS w(out_no, n) JOIN payout p USING (out_no) ORDER BY w.n LOOP
        IF v_payout.state = 'reserved' THEN
            v_taken := v_taken || v_payout.out_no;
        ELSIF v_payout.amount_fen > v_float OR v_payout.amount_fen > v_cap
            OR (v_payout.organiser_fen > 0 AND v_payout.organiser_fen > (v_budget ->> v_payout.campaign::text)::bigint) THEN
            v_late := v_late || v_payout.out_no;
        ELSE
            v_float := v_float - v_payout.amount_fen;
            v_cap := v_cap - v_payout.amount_fen;
            IF v_payout.organiser_fen > 0 THEN
                v_budget := v_budget || jsonb_build_object(v_payout.campaign::text,
                                                           (v_budget ->> v_payout.campaign::text)::bigint - v_payout.organiser_fen);
            END IF;
            v_moves := v_moves || payout_moves(v_payout, 'pending');
            v_taken := v_taken || v_payout.out_no;
            v_new := v_new || v_payout.out_no;
        END IF;
    END LOOP;

    -- A group that is not new: there is money under this number already, and a person has to look.
    v_letters := movements_book(v_batch, v_moves, v_at);
    IF v_letters ~ '[^b]' THEN
        FOR v_payout IN SELECT p.* FROM payout p WHERE p.out_no = ANY (v_new)
                AND ref_of('payout', p.out_no, 'pending') IN (SELECT m.group_ref FROM unnest(v_moves) WITH ORDINALITY
                    AS m(ref, kind, phase, debit, credit, amount, campaign, shard, pending_ref, group_ref, n)
                    WHERE substr(v_letters, m.n::int, 1) <> 'b') ORDER BY p.out_no LOOP
            PERFORM payout_freeze(v_payout, 'engine', 'reserved_before', NULL, NULL, NULL, v_batch, v_at);
            v_new := array_remove(v_new, v_payout.out_no);
            v_taken := array_remove(v_taken, v_payout.out_no);
        END LOOP;
    END IF;
    UPDATE payout p SET state = 'reserved', events = p.events + 1, cap_day = v_day WHERE p.out_no = ANY (v_new);
    INSERT INTO payout_event (out_no, seq, event, state, source, batch, at)
        SELECT p.out_no, p.events, 'reserve', 'reserved', 'engine', v_batch, v_at FROM payout p WHERE p.out_no = ANY (v_new);
    INSERT INTO merchant_day AS d (merchant, day, fen, payouts)
        SELECT p_merchant, v_day, sum(p.amount_fen), count(*) FROM payout p WHERE p.out_no = ANY (v_new) HAVING count(*) > 0
        ON CONFLICT (merchant, day) DO UPDATE SET fen = d.fen + excluded.fen, payouts = d.payouts + excluded.payouts;
    UPDATE payout p SET fence = nextval('payout_fence'), due_at = p_now + p_lease_ms * interval '1 ms' WHERE p.out_no = ANY (v_taken);
    UPDATE payout p SET due_at = p_now + interval '30 s' WHERE p.out_no = ANY (v_late);
    PERFORM batch_write(v_batch, 'payout', v_at);
    RETURN QUERY SELECT * FROM payout_jobs(v_taken);
END
$$;

-- At most p_limit payouts that may have been sent and are due: to be asked for first. Each is this caller's for p_lease_ms. Also while stopped or
-- quiet.
CREATE FUNCTION payout_due(p_merchant text, p_limit int, p_lease_ms bigint,
                           p_now timestamptz DEFAULT clock_timestamp()) RETURNS SETOF hongbao.payout_job
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = hongbao, pg_temp
    AS $$
DECLARE
    v_taken text[];
BEGIN
    SELECT coalesce(array_agg(l.out_no), '{}') INTO v_taken
    FROM (SELECT p.out_no FROM campaign c, LATERAL (SELECT q.out_no, q.due_at FROM payout q
              WHERE q.merchant = p_merchant AND q.campaign = c.id AND q.state NOT IN ('paid', 'failed') AND q.due_at <= p_now
                AND q.state IN ('sent', 'waiting_user', 'in_progress', 'unknown') AND NOT q.frozen
              ORDER BY q.due_at, q.out_no LIMIT p_limit * 2) d
          JOIN payout p USING (out_no)
          WHERE p.state IN ('sent', 'waiting_user', 'in_progress', 'unknown') AND p.due_at <= p_now AND NOT p.frozen
          ORDER BY d.due_at, d.out_no LIMIT p_limit FOR NO KEY UPDATE OF p SKIP LOCKED) l;
    UPDATE payout p SET fence = nextval('payout_fence'), due_at = p_now + p_lease_ms * interval '1 ms' WHERE p.out_no = ANY (v_taken);
    RETURN QUERY SELECT * FROM payout_jobs(v_taken);
END
$$;

-- Says that the request is about to be sent; commit before it is. p_body_hash is of the plain body, p_body_sealed what is kept of it (encrypted).
-- The first call stores both; later ones, for another sending of the same number, must name the same hash. The payout is the caller's for
-- p_lease_ms more.
-- verdict: send | fenced (somebody else has it) | final | frozen | stopped (nothing was sent yet, and the merchant or campaign is stopped)
--          | ask_first (it is unknown: only after payout_verdict(not_seen)) | other_body (an order number never changes its content: do not send)
CREATE FUNCTION payout_sent(p_out_no text, p_fence bigint, p_body_hash bytea, p_body_sealed bytea, p_lease_ms bigint,
                            p_now timestamptz DEFAULT clock_timestamp()) RETURNS text
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = hongbao, pg_temp
    AS $$
DECLARE
    v_payout payout;
    v_after  text;
    v_batch  bigint;
    v_at     timestamptz := clock_timestamp();
BEGIN
    SELECT * INTO v_payout FROM payout p WHERE p.out_no = p_out_no FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'no such payout: %', p_out_no USING ERRCODE = 'HB004';
    END IF;
    SELECT s.after INTO v_after FROM payout_step s WHERE s.before = v_payout.state AND s.event = 'send';
    CASE
        WHEN v_payout.state IN ('paid', 'failed') THEN RETURN 'final';
        WHEN v_payout.frozen THEN RETURN 'frozen';
        WHEN v_payout.fence IS DISTINCT FROM p_fence THEN RETURN 'fenced';
        WHEN v_payout.state = 'unknown' THEN RETURN 'ask_first';
        WHEN v_after IS NULL THEN RETURN 'fenced';
        WHEN v_payout.body_hash <> p_body_hash THEN RETURN 'other_body';
        WHEN v_payout.state = 'reserved' AND (EXISTS (SELECT FROM merchant m WHERE m.id = v_payout.merchant AND m.stopped)
             OR EXISTS (SELECT FROM wallet_policy y WHERE y.campaign = v_payout.campaign AND y.stopped)) THEN RETURN 'stopped';
        ELSE NULL;
    END CASE;
    v_batch := nextval('batch_id');
    IF v_payout.body_hash IS NULL THEN
        INSERT INTO payout_body (out_no, player, sealed) VALUES (p_out_no, v_payout.player, p_body_sealed);
    END IF;
    UPDATE payout p SET body_hash = p_body_hash, due_at = p_now + p_lease_ms * interval '1 ms' WHERE p.out_no = p_out_no;
    PERFORM payout_note(v_payout, 'send', v_after, 'engine', NULL, NULL, NULL, p_body_hash, NULL, v_batch, v_at);
    PERFORM batch_write(v_batch, 'payout', v_at);
    RETURN 'send';
END
$$;

-- Contradicting words about a payout: into quarantine, and nothing more happens to its part before two people say so (correction `thaw`).
CREATE FUNCTION payout_freeze(p_payout hongbao.payout, p_source text, p_code text, p_provider_no text, p_amount bigint, p_evidence bytea,
                              p_batch bigint, p_at timestamptz) RETURNS void
    LANGUAGE plpgsql AS $$
DECLARE
    v_each hongbao.payout;
BEGIN
    INSERT INTO hongbao.quarantine (kind, campaign, shard, epoch, position, player, sent, found, body)
        SELECT 'payout', p_payout.campaign, p_payout.shard, 0, 0, p_payout.player, x.sent,
               jsonb_build_object('state', p_payout.state, 'amount_fen', p_payout.amount_fen, 'provider_no', p_payout.provider_no, 'code',
                                  p_payout.code),
               sha256(convert_to('payout' || x.sent::text, 'UTF8'))
        FROM (SELECT jsonb_build_object('out_no', p_payout.out_no, 'source', p_source, 'code', p_code, 'provider_no', p_provider_no, 'amount_fen',
                                        p_amount,
                                        'evidence', encode(p_evidence, 'hex')) AS sent) x
        ON CONFLICT (body) DO NOTHING;
    FOR v_each IN SELECT * FROM hongbao.payout p WHERE p.withdrawal = p_payout.withdrawal AND p.part = p_payout.part AND NOT p.frozen
                    AND (p.out_no = p_payout.out_no OR p.ended_at IS NULL) ORDER BY p.attempt FOR NO KEY UPDATE LOOP
        UPDATE hongbao.payout p SET frozen = true, due_at = 'infinity' WHERE p.out_no = v_each.out_no;
        PERFORM hongbao.payout_note(v_each, 'freeze', v_each.state, p_source, NULL, NULL, p_amount, p_evidence, NULL, p_batch, p_at);
    END LOOP;
END
$$;

-- After a part ended: frees the wins of which every part failed, and ends the withdrawal when nothing of it is open. A cut win that is paid in part
-- stays bound, and the withdrawal open, until its failed pieces are paid by another attempt (payout_again) or given up (correction give_up).
CREATE FUNCTION withdrawal_settle(p_id uuid, p_batch bigint, p_at timestamptz) RETURNS text
    LANGUAGE plpgsql AS $$
DECLARE
    v_withdrawal hongbao.withdrawal;
    v_parts      record;
    v_state      text;
BEGIN
    SELECT * INTO v_withdrawal FROM hongbao.withdrawal w WHERE w.id = p_id;
    UPDATE hongbao.win_use u SET freed_batch = p_batch, freed_at = p_at
        WHERE u.campaign = v_withdrawal.campaign AND u.player = v_withdrawal.player AND u.cause = p_id AND u.freed_batch IS NULL
          AND NOT EXISTS (SELECT FROM hongbao.withdrawal_part q WHERE q.withdrawal = p_id AND q.part BETWEEN u.part_from AND u.part_to
                          AND q.state <> 'failed');
    SELECT count(*) FILTER (WHERE q.state = 'open') AS open, count(*) FILTER (WHERE q.state = 'paid') AS paid, count(*) AS parts INTO v_parts
        FROM hongbao.withdrawal_part q WHERE q.withdrawal = p_id;
    IF v_parts.open > 0 OR EXISTS (SELECT FROM hongbao.win_use u JOIN hongbao.withdrawal_part q ON q.withdrawal = p_id
                                   AND q.part BETWEEN u.part_from AND u.part_to
                                   WHERE u.campaign = v_withdrawal.campaign AND u.player = v_withdrawal.player AND u.cause = p_id
                                     AND u.freed_batch IS NULL AND q.state = 'failed') THEN
        RETURN 'open';
    END IF;
    v_state := CASE v_parts.paid WHEN v_parts.parts THEN 'paid' WHEN 0 THEN 'failed' ELSE 'partly' END;
    UPDATE hongbao.withdrawal w SET state = v_state, ended_at = p_at WHERE w.id = p_id;
    RETURN v_state;
END
$$;

-- A piece of a cut win that failed while the win stays bound: it may be paid by another attempt, or given up. When every piece of the win failed, the
-- win is free and belongs to whoever takes it next.
CREATE FUNCTION piece_waits(p_withdrawal hongbao.withdrawal, p_part hongbao.withdrawal_part) RETURNS bool
    LANGUAGE sql STABLE AS $$
    SELECT coalesce(p_part.state = 'failed' AND NOT p_part.whole AND p_withdrawal.state = 'open', false)
           AND NOT EXISTS (SELECT FROM hongbao.payout p WHERE p.withdrawal = p_withdrawal.id AND p.part = p_part.part AND p.frozen)
           AND EXISTS (SELECT FROM hongbao.win_use u WHERE u.campaign = p_withdrawal.campaign AND u.player = p_withdrawal.player
                       AND u.cause = p_withdrawal.id AND u.freed_batch IS NULL AND p_part.part BETWEEN u.part_from AND u.part_to) $$;

-- Ends a reservation (if there is one) without payment: void, the day's cap again, the event. The caller holds withdrawal and payout.
CREATE FUNCTION payout_void(p_payout hongbao.payout, p_event text, p_source text, p_code text, p_provider_no text, p_amount bigint, p_evidence bytea,
                            p_person text, p_batch bigint, p_at timestamptz) RETURNS bool
    LANGUAGE plpgsql AS $$
BEGIN
    IF p_payout.state <> 'planned' THEN
        IF hongbao.movements_book(p_batch, hongbao.payout_moves(p_payout, 'void'), p_at) ~ '[^b]' THEN
            RETURN false;
        END IF;
        UPDATE hongbao.merchant_day d SET fen = d.fen - p_payout.amount_fen, payouts = d.payouts - 1
            WHERE d.merchant = p_payout.merchant AND d.day = p_payout.cap_day;
    END IF;
    PERFORM hongbao.payout_note(p_payout, p_event, 'failed', p_source, p_code, p_provider_no, p_amount, p_evidence, p_person, p_batch, p_at);
    RETURN true;
END
$$;

-- What is known of a payout: from an answer, a query, a callback or the bill, verified by the caller; or that nothing is (unknown), from the engine.
--
-- p_event      paid | failed                          the provider's final word
--              waiting_user                           with p_package and p_package_until, if known
--              in_progress                            accepted, not done
--              not_seen                               a verified query does not know the number: it may be sent again, the same
--              parked                                 refused for a reason of ours (no balance, too fast, set-up): nothing happened, the same
--              again later
--              unknown                                no answer, or one that proves nothing
-- p_source     answer | query | callback | bill; engine for unknown and parked
-- p_code       the provider's code or reason; p_amount what it says was paid (NULL: it did not say)
-- p_evidence   sha256 of the verified bytes
-- p_again      after failed: may the next attempt be made, in this transaction? Only up to merchant.max_attempts; else the part has failed and the
--              wins of which every part failed are free again
-- p_next_ms    when it is next to be looked at (or, for the next attempt, claimed)
--
-- verdict: applied
--   same            the final word that is there already; nothing changed
--   late            it has ended, or this step does not follow: ignored
--   ask_first       it is unknown, and only a query, a callback or the bill may say otherwise
--   disagree        another final word, another amount, or money that is not as the books have it: quarantine, frozen
--   frozen          nothing is changed before two people say so
--   unknown_number  no such payout; a final word about one is put into quarantine
-- state: behind it; next_out_no: of the next attempt, if there is one; withdrawal_state: behind it.
CREATE FUNCTION payout_verdict(p_out_no text, p_event text, p_source text, p_code text DEFAULT NULL, p_provider_no text DEFAULT NULL,
                               p_amount bigint DEFAULT NULL, p_evidence bytea DEFAULT NULL, p_package text DEFAULT NULL,
                               p_package_until timestamptz DEFAULT NULL, p_again bool DEFAULT false, p_next_ms bigint DEFAULT 60000,
                               p_now timestamptz DEFAULT clock_timestamp(),
                               OUT verdict text, OUT state text, OUT next_out_no text, OUT withdrawal_state text)
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = hongbao, pg_temp
    AS $$
DECLARE
    v_payout     payout;
    v_withdrawal withdrawal;
    v_part       withdrawal_part;
    v_after      text;
    v_batch      bigint := nextval('batch_id');
    v_at         timestamptz := clock_timestamp();
BEGIN
    IF p_event IS NULL OR p_event NOT IN ('paid', 'failed', 'waiting_user', 'in_progress', 'not_seen', 'parked', 'unknown')
        OR p_source NOT IN ('answer', 'query', 'callback', 'bill', 'engine')
        OR (p_source = 'engine' AND p_event NOT IN ('unknown', 'parked')) OR (p_event = 'not_seen' AND p_source <> 'query') THEN
        RAISE EXCEPTION 'no verdict: % from %', p_event, p_source USING ERRCODE = 'HB004';
    END IF;
    SELECT w.* INTO v_withdrawal FROM payout p JOIN withdrawal w ON w.id = p.withdrawal WHERE p.out_no = p_out_no FOR NO KEY UPDATE OF w;
    IF NOT FOUND THEN
        verdict := 'unknown_number';
        IF p_event IN ('paid', 'failed') THEN
            INSERT INTO quarantine (kind, campaign, shard, epoch, position, sent, body)
                SELECT 'payout', 0, 0, 0, 0, x.sent, sha256(convert_to('payout' || x.sent::text, 'UTF8'))
                FROM (SELECT jsonb_build_object('out_no', p_out_no, 'event', p_event, 'source', p_source, 'code', p_code, 'provider_no',
                                                p_provider_no,
                                                'amount_fen', p_amount) AS sent) x
                ON CONFLICT (body) DO NOTHING;
        END IF;
        RETURN;
    END IF;
    SELECT * INTO v_payout FROM payout p WHERE p.out_no = p_out_no FOR NO KEY UPDATE;
    state := v_payout.state;
    withdrawal_state := v_withdrawal.state;
    SELECT s.after INTO v_after FROM payout_step s WHERE s.before = v_payout.state AND s.event = p_event;
    IF (p_event IN ('paid', 'failed') AND v_payout.state IN ('paid', 'failed', 'planned') AND v_payout.state <> p_event)
        OR (p_amount IS DISTINCT FROM v_payout.amount_fen AND p_amount IS NOT NULL)
        OR (p_event = 'paid' AND v_payout.provider_no <> p_provider_no) THEN
        PERFORM payout_freeze(v_payout, p_source, p_event || coalesce(': ' || p_code, ''), p_provider_no, p_amount, p_evidence, v_batch, v_at);
        PERFORM batch_write(v_batch, 'payout', v_at);
        verdict := 'disagree';
        RETURN;
    END IF;
    verdict := CASE WHEN v_payout.state = p_event AND v_payout.state IN ('paid', 'failed') THEN 'same'
                    WHEN v_after IS NULL THEN 'late'
                    WHEN v_payout.frozen THEN 'frozen'
                    WHEN v_payout.state = 'unknown' AND p_event <> 'unknown' AND p_source NOT IN ('query', 'callback', 'bill') THEN 'ask_first'
                    ELSE 'applied' END;
    IF verdict <> 'applied' THEN
        RETURN;
    END IF;
    SELECT * INTO v_part FROM withdrawal_part q WHERE q.withdrawal = v_payout.withdrawal AND q.part = v_payout.part FOR NO KEY UPDATE;

    IF p_event = 'paid' THEN
        IF movements_book(v_batch, payout_moves(v_payout, 'post'), v_at) ~ '[^b]' THEN
            verdict := 'disagree';
        ELSE
            PERFORM payout_note(v_payout, 'paid', 'paid', p_source, p_code, p_provider_no, p_amount, p_evidence, NULL, v_batch, v_at);
            UPDATE withdrawal_part q SET state = 'paid' WHERE q.withdrawal = v_payout.withdrawal AND q.part = v_payout.part;
        END IF;
    ELSIF p_event = 'failed' THEN
        IF NOT payout_void(v_payout, 'failed', p_source, p_code, p_provider_no, p_amount, p_evidence, NULL, v_batch, v_at) THEN
            verdict := 'disagree';
        ELSIF p_again AND v_payout.attempt < (SELECT m.max_attempts FROM merchant m WHERE m.id = v_payout.merchant) THEN
            next_out_no := payout_no(v_payout.withdrawal, v_payout.part, v_payout.attempt + 1);
            UPDATE withdrawal_part q SET attempts = v_payout.attempt + 1 WHERE q.withdrawal = v_payout.withdrawal AND q.part = v_payout.part;
            PERFORM payout_plan(v_withdrawal, v_part, v_payout.attempt + 1, v_payout.merchant, v_payout.payee,
                                p_now + p_next_ms * interval '1 ms', v_batch, v_at);
        ELSE
            UPDATE withdrawal_part q SET state = 'failed' WHERE q.withdrawal = v_payout.withdrawal AND q.part = v_payout.part;
        END IF;
    ELSE
        PERFORM payout_note(v_payout, p_event, v_after, p_source, p_code, p_provider_no, p_amount, p_evidence, NULL, v_batch, v_at);
        UPDATE payout p SET due_at = p_now + p_next_ms * interval '1 ms', package = coalesce(p_package, p.package),
            package_until = coalesce(p_package_until, p.package_until) WHERE p.out_no = p_out_no;
    END IF;
    IF verdict = 'disagree' THEN
        PERFORM payout_freeze(v_payout, p_source, 'books: ' || p_event, p_provider_no, p_amount, p_evidence, v_batch, v_at);
    ELSIF p_event IN ('paid', 'failed') THEN
        withdrawal_state := withdrawal_settle(v_payout.withdrawal, v_batch, v_at);
    END IF;
    PERFORM batch_write(v_batch, 'payout', v_at);
    SELECT p.state INTO state FROM payout p WHERE p.out_no = p_out_no;
END
$$;

-- Another attempt for a piece of a cut win that failed, to the payee that counts now. verdict: again | same (one is under way) | not_allowed
-- | payee_missing | payee_cooling | no_channel | stopped
CREATE FUNCTION payout_again(p_player uuid, p_withdrawal uuid, p_part int, p_now timestamptz DEFAULT clock_timestamp(),
                             OUT verdict text, OUT out_no text)
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = hongbao, pg_temp
    AS $$
DECLARE
    v_withdrawal withdrawal;
    v_part       withdrawal_part;
    v_payee      payee;
    v_merchant   merchant;
    v_policy     wallet_policy;
    v_batch      bigint := nextval('batch_id');
    v_at         timestamptz := clock_timestamp();
BEGIN
    PERFORM player_hold(p_player);
    SELECT * INTO v_withdrawal FROM withdrawal w WHERE w.id = p_withdrawal AND w.player = p_player FOR NO KEY UPDATE;
    SELECT * INTO v_part FROM withdrawal_part q WHERE q.withdrawal = v_withdrawal.id AND q.part = p_part FOR NO KEY UPDATE;
    IF v_part.state = 'open' THEN
        verdict := 'same';
        out_no := payout_no(p_withdrawal, p_part, v_part.attempts);
        RETURN;
    END IF;
    IF NOT piece_waits(v_withdrawal, v_part) THEN
        verdict := 'not_allowed';
        RETURN;
    END IF;
    v_policy := wallet_policy_of(v_withdrawal.campaign);
    SELECT * INTO v_payee FROM payee p WHERE p.player = p_player ORDER BY p.no DESC LIMIT 1;
    v_merchant := merchant_choose(v_policy, v_payee, p_withdrawal);
    verdict := CASE WHEN v_policy.stopped THEN 'stopped' WHEN v_payee.no IS NULL THEN 'payee_missing'
                    WHEN v_payee.usable_from > p_now THEN 'payee_cooling'
                    WHEN v_merchant.id IS NULL OR v_merchant.single_cap_fen < v_part.net_fen THEN 'no_channel' ELSE 'again' END;
    IF verdict = 'again' THEN
        out_no := payout_no(p_withdrawal, p_part, v_part.attempts + 1);
        UPDATE withdrawal_part q SET attempts = q.attempts + 1, state = 'open' WHERE q.withdrawal = p_withdrawal AND q.part = p_part;
        PERFORM payout_plan(v_withdrawal, v_part, v_part.attempts + 1, v_merchant.id, v_payee.no, p_now, v_batch, v_at);
        PERFORM batch_write(v_batch, 'payout', v_at);
    END IF;
END
$$;

-- An operator takes back what was not sent: planned and reserved attempts of a withdrawal (p_part NULL: of all its parts). Their wins are free again.
-- How many were taken back.
CREATE FUNCTION withdrawal_take_back(p_withdrawal uuid, p_part int, p_person text, p_reason text) RETURNS int
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = hongbao, pg_temp
    AS $$
DECLARE
    v_payout payout;
    v_count  int := 0;
    v_batch  bigint := nextval('batch_id');
    v_at     timestamptz := clock_timestamp();
BEGIN
    PERFORM FROM withdrawal w WHERE w.id = p_withdrawal FOR NO KEY UPDATE;
    FOR v_payout IN SELECT * FROM payout p WHERE p.withdrawal = p_withdrawal AND (p_part IS NULL OR p.part = p_part)
                      AND p.state IN ('planned', 'reserved') AND NOT p.frozen ORDER BY p.part FOR NO KEY UPDATE LOOP
        IF payout_void(v_payout, 'withdraw', 'operator', left(p_reason, 128), NULL, NULL, NULL, p_person, v_batch, v_at) THEN
            UPDATE withdrawal_part q SET state = 'failed' WHERE q.withdrawal = p_withdrawal AND q.part = v_payout.part;
            v_count := v_count + 1;
        END IF;
    END LOOP;
    IF v_count > 0 THEN
        PERFORM withdrawal_settle(p_withdrawal, v_batch, v_at);
        PERFORM batch_write(v_batch, 'payout', v_at);
    END IF;
    RETURN v_count;
END
$$;

-- One person's word on a withdrawal that is in review. Two different people must approve; one refusal takes it back.
-- verdict: noted (the second is missing) | approved | refused | same (this person has spoken) | not_in_review | no_withdrawal
CREATE FUNCTION withdrawal_approve(p_withdrawal uuid, p_person text, p_approved bool, p_reason text,
                                   p_now timestamptz DEFAULT clock_timestamp()) RETURNS text
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = hongbao, pg_temp
    AS $$
DECLARE
    v_withdrawal withdrawal;
BEGIN
    SELECT * INTO v_withdrawal FROM withdrawal w WHERE w.id = p_withdrawal FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        RETURN 'no_withdrawal';
    END IF;
    IF EXISTS (SELECT FROM withdrawal_approval a WHERE a.withdrawal = p_withdrawal AND a.person = p_person) THEN
        RETURN 'same';
    END IF;
    IF NOT v_withdrawal.review OR v_withdrawal.state <> 'open'
        OR (SELECT count(*) FILTER (WHERE a.approved) >= 2 FROM withdrawal_approval a WHERE a.withdrawal = p_withdrawal) THEN
        RETURN 'not_in_review';
    END IF;
    INSERT INTO withdrawal_approval (withdrawal, person, approved, reason) VALUES (p_withdrawal, p_person, p_approved, p_reason);
    IF NOT p_approved THEN
        PERFORM withdrawal_take_back(p_withdrawal, NULL, p_person, p_reason);
        RETURN 'refused';
    END IF;
    IF (SELECT count(*) FROM withdrawal_approval a WHERE a.withdrawal = p_withdrawal AND a.approved) < 2 THEN
        RETURN 'noted';
    END IF;
    UPDATE payout p SET due_at = p_now WHERE p.withdrawal = p_withdrawal AND p.state = 'planned' AND NOT p.frozen;
    RETURN 'approved';
END
$$;

-- The parts of one, each with its newest attempt. payout_state: as in payout. provider, app_id, merchant, package, package_until: what
-- `confirm` needs while it is waiting_user. again: another attempt may be asked for (payout_again).
CREATE FUNCTION withdrawal_parts(p_id uuid)
    RETURNS TABLE (part int, state text, net_fen bigint, attempts int, out_no text, payout_state text, code text, merchant text, provider text,
                   app_id text, settings jsonb, package text, package_until timestamptz, due_at timestamptz, ended_at timestamptz,
                   frozen bool, again bool)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path = hongbao, pg_temp
    AS $$
    SELECT q.part::int, q.state, q.net_fen, q.attempts::int, p.out_no, p.state, p.code, p.merchant, m.provider, m.app_id, m.settings,
           p.package, p.package_until, p.due_at, p.ended_at, p.frozen,
           piece_waits(w, q)
    FROM withdrawal w JOIN withdrawal_part q ON q.withdrawal = w.id
    JOIN payout p ON p.withdrawal = q.withdrawal AND p.part = q.part AND p.attempt = q.attempts
    JOIN merchant m ON m.id = p.merchant
    WHERE w.id = p_id ORDER BY q.part
    $$;
