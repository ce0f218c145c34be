-- The end of a campaign: what keeps it open, the rest of its budget back to the bank, its final statement.

CREATE TABLE settlement (
    campaign  int PRIMARY KEY REFERENCES campaign,
    closed_by text NOT NULL,
    batch     bigint NOT NULL,
    at        timestamptz NOT NULL
);
CALL append_only_guard('settlement');

-- The final statement: funded = paid + tax_winner + tax_organiser + adjusted + returned, and returned = expired + clawed_back + never_given.
-- What lapsed and was won again by somebody else is not among the expired: only what of it went back to the bank.
CREATE TABLE settlement_line (
    campaign int NOT NULL REFERENCES settlement,
    no       smallint NOT NULL,
    line     text NOT NULL,
    count    bigint NOT NULL,
    fen      bigint NOT NULL,
    PRIMARY KEY (campaign, no)
);
CALL append_only_guard('settlement_line');

-- What a settled campaign was funded with stays so.
CREATE FUNCTION fund_guard() RETURNS trigger
    LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM hongbao.settlement s WHERE s.campaign = NEW.campaign) THEN
        RAISE EXCEPTION 'campaign % is settled', NEW.campaign USING ERRCODE = 'HB008';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER fund_guard BEFORE INSERT ON fund FOR EACH ROW EXECUTE FUNCTION fund_guard();

-- What keeps a campaign from being closed; no row: nothing. fen: what it is about.
CREATE FUNCTION campaign_open_items(p_campaign int, p_now timestamptz DEFAULT clock_timestamp()) RETURNS TABLE (item text, count bigint, fen bigint)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path = hongbao, pg_temp
    AS $$
    SELECT * FROM (
        SELECT 'not_ended', 1::bigint, 0::bigint FROM campaign c WHERE c.id = p_campaign AND c.ended_at IS NULL
        UNION ALL
        SELECT 'stock_with_shards', sum(s.leased_units - s.won_units - s.returned_units), sum(s.leased_fen - s.won_fen - s.returned_fen)
        FROM stock s WHERE s.campaign = p_campaign HAVING sum(s.leased_units - s.won_units - s.returned_units) <> 0
        UNION ALL
        SELECT 'open_withdrawals', count(*), sum(w.gross_fen) FROM withdrawal w WHERE w.campaign = p_campaign AND w.state = 'open' HAVING count(*) > 0
        UNION ALL
        SELECT 'frozen_payouts', count(*), sum(p.amount_fen) FROM payout p WHERE p.campaign = p_campaign AND p.frozen HAVING count(*) > 0
        UNION ALL
        SELECT 'unpaid_wins', count(*), sum(w.amount_fen) FROM win w JOIN wallet_policy y ON y.campaign = w.campaign
        WHERE w.campaign = p_campaign AND w.amount_fen > 0
          AND NOT EXISTS (SELECT FROM win_use u WHERE u.campaign = p_campaign AND u.player = w.player AND u.draw_no = w.draw_no
                          AND u.freed_batch IS NULL)
          AND coalesce(win_lapses_at(y, w.won_at) > p_now, true)
        HAVING count(*) > 0
        UNION ALL
        SELECT 'corrections', count(*), 0 FROM correction c WHERE c.campaign = p_campaign AND c.state = 'asked' HAVING count(*) > 0
        UNION ALL
        SELECT 'vouchers', count(*), 0 FROM voucher v WHERE v.campaign = p_campaign AND v.mode = 'webhook'
            AND v.state = 'assigned' HAVING count(*) > 0
        UNION ALL
        SELECT 'quarantine', count(*), 0 FROM quarantine q WHERE q.campaign = p_campaign HAVING count(*) > 0) x
    $$;

-- Closes an ended campaign: books back what lapsed, and when nothing is open gives the rest of the budget back to the bank and writes the statement.
-- closed = true: the lines of the statement (also when it was closed before). closed = false: what is open (campaign_open_items); nothing but the
-- expiry was done.
CREATE FUNCTION campaign_close(p_slug text, p_person text, p_now timestamptz DEFAULT clock_timestamp())
    RETURNS TABLE (closed bool, line text, count bigint, fen bigint)
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = hongbao, pg_temp
    AS $$
DECLARE
    v_campaign campaign := campaign_lock(p_slug);
    v_budget   text := budget_account(v_campaign.id);
    v_player   uuid;
    v_draw     int;
    v_rest     bigint;
    v_batch    bigint;
    v_at       timestamptz := clock_timestamp();
BEGIN
    PERFORM campaign_hold_alone(v_campaign.id);
    IF NOT EXISTS (SELECT FROM settlement s WHERE s.campaign = v_campaign.id) THEN
        LOOP
            SELECT e.last_player, e.last_draw INTO v_player, v_draw FROM expire_some(v_campaign.id, v_player, v_draw, 10000, p_now) e;
            EXIT WHEN v_player IS NULL;
        END LOOP;
        RETURN QUERY SELECT false, o.item, o.count, o.fen FROM campaign_open_items(v_campaign.id, p_now) o;
        IF FOUND THEN
            RETURN;
        END IF;
        PERFORM FROM account a WHERE a.name IN ('bank', v_budget) ORDER BY a.name COLLATE "C" FOR NO KEY UPDATE;
        v_rest := account_room(v_budget);
        v_batch := nextval('batch_id');
        INSERT INTO settlement VALUES (v_campaign.id, p_person, v_batch, v_at);
        IF v_rest > 0 AND movements_book(v_batch, ARRAY[ROW(ref_of('refund', p_slug), 'refund', 'posted', v_budget, 'bank', v_rest, v_campaign.id,
                                                            NULL, NULL, NULL)::movement],
                                         v_at) <> 'b' THEN
            RAISE EXCEPTION 'campaign % has given its budget back already', p_slug USING ERRCODE = 'HB003';
        END IF;
        PERFORM batch_write(v_batch, 'close', v_at);
        INSERT INTO settlement_line SELECT v_campaign.id, l.no::smallint, l.line, l.count, l.fen FROM settlement_lines(v_campaign.id, v_rest) l;
        PERFORM campaign_tell(p_slug);
    END IF;
    RETURN QUERY SELECT true, l.line, l.count, l.fen FROM settlement_line l WHERE l.campaign = v_campaign.id ORDER BY l.no;
END
$$;

-- The statement's lines, from the rows. p_returned: what went back to the bank.
CREATE FUNCTION settlement_lines(p_campaign int, p_returned bigint) RETURNS TABLE (no int, line text, count bigint, fen bigint)
    LANGUAGE sql STABLE AS $$
    WITH moved AS (
        SELECT k.kind, count(t.id) AS n, coalesce(sum(t.amount), 0)::bigint AS fen
        FROM (VALUES ('payout'), ('tax'), ('gross_up'), ('expire'), ('claw_back')) AS k(kind)
        LEFT JOIN hongbao.transfer t ON t.campaign = p_campaign AND t.kind = k.kind AND t.ref IS NOT NULL AND t.phase IN ('posted', 'post')
        GROUP BY k.kind),
    adjusted AS (
        SELECT count(*) AS n, coalesce(sum(CASE WHEN t.credit_account = 'suspense' THEN t.amount ELSE -t.amount END), 0)::bigint AS fen
        FROM hongbao.transfer t WHERE t.campaign = p_campaign AND t.kind = 'adjust' AND t.ref IS NOT NULL
          AND hongbao.account_class(CASE WHEN t.credit_account = 'suspense' THEN t.debit_account ELSE t.credit_account END) IN ('budget', 'float',
              'payable')),
    back AS (
        SELECT least(p_returned, e.fen) AS expired, least(p_returned - least(p_returned, e.fen), c.fen) AS clawed, e.n AS expired_n, c.n AS clawed_n
        FROM moved e, moved c WHERE e.kind = 'expire' AND c.kind = 'claw_back')
    SELECT 1, 'funded', count(*), coalesce(sum(f.amount), 0)::bigint FROM hongbao.fund f WHERE f.campaign = p_campaign
    UNION ALL SELECT 2, 'paid', m.n, m.fen FROM moved m WHERE m.kind = 'payout'
    UNION ALL SELECT 3, 'tax_winner', m.n, m.fen FROM moved m WHERE m.kind = 'tax'
    UNION ALL SELECT 4, 'tax_organiser', m.n, m.fen FROM moved m WHERE m.kind = 'gross_up'
    UNION ALL SELECT 5, 'adjusted', a.n, a.fen FROM adjusted a
    UNION ALL SELECT 6, 'returned', CASE WHEN p_returned > 0 THEN 1 ELSE 0 END, p_returned
    UNION ALL SELECT 7, 'expired', b.expired_n, b.expired FROM back b
    UNION ALL SELECT 8, 'clawed_back', b.clawed_n, b.clawed FROM back b
    UNION ALL SELECT 9, 'never_given', 0, p_returned - b.expired - b.clawed FROM back b
    ORDER BY 1 $$;
