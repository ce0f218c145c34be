-- Sending a payout: what the worker does until its request leaves. See payout_step for what may follow what.
--
--   payout_claim   planned -> reserved: the money is reserved in the books; COMMIT
--   payout_sent    reserved -> sent: the body is stored; COMMIT before the first byte leaves
--   (send)
--   payout_verdict (013_payout_verdict.sql) what the provider said, or that nothing is known
--   payout_due     what has to be asked for: silent, waiting, or left by a worker that died

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
