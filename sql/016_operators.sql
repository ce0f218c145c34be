-- What operators set and send: a campaign's policy and taxes, merchant numbers and their accounts at the providers, tax that is paid over.

-- Sets a campaign's policy whole: p_policy holds members named like wallet_policy's columns; an absent one has its default. Windows are
-- [[from, to], ...] in RFC 3339, the end outside. An unknown member or a bad value is refused (HB004, or the constraint's own code).
CREATE FUNCTION wallet_policy_set(p_slug text, p_policy jsonb) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = hongbao, pg_temp
    AS $$
DECLARE
    v_campaign campaign := campaign_lock(p_slug);
    v_unknown  text;
    v_new      wallet_policy;
BEGIN
    SELECT string_agg(k, ', ') INTO v_unknown FROM jsonb_object_keys(p_policy) AS k
        WHERE k NOT IN ('min_fen', 'max_fen', 'day_count', 'day_fen', 'max_wins', 'max_parts', 'review_fen', 'windows', 'expires_at',
                        'expires_after_ms', 'payee_cooling_ms', 'merchants', 'stopped');
    IF v_unknown IS NOT NULL THEN
        RAISE EXCEPTION 'wallet policy: unknown %', v_unknown USING ERRCODE = 'HB004';
    END IF;
    DELETE FROM wallet_policy WHERE campaign = v_campaign.id;
    INSERT INTO wallet_policy (campaign) VALUES (v_campaign.id) RETURNING * INTO v_new; -- the defaults
    v_new := jsonb_populate_record(v_new, jsonb_strip_nulls(p_policy) - 'windows');
    IF jsonb_typeof(p_policy -> 'windows') = 'array' THEN
        v_new.windows := (SELECT range_agg(tstzrange((w ->> 0)::timestamptz, (w ->> 1)::timestamptz))
                          FROM jsonb_array_elements(p_policy -> 'windows') AS w);
    END IF;
    DELETE FROM wallet_policy WHERE campaign = v_campaign.id;
    INSERT INTO wallet_policy SELECT v_new.*;
    PERFORM campaign_tell(p_slug);
END
$$;

-- The switch alone: nothing new is asked for nor sent.
CREATE FUNCTION wallet_stop(p_slug text, p_stopped bool) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = hongbao, pg_temp
    AS $$
DECLARE
    v_campaign campaign := campaign_lock(p_slug);
BEGIN
    UPDATE wallet_policy SET stopped = p_stopped WHERE campaign = v_campaign.id;
END
$$;

-- What is withheld of wins of a kind from now on; wins that are bound keep what was worked out for them. p_bearer NULL: nothing is withheld.
CREATE FUNCTION tax_rule_set(p_slug text, p_kind text, p_rate_bp int, p_bearer text) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = hongbao, pg_temp
    AS $$
DECLARE
    v_campaign campaign := campaign_lock(p_slug);
BEGIN
    DELETE FROM tax_rule WHERE campaign = v_campaign.id AND kind = p_kind;
    IF p_bearer IS NOT NULL THEN
        INSERT INTO tax_rule VALUES (v_campaign.id, p_kind, p_rate_bp, p_bearer);
    END IF;
END
$$;

-- Creates a merchant number with its account, or sets it whole. p_settings: members named like the table's columns (not id, account); absent:
-- default.
CREATE FUNCTION merchant_set(p_id text, p_settings jsonb) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = hongbao, pg_temp
    AS $$
DECLARE
    v_unknown text;
    v_new     merchant;
BEGIN
    SELECT string_agg(k, ', ') INTO v_unknown FROM jsonb_object_keys(p_settings) AS k
        WHERE k NOT IN ('provider', 'app_id', 'stopped', 'rate_per_s', 'min_fen', 'single_cap_fen', 'name_from_fen', 'day_cap_fen', 'quiet_from',
                        'quiet_to',
                        'time_zone', 'max_attempts', 'settings');
    IF v_unknown IS NOT NULL THEN
        RAISE EXCEPTION 'merchant %: unknown %', p_id, v_unknown USING ERRCODE = 'HB004';
    END IF;
    PERFORM clock_timestamp() AT TIME ZONE coalesce(p_settings ->> 'time_zone', 'UTC'); -- 22023 when there is no such zone
    INSERT INTO account (name, limited, asset) VALUES ('provider:' || p_id, true, true) ON CONFLICT (name) DO NOTHING;
    v_new := jsonb_populate_record(ROW(p_id, NULL, '', false, 10, 10, 20000, NULL, NULL, NULL, NULL, 'Asia/Shanghai', 3, '{}'::jsonb, 'provider:' ||
                                       p_id)::merchant,
                                   jsonb_strip_nulls(p_settings));
    INSERT INTO merchant SELECT v_new.* ON CONFLICT (id) DO UPDATE SET (provider, app_id, stopped, rate_per_s, min_fen, single_cap_fen, name_from_fen,
        day_cap_fen, quiet_from, quiet_to, time_zone, max_attempts, settings) = (v_new.provider, v_new.app_id, v_new.stopped, v_new.rate_per_s,
                                                                                 v_new.min_fen,
        v_new.single_cap_fen, v_new.name_from_fen, v_new.day_cap_fen, v_new.quiet_from, v_new.quiet_to, v_new.time_zone, v_new.max_attempts,
            v_new.settings);
END
$$;

CREATE FUNCTION merchant_stop(p_id text, p_stopped bool) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = hongbao, pg_temp
    AS $$
BEGIN
    UPDATE merchant SET stopped = p_stopped WHERE id = p_id;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'no such merchant: %', p_id USING ERRCODE = 'HB004';
    END IF;
END
$$;

-- One posted movement as a batch of its own. booked | same | quarantined
CREATE FUNCTION movement_post(p_move hongbao.movement, p_kind text) RETURNS text
    LANGUAGE plpgsql AS $$
DECLARE
    v_batch  bigint := nextval('hongbao.batch_id');
    v_at     timestamptz := clock_timestamp();
    v_letter text := hongbao.movements_book(v_batch, ARRAY[p_move], v_at);
BEGIN
    PERFORM hongbao.batch_write(v_batch, p_kind, v_at);
    RETURN CASE v_letter WHEN 'b' THEN 'booked' WHEN 'f' THEN 'same' ELSE 'quarantined' END;
END
$$;

-- Money sent from the bank to our account at the provider, once a key: booked | same | quarantined (the key has another amount)
CREATE FUNCTION merchant_topup(p_merchant text, p_amount bigint, p_key text) RETURNS text
    LANGUAGE sql SECURITY DEFINER
    SET search_path = hongbao, pg_temp
    AS $$
    SELECT movement_post(ROW(ref_of('topup', p_merchant, p_key), 'topup', 'posted', 'provider:' || p_merchant, 'bank', p_amount, 0, NULL, NULL,
                             NULL)::movement, 'topup')
    $$;

-- Withheld tax paid over to the authority, once a key: booked | same | quarantined. 23514 when there is less than that.
CREATE FUNCTION tax_remit(p_amount bigint, p_key text) RETURNS text
    LANGUAGE sql SECURITY DEFINER
    SET search_path = hongbao, pg_temp
    AS $$ SELECT movement_post(ROW(ref_of('remit', p_key), 'remit', 'posted', 'tax_withheld', 'bank', p_amount, 0, NULL, NULL, NULL)::movement,
                               'remit') $$;
