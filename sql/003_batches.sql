-- The hash of a batch, and how one is closed.
--
-- Canonical bytes; integers big-endian two's complement, i4 and i8 by width; times are i8 microseconds since
-- 2000-01-01 00:00 UTC; texts are UTF-8 and end with one zero byte:
--
--   win       campaign i4 | player 16 | draw_no i4 | shard i4 | prize i4 | unit i4 | amount_fen i8 | key i8 | chances_left i4 | won_at i8
--   entry     campaign i4 | shard i4 | epoch i4 | position i8 | length i4 | bytes
--   transfer  id i8 | campaign i4 | kind text | debit text | credit text | amount i8
--   lease     campaign i4 | shard i4 | lease_no i4 | prize i4 | kind text | from i4 | to i4 | fen i8 | more 1 | at_ms i8 (none: -1) | epoch i4
--
--   batch hash = sha256("hongbao/batch/1" 00 | sha256(wins) | sha256(entries) | sha256(transfers) | sha256(leases))
--
-- each part being its rows' bytes one after the other: wins by their key (player, draw_no, campaign), entries by
-- (campaign, shard, epoch, position), transfers by id, leases by (campaign, shard, lease_no). Only rows really
-- inserted by the batch are in it; they carry its id.

CREATE FUNCTION win_bytes(campaign int, player uuid, draw_no int, shard smallint, prize smallint, unit int,
                          amount_fen bigint, key bigint, chances_left int, won_at timestamptz) RETURNS bytea
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $$ SELECT int4send(campaign) || uuid_send(player) || int4send(draw_no) || int4send(shard) || int4send(prize)
              || int4send(unit) || int8send(amount_fen) || int8send(key) || int4send(chances_left) || timestamptz_send(won_at) $$;

CREATE FUNCTION entry_bytes(campaign int, shard smallint, epoch int, pos bigint, entry bytea) RETURNS bytea
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $$ SELECT int4send(campaign) || int4send(shard) || int4send(epoch) || int8send(pos) || int4send(length(entry)) || entry $$;

-- STABLE like convert_to(), or it would not be inlined.
CREATE FUNCTION text_bytes(words text) RETURNS bytea
    LANGUAGE sql STABLE PARALLEL SAFE
    AS $$ SELECT convert_to(words, 'UTF8') || '\x00'::bytea $$;

CREATE FUNCTION transfer_bytes(id bigint, campaign int, kind text, debit_account text, credit_account text, amount bigint)
    RETURNS bytea
    LANGUAGE sql STABLE PARALLEL SAFE
    AS $$ SELECT int8send(id) || int4send(campaign) || hongbao.text_bytes(kind) || hongbao.text_bytes(debit_account)
              || hongbao.text_bytes(credit_account) || int8send(amount) $$;

CREATE FUNCTION lease_bytes(campaign int, shard smallint, lease_no int, prize smallint, kind text, from_unit int,
                            to_unit int, fen bigint, more bool, at_ms bigint, epoch int) RETURNS bytea
    LANGUAGE sql STABLE PARALLEL SAFE
    AS $$ SELECT int4send(campaign) || int4send(shard) || int4send(lease_no) || int4send(prize) || hongbao.text_bytes(kind)
              || int4send(from_unit) || int4send(to_unit) || int8send(fen)
              || CASE WHEN more THEN '\x01'::bytea ELSE '\x00'::bytea END || int8send(coalesce(at_ms, -1)) || int4send(epoch) $$;

-- Each argument: the rows' bytes, NULL for none.
CREATE FUNCTION batch_hash(wins bytea, entries bytea, transfers bytea, leases bytea) RETURNS bytea
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $$ SELECT sha256('hongbao/batch/1'::bytea || '\x00'::bytea || sha256(coalesce(wins, ''::bytea))
              || sha256(coalesce(entries, ''::bytea)) || sha256(coalesce(transfers, ''::bytea))
              || sha256(coalesce(leases, ''::bytea))) $$;

CREATE FUNCTION batch_close(p_id bigint, p_kind text, p_wins int, p_entries int, p_transfers int, p_leases int,
                            p_fen bigint, p_hash bytea, p_at timestamptz) RETURNS void
    LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO hongbao.batch VALUES (p_id, p_kind, p_wins, p_entries, p_transfers, p_leases, p_fen, p_hash, p_at);
    INSERT INTO hongbao.batch_unsealed VALUES (p_id);
END
$$;

-- Books one transfer (none when amount is 0) and hands back its canonical bytes. The caller holds the locks.
CREATE FUNCTION transfer_book(p_batch bigint, p_kind text, p_debit text, p_credit text, p_amount bigint, p_campaign int,
                              p_at timestamptz) RETURNS bytea
    LANGUAGE plpgsql AS $$
DECLARE
    v_id bigint;
BEGIN
    IF p_amount = 0 THEN
        RETURN NULL;
    END IF;
    INSERT INTO hongbao.transfer (batch, kind, debit_account, credit_account, amount, campaign, at)
        VALUES (p_batch, p_kind, p_debit, p_credit, p_amount, p_campaign, p_at) RETURNING id INTO v_id;
    UPDATE hongbao.account SET debit = debit + p_amount WHERE name = p_debit;
    IF FOUND THEN
        UPDATE hongbao.account SET credit = credit + p_amount WHERE name = p_credit;
    END IF;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'no such account: % or %', p_debit, p_credit USING ERRCODE = 'HB004';
    END IF;
    RETURN hongbao.transfer_bytes(v_id, p_campaign, p_kind, p_debit, p_credit, p_amount);
END
$$;
