-- What the public API asks of wallets, one statement an answer: over the functions of 009 to 014, with campaigns by their names, times in
-- milliseconds, and what of a merchant number's settings a player may see:
--   settings.sandbox      true: no real money
--   settings.mch_id       the merchant's number at the provider, for the provider's confirmation page
--   settings.confirm_url  of a sandbox: where its confirmation page is; the package is added to it

CREATE FUNCTION at_ms(p_at timestamptz) RETURNS bigint
    LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$ SELECT CASE WHEN isfinite(p_at) THEN floor(extract(epoch FROM p_at) * 1000)::bigint END $$;

-- Are all numbers that may pay for this campaign (NULL: for any) sandbox ones? Without a number: NULL.
CREATE FUNCTION paid_in_sandbox(p_campaign int) RETURNS bool
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path = hongbao, pg_temp
    AS $$
    SELECT bool_and(coalesce(m.settings -> 'sandbox' = 'true', false)) FROM merchant m
    WHERE p_campaign IS NULL OR coalesce(m.id = ANY ((wallet_policy_of(p_campaign)).merchants), true)
    $$;

-- A row for each campaign in which the player won: wallet(), and what its policy says now.
-- opens_ms: when withdrawing is possible next, if not now; NULL: never, or now. state: open | window | stopped | closed
CREATE FUNCTION wallet_seen(p_player uuid, p_now timestamptz DEFAULT clock_timestamp())
    RETURNS TABLE (campaign text, gross_fen bigint, available_fen bigint, bound_fen bigint, paid_fen bigint, tax_fen bigint, expired_fen bigint,
                   clawed_back_fen bigint, wins bigint, others bigint, lapses_ms bigint, min_fen bigint, state text, opens_ms bigint, sandbox bool)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path = hongbao, pg_temp
    AS $$
    SELECT c.slug, w.gross_fen, w.available_fen, w.bound_fen, w.paid_fen, w.tax_fen, w.expired_fen, w.clawed_back_fen, w.wins, w.others,
           at_ms(w.lapses_at), y.min_fen,
           CASE WHEN EXISTS (SELECT FROM settlement s WHERE s.campaign = w.campaign) THEN 'closed'
                WHEN y.stopped THEN 'stopped'
                WHEN NOT coalesce(y.windows @> p_now, true) THEN 'window'
                ELSE 'open' END,
           CASE WHEN NOT coalesce(y.windows @> p_now, true) THEN (SELECT at_ms(min(lower(r))) FROM unnest(y.windows) AS r WHERE lower(r) > p_now) END,
           paid_in_sandbox(w.campaign)
    FROM wallet(p_player, p_now) w JOIN campaign c ON c.id = w.campaign, LATERAL wallet_policy_of(w.campaign) y
    ORDER BY w.campaign
    $$;

CREATE FUNCTION wallet_transactions_seen(p_player uuid, p_at_us bigint, p_id text, p_limit int)
    RETURNS TABLE (at_us bigint, id text, campaign text, kind text, amount_fen bigint, net_fen bigint, ref text, sandbox bool)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path = hongbao, pg_temp
    AS $$
    SELECT t.at_us, t.id, c.slug, t.kind, t.amount_fen, t.net_fen, t.ref, paid_in_sandbox(t.campaign)
    FROM wallet_transactions(p_player, p_at_us, p_id, p_limit) t JOIN campaign c ON c.id = t.campaign
    ORDER BY t.at_us DESC, t.id COLLATE "C" DESC
    $$;

-- Proofs of payees that were used, until they are over by themselves. A hash of the proof's id, nothing personal.
CREATE TABLE payee_proof (
    proof  bytea PRIMARY KEY CHECK (length(proof) = 32),
    player uuid NOT NULL,
    until  timestamptz NOT NULL
);
CREATE INDEX payee_proof_until ON payee_proof (until);

-- Sets where a player is paid, once for each proof (p_proof NULL: none is asked for), and keeps who the player is (p_person NULL: not known).
-- An empty p_app_id becomes the one app of the provider's numbers, if there is one. A change cools as long as the strictest of the campaigns in
-- which the player won says. verdict: set | same | proof_used: by another payee, or another player.
CREATE FUNCTION payee_set(p_player uuid, p_provider text, p_app_id text, p_sealed bytea, p_name_sealed bytea, p_fingerprint bytea,
                          p_person bytea, p_proof bytea, p_proof_until timestamptz, p_now timestamptz DEFAULT clock_timestamp(),
                          OUT verdict text, OUT usable_ms bigint)
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = hongbao, pg_temp
    AS $$
DECLARE
    v_app     text := p_app_id;
    v_mark    bytea;
    v_last    payee;
    v_cooling bigint;
    v_put     record;
BEGIN
    PERFORM player_hold(p_player);
    IF v_app = '' THEN
        SELECT CASE WHEN count(DISTINCT m.app_id) = 1 THEN min(m.app_id) ELSE '' END INTO v_app
            FROM merchant m WHERE m.provider = p_provider AND m.app_id <> '';
    END IF;
    v_mark := sha256(p_fingerprint || convert_to(v_app, 'UTF8'));
    IF p_proof IS NOT NULL THEN
        DELETE FROM payee_proof p WHERE p.until < p_now - interval '1 hour';
        INSERT INTO payee_proof VALUES (p_proof, p_player, p_proof_until) ON CONFLICT DO NOTHING;
        IF NOT FOUND THEN -- a repeat of the request that used it is no harm
            SELECT * INTO v_last FROM payee p WHERE p.player = p_player ORDER BY p.no DESC LIMIT 1;
            verdict := CASE WHEN v_last.fingerprint = v_mark AND EXISTS (SELECT FROM payee_proof p WHERE p.proof = p_proof AND p.player = p_player)
                            THEN 'same' ELSE 'proof_used' END;
            usable_ms := CASE verdict WHEN 'same' THEN at_ms(v_last.usable_from) END;
            RETURN;
        END IF;
    END IF;
    SELECT max((wallet_policy_of(c.id)).payee_cooling_ms) INTO v_cooling FROM campaign c
        WHERE EXISTS (SELECT FROM win w WHERE w.campaign = c.id AND w.player = p_player);
    SELECT * INTO v_put FROM payee_put(p_player, p_provider, v_app, p_sealed, p_name_sealed, v_mark,
                                       coalesce(v_cooling, 86400000), p_now); -- who won nothing yet: a day, as policies have it by themselves
    IF p_person IS NOT NULL THEN
        PERFORM person_put(p_player, p_person);
    END IF;
    verdict := v_put.verdict;
    usable_ms := at_ms(v_put.usable_from);
END
$$;

-- The payee that counts, with its sandbox.
CREATE FUNCTION payee_seen(p_player uuid)
    RETURNS TABLE (provider text, app_id text, sealed bytea, name_sealed bytea, usable_ms bigint, sandbox bool)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path = hongbao, pg_temp
    AS $$
    SELECT p.provider, p.app_id, p.sealed, p.name_sealed, at_ms(p.usable_from),
           (SELECT bool_and(coalesce(m.settings -> 'sandbox' = 'true', false)) FROM merchant m WHERE m.provider = p.provider AND m.app_id IN ('', p.app_id))
    FROM payee_get(p_player) p
    $$;

-- withdraw_open() by the campaign's name. until_ms also for day_count and day_fen: when the next day begins.
CREATE FUNCTION withdraw_ask(p_campaign text, p_player uuid, p_key text, p_draw_nos int[], p_quote bool, p_now timestamptz DEFAULT clock_timestamp())
    RETURNS TABLE (verdict text, id uuid, gross_fen bigint, tax_fen bigint, net_fen bigint, wins int, parts int, until_ms bigint, min_fen bigint, sandbox bool)
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = hongbao, pg_temp
    AS $$
DECLARE
    v_campaign campaign;
    v          record;
BEGIN
    SELECT * INTO v_campaign FROM campaign c WHERE c.slug = p_campaign;
    SELECT * INTO v FROM withdraw_open(v_campaign.id, p_player, p_key, p_draw_nos, p_quote, p_now);
    verdict := v.verdict;
    id := v.id;
    gross_fen := v.gross_fen;
    tax_fen := v.tax_fen;
    net_fen := v.net_fen;
    wins := cardinality(v.draw_nos);
    parts := v.parts;
    until_ms := CASE WHEN v.verdict IN ('day_count', 'day_fen')
        THEN at_ms((date_trunc('day', p_now AT TIME ZONE v_campaign.time_zone) + interval '1 day') AT TIME ZONE v_campaign.time_zone)
        ELSE at_ms(v.until) END;
    min_fen := (wallet_policy_of(v_campaign.id)).min_fen;
    sandbox := paid_in_sandbox(v_campaign.id);
    RETURN NEXT;
END
$$;

-- withdrawals(), and of each how many parts wait for the player, may be asked for again, are frozen, and are not sent yet.
CREATE FUNCTION withdrawals_seen(p_player uuid, p_id uuid, p_before bigint, p_limit int)
    RETURNS TABLE (id uuid, no bigint, campaign text, state text, gross_fen bigint, tax_fen bigint, net_fen bigint, paid_fen bigint, wins int, parts int,
                   review bool, waiting bigint, again bigint, frozen bigint, unsent bigint, opened_ms bigint, ended_ms bigint, sandbox bool)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path = hongbao, pg_temp
    AS $$
    SELECT w.id, w.no, c.slug, w.state, w.gross_fen, w.tax_fen, w.net_fen, w.paid_fen, w.wins, w.parts, w.review,
           p.waiting, p.again, p.frozen, p.unsent, at_ms(w.opened_at), at_ms(w.ended_at), p.sandbox
    FROM withdrawals(p_player, p_id, p_before, p_limit) w JOIN campaign c ON c.id = w.campaign,
         LATERAL (SELECT count(*) FILTER (WHERE q.payout_state = 'waiting_user' AND q.package IS NOT NULL
                                                AND coalesce(q.package_until > clock_timestamp(), true)) AS waiting,
                         count(*) FILTER (WHERE q.again) AS again, count(*) FILTER (WHERE q.frozen) AS frozen,
                         count(*) FILTER (WHERE q.payout_state IN ('planned', 'reserved')) AS unsent,
                         bool_and(coalesce(q.settings -> 'sandbox' = 'true', false)) AS sandbox
                  FROM withdrawal_parts(w.id) q) p
    ORDER BY w.no DESC
    $$;

-- The parts of a player's own withdrawal. package: while it waits for the player.
CREATE FUNCTION withdrawal_parts_seen(p_player uuid, p_id uuid)
    RETURNS TABLE (part int, state text, payout_state text, net_fen bigint, attempts int, code text, again bool, frozen bool, ended_ms bigint,
                   provider text, mch_id text, app_id text, package text, package_ms bigint, confirm_url text)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path = hongbao, pg_temp
    AS $$
    SELECT q.part, q.state, q.payout_state, q.net_fen, q.attempts, q.code, q.again, q.frozen, at_ms(q.ended_at), q.provider,
           q.settings ->> 'mch_id', q.app_id, CASE WHEN q.payout_state = 'waiting_user' THEN q.package END, at_ms(q.package_until),
           CASE WHEN q.settings -> 'sandbox' = 'true' THEN q.settings ->> 'confirm_url' END
    FROM withdrawal w, LATERAL withdrawal_parts(w.id) q
    WHERE w.id = p_id AND w.player = p_player ORDER BY q.part
    $$;

REVOKE EXECUTE ON ALL FUNCTIONS IN SCHEMA hongbao FROM PUBLIC;
GRANT EXECUTE ON FUNCTION wallet_seen, wallet_transactions_seen, payee_set, payee_seen, withdraw_ask, withdrawals_seen, withdrawal_parts_seen TO hongbao_engine;
GRANT SELECT ON payee_proof TO hongbao_auditor;
