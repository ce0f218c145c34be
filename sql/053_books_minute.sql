-- The checks of each minute, whole: books_recent(), and what it leaves out of the invariants of a minute. books_minute() is what the engine asks.

-- attempts of a part are numbered without a gap, only the last may be open, at most one is paid; what a part says follows
CREATE VIEW attempt_problem AS
    SELECT q.withdrawal, q.part, format('%s after %s attempts; there are %s: %s', q.state, q.attempts, p.n, p.states) AS problem
    FROM withdrawal_part q
    CROSS JOIN LATERAL (SELECT count(*) AS n, max(x.attempt) AS last, string_agg(x.state, ' ' ORDER BY x.attempt) AS states,
                        count(*) FILTER (WHERE x.state = 'paid') AS paid,
                               count(*) FILTER (WHERE x.state NOT IN ('paid', 'failed')) AS open, count(*) FILTER (WHERE x.state <> 'failed'
                                   AND x.attempt < q.attempts) AS early
                        FROM payout x WHERE x.withdrawal = q.withdrawal AND x.part = q.part) p
    WHERE NOT (p.n = q.attempts AND p.last = q.attempts AND p.early = 0
               AND CASE q.state WHEN 'open' THEN p.open = 1 AND p.paid = 0 WHEN 'paid' THEN p.paid = 1 AND p.open = 0 ELSE p.paid = 0
                   AND p.open = 0 END);
CREATE OR REPLACE VIEW check_attempt AS
    SELECT format('withdrawal %s part %s', withdrawal, part) AS place, problem FROM attempt_problem;

-- What left a campaign's own accounts, by transfers up to a number: paid, withheld, returned, adjusted. What was counted need not be counted again.
CREATE TABLE campaign_mark (
    campaign int PRIMARY KEY,
    fen      bigint NOT NULL
);
CREATE TABLE campaigns_mark (transfer bigint NOT NULL);
CREATE UNIQUE INDEX campaigns_mark_one ON campaigns_mark ((true));
INSERT INTO campaigns_mark VALUES (0);

CREATE FUNCTION campaign_left_between(p_after bigint, p_to bigint) RETURNS TABLE (campaign int, fen bigint)
    LANGUAGE sql STABLE AS $$
    SELECT t.campaign, sum(CASE WHEN t.kind IN ('payout', 'tax', 'gross_up', 'refund') THEN t.posted
                                WHEN t.kind <> 'adjust' THEN 0
                                WHEN hongbao.account_class(t.debit_account) IN ('budget', 'float', 'payable') THEN t.posted
                                WHEN hongbao.account_class(t.credit_account) IN ('budget', 'float', 'payable') THEN -t.posted ELSE 0 END)::bigint
    FROM hongbao.transfer_effect t WHERE t.id > p_after AND t.id <= p_to AND t.campaign > 0 GROUP BY t.campaign $$;

-- Campaigns whose funds are not in their accounts and in what left them.
CREATE FUNCTION campaigns_off() RETURNS TABLE (slug text, problem text)
    LANGUAGE sql STABLE AS $$
    SELECT c.slug, format('funded %s; in its accounts %s, left them %s', f.fen, a.fen, l.fen)
    FROM hongbao.fairness c
    CROSS JOIN LATERAL (SELECT coalesce(sum(x.amount), 0) AS fen FROM hongbao.fund x WHERE x.campaign = c.campaign) f
    CROSS JOIN LATERAL (SELECT sum(x.credit - x.debit) AS fen FROM hongbao.account x WHERE x.name = 'budget:' || c.slug OR x.name IN
                            (SELECT unnest(ARRAY[s.float_account, s.payable_account]) FROM hongbao.shard s WHERE s.campaign = c.campaign)) a
    LEFT JOIN (SELECT x.campaign, sum(x.fen) AS fen
               FROM (SELECT * FROM hongbao.campaign_mark UNION ALL
                     SELECT * FROM hongbao.campaign_left_between((SELECT transfer FROM hongbao.campaigns_mark), 9223372036854775807)) x
               GROUP BY x.campaign) y USING (campaign)
    CROSS JOIN LATERAL (SELECT coalesce(y.fen, 0) AS fen) l
    WHERE f.fen <> a.fen + l.fen $$;

-- To the newest transfer older than a minute. One that got its number before and commits later makes a campaign look off once: then anew.
CREATE FUNCTION campaigns_mark_move(p_anew bool) RETURNS void
    LANGUAGE plpgsql AS $$
DECLARE
    v_from bigint := (SELECT transfer FROM hongbao.campaigns_mark FOR UPDATE);
    v_to   bigint := coalesce((SELECT id FROM hongbao.transfer WHERE at < clock_timestamp() - interval '1 minute' ORDER BY id DESC LIMIT 1), 0);
BEGIN
    IF p_anew THEN
        DELETE FROM hongbao.campaign_mark;
        v_from := 0;
    END IF;
    INSERT INTO hongbao.campaign_mark AS m SELECT * FROM hongbao.campaign_left_between(v_from, greatest(v_from, v_to))
        ON CONFLICT (campaign) DO UPDATE SET fen = m.fen + excluded.fen;
    UPDATE hongbao.campaigns_mark SET transfer = greatest(v_from, v_to);
END
$$;

-- Everything that is marked so in engine/ledger/invariants.c, over what was touched since the last call. No row: nothing is wrong.
-- It takes up to seconds while much is paid out: not for a connection on which others wait.
CREATE FUNCTION books_minute() RETURNS TABLE (invariant text, place text, problem text)
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = hongbao, pg_temp
    AS $$
DECLARE
    v_batch bigint;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtext('hongbao.books_recent'));
    SELECT m.batch INTO v_batch FROM books_mark m; -- books_recent() moves it
    RETURN QUERY SELECT 'shard_accounts', format('campaign %s shard %s', c.campaign, c.shard), row_to_json(c)::text FROM check_shard c;
    RETURN QUERY SELECT 'attempts', format('withdrawal %s part %s', c.withdrawal, c.part), c.problem FROM attempt_problem c
        WHERE c.withdrawal IN (SELECT p.withdrawal FROM payout p WHERE p.out_no IN
                                   (SELECT e.out_no FROM payout_event e WHERE e.batch > v_batch ORDER BY e.batch DESC LIMIT 5000));
    IF EXISTS (SELECT FROM campaigns_off()) THEN
        PERFORM campaigns_mark_move(true);
        RETURN QUERY SELECT 'campaign_sums', 'campaign ' || c.slug, c.problem FROM campaigns_off() c;
    ELSE
        PERFORM campaigns_mark_move(false);
    END IF;
    RETURN QUERY SELECT * FROM books_recent();
END
$$;

REVOKE EXECUTE ON FUNCTION campaign_left_between, campaigns_off, campaigns_mark_move, books_minute FROM PUBLIC;
GRANT SELECT ON attempt_problem, campaign_mark, campaigns_mark TO hongbao_engine, hongbao_auditor;
GRANT EXECUTE ON FUNCTION books_minute TO hongbao_engine;
