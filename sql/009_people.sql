-- People: the one place where somebody is more than a number. Everything here is encrypted by the engine before it comes (sealed: bytes
-- that SQL never reads), stands apart from the ledger, and is deleted by person_erase(); the books name only the player.

CREATE TABLE person (
    player     uuid PRIMARY KEY,
    -- the subject at the operator's identity service, and what else the engine keeps
    sealed     bytea NOT NULL CHECK (length(sealed) BETWEEN 1 AND 4096),
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    changed_at timestamptz NOT NULL DEFAULT clock_timestamp()
);

-- Where a player is paid. The newest number counts; a payout names the number that it was made for. Rows do not change.
CREATE TABLE payee (
    player      uuid NOT NULL,
    no          int NOT NULL CHECK (no >= 1),
    provider    text NOT NULL CHECK (provider ~ '^[a-z0-9][a-z0-9_-]{0,31}$'),
    app_id      text NOT NULL CHECK (length(app_id) <= 64), -- under which the identity holds; '' when it holds everywhere
    sealed      bytea NOT NULL CHECK (length(sealed) BETWEEN 1 AND 1024), -- openid, login id
    name_sealed bytea CHECK (length(name_sealed) BETWEEN 1 AND 1024),     -- the real name, when given
    -- the engine's HMAC of provider, app, identity and name: the same again is the same
    fingerprint bytea NOT NULL CHECK (length(fingerprint) = 32),
    usable_from timestamptz NOT NULL,
    at          timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (player, no)
);
CREATE INDEX payee_fingerprint ON payee (fingerprint);

-- Outlives an erasure, so that erasing is no way around the cooling time and no number is used twice. Not personal.
CREATE TABLE payee_mark (
    player     uuid PRIMARY KEY,
    payees     int NOT NULL,
    changed_at timestamptz NOT NULL,
    erased_at  timestamptz
);

-- The body of a payout request as it was, or will be, sent: it names the payee. Once stored it does not change.
CREATE TABLE payout_body (
    out_no text PRIMARY KEY,
    player uuid NOT NULL,
    sealed bytea NOT NULL CHECK (length(sealed) BETWEEN 1 AND 65536)
);
CREATE INDEX payout_body_player ON payout_body (player);

CREATE FUNCTION person_guard() RETURNS trigger
    LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% does not change: % refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'HB007';
END
$$;
CREATE TRIGGER payee_guard_row BEFORE UPDATE ON payee FOR EACH ROW EXECUTE FUNCTION person_guard();
CREATE TRIGGER payout_body_guard_row BEFORE UPDATE ON payout_body FOR EACH ROW EXECUTE FUNCTION person_guard();

-- Serialises what one player asks for; taken after campaign_hold().
CREATE FUNCTION player_hold(p_player uuid) RETURNS void
    LANGUAGE sql AS $$ SELECT pg_advisory_xact_lock(hashtextextended(p_player::text, 1752131427)) $$;

-- Creates or replaces the person's sealed material.
CREATE FUNCTION person_put(p_player uuid, p_sealed bytea) RETURNS void
    LANGUAGE sql SECURITY DEFINER
    SET search_path = hongbao, pg_temp
    AS $$
    INSERT INTO person (player, sealed) VALUES (p_player, p_sealed)
    ON CONFLICT (player) DO UPDATE SET sealed = excluded.sealed, changed_at = clock_timestamp()
    $$;

-- No row: nothing is known, or it was erased.
CREATE FUNCTION person_get(p_player uuid) RETURNS TABLE (sealed bytea, created_at timestamptz, changed_at timestamptz)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path = hongbao, pg_temp
    AS $$ SELECT p.sealed, p.created_at, p.changed_at FROM person p WHERE p.player = p_player $$;

-- Where the player will be paid from now on. The first payee can be used at once, a change after p_cooling_ms.
-- verdict: set | same (nothing changed; fingerprint equal). usable_from: of the payee that counts now.
CREATE FUNCTION payee_put(p_player uuid, p_provider text, p_app_id text, p_sealed bytea, p_name_sealed bytea, p_fingerprint bytea,
                          p_cooling_ms bigint, p_now timestamptz DEFAULT clock_timestamp(),
                          OUT verdict text, OUT no int, OUT usable_from timestamptz)
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = hongbao, pg_temp
    AS $$
DECLARE
    v_last payee;
    v_mark payee_mark;
BEGIN
    PERFORM player_hold(p_player);
    SELECT * INTO v_last FROM payee p WHERE p.player = p_player ORDER BY p.no DESC LIMIT 1;
    IF v_last.fingerprint = p_fingerprint THEN
        verdict := 'same';
        no := v_last.no;
        usable_from := v_last.usable_from;
        RETURN;
    END IF;
    SELECT * INTO v_mark FROM payee_mark m WHERE m.player = p_player;
    verdict := 'set';
    no := coalesce(v_mark.payees, 0) + 1;
    usable_from := CASE WHEN no = 1 THEN p_now ELSE p_now + p_cooling_ms * interval '1 ms' END;
    INSERT INTO payee (player, no, provider, app_id, sealed, name_sealed, fingerprint, usable_from)
        VALUES (p_player, payee_put.no, p_provider, p_app_id, p_sealed, p_name_sealed, p_fingerprint, payee_put.usable_from);
    INSERT INTO payee_mark AS m (player, payees, changed_at) VALUES (p_player, payee_put.no, p_now)
        ON CONFLICT (player) DO UPDATE SET payees = excluded.payees, changed_at = excluded.changed_at;
END
$$;

-- The payee that counts, or the one of a number. No row: none, or erased.
CREATE FUNCTION payee_get(p_player uuid, p_no int DEFAULT NULL) RETURNS SETOF payee
    LANGUAGE sql STABLE SECURITY DEFINER ROWS 1
    SET search_path = hongbao, pg_temp
    AS $$ SELECT * FROM payee p WHERE p.player = p_player AND (p_no IS NULL OR p.no = p_no) ORDER BY p.no DESC LIMIT 1 $$;

-- How many other players are paid at the same place: for the fraud rules.
CREATE FUNCTION payee_shared(p_player uuid) RETURNS bigint
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path = hongbao, pg_temp
    AS $$
    SELECT count(DISTINCT o.player) FROM payee o
    WHERE o.player <> p_player AND o.fingerprint = (SELECT p.fingerprint FROM payee p WHERE p.player = p_player ORDER BY p.no DESC LIMIT 1)
    $$;

-- Deletes all that names the person. The books, the player's wins and chances stay as they are.
-- verdict: erased (also when there was nothing) | open: a withdrawal is under way, its payee is needed; nothing was deleted.
CREATE FUNCTION person_erase(p_player uuid, OUT verdict text, OUT open_withdrawals bigint)
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = hongbao, pg_temp
    AS $$
BEGIN
    PERFORM player_hold(p_player);
    SELECT count(*) INTO open_withdrawals FROM withdrawal w WHERE w.player = p_player AND w.state = 'open';
    IF open_withdrawals > 0 THEN
        verdict := 'open';
        RETURN;
    END IF;
    DELETE FROM payout_body b WHERE b.player = p_player;
    DELETE FROM payee p WHERE p.player = p_player;
    DELETE FROM person p WHERE p.player = p_player;
    UPDATE payee_mark m SET erased_at = clock_timestamp() WHERE m.player = p_player;
    verdict := 'erased';
END
$$;
