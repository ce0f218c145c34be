-- What players do: look into the wallet, withdraw.
--
-- withdraw_open() binds wins to a withdrawal and cuts it into parts, each with its first order number, state `planned`. It takes no shard and no
-- account: thousands may withdraw in the first minute of a window while draws go on. That a win is bound once is held by an index. The money is
-- reserved in the books by payout_claim(), many payouts a transaction, before anything is sent.

CREATE FUNCTION wallet_policy_of(p_campaign int) RETURNS hongbao.wallet_policy
    LANGUAGE sql STABLE AS $$ SELECT y FROM hongbao.wallet_policy y WHERE y.campaign = p_campaign $$;

-- Rounded half up to the fen; see tax_rule. engine/ledger/tax.c is the same.
CREATE FUNCTION tax_withheld_fen(p_amount bigint, p_rate_bp int) RETURNS bigint -- the winner bears it
    LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$ SELECT (p_amount * p_rate_bp + 5000) / 10000 $$;
CREATE FUNCTION tax_gross_up_fen(p_amount bigint, p_rate_bp int) RETURNS bigint -- the organiser bears it
    LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$ SELECT (p_amount * p_rate_bp * 2 + (10000 - p_rate_bp)) / (2 * (10000 - p_rate_bp)) $$;

-- The k-th of p_pieces nearly equal pieces of p_total.
CREATE FUNCTION piece_fen(p_total bigint, p_pieces int, k int) RETURNS bigint
    LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$ SELECT p_total * k / p_pieces - p_total * (k - 1) / p_pieces $$;

-- Cuts wins (what each brings the payee, in order) into parts of at most p_cap: whole wins stay together, each goes into the first part that has
-- room. One above the cap is cut into as few nearly equal pieces as possible, in parts of their own. What would be a part below p_min is left
-- out: its wins have part_from 0. Parts are numbered from 1. engine/ledger/parts.c is the same.
CREATE FUNCTION parts_cut(p_net bigint[], p_cap bigint, p_min bigint, OUT part_from int[], OUT part_to int[])
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
    v_sum    bigint[] := '{}'; -- of each part; NULL: pieces of a cut win, nothing else comes in
    v_number int[] := '{}';
    v_count  int := 0;
    v_pieces int;
    k        int;
BEGIN
    part_from := '{}';
    part_to := '{}';
    FOR i IN 1 .. coalesce(cardinality(p_net), 0) LOOP
        v_pieces := greatest((p_net[i] + p_cap - 1) / p_cap, 1);
        k := NULL;
        IF v_pieces = 1 THEN
            SELECT min(n) INTO k FROM unnest(v_sum) WITH ORDINALITY AS s(fen, n) WHERE fen + p_net[i] <= p_cap;
        END IF;
        IF k IS NULL THEN
            k := cardinality(v_sum) + 1;
            v_sum := v_sum || array_fill(CASE WHEN v_pieces = 1 THEN 0::bigint END, ARRAY[v_pieces]);
        END IF;
        IF v_pieces = 1 THEN
            v_sum[k] := v_sum[k] + p_net[i];
        END IF;
        part_from[i] := k;
        part_to[i] := k + v_pieces - 1;
    END LOOP;
    FOR n IN 1 .. cardinality(v_sum) LOOP
        v_count := v_count + CASE WHEN v_sum[n] < p_min THEN 0 ELSE 1 END;
        v_number[n] := CASE WHEN v_sum[n] < p_min THEN 0 ELSE v_count END;
    END LOOP;
    FOR i IN 1 .. cardinality(part_from) LOOP
        part_to[i] := v_number[part_to[i]];
        part_from[i] := v_number[part_from[i]];
    END LOOP;
END
$$;

-- The order number of an attempt: the first 16 bytes of sha256("hongbao/payout/1" 00 | withdrawal 16 | part i4 | attempt i4) in hex.
-- engine/ledger/payout_number.c is the same.
CREATE FUNCTION payout_no(p_withdrawal uuid, p_part int, p_attempt int) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $$ SELECT encode(substr(sha256('hongbao/payout/1'::bytea || '\x00'::bytea || uuid_send(p_withdrawal) || int4send(p_part) ||
                                      int4send(p_attempt)), 1, 16), 'hex') $$;

-- When a win lapses; NULL: never. At that moment it can no longer be withdrawn.
CREATE FUNCTION win_lapses_at(p_policy hongbao.wallet_policy, p_won_at timestamptz) RETURNS timestamptz
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $$ SELECT least(p_policy.expires_at, p_won_at + p_policy.expires_after_ms * interval '1 ms') $$;

-- One of a payout's events, and its columns with it. The caller holds the payout's row and has checked that the step is one.
CREATE FUNCTION payout_note(p_payout hongbao.payout, p_event text, p_after text, p_source text, p_code text, p_provider_no text, p_amount bigint,
                            p_evidence bytea, p_person text, p_batch bigint, p_at timestamptz) RETURNS void
    LANGUAGE plpgsql AS $$
BEGIN
    UPDATE hongbao.payout SET state = p_after, events = events + 1, code = coalesce(p_code, code),
        provider_no = coalesce(p_provider_no, provider_no), ended_at = CASE WHEN p_after IN ('paid', 'failed') THEN coalesce(ended_at, p_at) END
        WHERE out_no = p_payout.out_no;
    INSERT INTO hongbao.payout_event (out_no, seq, event, state, source, code, provider_no, amount_fen, evidence, person, batch, at)
        SELECT p_payout.out_no, p.events, p_event, p_after, p_source, p_code, p_provider_no, p_amount, p_evidence, p_person, p_batch, p_at
        FROM hongbao.payout p WHERE p.out_no = p_payout.out_no;
END
$$;

-- An attempt of a part, planned. due: when it may be claimed.
CREATE FUNCTION payout_plan(p_withdrawal hongbao.withdrawal, p_part hongbao.withdrawal_part, p_attempt int, p_merchant text, p_payee int,
                            p_due timestamptz, p_batch bigint, p_at timestamptz) RETURNS void
    LANGUAGE plpgsql AS $$
DECLARE
    v_payout hongbao.payout;
BEGIN
    INSERT INTO hongbao.payout (out_no, withdrawal, part, attempt, campaign, shard, player, merchant, payee, amount_fen, tax_fen, organiser_fen,
                                batch, planned_at, due_at)
        VALUES (hongbao.payout_no(p_withdrawal.id, p_part.part, p_attempt), p_withdrawal.id, p_part.part, p_attempt, p_withdrawal.campaign,
                p_withdrawal.shard, p_withdrawal.player, p_merchant, p_payee, p_part.net_fen, p_part.tax_fen, p_part.organiser_fen,
                p_batch, p_at, p_due) RETURNING * INTO v_payout;
    PERFORM hongbao.payout_note(v_payout, 'plan', 'planned', 'engine', NULL, NULL, NULL, NULL, NULL, p_batch, p_at);
END
$$;

-- The number that pays a payee for a campaign: of its provider and app, one that is not stopped if there is one; spread by the seed.
CREATE FUNCTION merchant_choose(p_policy hongbao.wallet_policy, p_payee hongbao.payee, p_seed uuid) RETURNS hongbao.merchant
    LANGUAGE sql STABLE AS $$
    SELECT m.* FROM hongbao.merchant m
    WHERE m.provider = p_payee.provider AND (m.app_id = '' OR m.app_id = p_payee.app_id)
      AND (p_policy.merchants IS NULL OR m.id = ANY (p_policy.merchants))
    ORDER BY m.stopped, hashtextextended(m.id || p_seed::text, 0) LIMIT 1 $$;

-- Wins of a player in a campaign that can be withdrawn now, oldest first: cash, bound to nothing, not lapsed.
CREATE FUNCTION wins_free(p_campaign int, p_player uuid, p_policy hongbao.wallet_policy, p_now timestamptz)
    RETURNS TABLE (draw_no int, shard smallint, amount_fen bigint, tax_fen bigint, organiser_fen bigint)
    LANGUAGE sql STABLE AS $$
    SELECT w.draw_no, w.shard, w.amount_fen,
           CASE WHEN r.bearer = 'winner' THEN hongbao.tax_withheld_fen(w.amount_fen, r.rate_bp) ELSE 0 END,
           CASE WHEN r.bearer = 'organiser' THEN hongbao.tax_gross_up_fen(w.amount_fen, r.rate_bp) ELSE 0 END
    FROM hongbao.win w
    JOIN hongbao.prize z ON z.campaign = p_campaign AND z.prize = w.prize
    LEFT JOIN hongbao.tax_rule r ON r.campaign = p_campaign AND r.kind = z.kind
    WHERE w.campaign = p_campaign AND w.player = p_player AND w.amount_fen > 0
      AND NOT EXISTS (SELECT FROM hongbao.win_use u WHERE u.campaign = p_campaign AND u.player = p_player AND u.draw_no = w.draw_no
                      AND u.freed_batch IS NULL)
      AND coalesce(hongbao.win_lapses_at(p_policy, w.won_at) > p_now, true)
    ORDER BY w.draw_no $$;

-- A withdrawal of a player's wins in one campaign: opens it, or with p_quote only says what it would be.
--
-- p_key        the caller's idempotency key, per player. The same key with the same question answers the same withdrawal, whatever became of it
-- p_draw_nos   whole wins, by their draw numbers; NULL: all that can be withdrawn and fit the limits, oldest first
--
-- verdict      opened | same | quote, and otherwise nothing was written:
--   key_reused     the key was used for another question
--   no_campaign | closed (the campaign was settled) | stopped (by the operator)
--   window         not now; until: when the next window opens, NULL: never
--   payee_missing | payee_cooling (until: when it is usable) | name_needed (this sum needs the payee's real name)
--   no_channel     no merchant number can pay this payee
--   nothing        no win can be withdrawn (p_draw_nos: one of them cannot)
--   below_minimum | above_maximum | day_count | day_fen | too_many_parts
--   changed        wins were bound by somebody else in this moment; ask again
-- gross_fen = tax_fen + net_fen: net_fen is what arrives. draw_nos: which wins.
CREATE FUNCTION withdraw_open(p_campaign int, p_player uuid, p_key text, p_draw_nos int[] DEFAULT NULL, p_quote bool DEFAULT false,
                              p_now timestamptz DEFAULT clock_timestamp(),
                              OUT verdict text, OUT id uuid, OUT gross_fen bigint, OUT tax_fen bigint, OUT net_fen bigint, OUT draw_nos int[],
                              OUT parts int, OUT until timestamptz)
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = hongbao, pg_temp
    AS $$
DECLARE
    v_asked  bytea := sha256(convert_to(p_campaign || ':' || coalesce((SELECT string_agg(n::text, ',' ORDER BY n) FROM unnest(p_draw_nos) AS n),
                                                                      'all'), 'UTF8'));
    v_id     uuid := ref_of('withdrawal', p_player::text, p_key);
    v_policy wallet_policy;
    v_old    withdrawal;
    v_payee  payee;
    v_merchant merchant;
    v_wins   record;
    v_room   bigint;
    v_opened record;
    v_from   int[];
    v_to     int[];
    v_batch  bigint;
    v_at     timestamptz := clock_timestamp();
BEGIN
    IF NOT EXISTS (SELECT FROM campaign c WHERE c.id = p_campaign) THEN
        verdict := 'no_campaign';
        RETURN;
    END IF;
    PERFORM campaign_hold(p_campaign);
    PERFORM player_hold(p_player);
    SELECT * INTO v_old FROM withdrawal w WHERE w.id = v_id;
    IF FOUND THEN
        verdict := CASE WHEN v_old.asked = v_asked AND v_old.campaign = p_campaign THEN 'same' ELSE 'key_reused' END;
        IF verdict = 'same' THEN
            id := v_id;
            gross_fen := v_old.gross_fen;
            tax_fen := v_old.tax_fen;
            net_fen := v_old.gross_fen - v_old.tax_fen;
            parts := v_old.parts;
            SELECT array_agg(u.draw_no ORDER BY u.draw_no) INTO draw_nos FROM win_use u
                WHERE u.campaign = v_old.campaign AND u.player = p_player AND u.cause = v_id;
        END IF;
        RETURN;
    END IF;

    v_policy := wallet_policy_of(p_campaign);
    verdict := CASE WHEN EXISTS (SELECT FROM settlement s WHERE s.campaign = p_campaign) THEN 'closed' WHEN v_policy.stopped THEN 'stopped' END;
    IF verdict IS NULL AND NOT coalesce(v_policy.windows @> p_now, true) THEN
        verdict := 'window';
        SELECT min(lower(r)) INTO until FROM unnest(v_policy.windows) AS r WHERE lower(r) > p_now;
    END IF;
    IF verdict IS NOT NULL THEN
        RETURN;
    END IF;
    SELECT * INTO v_payee FROM payee p WHERE p.player = p_player ORDER BY p.no DESC LIMIT 1;
    IF NOT FOUND THEN
        verdict := 'payee_missing';
        RETURN;
    END IF;
    IF v_payee.usable_from > p_now THEN
        verdict := 'payee_cooling';
        until := v_payee.usable_from;
        RETURN;
    END IF;
    v_merchant := merchant_choose(v_policy, v_payee, v_id);
    IF v_merchant.id IS NULL THEN
        verdict := 'no_channel';
        RETURN;
    END IF;

    -- What the day still allows.
    SELECT count(*) AS count, coalesce(sum(w.gross_fen), 0)::bigint AS fen INTO v_opened
    FROM withdrawal w, campaign c
    WHERE w.player = p_player AND w.state <> 'failed' AND c.id = p_campaign
      AND w.opened_at >= (date_trunc('day', p_now AT TIME ZONE c.time_zone)) AT TIME ZONE c.time_zone;
    IF v_opened.count >= v_policy.day_count THEN
        verdict := 'day_count';
        RETURN;
    END IF;
    v_room := least(v_policy.max_fen, v_policy.day_fen - v_opened.fen);

    -- Whole wins of one shard (a player has one), as many as fit: each that fits beside those before it.
    WITH RECURSIVE free AS MATERIALIZED (
        SELECT f.*, row_number() OVER (ORDER BY f.draw_no) AS n
        FROM wins_free(p_campaign, p_player, v_policy, p_now) f
        WHERE (p_draw_nos IS NULL OR f.draw_no = ANY (p_draw_nos))
        LIMIT 5000),
    taken AS (
        SELECT 0::bigint AS n, 0::bigint AS fen, 0 AS wins, false AS fits
        UNION ALL
        SELECT f.n, t.fen + CASE WHEN y.fits THEN f.amount_fen ELSE 0 END, t.wins + CASE WHEN y.fits THEN 1 ELSE 0 END, y.fits
        FROM taken t JOIN free f ON f.n = t.n + 1,
             LATERAL (SELECT t.fen + f.amount_fen <= v_room AND t.wins < v_policy.max_wins
                             AND f.shard = (SELECT shard FROM free WHERE n = 1) AS fits) y)
    SELECT count(*) AS found, (array_agg(f.shard ORDER BY f.n))[1] AS shard, count(*) FILTER (WHERE t.fits) AS count,
           array_agg(f.draw_no ORDER BY f.n) FILTER (WHERE t.fits) AS draw_nos,
           array_agg(f.amount_fen ORDER BY f.n) FILTER (WHERE t.fits) AS amounts,
           array_agg(f.tax_fen ORDER BY f.n) FILTER (WHERE t.fits) AS taxes,
           array_agg(f.organiser_fen ORDER BY f.n) FILTER (WHERE t.fits) AS borne,
           array_agg(f.amount_fen - f.tax_fen ORDER BY f.n) FILTER (WHERE t.fits) AS nets
    INTO v_wins FROM free f JOIN taken t USING (n);
    IF v_wins.found = 0 OR v_wins.found < (SELECT count(DISTINCT d) FROM unnest(p_draw_nos) AS d) THEN
        verdict := 'nothing';
        RETURN;
    END IF;
    IF v_wins.count = 0 OR (p_draw_nos IS NOT NULL AND v_wins.count < v_wins.found) THEN
        verdict := CASE WHEN v_room < v_policy.max_fen THEN 'day_fen' ELSE 'above_maximum' END;
        RETURN;
    END IF;

    SELECT c.part_from, c.part_to INTO v_from, v_to FROM parts_cut(v_wins.nets, v_merchant.single_cap_fen, v_merchant.min_fen) c;
    SELECT array_agg(w.draw_no ORDER BY w.n), sum(w.amount)::bigint, sum(w.tax)::bigint, sum(w.amount - w.tax)::bigint, max(v_to[w.n])
    INTO draw_nos, gross_fen, tax_fen, net_fen, parts
    FROM unnest(v_wins.draw_nos, v_wins.amounts, v_wins.taxes) WITH ORDINALITY AS w(draw_no, amount, tax, n) WHERE v_from[w.n] > 0;
    IF coalesce(net_fen, 0) < v_policy.min_fen OR (p_draw_nos IS NOT NULL AND cardinality(draw_nos) < v_wins.count) THEN
        verdict := 'below_minimum';
    ELSIF parts > v_policy.max_parts THEN
        verdict := 'too_many_parts';
    ELSIF v_payee.name_sealed IS NULL AND v_merchant.name_from_fen <= (
              SELECT max(fen) FROM (SELECT sum(w.net) AS fen FROM unnest(v_wins.nets, v_from, v_to) AS w(net, f, t) WHERE f > 0 AND f = t GROUP BY f
                                    UNION ALL SELECT (w.net + w.t - w.f) / (w.t - w.f + 1) FROM unnest(v_wins.nets, v_from, v_to) AS w(net, f, t)
                                        WHERE f < t) x) THEN
        verdict := 'name_needed';
    ELSIF p_quote THEN
        verdict := 'quote';
    END IF;
    IF verdict IS NOT NULL THEN
        RETURN;
    END IF;

    v_batch := nextval('batch_id');
    BEGIN
        INSERT INTO withdrawal (id, campaign, player, shard, key, asked, merchant, payee, wins, parts, gross_fen, tax_fen, organiser_fen, review,
                                batch, opened_at)
            VALUES (v_id, p_campaign, p_player, v_wins.shard, p_key, v_asked, v_merchant.id, v_payee.no, cardinality(withdraw_open.draw_nos),
                    withdraw_open.parts, withdraw_open.gross_fen, withdraw_open.tax_fen,
                    (SELECT sum(b) FROM unnest(v_wins.borne) WITH ORDINALITY AS x(b, n) WHERE v_from[x.n] > 0),
                    withdraw_open.gross_fen >= v_policy.review_fen, v_batch, p_now);
        INSERT INTO win_use (campaign, player, draw_no, shard, kind, cause, amount_fen, tax_fen, organiser_fen, part_from, part_to, batch, at)
            SELECT p_campaign, p_player, w.draw_no, v_wins.shard, 'withdraw', v_id, w.amount, w.tax, w.borne, v_from[w.n], v_to[w.n], v_batch, v_at
            FROM unnest(v_wins.draw_nos, v_wins.amounts, v_wins.taxes, v_wins.borne) WITH ORDINALITY AS w(draw_no, amount, tax, borne, n)
            WHERE v_from[w.n] > 0 ORDER BY w.draw_no;
    EXCEPTION WHEN unique_violation THEN
        verdict := 'changed';
        draw_nos := NULL;
        RETURN;
    END;
    INSERT INTO withdrawal_part (withdrawal, part, net_fen, tax_fen, organiser_fen, whole)
        SELECT v_id, k.part, sum(piece_fen(w.net, w.t - w.f + 1, k.part - w.f + 1)), sum(piece_fen(w.tax, w.t - w.f + 1, k.part - w.f + 1)),
               sum(piece_fen(w.borne, w.t - w.f + 1, k.part - w.f + 1)), bool_and(w.f = w.t)
        FROM unnest(v_wins.nets, v_wins.taxes, v_wins.borne, v_from, v_to) AS w(net, tax, borne, f, t)
        JOIN LATERAL generate_series(w.f, w.t) AS k(part) ON w.f > 0
        GROUP BY k.part ORDER BY k.part;
    PERFORM payout_plan(w, p, 1, v_merchant.id, v_payee.no, CASE WHEN w.review THEN 'infinity' ELSE p_now END, v_batch, v_at)
        FROM withdrawal w JOIN withdrawal_part p ON p.withdrawal = w.id WHERE w.id = v_id ORDER BY p.part;
    PERFORM batch_write(v_batch, 'withdraw', v_at);
    verdict := 'opened';
    id := v_id;
END
$$;

-- ---- what a player sees ----

-- Each use of a player's wins that is in force, with what of it is paid. A cut win may be paid in part.
CREATE FUNCTION uses_of(p_player uuid) RETURNS TABLE (campaign int, draw_no int, kind text, amount_fen bigint, tax_fen bigint, paid_fen bigint,
                                                      given_up_fen bigint)
    LANGUAGE sql STABLE AS $$
    SELECT u.campaign, u.draw_no, u.kind, u.amount_fen, u.tax_fen, coalesce(p.paid, 0)::bigint, coalesce(p.given_up, 0)::bigint
    FROM hongbao.win_use u
    LEFT JOIN LATERAL (SELECT sum(hongbao.piece_fen(u.amount_fen - u.tax_fen, u.part_to - u.part_from + 1, q.part - u.part_from + 1)
                                  + hongbao.piece_fen(u.tax_fen, u.part_to - u.part_from + 1,
                                                      q.part - u.part_from + 1)) FILTER (WHERE q.state = 'paid') AS paid,
                              sum(hongbao.piece_fen(u.amount_fen - u.tax_fen, u.part_to - u.part_from + 1, q.part - u.part_from + 1)
                                  + hongbao.piece_fen(u.tax_fen, u.part_to - u.part_from + 1,
                                                      q.part - u.part_from + 1)) FILTER (WHERE q.state = 'given_up') AS given_up
                       FROM hongbao.withdrawal_part q
                       WHERE u.kind = 'withdraw' AND q.withdrawal = u.cause AND q.part BETWEEN u.part_from AND u.part_to) p ON true
    WHERE u.player = p_player AND u.freed_batch IS NULL $$;

-- A row for each campaign in which the player won. In fen, before tax: gross = available + bound + paid + expired + clawed_back.
-- available: bound to nothing and not lapsed. A win that lapsed counts as expired from that moment, even before it is booked back.
-- lapses_at: when the next of the available ones lapses. wins: of cash; others: of vouchers and cards.
CREATE FUNCTION wallet(p_player uuid, p_now timestamptz DEFAULT clock_timestamp())
    RETURNS TABLE (campaign int, gross_fen bigint, available_fen bigint, bound_fen bigint, paid_fen bigint, tax_fen bigint, expired_fen bigint,
                   clawed_back_fen bigint, wins bigint, others bigint, lapses_at timestamptz)
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path = hongbao, pg_temp
    AS $$
BEGIN
    RETURN QUERY
        SELECT x.campaign, sum(x.amount_fen)::bigint,
               coalesce(sum(x.amount_fen) FILTER (WHERE x.kind IS NULL AND NOT x.lapsed), 0)::bigint,
               coalesce(sum(x.amount_fen - x.paid_fen - x.given_up_fen) FILTER (WHERE x.kind = 'withdraw'), 0)::bigint,
               coalesce(sum(x.paid_fen) FILTER (WHERE x.kind = 'withdraw'), 0)::bigint,
               coalesce(sum(x.tax_fen) FILTER (WHERE x.kind = 'withdraw' AND x.paid_fen = x.amount_fen), 0)::bigint,
               coalesce(sum(x.amount_fen) FILTER (WHERE x.kind = 'expire' OR (x.kind IS NULL AND x.lapsed)), 0)::bigint,
               coalesce(sum(CASE WHEN x.kind = 'claw_back' THEN x.amount_fen ELSE x.given_up_fen END), 0)::bigint,
               count(*) FILTER (WHERE x.amount_fen > 0), count(*) FILTER (WHERE x.amount_fen = 0),
               min(x.lapses) FILTER (WHERE x.kind IS NULL AND NOT x.lapsed AND x.amount_fen > 0)
        FROM (SELECT w.campaign, w.amount_fen, u.kind, u.tax_fen, coalesce(u.paid_fen, 0) AS paid_fen, coalesce(u.given_up_fen, 0) AS given_up_fen,
                     l.at AS lapses, coalesce(l.at <= p_now, false) AS lapsed
              FROM win w
              LEFT JOIN uses_of(p_player) u ON u.campaign = w.campaign AND u.draw_no = w.draw_no
              LEFT JOIN LATERAL (SELECT win_lapses_at(y, w.won_at) AS at FROM wallet_policy y WHERE y.campaign = w.campaign) l ON true
              WHERE w.player = p_player) x
        GROUP BY x.campaign ORDER BY x.campaign;
END
$$;

-- Movements of a player's wallet, newest first, cash only. amount_fen: what it did to what is the player's (win +, others -, returned +; paid: 0,
-- it says that a part of a withdrawal arrived, and net_fen how much).
-- kind: win | withdrawal | paid | returned | expired | clawed_back. ref: draw number, withdrawal, order number.
-- Cursor: at_us and id of the last row seen, both NULL for the first page; rows that come later are newer and do not move the pages behind.
CREATE FUNCTION wallet_transactions(p_player uuid, p_at_us bigint, p_id text, p_limit int)
    RETURNS TABLE (at_us bigint, id text, campaign int, kind text, amount_fen bigint, net_fen bigint, ref text)
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path = hongbao, pg_temp
    AS $$
BEGIN
    RETURN QUERY
        SELECT m.at_us, m.id COLLATE "C", m.campaign, m.kind, m.amount_fen, m.net_fen, m.ref
        FROM (SELECT y.*, (extract(epoch FROM y.at) * 1000000)::bigint AS at_us FROM (
                SELECT w.won_at AS at, 'w' || w.campaign || ':' || w.draw_no AS id, w.campaign, 'win' AS kind, w.amount_fen, 0::bigint AS net_fen,
                    w.draw_no::text AS ref
                FROM win w WHERE w.player = p_player AND w.amount_fen > 0
                UNION ALL
                SELECT max(u.at), 'o' || u.cause, u.campaign, 'withdrawal', -sum(u.amount_fen)::bigint, sum(u.amount_fen - u.tax_fen)::bigint,
                    u.cause::text
                FROM win_use u WHERE u.player = p_player AND u.kind = 'withdraw' GROUP BY u.campaign, u.cause
                UNION ALL
                SELECT max(u.freed_at), 'r' || u.cause || ':' || u.freed_batch, u.campaign, 'returned', sum(u.amount_fen)::bigint, 0, u.cause::text
                FROM win_use u WHERE u.player = p_player AND u.freed_batch IS NOT NULL GROUP BY u.campaign, u.cause, u.freed_batch
                UNION ALL
                SELECT p.ended_at, 'p' || p.out_no, p.campaign, 'paid', 0, p.amount_fen, p.withdrawal::text
                FROM withdrawal w JOIN payout p ON p.withdrawal = w.id WHERE w.player = p_player AND p.state = 'paid'
                UNION ALL
                SELECT u.at, 'x' || u.campaign || ':' || u.draw_no, u.campaign, CASE u.kind WHEN 'expire' THEN 'expired' ELSE 'clawed_back' END,
                    -u.amount_fen, 0, u.draw_no::text
                FROM win_use u WHERE u.player = p_player AND u.kind <> 'withdraw') y) m
        WHERE p_at_us IS NULL OR (m.at_us, m.id COLLATE "C") < (p_at_us, p_id COLLATE "C")
        ORDER BY m.at_us DESC, m.id COLLATE "C" DESC LIMIT least(greatest(p_limit, 1), 200);
END
$$;

-- A player's withdrawals, newest first (p_before: the `no` of the last one seen), or the one of p_id. waiting: parts that wait for the player.
CREATE FUNCTION withdrawals(p_player uuid, p_id uuid, p_before bigint, p_limit int)
    RETURNS TABLE (id uuid, no bigint, campaign int, state text, gross_fen bigint, tax_fen bigint, net_fen bigint, paid_fen bigint, wins int,
                   parts int, review bool, opened_at timestamptz, ended_at timestamptz)
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path = hongbao, pg_temp
    AS $$
BEGIN
    RETURN QUERY
        SELECT w.id, w.no, w.campaign, w.state, w.gross_fen, w.tax_fen, w.gross_fen - w.tax_fen,
               (SELECT coalesce(sum(q.net_fen), 0)::bigint FROM withdrawal_part q WHERE q.withdrawal = w.id AND q.state = 'paid'),
               w.wins, w.parts::int, w.review AND (SELECT count(*) FILTER (WHERE a.approved) < 2
                                                            FROM withdrawal_approval a WHERE a.withdrawal = w.id),
               w.opened_at, w.ended_at
        FROM withdrawal w
        WHERE w.player = p_player AND (p_id IS NULL OR w.id = p_id) AND (p_before IS NULL OR w.no < p_before)
        ORDER BY w.no DESC LIMIT least(greatest(p_limit, 1), 200);
END
$$;
