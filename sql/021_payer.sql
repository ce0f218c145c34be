-- What the worker that pays needs besides 012 and 013: notices once, a word that differs, putting off, giving up what cannot be sent, the stop switch.

-- A provider's notice, by its own id: the same one counts once, however often it comes. Only genuine ones get here.
CREATE TABLE provider_notice (
    merchant text NOT NULL REFERENCES merchant,
    id       text NOT NULL CHECK (length(id) BETWEEN 1 AND 64),
    kind     text NOT NULL CHECK (length(kind) <= 64),
    out_no   text NOT NULL CHECK (length(out_no) <= 64),
    evidence bytea NOT NULL CHECK (length(evidence) = 32), -- hash of its body as it came
    verdict  text NOT NULL,
    at       timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (merchant, id)
);
CREATE INDEX provider_notice_out_no ON provider_notice (out_no);
CALL append_only_guard('provider_notice');

-- What a notice is compared with. No row: no payout of this merchant number.
CREATE FUNCTION payout_look(p_merchant text, p_out_no text) RETURNS SETOF hongbao.payout_job
    LANGUAGE sql STABLE SECURITY DEFINER ROWS 1
    SET search_path = hongbao, pg_temp
    AS $$ SELECT j.* FROM payout_jobs(ARRAY[p_out_no]) j WHERE j.merchant = p_merchant $$;

-- The provider speaks, signed, of another payee, amount or number than was sent: quarantine, frozen. frozen | unknown_number
CREATE FUNCTION payout_differs(p_out_no text, p_source text, p_code text, p_provider_no text, p_amount bigint, p_evidence bytea) RETURNS text
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = hongbao, pg_temp
    AS $$
DECLARE
    v_payout payout := payout_lock(p_out_no);
    v_batch  bigint := nextval('batch_id');
    v_at     timestamptz := clock_timestamp();
BEGIN
    IF v_payout.out_no IS NULL THEN
        RETURN 'unknown_number';
    END IF;
    PERFORM payout_freeze(v_payout, p_source, 'differs' || coalesce(': ' || p_code, ''), p_provider_no, p_amount, p_evidence, v_batch, v_at);
    PERFORM batch_write(v_batch, 'payout', v_at);
    RETURN 'frozen';
END
$$;

-- Takes a notice: stored and applied in one transaction. p_event NULL: it says nothing that changes a payout; 'differs': see payout_differs().
-- verdict: seen (nothing done) | noted | as payout_verdict() and payout_differs() say
CREATE FUNCTION notice_take(p_merchant text, p_id text, p_kind text, p_out_no text, p_evidence bytea, p_event text, p_code text DEFAULT NULL,
                            p_provider_no text DEFAULT NULL, p_amount bigint DEFAULT NULL, p_again bool DEFAULT false, p_next_ms bigint DEFAULT 60000)
    RETURNS text
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = hongbao, pg_temp
    AS $$
DECLARE
    v_verdict text := 'noted';
BEGIN
    -- The same notice, twice at once, waits here.
    PERFORM pg_advisory_xact_lock(hashtextextended(p_merchant || '/' || p_id, 1752131428));
    IF EXISTS (SELECT FROM provider_notice n WHERE n.merchant = p_merchant AND n.id = p_id) THEN
        RETURN 'seen';
    END IF;
    IF p_event = 'differs' THEN
        v_verdict := payout_differs(p_out_no, 'callback', p_code, p_provider_no, p_amount, p_evidence);
    ELSIF p_event IS NOT NULL THEN
        SELECT v.verdict INTO v_verdict FROM payout_verdict(p_out_no, p_event, 'callback', p_code, p_provider_no, p_amount, p_evidence,
                                                            p_again => p_again, p_next_ms => p_next_ms) v;
    END IF;
    INSERT INTO provider_notice (merchant, id, kind, out_no, evidence, verdict) VALUES (p_merchant, p_id, p_kind, p_out_no, p_evidence, v_verdict);
    RETURN v_verdict;
END
$$;

-- Nothing new is known: looked at again later. False: somebody else has it.
CREATE FUNCTION payout_later(p_out_no text, p_fence bigint, p_next_ms bigint, p_now timestamptz DEFAULT clock_timestamp()) RETURNS bool
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = hongbao, pg_temp
    AS $$
BEGIN
    UPDATE payout p SET due_at = p_now + p_next_ms * interval '1 ms'
        WHERE p.out_no = p_out_no AND p.fence = p_fence AND p.state NOT IN ('paid', 'failed') AND NOT p.frozen;
    RETURN FOUND;
END
$$;

-- The one end that rests on an absence: the provider declined the number and, asked, does not know it. Only from who holds the fence: nobody else
-- can have sent it meanwhile. fenced, or as payout_verdict() says.
CREATE FUNCTION payout_absent(p_out_no text, p_fence bigint, p_code text, p_evidence bytea) RETURNS text
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = hongbao, pg_temp
    AS $$
DECLARE
    v_payout payout := payout_lock(p_out_no);
BEGIN
    IF v_payout.fence IS DISTINCT FROM p_fence THEN
        RETURN 'fenced';
    END IF;
    RETURN (SELECT v.verdict FROM payout_verdict(p_out_no, 'failed', 'query', p_code, p_evidence => p_evidence) v);
END
$$;

-- A reserved payout of which no request can be made (its payee is gone, or does not fit what the provider wants): nothing was sent, so it ends
-- here and its wins are free again. given_up | fenced | sent (too late: a body is stored)
CREATE FUNCTION payout_unsendable(p_out_no text, p_fence bigint, p_code text) RETURNS text
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = hongbao, pg_temp
    AS $$
DECLARE
    v_payout payout := payout_lock(p_out_no);
    v_batch  bigint := nextval('batch_id');
    v_at     timestamptz := clock_timestamp();
BEGIN
    IF v_payout.fence IS DISTINCT FROM p_fence OR v_payout.frozen THEN
        RETURN 'fenced';
    END IF;
    IF v_payout.state <> 'reserved' OR v_payout.body_hash IS NOT NULL THEN
        RETURN 'sent';
    END IF;
    IF NOT payout_void(v_payout, 'withdraw', 'engine', p_code, NULL, NULL, NULL, NULL, v_batch, v_at) THEN
        PERFORM payout_freeze(v_payout, 'engine', 'books: withdraw', NULL, NULL, NULL, v_batch, v_at);
    ELSE
        UPDATE withdrawal_part q SET state = 'failed' WHERE q.withdrawal = v_payout.withdrawal AND q.part = v_payout.part;
        PERFORM withdrawal_settle(v_payout.withdrawal, v_batch, v_at);
    END IF;
    PERFORM batch_write(v_batch, 'payout', v_at);
    RETURN 'given_up';
END
$$;

-- Who stopped paying through a merchant number, and which two let it go on. stop: by one, or by the engine; resume: the first of two; run: the second.
CREATE TABLE merchant_word (
    no       bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    merchant text NOT NULL REFERENCES merchant,
    word     text NOT NULL CHECK (word IN ('stop', 'resume', 'run')),
    person   text NOT NULL CHECK (length(person) BETWEEN 1 AND 200),
    reason   text NOT NULL CHECK (length(reason) BETWEEN 1 AND 1000),
    at       timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX merchant_word_merchant ON merchant_word (merchant, no);
CALL append_only_guard('merchant_word');

-- The engine stops a merchant number whose set-up the provider refuses. True: it was running.
CREATE FUNCTION merchant_halt(p_id text, p_why text) RETURNS bool
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = hongbao, pg_temp
    AS $$
BEGIN
    UPDATE merchant m SET stopped = true WHERE m.id = p_id AND NOT m.stopped;
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    INSERT INTO merchant_word (merchant, word, person, reason) VALUES (p_id, 'stop', 'engine', p_why);
    RETURN true;
END
$$;

-- One person stops; to go on takes two. stopped | running (also when it was) | noted (the second is missing) | same_person. The first word holds a day.
CREATE FUNCTION merchant_say(p_id text, p_stop bool, p_person text, p_reason text) RETURNS text
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = hongbao, pg_temp
    AS $$
DECLARE
    v_stopped bool;
    v_last    merchant_word;
    v_first   bool;
BEGIN
    SELECT m.stopped INTO v_stopped FROM merchant m WHERE m.id = p_id FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'no such merchant: %', p_id USING ERRCODE = 'HB004';
    END IF;
    IF p_stop OR NOT v_stopped THEN
        IF p_stop THEN
            UPDATE merchant m SET stopped = true WHERE m.id = p_id;
            INSERT INTO merchant_word (merchant, word, person, reason) VALUES (p_id, 'stop', p_person, p_reason);
        END IF;
        RETURN CASE WHEN p_stop THEN 'stopped' ELSE 'running' END;
    END IF;
    SELECT * INTO v_last FROM merchant_word w WHERE w.merchant = p_id ORDER BY w.no DESC LIMIT 1;
    v_first := v_last.word IS DISTINCT FROM 'resume' OR v_last.at <= clock_timestamp() - interval '1 day';
    IF NOT v_first AND v_last.person = p_person THEN
        RETURN 'same_person';
    END IF;
    INSERT INTO merchant_word (merchant, word, person, reason)
        VALUES (p_id, CASE WHEN v_first THEN 'resume' ELSE 'run' END, p_person, p_reason);
    IF v_first THEN
        RETURN 'noted';
    END IF;
    UPDATE merchant m SET stopped = false WHERE m.id = p_id;
    RETURN 'running';
END
$$;

-- merchant_set(), but for the switch: what is stopped stays so until two people have spoken.
CREATE FUNCTION merchant_put(p_id text, p_settings jsonb) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = hongbao, pg_temp
    AS $$
DECLARE
    v_stopped bool;
BEGIN
    SELECT m.stopped INTO v_stopped FROM merchant m WHERE m.id = p_id FOR NO KEY UPDATE;
    PERFORM merchant_set(p_id, CASE WHEN v_stopped IS NULL THEN p_settings ELSE p_settings || jsonb_build_object('stopped', v_stopped) END);
END
$$;

REVOKE EXECUTE ON FUNCTION payout_look, payout_differs, notice_take, payout_later, payout_absent, payout_unsendable, merchant_halt, merchant_say, merchant_put FROM PUBLIC;
GRANT SELECT ON provider_notice, merchant_word TO hongbao_engine, hongbao_auditor;
GRANT EXECUTE ON FUNCTION payout_look, payout_differs, notice_take, payout_later, payout_absent, payout_unsendable, merchant_halt TO hongbao_engine;
GRANT EXECUTE ON FUNCTION merchant_say, merchant_put TO hongbao_admin;
