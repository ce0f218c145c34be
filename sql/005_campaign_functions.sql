-- What operators do to campaigns. Each tells the engine's nodes by NOTIFY hongbao_catalog.
-- Our error codes: HB001 fenced | HB002 version | HB003 key reused | HB004 not found | HB005 stock | HB006 budget |
-- HB007 kept as it was | HB008 not now | HB009 lease number

CREATE FUNCTION campaign_tell(p_slug text) RETURNS void
    LANGUAGE sql AS $$ SELECT pg_notify('hongbao_catalog', p_slug) $$;

-- The campaign's row, locked: publications and decisions about one campaign come one after the other.
CREATE FUNCTION campaign_lock(p_slug text) RETURNS hongbao.campaign
    LANGUAGE plpgsql AS $$
DECLARE
    v_campaign hongbao.campaign;
BEGIN
    SELECT * INTO v_campaign FROM hongbao.campaign WHERE slug = p_slug FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'no such campaign: %', p_slug USING ERRCODE = 'HB004';
    END IF;
    RETURN v_campaign;
END
$$;

-- First publication: the campaign with its shards, accounts and partitions.
CREATE FUNCTION campaign_make(p_slug text, p_time_zone text, p_commitment bytea, p_secret bytea, p_public_name jsonb,
                              p_nodes int[]) RETURNS hongbao.campaign
    LANGUAGE plpgsql AS $$
DECLARE
    v_campaign hongbao.campaign;
BEGIN
    INSERT INTO hongbao.campaign (slug, shards, time_zone, commitment, secret, public_name)
        VALUES (p_slug, cardinality(p_nodes), p_time_zone, p_commitment, p_secret, p_public_name) RETURNING * INTO v_campaign;
    INSERT INTO hongbao.shard (campaign, shard, node, float_account, payable_account)
        SELECT v_campaign.id, n - 1, node, format('float:%s:%s', p_slug, n - 1), format('payable:%s:%s', p_slug, n - 1)
        FROM unnest(p_nodes) WITH ORDINALITY AS u(node, n);
    INSERT INTO hongbao.account (name, limited)
        SELECT 'budget:' || p_slug, true
        UNION ALL SELECT float_account, true FROM hongbao.shard WHERE campaign = v_campaign.id
        UNION ALL SELECT payable_account, true FROM hongbao.shard WHERE campaign = v_campaign.id;
    PERFORM hongbao.partitions_make(v_campaign.id);
    RETURN v_campaign;
END
$$;

CREATE FUNCTION unit_fen(p_kind text, p_units bigint, p_fen bigint) RETURNS bigint
    LANGUAGE sql IMMUTABLE AS $$ SELECT CASE WHEN p_kind <> 'cash_split' THEN coalesce(p_fen / nullif(p_units, 0), 0) END $$;

-- One prize as the new version wants it. What was leased binds: units and fen not below it, a unit's worth and the kind for ever.
CREATE FUNCTION prize_set(p_campaign int, p_prize smallint, p_prize_id text, p_kind text, p_units bigint, p_fen bigint)
    RETURNS void
    LANGUAGE plpgsql AS $$
DECLARE
    v_old     hongbao.prize;
    v_changed int4multirange;
BEGIN
    INSERT INTO hongbao.prize (campaign, prize, prize_id, kind, units, fen, left_units)
        VALUES (p_campaign, p_prize, p_prize_id, p_kind, p_units, p_fen, int4multirange(int4range(0, p_units::int)))
        ON CONFLICT (campaign, prize) DO NOTHING;
    IF FOUND THEN
        INSERT INTO hongbao.stock (campaign, shard, prize, unit_fen)
            SELECT campaign, shard, p_prize, hongbao.unit_fen(p_kind, p_units, p_fen) FROM hongbao.shard WHERE campaign = p_campaign;
        RETURN;
    END IF;
    SELECT * INTO v_old FROM hongbao.prize WHERE campaign = p_campaign AND prize = p_prize FOR NO KEY UPDATE;
    IF v_old.prize_id <> p_prize_id OR v_old.kind <> p_kind THEN
        RAISE EXCEPTION 'prize % is % (%) and stays so', p_prize, v_old.prize_id, v_old.kind USING ERRCODE = 'HB002';
    END IF;
    IF v_old.leased_units > 0
        AND ((p_kind = 'cash' AND p_fen::numeric * v_old.units <> v_old.fen::numeric * p_units)
             OR (p_kind = 'cash_split' AND (p_units, p_fen) <> (v_old.units, v_old.fen))) THEN
        RAISE EXCEPTION 'prize %: units are out; what one is worth cannot change', p_prize_id USING ERRCODE = 'HB002';
    END IF;
    v_changed := int4multirange(int4range(least(p_units, v_old.units)::int, greatest(p_units, v_old.units)::int));
    IF p_units < v_old.units AND NOT v_changed <@ v_old.left_units THEN
        RAISE EXCEPTION 'prize %: units from % on are out already', p_prize_id, p_units USING ERRCODE = 'HB005';
    END IF;
    UPDATE hongbao.prize SET units = p_units, fen = p_fen,
        left_units = CASE WHEN p_units < v_old.units THEN left_units - v_changed ELSE left_units + v_changed END
        WHERE campaign = p_campaign AND prize = p_prize;
    IF v_old.leased_units = 0 THEN
        UPDATE hongbao.stock SET unit_fen = hongbao.unit_fen(p_kind, p_units, p_fen) WHERE campaign = p_campaign AND prize = p_prize;
    END IF;
END
$$;

-- Publishes version p_version, which must be the next one; the newest again with the same hash changes nothing.
-- Later versions: commitment and secret NULL or the same; shards, time zone and public name the same; prizes are only added.
CREATE FUNCTION campaign_publish(p_slug text, p_version int, p_document jsonb, p_table_json text, p_table_hash bytea,
                                 p_cover bytea, p_commitment bytea, p_secret bytea, p_public_name jsonb, p_time_zone text,
                                 p_starts_ms bigint, p_ends_ms bigint, p_nodes int[], p_prize_ids text[],
                                 p_kinds text[], p_units bigint[], p_fen bigint[]) RETURNS int
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = hongbao, pg_temp
    AS $$
DECLARE
    v_campaign campaign;
    v_newest   campaign_version;
BEGIN
    SELECT * INTO v_campaign FROM campaign WHERE slug = p_slug FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        v_campaign := campaign_make(p_slug, p_time_zone, p_commitment, p_secret, p_public_name, p_nodes);
    END IF;
    SELECT * INTO v_newest FROM campaign_version WHERE campaign = v_campaign.id ORDER BY version DESC LIMIT 1;
    IF v_newest.version = p_version AND v_newest.table_hash = p_table_hash AND v_newest.document = p_document THEN
        RETURN p_version;
    END IF;
    IF p_version IS DISTINCT FROM coalesce(v_newest.version, 0) + 1 THEN
        RAISE EXCEPTION 'the next version of % is %, not %', p_slug, coalesce(v_newest.version, 0) + 1, p_version USING ERRCODE = 'HB002';
    END IF;
    IF v_campaign.ended_at IS NOT NULL THEN
        RAISE EXCEPTION 'campaign % has ended', p_slug USING ERRCODE = 'HB008';
    END IF;
    IF coalesce(p_commitment, v_campaign.commitment) <> v_campaign.commitment
        OR coalesce(p_secret, v_campaign.secret) <> v_campaign.secret
        OR p_public_name IS DISTINCT FROM v_campaign.public_name
        OR cardinality(p_nodes) <> v_campaign.shards OR p_time_zone <> v_campaign.time_zone THEN
        RAISE EXCEPTION 'campaign %: commitment, public value, shards and time zone stay as first published', p_slug USING ERRCODE = 'HB002';
    END IF;
    IF cardinality(p_prize_ids) < (SELECT count(*) FROM prize WHERE campaign = v_campaign.id) THEN
        RAISE EXCEPTION 'campaign %: a prize cannot be taken out; give it no odds', p_slug USING ERRCODE = 'HB002';
    END IF;
    PERFORM prize_set(v_campaign.id, z.n::smallint, z.prize_id, z.kind, z.units, z.fen)
        FROM unnest(p_prize_ids, p_kinds, p_units, p_fen) WITH ORDINALITY AS z(prize_id, kind, units, fen, n);
    INSERT INTO campaign_version (campaign, version, document, table_json, table_hash, cover, starts_at, ends_at)
        VALUES (v_campaign.id, p_version, p_document, p_table_json, p_table_hash, p_cover,
                to_timestamp(p_starts_ms / 1000.0), to_timestamp(p_ends_ms / 1000.0));
    PERFORM campaign_tell(p_slug);
    RETURN p_version;
END
$$;

-- bank -> budget, once for each key; answers the budget's balance.
CREATE FUNCTION campaign_fund(p_slug text, p_amount_fen bigint, p_key text) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = hongbao, pg_temp
    AS $$
DECLARE
    v_campaign campaign := campaign_lock(p_slug);
    v_at       timestamptz := clock_timestamp();
    v_batch    bigint := nextval('batch_id');
    v_bytes    bytea;
BEGIN
    INSERT INTO fund (key, campaign, amount, batch) VALUES (p_key, v_campaign.id, p_amount_fen, v_batch) ON CONFLICT (key) DO NOTHING;
    IF FOUND THEN
        v_bytes := transfer_book(v_batch, 'fund', 'bank', 'budget:' || p_slug, p_amount_fen, v_campaign.id, v_at);
        PERFORM batch_close(v_batch, 'fund', 0, 0, 1, 0, p_amount_fen, batch_hash(NULL, NULL, v_bytes, NULL), v_at);
        PERFORM campaign_tell(p_slug);
    ELSIF NOT EXISTS (SELECT FROM fund WHERE key = p_key AND campaign = v_campaign.id AND amount = p_amount_fen) THEN
        RAISE EXCEPTION 'key % funded something else', p_key USING ERRCODE = 'HB003';
    END IF;
    RETURN (SELECT credit - debit FROM account WHERE name = 'budget:' || p_slug);
END
$$;

CREATE FUNCTION campaign_pause(p_slug text, p_paused bool) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = hongbao, pg_temp
    AS $$
DECLARE
    v_campaign campaign := campaign_lock(p_slug);
BEGIN
    UPDATE campaign SET paused = p_paused WHERE id = v_campaign.id AND paused <> p_paused;
    PERFORM campaign_tell(p_slug);
END
$$;

CREATE FUNCTION campaign_end(p_slug text) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = hongbao, pg_temp
    AS $$
DECLARE
    v_campaign campaign := campaign_lock(p_slug);
BEGIN
    UPDATE campaign SET ended_at = clock_timestamp() WHERE id = v_campaign.id AND ended_at IS NULL;
    PERFORM campaign_tell(p_slug);
END
$$;

-- The public value named with the commitment, once; the same again changes nothing.
CREATE FUNCTION fairness_public_value(p_slug text, p_value text) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = hongbao, pg_temp
    AS $$
DECLARE
    v_campaign campaign := campaign_lock(p_slug);
BEGIN
    IF v_campaign.public_name IS NULL THEN
        RAISE EXCEPTION 'campaign % named no public value', p_slug USING ERRCODE = 'HB008';
    END IF;
    IF p_value IS NULL OR p_value = '' OR v_campaign.public_value <> p_value THEN
        RAISE EXCEPTION 'campaign %: the public value is set once and not empty', p_slug USING ERRCODE = 'HB003';
    END IF;
    UPDATE campaign SET public_value = p_value WHERE id = v_campaign.id AND public_value IS NULL;
    PERFORM campaign_tell(p_slug);
END
$$;

-- Only when no draw can follow: the secret foretells every draw. Answers the secret.
CREATE FUNCTION fairness_reveal(p_slug text) RETURNS bytea
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = hongbao, pg_temp
    AS $$
DECLARE
    v_campaign campaign := campaign_lock(p_slug);
BEGIN
    IF v_campaign.ended_at IS NULL
        AND (SELECT ends_at FROM campaign_version WHERE campaign = v_campaign.id ORDER BY version DESC LIMIT 1) > clock_timestamp() THEN
        RAISE EXCEPTION 'campaign % is not over: its secret stays sealed', p_slug USING ERRCODE = 'HB008';
    END IF;
    UPDATE campaign SET revealed = true, ended_at = coalesce(ended_at, clock_timestamp()) WHERE id = v_campaign.id AND NOT revealed;
    PERFORM campaign_tell(p_slug);
    RETURN v_campaign.secret;
END
$$;
