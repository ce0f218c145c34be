-- What the duty that binds vouchers to their winners asks for.

-- Wins of vouchers and cards that have no voucher yet; 0 in a campaign without such prizes.
CREATE FUNCTION vouchers_missing(p_campaign int) RETURNS bigint
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path = hongbao, pg_temp
    AS $$
    SELECT coalesce((SELECT sum(s.won_units) FROM stock s JOIN prize z ON z.campaign = s.campaign AND z.prize = s.prize AND z.kind IN ('voucher', 'card')
                     WHERE s.campaign = p_campaign), 0)::bigint
           - CASE WHEN EXISTS (SELECT FROM prize z WHERE z.campaign = p_campaign AND z.kind IN ('voucher', 'card'))
                  THEN (SELECT count(*) FROM voucher v WHERE v.campaign = p_campaign) ELSE 0 END $$;

-- Prizes of a campaign that are fulfilled, by what: also before it is published.
CREATE VIEW voucher_states AS
    SELECT k.slug, k.prize_id, coalesce(v.mode, 'hand') AS mode, coalesce(v.codes, 0) AS codes, k.units,
           count(x.*) FILTER (WHERE x.state = 'assigned') AS assigned, count(x.*) FILTER (WHERE x.state = 'sent') AS sent,
           count(x.*) FILTER (WHERE x.state = 'used') AS used, count(x.*) FILTER (WHERE x.state = 'failed') AS failed
    FROM (SELECT c.slug, z.prize_id, z.campaign, z.prize, z.units FROM fairness c JOIN prize z ON z.campaign = c.campaign AND z.kind IN ('voucher', 'card')
          UNION ALL SELECT v.slug, v.prize_id, NULL, NULL, NULL FROM voucher_prize v
          WHERE NOT EXISTS (SELECT FROM fairness c JOIN prize z ON z.campaign = c.campaign AND z.prize_id = v.prize_id WHERE c.slug = v.slug)) k
    LEFT JOIN voucher_stock v ON v.slug = k.slug AND v.prize_id = k.prize_id
    LEFT JOIN voucher x ON x.campaign = k.campaign AND x.prize = k.prize
    GROUP BY k.slug, k.prize_id, v.mode, v.codes, k.units;

GRANT SELECT ON voucher_states TO hongbao_engine, hongbao_auditor;
GRANT EXECUTE ON FUNCTION vouchers_missing TO hongbao_engine;
