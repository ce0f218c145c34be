-- Wins that go back to the budget because they lapsed, and corrections: new rows, with a reason and two people.

-- Takes wins back to the budget: the use rows are there already. By shard: payable -> budget.
CREATE FUNCTION uses_book(p_campaign int, p_cause uuid, p_kind text, p_batch bigint, p_at timestamptz) RETURNS bigint
    LANGUAGE plpgsql AS $$
DECLARE
    v_moves hongbao.movement[];
BEGIN
    SELECT array_agg(ROW(hongbao.ref_of(p_kind, p_cause::text, u.shard::text), p_kind, 'posted', s.payable_account,
                         hongbao.budget_account(p_campaign), u.fen,
                         p_campaign, u.shard, NULL, p_cause)::hongbao.movement ORDER BY u.shard) INTO v_moves
    FROM (SELECT x.shard, sum(x.amount_fen)::bigint AS fen FROM hongbao.win_use x WHERE x.campaign = p_campaign
          AND x.batch = p_batch GROUP BY x.shard) u
    JOIN hongbao.shard s ON s.campaign = p_campaign AND s.shard = u.shard;
    IF hongbao.movements_book(p_batch, v_moves, p_at) ~ '[^b]' THEN
        RAISE EXCEPTION '% % is booked already', p_kind, p_cause USING ERRCODE = 'HB003';
    END IF;
    RETURN (SELECT sum(m.amount) FROM unnest(v_moves) AS m);
END
$$;

-- Books back wins that have lapsed: looks at p_limit wins behind (p_after_player, p_after_draw) in the order of the key and answers where it ended
-- (both NULL: that was all). Wins that are bound are left alone; when they become free later, a later walk finds them.
CREATE FUNCTION expire_some(p_campaign int, p_after_player uuid, p_after_draw int, p_limit int, p_now timestamptz DEFAULT clock_timestamp(),
                            OUT expired bigint, OUT fen bigint, OUT last_player uuid, OUT last_draw int)
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = hongbao, pg_temp
    AS $$
DECLARE
    v_policy wallet_policy := wallet_policy_of(p_campaign);
    v_batch  bigint := nextval('batch_id');
    v_cause  uuid := ref_of('expiry', v_batch::text);
    v_at     timestamptz := clock_timestamp();
    v_looked bigint;
BEGIN
    PERFORM campaign_hold(p_campaign);
    expired := 0;
    fen := 0;
    IF v_policy.expires_at IS NULL AND v_policy.expires_after_ms IS NULL THEN
        RETURN;
    END IF;
    WITH looked AS MATERIALIZED (
        SELECT w.player, w.draw_no, w.shard, w.amount_fen, w.won_at FROM win w
        WHERE w.campaign = p_campaign AND (p_after_player IS NULL OR (w.player, w.draw_no) > (p_after_player, p_after_draw))
        ORDER BY w.player, w.draw_no LIMIT p_limit),
    used AS (
        INSERT INTO win_use (campaign, player, draw_no, shard, kind, cause, amount_fen, batch, at)
        SELECT p_campaign, l.player, l.draw_no, l.shard, 'expire', v_cause, l.amount_fen, v_batch, v_at
        FROM looked l
        WHERE l.amount_fen > 0 AND win_lapses_at(v_policy, l.won_at) <= p_now
          AND NOT EXISTS (SELECT FROM win_use u WHERE u.campaign = p_campaign AND u.player = l.player AND u.draw_no = l.draw_no
                          AND u.freed_batch IS NULL)
        ORDER BY l.player, l.draw_no
        ON CONFLICT DO NOTHING
        RETURNING amount_fen)
    SELECT (SELECT count(*) FROM used), (SELECT coalesce(sum(amount_fen), 0) FROM used), (SELECT count(*) FROM looked),
           (SELECT l.player FROM looked l ORDER BY l.player DESC, l.draw_no DESC LIMIT 1), (SELECT l.draw_no FROM looked l ORDER BY l.player DESC,
               l.draw_no DESC LIMIT 1)
    INTO expired, fen, v_looked, last_player, last_draw;
    IF v_looked < p_limit THEN
        last_player := NULL;
        last_draw := NULL;
    END IF;
    IF expired > 0 THEN
        PERFORM uses_book(p_campaign, v_cause, 'expire', v_batch, v_at);
        PERFORM batch_write(v_batch, 'expire', v_at);
    END IF;
END
$$;

-- ---- corrections ----

-- content by kind:
--   claw_back {"player": uuid, "draw_nos": [..]}   wins that are bound to nothing go back to the budget
--   give_up   {"withdrawal": uuid, "part": n}      a failed piece of a cut win goes back to the budget
--   adjust    {"debit": account, "credit": account, "amount_fen": n, "shard": n}   one side is suspense; shard when the other is a float or payable
--   thaw      {"out_no": text}                     a frozen payout, and what is frozen of its part, may go on
CREATE TABLE correction (
    id         uuid PRIMARY KEY,               -- ref_of('correction', key)
    key        text NOT NULL UNIQUE CHECK (length(key) BETWEEN 1 AND 200),
    kind       text NOT NULL CHECK (kind IN ('claw_back', 'give_up', 'adjust', 'thaw')),
    campaign   int NOT NULL,                   -- 0: of none
    content    jsonb NOT NULL,
    reason     text NOT NULL CHECK (length(reason) BETWEEN 1 AND 1000),
    asked_by   text NOT NULL CHECK (length(asked_by) BETWEEN 1 AND 200),
    asked_at   timestamptz NOT NULL DEFAULT clock_timestamp(),
    state      text NOT NULL DEFAULT 'asked' CHECK (state IN ('asked', 'done', 'refused')),
    decided_by text,
    decided_at timestamptz,
    decision   text,                           -- the second person's words
    batch      bigint,
    CHECK (decided_by <> asked_by),
    CHECK ((state = 'asked') = (decided_by IS NULL) AND (state = 'asked') = (decided_at IS NULL))
);
CALL kept_guard('correction', '{state,decided_by,decided_at,decision,batch}', '{done,refused}');

-- The first person. asked | same | key_reused | no_campaign | invalid (content does not fit the kind)
CREATE FUNCTION correction_ask(p_kind text, p_slug text, p_content jsonb, p_reason text, p_person text, p_key text, OUT verdict text, OUT id uuid)
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = hongbao, pg_temp
    AS $$
DECLARE
    v_campaign int := 0;
    v_old      correction;
BEGIN
    id := ref_of('correction', p_key);
    IF p_slug IS NOT NULL THEN
        SELECT c.id INTO v_campaign FROM campaign c WHERE c.slug = p_slug;
        IF NOT FOUND THEN
            verdict := 'no_campaign';
            RETURN;
        END IF;
    END IF;
    IF NOT coalesce(CASE p_kind
            WHEN 'claw_back' THEN v_campaign > 0 AND p_content ->> 'player' ~ '^[0-9a-f]{8}-?([0-9a-f]{4}-?){3}[0-9a-f]{12}$'
                 AND jsonb_typeof(p_content -> 'draw_nos') = 'array' AND jsonb_array_length(p_content -> 'draw_nos') BETWEEN 1 AND 1000
                 AND NOT jsonb_path_exists(p_content, '$.draw_nos[*] ? (@.type() != "number" || @ < 1 || @ > 2147483647)')
            WHEN 'give_up' THEN EXISTS (SELECT FROM withdrawal w WHERE w.id::text = p_content ->> 'withdrawal' AND w.campaign = v_campaign)
                 AND p_content ->> 'part' ~ '^[0-9]{1,4}$'
            WHEN 'adjust' THEN transfer_fits('adjust', p_content ->> 'debit', p_content ->> 'credit')
                 AND (SELECT count(*) = 2 FROM account a WHERE a.name IN (p_content ->> 'debit', p_content ->> 'credit'))
                 AND p_content ->> 'amount_fen' ~ '^[1-9][0-9]{0,14}$' AND coalesce(p_content ->> 'shard', '0') ~ '^[0-9]{1,3}$'
                 AND NOT EXISTS (SELECT FROM shard s WHERE (s.float_account IN (p_content ->> 'debit', p_content ->> 'credit')
                                 OR s.payable_account IN (p_content ->> 'debit', p_content ->> 'credit'))
                                 AND (s.campaign, s.shard::text) IS DISTINCT FROM (v_campaign, p_content ->> 'shard'))
            WHEN 'thaw' THEN EXISTS (SELECT FROM payout p WHERE p.out_no = p_content ->> 'out_no' AND p.campaign = v_campaign)
        END, false) THEN
        verdict := 'invalid';
        RETURN;
    END IF;
    INSERT INTO correction (id, key, kind, campaign, content, reason, asked_by)
        VALUES (correction_ask.id, p_key, p_kind, v_campaign, p_content, p_reason, p_person) ON CONFLICT DO NOTHING;
    verdict := 'asked';
    IF NOT FOUND THEN
        SELECT * INTO v_old FROM correction c WHERE c.id = correction_ask.id;
        verdict := CASE WHEN (v_old.kind, v_old.campaign, v_old.content, v_old.reason, v_old.asked_by) = (p_kind, v_campaign, p_content, p_reason,
            p_person)
                        THEN 'same' ELSE 'key_reused' END;
    END IF;
END
$$;

-- done, or why it cannot be done now: no_win | bound | zero | not_failed | not_frozen | no_room | closed. The caller writes the batch.
CREATE FUNCTION correction_do(p_correction hongbao.correction, p_person text, p_batch bigint, p_at timestamptz, p_now timestamptz) RETURNS text
    LANGUAGE plpgsql AS $$
DECLARE
    v_wanted bigint;
    v_found  bigint;
    v_payout hongbao.payout;
    v_part   hongbao.withdrawal_part;
    v_content jsonb := p_correction.content;
    v_withdrawal hongbao.withdrawal;
    v_move   hongbao.movement;
BEGIN
    IF p_correction.kind IN ('claw_back', 'give_up') AND EXISTS (SELECT FROM hongbao.settlement s WHERE s.campaign = p_correction.campaign) THEN
        RETURN 'closed';
    END IF;
    IF p_correction.kind = 'claw_back' THEN
        SELECT count(DISTINCT d) INTO v_wanted FROM jsonb_array_elements_text(v_content -> 'draw_nos') AS d;
        BEGIN
            INSERT INTO hongbao.win_use (campaign, player, draw_no, shard, kind, cause, amount_fen, batch, at)
                SELECT w.campaign, w.player, w.draw_no, w.shard, 'claw_back', p_correction.id, w.amount_fen, p_batch, p_at
                FROM hongbao.win w WHERE w.campaign = p_correction.campaign AND w.player = (v_content ->> 'player')::uuid AND w.amount_fen > 0
                  AND w.draw_no IN (SELECT d::int FROM jsonb_array_elements_text(v_content -> 'draw_nos') AS d)
                ORDER BY w.player, w.draw_no;
            GET DIAGNOSTICS v_found = ROW_COUNT;
            IF v_found < v_wanted THEN
                RAISE no_data_found;
            END IF;
        EXCEPTION
            WHEN unique_violation THEN RETURN 'bound';
            WHEN no_data_found THEN RETURN 'no_win';
        END;
        PERFORM hongbao.uses_book(p_correction.campaign, p_correction.id, 'claw_back', p_batch, p_at);
    ELSIF p_correction.kind = 'give_up' THEN
        SELECT * INTO v_withdrawal FROM hongbao.withdrawal w WHERE w.id = (v_content ->> 'withdrawal')::uuid FOR NO KEY UPDATE;
        SELECT * INTO v_part FROM hongbao.withdrawal_part q WHERE q.withdrawal = v_withdrawal.id
            AND q.part = (v_content ->> 'part')::int FOR NO KEY UPDATE;
        SELECT * INTO v_payout FROM hongbao.payout p WHERE p.withdrawal = v_withdrawal.id AND p.part = v_part.part AND p.attempt = v_part.attempts;
        IF NOT hongbao.piece_waits(v_withdrawal, v_part) THEN
            RETURN 'not_failed';
        END IF;
        v_move := (SELECT ROW(hongbao.ref_of('give_up', p_correction.id::text), 'claw_back', 'posted', s.payable_account,
                              hongbao.budget_account(s.campaign), v_part.net_fen + v_part.tax_fen, s.campaign, s.shard, NULL,
                              p_correction.id)::hongbao.movement
                   FROM hongbao.shard s WHERE s.campaign = v_withdrawal.campaign AND s.shard = v_withdrawal.shard);
        IF hongbao.movements_book(p_batch, ARRAY[v_move], p_at) <> 'b' THEN
            RAISE EXCEPTION 'correction % is booked already', p_correction.id USING ERRCODE = 'HB003';
        END IF;
        UPDATE hongbao.withdrawal_part q SET state = 'given_up' WHERE q.withdrawal = v_withdrawal.id AND q.part = v_part.part;
        PERFORM hongbao.payout_note(v_payout, 'give_up', v_payout.state, 'operator', NULL, NULL, NULL, NULL, p_person, p_batch, p_at);
        PERFORM hongbao.withdrawal_settle(v_withdrawal.id, p_batch, p_at);
    ELSIF p_correction.kind = 'adjust' THEN
        v_move := ROW(hongbao.ref_of('adjust', p_correction.id::text), 'adjust', 'posted', v_content ->> 'debit', v_content ->> 'credit',
                      (v_content ->> 'amount_fen')::bigint, p_correction.campaign, (v_content ->> 'shard')::smallint, NULL, NULL)::hongbao.movement;
        BEGIN
            IF hongbao.movements_book(p_batch, ARRAY[v_move], p_at) <> 'b' THEN
                RAISE EXCEPTION 'correction % is booked already', p_correction.id USING ERRCODE = 'HB003';
            END IF;
        EXCEPTION WHEN check_violation THEN
            RETURN 'no_room';
        END;
    ELSE
        SELECT * INTO v_payout FROM hongbao.payout p WHERE p.out_no = v_content ->> 'out_no';
        PERFORM FROM hongbao.withdrawal w WHERE w.id = v_payout.withdrawal FOR NO KEY UPDATE;
        v_found := 0;
        FOR v_payout IN SELECT * FROM hongbao.payout p WHERE p.withdrawal = v_payout.withdrawal AND p.part = v_payout.part AND p.frozen
                          ORDER BY p.attempt FOR NO KEY UPDATE LOOP
            UPDATE hongbao.payout p SET frozen = false, due_at = CASE WHEN p.ended_at IS NULL THEN p_now ELSE 'infinity' END
                WHERE p.out_no = v_payout.out_no;
            PERFORM hongbao.payout_note(v_payout, 'thaw', v_payout.state, 'operator', NULL, NULL, NULL, NULL, p_person, p_batch, p_at);
            v_found := v_found + 1;
        END LOOP;
        IF v_found = 0 THEN
            RETURN 'not_frozen';
        END IF;
    END IF;
    RETURN 'done';
END
$$;

-- The second person. done | refused | same_person | decided (by somebody before) | no_correction; or why it cannot be done now (see
-- correction_do): then
-- it stays asked.
CREATE FUNCTION correction_decide(p_id uuid, p_person text, p_approved bool, p_words text, p_now timestamptz DEFAULT clock_timestamp())
    RETURNS text
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = hongbao, pg_temp
    AS $$
DECLARE
    v_correction correction;
    v_verdict    text := 'refused';
    v_batch      bigint := nextval('batch_id');
    v_at         timestamptz := clock_timestamp();
BEGIN
    SELECT * INTO v_correction FROM correction c WHERE c.id = p_id FOR NO KEY UPDATE;
    CASE WHEN NOT FOUND THEN RETURN 'no_correction';
         WHEN v_correction.state <> 'asked' THEN RETURN 'decided';
         WHEN v_correction.asked_by = p_person THEN RETURN 'same_person';
         ELSE NULL;
    END CASE;
    IF v_correction.campaign > 0 THEN
        PERFORM campaign_hold(v_correction.campaign);
    END IF;
    IF p_approved THEN
        v_verdict := correction_do(v_correction, p_person, v_batch, v_at, p_now);
    END IF;
    IF v_verdict IN ('done', 'refused') THEN
        UPDATE correction c SET state = v_verdict, decided_by = p_person, decided_at = v_at, decision = p_words,
            batch = CASE WHEN v_verdict = 'done' THEN v_batch END WHERE c.id = p_id;
        PERFORM batch_write(v_batch, 'correct', v_at);
    END IF;
    RETURN v_verdict;
END
$$;
