-- What is held about a person, for the person: one document. Sealed members come as hex; the engine opens them.

-- Members that stand apart from the ledger and go with person_erase(): person, payees, payout_bodies. All others are rows of the books, which name the
-- player only. Draws without a prize are in draw_log, packed; the engine adds them.
CREATE FUNCTION person_export(p_player uuid) RETURNS jsonb
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path = hongbao, pg_temp
    AS $$
    SELECT jsonb_build_object(
        'player', replace(p_player::text, '-', ''),
        'person', (SELECT jsonb_build_object('sealed', encode(p.sealed, 'hex'), 'created_at', p.created_at, 'changed_at', p.changed_at)
                   FROM person p WHERE p.player = p_player),
        'payees', (SELECT coalesce(jsonb_agg(jsonb_build_object('no', p.no, 'provider', p.provider, 'app_id', p.app_id, 'sealed', encode(p.sealed, 'hex'),
                          'name_sealed', encode(p.name_sealed, 'hex'), 'usable_from', p.usable_from, 'at', p.at) ORDER BY p.no), '[]')
                   FROM payee p WHERE p.player = p_player),
        'payee_mark', (SELECT to_jsonb(m) - 'player' FROM payee_mark m WHERE m.player = p_player),
        'payout_bodies', (SELECT coalesce(jsonb_agg(jsonb_build_object('out_no', b.out_no, 'sealed', encode(b.sealed, 'hex')) ORDER BY b.out_no), '[]')
                          FROM payout_body b WHERE b.player = p_player),
        'wins', (SELECT coalesce(jsonb_agg(jsonb_build_object('campaign', c.slug, 'draw_no', w.draw_no, 'prize', z.prize_id, 'kind', z.kind, 'unit', w.unit,
                        'amount_fen', w.amount_fen, 'won_at', w.won_at) ORDER BY c.slug, w.draw_no), '[]')
                 FROM win w JOIN campaign c ON c.id = w.campaign JOIN prize z ON z.campaign = w.campaign AND z.prize = w.prize WHERE w.player = p_player),
        'uses', (SELECT coalesce(jsonb_agg((to_jsonb(u) - 'player' - 'campaign') || jsonb_build_object('campaign', c.slug) ORDER BY u.no), '[]')
                 FROM win_use u JOIN campaign c ON c.id = u.campaign WHERE u.player = p_player),
        'vouchers', (SELECT coalesce(jsonb_agg(jsonb_build_object('campaign', c.slug, 'draw_no', v.draw_no, 'prize', z.prize_id, 'unit', v.unit, 'mode', v.mode,
                            'state', v.state, 'at', v.at, 'sealed', encode(k.sealed, 'hex'),
                            'events', (SELECT jsonb_agg(jsonb_build_object('state', e.state, 'note', e.note, 'at', e.at) ORDER BY e.seq) FROM voucher_event e
                                       WHERE (e.campaign, e.player, e.draw_no) = (v.campaign, v.player, v.draw_no))) ORDER BY c.slug, v.draw_no), '[]')
                     FROM voucher v JOIN campaign c ON c.id = v.campaign JOIN prize z ON z.campaign = v.campaign AND z.prize = v.prize
                     LEFT JOIN voucher_code k ON v.mode = 'code' AND k.slug = c.slug AND k.prize_id = z.prize_id AND k.no = v.unit WHERE v.player = p_player),
        'withdrawals', (SELECT coalesce(jsonb_agg((to_jsonb(w) - 'player' - 'asked' - 'campaign') || jsonb_build_object('campaign', c.slug,
                               'approvals', (SELECT coalesce(jsonb_agg(to_jsonb(a) - 'withdrawal' ORDER BY a.at), '[]') FROM withdrawal_approval a WHERE a.withdrawal = w.id),
                               'payouts', (SELECT coalesce(jsonb_agg((to_jsonb(p) - 'player' - 'campaign' - 'fence' - 'withdrawal')
                                                  || jsonb_build_object('history', (SELECT jsonb_agg(to_jsonb(e) - 'out_no' ORDER BY e.seq) FROM payout_event e
                                                                                    WHERE e.out_no = p.out_no)) ORDER BY p.part, p.attempt), '[]')
                                           FROM payout p WHERE p.withdrawal = w.id)) ORDER BY w.no), '[]')
                        FROM withdrawal w JOIN campaign c ON c.id = w.campaign WHERE w.player = p_player),
        'corrections', (SELECT coalesce(jsonb_agg(to_jsonb(x) - 'batch' ORDER BY x.asked_at), '[]') FROM correction x
                        WHERE x.content ->> 'player' IN (p_player::text, replace(p_player::text, '-', ''))
                           OR x.content ->> 'withdrawal' IN (SELECT w.id::text FROM withdrawal w WHERE w.player = p_player)
                           OR x.content ->> 'out_no' IN (SELECT p.out_no FROM payout p JOIN withdrawal w ON w.id = p.withdrawal WHERE w.player = p_player))) $$;

-- How many rows of the books name the player, for what an erasure leaves.
CREATE FUNCTION person_rows(p_player uuid) RETURNS TABLE (wins bigint, withdrawals bigint, payouts bigint, vouchers bigint)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path = hongbao, pg_temp
    AS $$
    SELECT (SELECT count(*) FROM win w WHERE w.player = p_player), (SELECT count(*) FROM withdrawal w WHERE w.player = p_player),
           (SELECT count(*) FROM payout p JOIN withdrawal w ON w.id = p.withdrawal WHERE w.player = p_player),
           (SELECT count(*) FROM campaign c JOIN voucher v ON v.campaign = c.id WHERE v.player = p_player) $$;

GRANT EXECUTE ON FUNCTION person_export, person_rows TO hongbao_engine;
