-- Vouchers and cards: what a winner of a prize that is not money gets.
--
-- A unit's code is fixed: code `no` of a prize belongs to unit `no`, and each unit is won once. So binding is a row, not a search, and cannot give
-- one
-- code to two people. States: won (no row yet) -> assigned (shown, or to be told) -> sent (the operator's system took it) -> used | failed.

-- How a prize is fulfilled: code (imported), webhook (the operator's system is told), hand. No row: hand. Set before the first publication.
CREATE TABLE voucher_prize (
    slug     text NOT NULL,
    prize_id text NOT NULL,
    mode     text NOT NULL CHECK (mode IN ('code', 'webhook', 'hand')),
    PRIMARY KEY (slug, prize_id)
);

CREATE TABLE voucher_code (
    slug        text NOT NULL,
    prize_id    text NOT NULL,
    no          int NOT NULL CHECK (no >= 0),
    sealed      bytea NOT NULL CHECK (length(sealed) BETWEEN 1 AND 2048), -- encrypted by the engine
    fingerprint bytea NOT NULL CHECK (length(fingerprint) = 32),          -- the engine's HMAC of the code: none twice
    at          timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (slug, prize_id, no),
    UNIQUE (slug, fingerprint)
);
CALL append_only_guard('voucher_code');

CREATE TABLE voucher (
    campaign int NOT NULL,
    player   uuid NOT NULL,
    draw_no  int NOT NULL,
    prize    smallint NOT NULL,
    unit     int NOT NULL,
    mode     text NOT NULL CHECK (mode IN ('code', 'webhook', 'hand')),
    state    text NOT NULL DEFAULT 'assigned' CHECK (state IN ('assigned', 'sent', 'used', 'failed')),
    events   int NOT NULL DEFAULT 1,
    tries    int NOT NULL DEFAULT 0,
    due_at   timestamptz NOT NULL,             -- of a webhook: when it is next to be told
    at       timestamptz NOT NULL,
    PRIMARY KEY (campaign, player, draw_no),
    UNIQUE (campaign, prize, unit)
);
CREATE INDEX voucher_due ON voucher (due_at) WHERE mode = 'webhook' AND state = 'assigned';
CALL kept_guard('voucher', '{state,events,tries,due_at}', '{used,failed}');

CREATE TABLE voucher_event (
    campaign int NOT NULL,
    player   uuid NOT NULL,
    draw_no  int NOT NULL,
    seq      int NOT NULL CHECK (seq >= 1),
    state    text NOT NULL,
    note     text CHECK (length(note) <= 200),
    at       timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (campaign, player, draw_no, seq),
    FOREIGN KEY (campaign, player, draw_no) REFERENCES voucher
);
CALL append_only_guard('voucher_event');

-- HB002 when codes or vouchers of another mode are there already.
CREATE FUNCTION voucher_mode_set(p_slug text, p_prize_id text, p_mode text) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = hongbao, pg_temp
    AS $$
BEGIN
    IF EXISTS (SELECT FROM voucher v JOIN campaign c ON c.id = v.campaign JOIN prize z ON z.campaign = v.campaign AND z.prize = v.prize
               WHERE c.slug = p_slug AND z.prize_id = p_prize_id AND v.mode <> p_mode) THEN
        RAISE EXCEPTION 'prize % of %: vouchers were given already', p_prize_id, p_slug USING ERRCODE = 'HB002';
    END IF;
    INSERT INTO voucher_prize VALUES (p_slug, p_prize_id, p_mode) ON CONFLICT (slug, prize_id) DO UPDATE SET mode = excluded.mode;
END
$$;

-- Appends codes in their order; those that are there already (same fingerprint, of this prize) are skipped. Answers how many there are now.
-- HB003 when a code belongs to another prize of the campaign.
CREATE FUNCTION voucher_import(p_slug text, p_prize_id text, p_sealed bytea[], p_fingerprint bytea[]) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = hongbao, pg_temp
    AS $$
DECLARE
    v_next int;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended(p_slug, 1752131428));
    IF EXISTS (SELECT FROM voucher_code c WHERE c.slug = p_slug AND c.prize_id <> p_prize_id AND c.fingerprint = ANY (p_fingerprint)) THEN
        RAISE EXCEPTION 'a code belongs to another prize of %', p_slug USING ERRCODE = 'HB003';
    END IF;
    SELECT coalesce(max(c.no) + 1, 0) INTO v_next FROM voucher_code c WHERE c.slug = p_slug AND c.prize_id = p_prize_id;
    INSERT INTO voucher_code (slug, prize_id, no, sealed, fingerprint)
        SELECT p_slug, p_prize_id, v_next + row_number() OVER (ORDER BY f.n) - 1, f.sealed, f.fingerprint
        FROM (SELECT DISTINCT ON (u.fingerprint) u.* FROM unnest(p_sealed, p_fingerprint) WITH ORDINALITY AS u(sealed, fingerprint, n)
              ORDER BY u.fingerprint, u.n) f
        WHERE NOT EXISTS (SELECT FROM voucher_code c WHERE c.slug = p_slug AND c.fingerprint = f.fingerprint);
    INSERT INTO voucher_prize VALUES (p_slug, p_prize_id, 'code') ON CONFLICT DO NOTHING;
    RETURN (SELECT count(*) FROM voucher_code c WHERE c.slug = p_slug AND c.prize_id = p_prize_id);
END
$$;

-- A prize that is fulfilled by code has a code for every unit: publishing refuses otherwise (HB005).
CREATE FUNCTION prize_codes_guard() RETURNS trigger
    LANGUAGE plpgsql AS $$
DECLARE
    v_codes bigint;
BEGIN
    SELECT (SELECT count(*) FROM hongbao.voucher_code k WHERE k.slug = c.slug AND k.prize_id = NEW.prize_id) INTO v_codes
    FROM hongbao.campaign c JOIN hongbao.voucher_prize v ON v.slug = c.slug AND v.prize_id = NEW.prize_id AND v.mode = 'code'
    WHERE c.id = NEW.campaign AND NEW.kind IN ('voucher', 'card');
    IF v_codes < NEW.units THEN
        RAISE EXCEPTION 'prize %: % units, % codes', NEW.prize_id, NEW.units, v_codes USING ERRCODE = 'HB005';
    END IF;
    RETURN NULL;
END
$$;
CREATE TRIGGER prize_codes_guard AFTER INSERT OR UPDATE OF units ON prize FOR EACH ROW EXECUTE FUNCTION prize_codes_guard();

-- Gives the winners what they won, once; what is not a committed win of a voucher or card is passed over. How many are new.
CREATE FUNCTION voucher_bind(p_campaign int, p_player uuid[], p_draw_no int[], p_now timestamptz DEFAULT clock_timestamp()) RETURNS bigint
    LANGUAGE sql SECURITY DEFINER
    SET search_path = hongbao, pg_temp
    AS $$
    WITH bound AS (
        INSERT INTO voucher (campaign, player, draw_no, prize, unit, mode, due_at, at)
        SELECT w.campaign, w.player, w.draw_no, w.prize, w.unit, coalesce(v.mode, 'hand'), p_now, p_now
        FROM unnest(p_player, p_draw_no) AS u(player, draw_no)
        JOIN win w ON w.campaign = p_campaign AND w.player = u.player AND w.draw_no = u.draw_no
        JOIN prize z ON z.campaign = p_campaign AND z.prize = w.prize AND z.kind IN ('voucher', 'card')
        JOIN campaign c ON c.id = p_campaign
        LEFT JOIN voucher_prize v ON v.slug = c.slug AND v.prize_id = z.prize_id
        ORDER BY w.player, w.draw_no
        ON CONFLICT (campaign, player, draw_no) DO NOTHING
        RETURNING campaign, player, draw_no),
    told AS (
        INSERT INTO voucher_event (campaign, player, draw_no, seq, state, at) SELECT campaign, player, draw_no, 1, 'assigned', p_now FROM bound)
    SELECT count(*) FROM bound
    $$;

-- For those whose binding was lost between commit and voucher_bind: looks at p_limit wins behind (p_after_player, p_after_draw), as expire_some does.
CREATE FUNCTION voucher_bind_missing(p_campaign int, p_after_player uuid, p_after_draw int, p_limit int,
                                     OUT bound bigint, OUT last_player uuid, OUT last_draw int)
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = hongbao, pg_temp
    AS $$
DECLARE
    v_players uuid[];
    v_draws   int[];
BEGIN
    SELECT array_agg(l.player ORDER BY l.player, l.draw_no), array_agg(l.draw_no ORDER BY l.player, l.draw_no) INTO v_players, v_draws
    FROM (SELECT w.player, w.draw_no FROM win w
          WHERE w.campaign = p_campaign AND (p_after_player IS NULL OR (w.player, w.draw_no) > (p_after_player, p_after_draw))
          ORDER BY w.player, w.draw_no LIMIT p_limit) l;
    bound := voucher_bind(p_campaign, coalesce(v_players, '{}'), coalesce(v_draws, '{}'));
    IF cardinality(v_players) = p_limit THEN
        last_player := v_players[p_limit];
        last_draw := v_draws[p_limit];
    END IF;
END
$$;

-- A player's vouchers in a campaign, bound first if they are not yet. code_sealed: of mode code.
CREATE FUNCTION vouchers(p_campaign int, p_player uuid) RETURNS TABLE (draw_no int, prize smallint, unit int, mode text, state text,
                                                                       at timestamptz, code_sealed bytea)
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = hongbao, pg_temp
    AS $$
BEGIN
    IF EXISTS (SELECT FROM win w JOIN prize z ON z.campaign = w.campaign AND z.prize = w.prize AND z.kind IN ('voucher', 'card')
               WHERE w.campaign = p_campaign AND w.player = p_player
                 AND NOT EXISTS (SELECT FROM voucher v WHERE v.campaign = w.campaign AND v.player = w.player AND v.draw_no = w.draw_no)) THEN
        PERFORM voucher_bind(p_campaign, array_agg(w.player), array_agg(w.draw_no)) FROM win w WHERE w.campaign = p_campaign AND w.player = p_player;
    END IF;
    RETURN QUERY
        SELECT v.draw_no, v.prize, v.unit, v.mode, v.state, v.at, k.sealed
        FROM voucher v JOIN campaign c ON c.id = v.campaign JOIN prize z ON z.campaign = v.campaign AND z.prize = v.prize
        LEFT JOIN voucher_code k ON v.mode = 'code' AND k.slug = c.slug AND k.prize_id = z.prize_id AND k.no = v.unit
        WHERE v.campaign = p_campaign AND v.player = p_player ORDER BY v.draw_no;
END
$$;

-- assigned -> sent | used | failed, sent -> used | failed. applied | same | refused | no_voucher
CREATE FUNCTION voucher_state(p_campaign int, p_player uuid, p_draw_no int, p_state text, p_note text,
                              p_now timestamptz DEFAULT clock_timestamp()) RETURNS text
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = hongbao, pg_temp
    AS $$
DECLARE
    v_voucher voucher;
BEGIN
    SELECT * INTO v_voucher FROM voucher v WHERE v.campaign = p_campaign AND v.player = p_player AND v.draw_no = p_draw_no FOR NO KEY UPDATE;
    CASE WHEN NOT FOUND THEN RETURN 'no_voucher';
         WHEN v_voucher.state = p_state THEN RETURN 'same';
         WHEN NOT coalesce((v_voucher.state = 'assigned' AND p_state IN ('sent', 'used', 'failed')) OR (v_voucher.state = 'sent'
             AND p_state IN ('used', 'failed')), false)
         THEN RETURN 'refused';
         ELSE NULL;
    END CASE;
    UPDATE voucher v SET state = p_state, events = v.events + 1 WHERE v.campaign = p_campaign AND v.player = p_player AND v.draw_no = p_draw_no;
    INSERT INTO voucher_event (campaign, player, draw_no, seq, state, note, at) VALUES (p_campaign, p_player, p_draw_no, v_voucher.events + 1,
                                                                                        p_state, p_note, p_now);
    RETURN 'applied';
END
$$;

-- Webhooks that are due: each is this caller's for p_lease_ms; then voucher_state(sent), or it comes again, at growing distances.
CREATE FUNCTION voucher_due(p_limit int, p_lease_ms bigint, p_now timestamptz DEFAULT clock_timestamp())
    RETURNS TABLE (campaign int, slug text, player uuid, draw_no int, prize_id text, unit int, tries int, at timestamptz)
    LANGUAGE sql SECURITY DEFINER
    SET search_path = hongbao, pg_temp
    AS $$
    WITH due AS (
        SELECT v.campaign, v.player, v.draw_no FROM voucher v
        WHERE v.mode = 'webhook' AND v.state = 'assigned' AND v.due_at <= p_now ORDER BY v.due_at LIMIT p_limit FOR NO KEY UPDATE SKIP LOCKED),
    taken AS (
        UPDATE voucher v SET tries = v.tries + 1, due_at = p_now + (p_lease_ms * least(2 ^ least(v.tries, 20), 4096)) * interval '1 ms'
        FROM due d WHERE v.campaign = d.campaign AND v.player = d.player AND v.draw_no = d.draw_no RETURNING v.*)
    SELECT t.campaign, c.slug, t.player, t.draw_no, z.prize_id, t.unit, t.tries, t.at
    FROM taken t JOIN campaign c ON c.id = t.campaign JOIN prize z ON z.campaign = t.campaign AND z.prize = t.prize ORDER BY t.at
    $$;

-- Codes against units, by prize.
CREATE VIEW voucher_stock AS
    SELECT v.slug, v.prize_id, v.mode, (SELECT count(*) FROM voucher_code k WHERE k.slug = v.slug AND k.prize_id = v.prize_id) AS codes,
           z.units, (SELECT count(*) FROM voucher x WHERE x.campaign = z.campaign AND x.prize = z.prize) AS given
    FROM voucher_prize v LEFT JOIN campaign c ON c.slug = v.slug LEFT JOIN prize z ON z.campaign = c.id AND z.prize_id = v.prize_id;
