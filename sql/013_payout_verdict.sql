-- How a payout ends: what the worker and the providers' callbacks learn of it. paid posts the reservation, failed voids it.
--
-- Nothing here times a payout out: only a verified verdict ends one that may have been sent.

-- A payout, taken after its withdrawal as the order of locks asks; of NULLs when there is none.
CREATE FUNCTION payout_lock(p_out_no text) RETURNS hongbao.payout
    LANGUAGE plpgsql AS $$
DECLARE
    v_payout hongbao.payout;
BEGIN
    PERFORM FROM hongbao.payout p JOIN hongbao.withdrawal w ON w.id = p.withdrawal WHERE p.out_no = p_out_no FOR NO KEY UPDATE OF w;
    SELECT * INTO v_payout FROM hongbao.payout p WHERE p.out_no = p_out_no FOR NO KEY UPDATE;
    RETURN v_payout;
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
