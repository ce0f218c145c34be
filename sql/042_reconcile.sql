-- Reconciliation: what was compared, when, and what differed; open differences have an owner and an age.
--
-- subject  books  the ledger's and the shards' invariants (`hongbao audit`)
--          draws  the draw log against the ledger (`hongbao verify-draws`); scope: the campaign
--          bill   payouts against a provider's bill of a day; scope: '<merchant> <day>', the day in the provider's time

CREATE TABLE reconcile_run (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    subject     text NOT NULL CHECK (subject IN ('books', 'draws', 'bill')),
    scope       text NOT NULL CHECK (length(scope) <= 200),
    source      text NOT NULL CHECK (length(source) <= 200), -- where the other side came from
    at          timestamptz NOT NULL,
    compared    bigint NOT NULL,             -- rows
    matched     bigint NOT NULL,
    differences bigint NOT NULL
);
CREATE INDEX reconcile_run_newest ON reconcile_run (subject, scope, id);
CALL kept_guard('reconcile_run', '{compared,matched,differences}'); -- they are known when the rows are there

-- Bills as they came. Of a day that was asked for again, the newest run counts.
CREATE TABLE bill_row (
    run         bigint NOT NULL REFERENCES reconcile_run,
    no          int NOT NULL,
    merchant    text NOT NULL,
    day         date NOT NULL,
    order_no    text NOT NULL CHECK (length(order_no) <= 64),
    provider_no text NOT NULL CHECK (length(provider_no) <= 64),
    amount_fen  bigint NOT NULL,             -- left our account; negative: came back
    at          timestamptz,
    PRIMARY KEY (run, no)
);
CREATE INDEX bill_row_order ON bill_row (merchant, order_no);
CALL append_only_guard('bill_row');

CREATE VIEW bill_now AS
    SELECT b.* FROM bill_row b
    WHERE b.run = (SELECT max(r.id) FROM reconcile_run r WHERE r.subject = 'bill' AND r.scope = b.merchant || ' ' || b.day);

-- An open difference is seen again by later runs over the same scope; one that they do not see has ended.
CREATE TABLE reconcile_difference (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    subject    text NOT NULL,
    scope      text NOT NULL,
    kind       text NOT NULL,
    place      text NOT NULL,                -- which row
    problem    text NOT NULL,
    ours_fen   bigint,                       -- of a bill: what the ledger says, what the bill says
    theirs_fen bigint,
    owner      text NOT NULL CHECK (owner IN ('engine', 'finance', 'operations')), -- who has to act; engine: it will ask by itself
    first_run  bigint NOT NULL REFERENCES reconcile_run,
    last_run   bigint NOT NULL REFERENCES reconcile_run,
    first_seen timestamptz NOT NULL,
    ended_at   timestamptz
);
CREATE UNIQUE INDEX reconcile_difference_open ON reconcile_difference (subject, scope, kind, place) WHERE ended_at IS NULL;

CREATE TYPE difference AS (kind text, place text, problem text, ours_fen bigint, theirs_fen bigint, owner text);

-- Keeps what a run found.
CREATE FUNCTION differences_keep(p_run hongbao.reconcile_run, p_found hongbao.difference[]) RETURNS void
    LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO hongbao.reconcile_difference AS d (subject, scope, kind, place, problem, ours_fen, theirs_fen, owner, first_run, last_run, first_seen)
        SELECT p_run.subject, p_run.scope, f.kind, f.place, min(f.problem), min(f.ours_fen), min(f.theirs_fen), min(f.owner), p_run.id, p_run.id, p_run.at
        FROM unnest(p_found) AS f GROUP BY f.kind, f.place ORDER BY f.kind, f.place
        ON CONFLICT (subject, scope, kind, place) WHERE ended_at IS NULL
        DO UPDATE SET problem = excluded.problem, ours_fen = excluded.ours_fen, theirs_fen = excluded.theirs_fen, owner = excluded.owner, last_run = excluded.last_run;
    UPDATE hongbao.reconcile_difference d SET ended_at = p_run.at
        WHERE d.subject = p_run.subject AND d.scope = p_run.scope AND d.ended_at IS NULL AND d.last_run <> p_run.id;
END
$$;

CREATE FUNCTION run_begin(p_subject text, p_scope text, p_source text, p_at timestamptz, p_compared bigint, p_matched bigint, p_differences bigint)
    RETURNS hongbao.reconcile_run
    LANGUAGE sql AS $$
    INSERT INTO hongbao.reconcile_run (subject, scope, source, at, compared, matched, differences)
        VALUES (p_subject, p_scope, p_source, p_at, p_compared, p_matched, p_differences) RETURNING * $$;

-- What an audit or a replay found: kinds, places and problems, in order. Answers the run.
CREATE FUNCTION reconcile_found(p_subject text, p_scope text, p_compared bigint, p_kinds text[], p_places text[], p_problems text[]) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = hongbao, pg_temp
    AS $$
DECLARE
    v_found difference[];
    v_run   reconcile_run;
BEGIN
    IF p_subject NOT IN ('books', 'draws') THEN
        RAISE EXCEPTION 'a bill is compared by reconcile_bill()' USING ERRCODE = 'HB004';
    END IF;
    PERFORM pg_advisory_xact_lock(hashtextextended(p_subject || ' ' || p_scope, 1752131429));
    SELECT array_agg(ROW(f.kind, f.place, f.problem, NULL, NULL, 'operations')::difference) INTO v_found
        FROM unnest(p_kinds, p_places, p_problems) AS f(kind, place, problem);
    v_run := run_begin(p_subject, p_scope, 'engine', clock_timestamp(), p_compared, greatest(p_compared - cardinality(p_kinds), 0), cardinality(p_kinds));
    PERFORM differences_keep(v_run, v_found);
    RETURN v_run.id;
END
$$;

-- The rows of a bill against the payouts, each way. Those of the bill are looked up whatever their day; a payout that ended on the day must be in the
-- bill of that day or of one before, since we may learn of it later than the provider did it.
--   amount          both have it, with other amounts                               finance
--   paid_twice      the provider's bills pay the number more than once             finance
--   returned        was paid, and came back                                        finance
--   provider_no     another number of the provider's than we were told             operations
--   not_known_yet   the bill has it, we still have to learn of it                  engine
--   paid_but_failed the bill has it, our books say that it failed                  finance
--   unknown_order   the bill has a number that is none of ours                     finance
--                   (money that came in under such a number is a top-up: no difference)
--   other_merchant  a number of ours, of another merchant                          operations
--   not_in_bill     our books say paid, no bill has it                             finance
CREATE FUNCTION bill_differences(p_run hongbao.reconcile_run, p_merchant text, p_day date) RETURNS hongbao.difference[]
    LANGUAGE sql STABLE AS $$
    WITH theirs AS (
        SELECT b.order_no, sum(b.amount_fen) FILTER (WHERE b.amount_fen > 0) AS paid, coalesce(sum(-b.amount_fen) FILTER (WHERE b.amount_fen < 0), 0) AS back,
               max(b.provider_no) AS provider_no
        FROM hongbao.bill_row b WHERE b.run = p_run.id GROUP BY b.order_no),
    looked AS (
        SELECT t.*, p.out_no, p.merchant, p.state, p.amount_fen, p.ended_at, coalesce(p.provider_no, '') AS known_no,
               (SELECT count(*) FROM hongbao.bill_now n WHERE n.merchant = p_merchant AND n.order_no = t.order_no AND n.amount_fen > 0) AS times
        FROM theirs t LEFT JOIN hongbao.payout p ON p.out_no = t.order_no),
    named AS (
        SELECT CASE WHEN l.out_no IS NULL AND l.paid IS NULL THEN NULL WHEN l.out_no IS NULL THEN 'unknown_order' WHEN l.merchant <> p_merchant THEN 'other_merchant'
                    WHEN l.paid IS NULL AND l.back > 0 THEN 'returned' WHEN l.times > 1 THEN 'paid_twice' WHEN l.ended_at IS NULL THEN 'not_known_yet'
                    WHEN l.state <> 'paid' THEN 'paid_but_failed' WHEN l.paid <> l.amount_fen THEN 'amount' WHEN l.back > 0 THEN 'returned'
                    WHEN l.known_no <> '' AND l.provider_no <> '' AND l.known_no <> l.provider_no THEN 'provider_no' END AS kind, l.*
        FROM looked l),
    missing AS (
        SELECT p.out_no, p.amount_fen, p.ended_at FROM hongbao.payout p
        WHERE p.merchant = p_merchant AND p.state = 'paid' AND p.ended_at >= p_day::timestamp AT TIME ZONE 'Asia/Shanghai'
          AND p.ended_at < (p_day + 1)::timestamp AT TIME ZONE 'Asia/Shanghai'
          AND NOT EXISTS (SELECT FROM hongbao.bill_now n WHERE n.merchant = p_merchant AND n.order_no = p.out_no AND n.amount_fen > 0 AND n.day <= p_day))
    SELECT coalesce(array_agg(x), '{}') FROM (
        SELECT ROW(n.kind, n.order_no, format('the bill: %s paid, %s back, number %s; our books: %s of %s, number %s', coalesce(n.paid, 0), n.back, n.provider_no,
                          coalesce(n.state, 'nothing'), coalesce(n.amount_fen, 0), n.known_no), CASE WHEN n.state = 'paid' THEN n.amount_fen ELSE 0 END,
                   coalesce(n.paid, 0) - n.back,
                   CASE n.kind WHEN 'not_known_yet' THEN 'engine' WHEN 'provider_no' THEN 'operations' WHEN 'other_merchant' THEN 'operations' ELSE 'finance' END)::hongbao.difference AS x
        FROM named n WHERE n.kind IS NOT NULL
        UNION ALL
        SELECT ROW('not_in_bill', m.out_no, format('paid by our books at %s; no bill has it', m.ended_at), m.amount_fen, 0, 'finance')::hongbao.difference FROM missing m) y $$;

-- Compares, keeps the rows and what differs. p_at_ms: NULL or 0 where the bill does not say. Answers the run.
CREATE FUNCTION reconcile_bill(p_merchant text, p_day date, p_source text, p_order_no text[], p_provider_no text[], p_amount bigint[], p_at_ms bigint[])
    RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = hongbao, pg_temp
    AS $$
DECLARE
    v_scope text := p_merchant || ' ' || p_day;
    v_found difference[];
    v_run   reconcile_run;
    v_due   bigint;
BEGIN
    IF NOT EXISTS (SELECT FROM merchant m WHERE m.id = p_merchant) THEN
        RAISE EXCEPTION 'no such merchant: %', p_merchant USING ERRCODE = 'HB004';
    END IF;
    PERFORM pg_advisory_xact_lock(hashtextextended('bill ' || p_merchant, 1752131429));
    v_run := run_begin('bill', v_scope, p_source, clock_timestamp(), 0, 0, 0);
    SELECT count(*) INTO v_due FROM payout p
        WHERE p.merchant = p_merchant AND p.state = 'paid' AND p.ended_at >= p_day::timestamp AT TIME ZONE 'Asia/Shanghai'
          AND p.ended_at < (p_day + 1)::timestamp AT TIME ZONE 'Asia/Shanghai' AND NOT p.out_no = ANY (p_order_no);
    INSERT INTO bill_row (run, no, merchant, day, order_no, provider_no, amount_fen, at)
        SELECT v_run.id, u.n, p_merchant, p_day, u.order_no, u.provider_no, u.amount, CASE WHEN u.at_ms > 0 THEN to_timestamp(u.at_ms / 1000.0) END
        FROM unnest(p_order_no, p_provider_no, p_amount, p_at_ms) WITH ORDINALITY AS u(order_no, provider_no, amount, at_ms, n);
    v_found := bill_differences(v_run, p_merchant, p_day);
    PERFORM differences_keep(v_run, v_found);
    v_due := v_due + (SELECT count(DISTINCT b.order_no) FROM bill_row b
                      WHERE b.run = v_run.id AND (b.amount_fen > 0 OR EXISTS (SELECT FROM payout p WHERE p.out_no = b.order_no)));
    UPDATE reconcile_run r SET compared = v_due, matched = v_due - cardinality(v_found), differences = cardinality(v_found) WHERE r.id = v_run.id;
    -- A payout that no bill had is in this one.
    UPDATE reconcile_difference d SET ended_at = v_run.at
        WHERE d.subject = 'bill' AND d.kind = 'not_in_bill' AND d.ended_at IS NULL AND d.place = ANY (p_order_no) AND d.scope LIKE p_merchant || ' %';
    RETURN v_run.id;
END
$$;

-- What was compared last, and what is open. p_since_run: only runs from there on; NULL: the newest of each scope.
CREATE FUNCTION reconcile_report(p_since_run bigint DEFAULT NULL, p_now timestamptz DEFAULT clock_timestamp()) RETURNS jsonb
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path = hongbao, pg_temp
    AS $$
    SELECT jsonb_build_object(
        'ok', NOT EXISTS (SELECT FROM reconcile_difference d WHERE d.ended_at IS NULL),
        'runs', (SELECT coalesce(jsonb_agg(to_jsonb(r) ORDER BY r.id), '[]') FROM
                 (SELECT DISTINCT ON (x.subject, x.scope) x.id, x.subject, x.scope, x.source, x.at, x.compared, x.matched, x.differences FROM reconcile_run x
                  WHERE p_since_run IS NULL OR x.id >= p_since_run ORDER BY x.subject, x.scope, x.id DESC) r),
        'differences', (SELECT coalesce(jsonb_agg(jsonb_build_object('subject', d.subject, 'scope', d.scope, 'kind', d.kind, 'place', d.place, 'problem', d.problem,
                               'ours_fen', d.ours_fen, 'theirs_fen', d.theirs_fen, 'owner', d.owner, 'first_seen', d.first_seen,
                               'age_s', extract(epoch FROM p_now - d.first_seen)::bigint) ORDER BY d.first_seen, d.id), '[]')
                        FROM reconcile_difference d WHERE d.ended_at IS NULL)) $$;

-- Days of merchants whose bill is due and was not compared yet, oldest first: those on which one of its payouts was planned or ended, from 10:30 of the
-- next day on, in the provider's time; the last 60 days at most. late: a provider that has no bill of it by now had nothing to put on one.
CREATE FUNCTION bills_due(p_now timestamptz DEFAULT clock_timestamp()) RETURNS TABLE (merchant text, provider text, day date, late bool)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path = hongbao, pg_temp
    AS $$
    SELECT m.id, m.provider, d.day, d.day + 3 < (p_now AT TIME ZONE 'Asia/Shanghai')::date
    FROM (SELECT p.merchant, (p.ended_at AT TIME ZONE 'Asia/Shanghai')::date AS day FROM payout p WHERE p.ended_at > p_now - interval '60 days'
          UNION SELECT p.merchant, (p.planned_at AT TIME ZONE 'Asia/Shanghai')::date FROM payout p WHERE p.planned_at > p_now - interval '60 days') d
    JOIN merchant m ON m.id = d.merchant
    WHERE d.day + interval '1 day 10 hours 30 minutes' <= p_now AT TIME ZONE 'Asia/Shanghai'
      AND NOT EXISTS (SELECT FROM reconcile_run r WHERE r.subject = 'bill' AND r.scope = m.id || ' ' || d.day)
    ORDER BY 3, 1 $$;

GRANT SELECT ON reconcile_run, bill_row, bill_now, reconcile_difference TO hongbao_engine, hongbao_auditor;
GRANT EXECUTE ON FUNCTION reconcile_found, reconcile_bill, reconcile_report, bills_due TO hongbao_engine;
