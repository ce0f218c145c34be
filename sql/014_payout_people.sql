-- What people do to a withdrawal that is on its way: the player tries a failed piece again; operators take back what was not sent,
-- and approve. And what is to be seen of its parts.

-- A piece of a cut win that failed while the win stays bound: it may be paid by another attempt, or given up. When every piece of the win failed, the
-- win is free and belongs to whoever takes it next.
CREATE FUNCTION piece_waits(p_withdrawal hongbao.withdrawal, p_part hongbao.withdrawal_part) RETURNS bool
    LANGUAGE sql STABLE AS $$
    SELECT coalesce(p_part.state = 'failed' AND NOT p_part.whole AND p_withdrawal.state = 'open', false)
           AND NOT EXISTS (SELECT FROM hongbao.payout p WHERE p.withdrawal = p_withdrawal.id AND p.part = p_part.part AND p.frozen)
           AND EXISTS (SELECT FROM hongbao.win_use u WHERE u.campaign = p_withdrawal.campaign AND u.player = p_withdrawal.player
                       AND u.cause = p_withdrawal.id AND u.freed_batch IS NULL AND p_part.part BETWEEN u.part_from AND u.part_to) $$;

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
