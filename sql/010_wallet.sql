-- The wallet's tables: what a campaign allows, which merchant numbers pay, which wins are bound to what, withdrawals, their parts, and payouts.
-- Functions follow in 011 (withdraw), 012 to 014 (pay out), 015 (vouchers), 016 (operators), 017 (correct), 018 (settle).

-- What a campaign's winners may withdraw, and when. The row comes with the campaign, with the defaults; wallet_policy_set() changes it when the
-- operator publishes or changes a policy.
CREATE TABLE wallet_policy (
    campaign          int PRIMARY KEY REFERENCES campaign,
    min_fen           bigint NOT NULL DEFAULT 30 CHECK (min_fen >= 1),           -- of one withdrawal, after tax
    -- of one withdrawal, the wins' sum; no smaller than the largest prize
    max_fen           bigint NOT NULL DEFAULT 2000000 CHECK (max_fen >= min_fen),
    day_count         int NOT NULL DEFAULT 10 CHECK (day_count >= 1),            -- of one player, in a day of the campaign's zone, over all campaigns
    day_fen           bigint NOT NULL DEFAULT 2000000 CHECK (day_fen >= 1),      -- the same, the wins' sum
    max_wins          int NOT NULL DEFAULT 500 CHECK (max_wins BETWEEN 1 AND 5000),
    max_parts         int NOT NULL DEFAULT 100 CHECK (max_parts BETWEEN 1 AND 1000),
    review_fen        bigint NOT NULL DEFAULT 100000 CHECK (review_fen >= 1),    -- from this sum on two people approve
    windows           tstzmultirange CHECK (NOT isempty(windows)),               -- when it may be asked for; NULL: at any time
    expires_at        timestamptz,                                               -- what is not taken then lapses
    expires_after_ms  bigint CHECK (expires_after_ms > 0),                       -- or so long after the win; NULL both: never
    payee_cooling_ms  bigint NOT NULL DEFAULT 86400000 CHECK (payee_cooling_ms >= 0),
    merchants         text[],                                                    -- which numbers pay; NULL: any
    stopped           bool NOT NULL DEFAULT false,                               -- nothing new is asked for nor sent
    changed_at        timestamptz NOT NULL DEFAULT clock_timestamp()
);

-- Tax by kind of prize. No row: nothing is withheld. bearer has no default: it is the operator's choice.
-- winner: tax = amount x rate, rounded half up; the winner gets amount - tax.
-- organiser: the winner gets amount; the taxed sum is amount / (1 - rate), so tax = amount x rate / (1 - rate), rounded half up.
-- Per win: each receipt is taxed by itself, so sums of taxes are sums of rounded ones.
CREATE TABLE tax_rule (
    campaign int NOT NULL REFERENCES campaign,
    kind     text NOT NULL CHECK (kind IN ('cash', 'cash_split', 'voucher', 'card')),
    rate_bp  int NOT NULL CHECK (rate_bp BETWEEN 0 AND 9000),
    bearer   text NOT NULL CHECK (bearer IN ('winner', 'organiser')),
    PRIMARY KEY (campaign, kind)
);

-- A merchant number at a provider. What is public of it is in settings; keys are files of the engine.
CREATE TABLE merchant (
    id             text PRIMARY KEY CHECK (id ~ '^[a-z0-9][a-z0-9_-]{0,31}$'),
    provider       text NOT NULL CHECK (provider ~ '^[a-z0-9][a-z0-9_-]{0,31}$'),
    app_id         text NOT NULL DEFAULT '',     -- payees of this app; '': of any
    stopped        bool NOT NULL DEFAULT false,
    rate_per_s     int NOT NULL DEFAULT 10 CHECK (rate_per_s BETWEEN 1 AND 10000),
    min_fen        bigint NOT NULL DEFAULT 10 CHECK (min_fen >= 1),
    single_cap_fen bigint NOT NULL DEFAULT 20000,
    name_from_fen  bigint,                       -- from this on the provider wants the real name; NULL: never
    day_cap_fen    bigint CHECK (day_cap_fen >= 1), -- NULL: none
    quiet_from     int CHECK (quiet_from BETWEEN 0 AND 1439), -- minutes of the day; nothing new is sent from here
    quiet_to       int CHECK (quiet_to BETWEEN 0 AND 1439),   -- until here, over midnight when smaller
    time_zone      text NOT NULL DEFAULT 'Asia/Shanghai',     -- of its days and quiet hours
    max_attempts   int NOT NULL DEFAULT 3 CHECK (max_attempts BETWEEN 1 AND 100),
    settings       jsonb NOT NULL DEFAULT '{}',
    account        text NOT NULL UNIQUE REFERENCES account (name),
    CHECK (single_cap_fen >= 2 * min_fen),
    CHECK ((quiet_from IS NULL) = (quiet_to IS NULL))
);

CREATE TABLE merchant_day ( -- what was reserved of a day's cap
    merchant text NOT NULL REFERENCES merchant,
    day      date NOT NULL,
    fen      bigint NOT NULL DEFAULT 0 CHECK (fen >= 0),
    payouts  bigint NOT NULL DEFAULT 0 CHECK (payouts >= 0),
    PRIMARY KEY (merchant, day)
);

-- One asked-for transfer of money to a player. id = ref_of('withdrawal', player, key).
CREATE TABLE withdrawal (
    id            uuid PRIMARY KEY,
    no            bigint GENERATED ALWAYS AS IDENTITY UNIQUE,
    campaign      int NOT NULL REFERENCES campaign,
    player        uuid NOT NULL,
    shard         smallint NOT NULL,
    key           text NOT NULL CHECK (length(key) BETWEEN 1 AND 200),
    asked         bytea NOT NULL CHECK (length(asked) = 32), -- hash of what was asked for
    merchant      text NOT NULL REFERENCES merchant,
    payee         int NOT NULL,
    wins          int NOT NULL CHECK (wins >= 1),
    parts         smallint NOT NULL CHECK (parts >= 1),
    gross_fen     bigint NOT NULL CHECK (gross_fen > 0),     -- sum of the wins
    tax_fen       bigint NOT NULL CHECK (tax_fen >= 0),      -- withheld from it
    organiser_fen bigint NOT NULL CHECK (organiser_fen >= 0), -- tax that the campaign's budget bears
    review        bool NOT NULL,                             -- two people approve first
    batch         bigint NOT NULL,
    opened_at     timestamptz NOT NULL,
    state         text NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'paid', 'partly', 'failed')),
    ended_at      timestamptz,
    CHECK (tax_fen < gross_fen),
    CHECK ((state = 'open') = (ended_at IS NULL))
);
CREATE INDEX withdrawal_player ON withdrawal (player, opened_at);
CREATE INDEX withdrawal_open ON withdrawal (campaign) WHERE state = 'open';
CREATE INDEX withdrawal_batch ON withdrawal (batch);
CALL kept_guard('withdrawal', '{state,ended_at}', '{paid,partly,failed}');

-- What of a withdrawal goes out under one order number at a time.
CREATE TABLE withdrawal_part (
    withdrawal    uuid NOT NULL REFERENCES withdrawal,
    part          smallint NOT NULL CHECK (part >= 1),
    net_fen       bigint NOT NULL CHECK (net_fen > 0),
    tax_fen       bigint NOT NULL CHECK (tax_fen >= 0),
    organiser_fen bigint NOT NULL CHECK (organiser_fen >= 0),
    whole         bool NOT NULL,                             -- holds whole wins; false: a piece of one win that is cut into several parts
    attempts      smallint NOT NULL DEFAULT 1 CHECK (attempts >= 1),
    -- open: an attempt is under way | paid | failed: no attempt is under way; its wins are free again, or another attempt may be made
    -- | given_up: a piece of a cut win that could not be paid and went back to the budget
    state         text NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'paid', 'failed', 'given_up')),
    PRIMARY KEY (withdrawal, part)
);
CALL kept_guard('withdrawal_part', '{state,attempts}', '{paid,given_up}');

-- One attempt to pay one part: one order number, for ever. out_no = payout_no(withdrawal, part, attempt).
CREATE TABLE payout (
    out_no        text PRIMARY KEY CHECK (out_no ~ '^[0-9A-Za-z]{32}$'),
    withdrawal    uuid NOT NULL,
    part          smallint NOT NULL,
    attempt       smallint NOT NULL CHECK (attempt >= 1),
    campaign      int NOT NULL,
    shard         smallint NOT NULL,
    player        uuid NOT NULL,
    merchant      text NOT NULL REFERENCES merchant,
    payee         int NOT NULL,
    amount_fen    bigint NOT NULL CHECK (amount_fen > 0),    -- what the payee gets
    tax_fen       bigint NOT NULL CHECK (tax_fen >= 0),
    organiser_fen bigint NOT NULL CHECK (organiser_fen >= 0),
    batch         bigint NOT NULL,
    planned_at    timestamptz NOT NULL,
    -- from here on it changes, each time with a row in payout_event
    state         text NOT NULL DEFAULT 'planned'
                  CHECK (state IN ('planned', 'reserved', 'sent', 'waiting_user', 'in_progress', 'unknown', 'paid', 'failed')),
    events        int NOT NULL DEFAULT 0,
    fence         bigint,                                    -- of who may send it
    due_at        timestamptz NOT NULL,                      -- when it is next to be looked at; infinity: when a person acts
    body_hash     bytea CHECK (length(body_hash) = 32),      -- of the plain body, once it is stored
    provider_no   text CHECK (length(provider_no) <= 128),
    code          text CHECK (length(code) <= 128),          -- the provider's last word
    package       text CHECK (length(package) <= 4096),      -- while it waits for the user: what the client hands to the provider
    package_until timestamptz,
    cap_day       date,                                      -- whose merchant_day it counts in
    frozen        bool NOT NULL DEFAULT false,               -- verdicts contradict: nothing goes on before two people say so
    ended_at      timestamptz,
    UNIQUE (withdrawal, part, attempt),
    FOREIGN KEY (withdrawal, part) REFERENCES withdrawal_part,
    CHECK ((state IN ('paid', 'failed')) = (ended_at IS NOT NULL))
);
CREATE UNIQUE INDEX payout_paid_once ON payout (withdrawal, part) WHERE state = 'paid';
CREATE UNIQUE INDEX payout_open_once ON payout (withdrawal, part) WHERE state NOT IN ('paid', 'failed');
CREATE INDEX payout_due ON payout (merchant, campaign, due_at) WHERE state NOT IN ('paid', 'failed');
CREATE INDEX payout_ended ON payout (merchant, ended_at) WHERE ended_at IS NOT NULL; -- for the provider's bill of a day
CREATE INDEX payout_batch ON payout (batch);
CALL kept_guard('payout', '{state,events,fence,due_at,body_hash,provider_no,code,package,package_until,cap_day,frozen,ended_at}', '{paid,failed}');

-- What may follow what; engine/ledger/payout_state.c is the same, and a test holds them together.
CREATE TABLE payout_step (
    before text NOT NULL,
    event  text NOT NULL,
    after  text NOT NULL,
    PRIMARY KEY (before, event)
);
INSERT INTO payout_step VALUES
    ('planned',      'reserve',      'reserved'),
    ('planned',      'withdraw',     'failed'),       -- taken back before anything was reserved
    ('reserved',     'withdraw',     'failed'),       -- and before anything was sent: the body is stored before the first byte leaves
    ('reserved',     'send',         'sent'),
    ('reserved',     'paid',         'paid'),         -- after a restore to an earlier point the provider may know more than we
    ('reserved',     'failed',       'failed'),
    ('sent',         'send',         'sent'),         -- the same number, the same body
    ('sent',         'waiting_user', 'waiting_user'),
    ('sent',         'in_progress',  'in_progress'),
    ('sent',         'unknown',      'unknown'),
    ('sent',         'not_seen',     'sent'),
    ('sent',         'parked',       'sent'),         -- refused for a reason of ours: nothing happened, later again
    ('sent',         'paid',         'paid'),
    ('sent',         'failed',       'failed'),
    ('waiting_user', 'send',         'waiting_user'), -- for its package
    ('waiting_user', 'waiting_user', 'waiting_user'),
    ('waiting_user', 'in_progress',  'in_progress'),
    ('waiting_user', 'paid',         'paid'),
    ('waiting_user', 'failed',       'failed'),
    ('in_progress',  'send',         'in_progress'),
    ('in_progress',  'in_progress',  'in_progress'),
    ('in_progress',  'waiting_user', 'waiting_user'),
    ('in_progress',  'unknown',      'unknown'),
    ('in_progress',  'parked',       'in_progress'),
    ('in_progress',  'paid',         'paid'),
    ('in_progress',  'failed',       'failed'),
    ('unknown',      'unknown',      'unknown'),
    ('unknown',      'not_seen',     'sent'),         -- a verified query: never arrived; the same number may be sent again
    ('unknown',      'in_progress',  'in_progress'),
    ('unknown',      'waiting_user', 'waiting_user'),
    ('unknown',      'paid',         'paid'),
    ('unknown',      'failed',       'failed');
CALL append_only_guard('payout_step');

CREATE TABLE payout_event (
    out_no      text NOT NULL REFERENCES payout,
    seq         int NOT NULL CHECK (seq >= 1),
    event       text NOT NULL,                 -- of payout_step, or plan, lease, freeze, thaw, disagree
    state       text NOT NULL,                 -- behind it
    source      text NOT NULL CHECK (source IN ('engine', 'answer', 'query', 'callback', 'bill', 'operator')),
    code        text,
    provider_no text,
    amount_fen  bigint,                        -- as the provider said it
    evidence    bytea CHECK (length(evidence) = 32), -- hash of the verified answer
    person      text,                          -- of an operator's event
    batch       bigint NOT NULL,
    at          timestamptz NOT NULL,
    PRIMARY KEY (out_no, seq)
);
CREATE INDEX payout_event_batch ON payout_event (batch);
CALL append_only_guard('payout_event');

-- Two-person approval of a withdrawal above wallet_policy.review_fen.
CREATE TABLE withdrawal_approval (
    withdrawal uuid NOT NULL REFERENCES withdrawal,
    person     text NOT NULL CHECK (length(person) BETWEEN 1 AND 200),
    approved   bool NOT NULL,
    reason     text NOT NULL CHECK (length(reason) BETWEEN 1 AND 1000),
    at         timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (withdrawal, person)
);
CALL append_only_guard('withdrawal_approval');

-- What a win was taken for. At most one row of a win is in force (freed_batch is NULL): the index refuses the second.
CREATE SEQUENCE win_use_no AS bigint;
CREATE TABLE win_use (
    campaign      int NOT NULL,
    player        uuid NOT NULL,
    draw_no       int NOT NULL,
    no            bigint NOT NULL DEFAULT nextval('win_use_no'),
    shard         smallint NOT NULL,
    kind          text NOT NULL CHECK (kind IN ('withdraw', 'expire', 'claw_back')),
    cause         uuid NOT NULL,               -- the withdrawal, the correction, or the expiry
    amount_fen    bigint NOT NULL CHECK (amount_fen > 0), -- the win's
    tax_fen       bigint NOT NULL DEFAULT 0 CHECK (tax_fen BETWEEN 0 AND amount_fen),
    organiser_fen bigint NOT NULL DEFAULT 0 CHECK (organiser_fen >= 0),
    part_from     smallint,                    -- of a withdrawal: its parts, several only for a cut win
    part_to       smallint,
    batch         bigint NOT NULL,
    at            timestamptz NOT NULL,
    freed_batch   bigint,
    freed_at      timestamptz,
    PRIMARY KEY (player, draw_no, no, campaign),
    CHECK ((kind = 'withdraw') = (part_from IS NOT NULL) AND (part_from IS NULL) = (part_to IS NULL)),
    CHECK (part_from BETWEEN 1 AND part_to),
    CHECK ((freed_batch IS NULL) = (freed_at IS NULL)),
    CHECK (kind = 'withdraw' OR freed_batch IS NULL)
) PARTITION BY LIST (campaign);
CREATE UNIQUE INDEX win_use_in_force ON win_use (player, draw_no, campaign) WHERE freed_batch IS NULL;
CREATE INDEX win_use_batch ON win_use (batch);
CREATE INDEX win_use_freed ON win_use (freed_batch) WHERE freed_batch IS NOT NULL;

-- Only freeing changes a row, once.
CREATE FUNCTION win_use_guard() RETURNS trigger
    LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND OLD.freed_batch IS NULL AND NEW.freed_batch IS NOT NULL THEN
        OLD.freed_batch := NEW.freed_batch;
        OLD.freed_at := NEW.freed_at;
        IF OLD IS NOT DISTINCT FROM NEW THEN
            RETURN NEW;
        END IF;
    END IF;
    RAISE EXCEPTION '% is kept: % refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'HB007';
END
$$;
CREATE PROCEDURE win_use_guards(p_table regclass, p_rows bool)
    LANGUAGE plpgsql AS $$
BEGIN
    IF p_rows THEN
        EXECUTE format('CREATE TRIGGER kept_row BEFORE UPDATE OR DELETE ON %s FOR EACH ROW EXECUTE FUNCTION hongbao.win_use_guard()', p_table);
        EXECUTE format('ALTER TABLE %s ENABLE ALWAYS TRIGGER kept_row', p_table);
    END IF;
    EXECUTE format('CREATE TRIGGER kept_truncate BEFORE TRUNCATE ON %s FOR EACH STATEMENT EXECUTE FUNCTION hongbao.win_use_guard()', p_table);
    EXECUTE format('ALTER TABLE %s ENABLE ALWAYS TRIGGER kept_truncate', p_table);
END
$$;
CALL win_use_guards('win_use', true);

CREATE FUNCTION win_use_partition(p_campaign int) RETURNS void
    LANGUAGE plpgsql AS $$
BEGIN
    PERFORM hongbao.partition_make('win_use', p_campaign);
    EXECUTE format('CALL hongbao.win_use_guards(%L, false)', format('hongbao.win_use_%s', p_campaign));
END
$$;
SELECT win_use_partition(id) FROM campaign;
INSERT INTO wallet_policy (campaign) SELECT id FROM campaign;

-- A campaign's partition and policy come with its row, whoever makes it.
CREATE FUNCTION campaign_wallet() RETURNS trigger
    LANGUAGE plpgsql AS $$
BEGIN
    PERFORM hongbao.win_use_partition(NEW.id);
    INSERT INTO hongbao.wallet_policy (campaign) VALUES (NEW.id);
    RETURN NULL;
END
$$;
CREATE TRIGGER campaign_wallet AFTER INSERT ON campaign FOR EACH ROW EXECUTE FUNCTION campaign_wallet();

-- ---- batches of the new rows ----
--
--   movement    id i8 | campaign i4 | kind text | debit text | credit text | amount i8 | ref 16 | phase text | pending_ref 16 | group_ref 16
--   (none: zeros)
--   withdrawal  id 16 | campaign i4 | player 16 | shard i4 | key text | asked 32 | merchant text | payee i4 | wins i4 | parts i4 | gross i8 | tax i8
--               | organiser i8 | review 1
--   payout      out_no text | withdrawal 16 | part i4 | attempt i4 | campaign i4 | shard i4 | player 16 | merchant text | payee i4 | amount i8 |
--   tax i8
--               | organiser i8
--   event       out_no text | seq i4 | event text | state text | source text | code text | provider_no text | amount i8 (none: -1)
--               | evidence 32 (none: zeros) | person text
--   use         no i8 | campaign i4 | player 16 | draw_no i4 | shard i4 | kind text | cause 16 | amount i8 | tax i8 | organiser i8
--               | part_from i4 | part_to i4 (none: 0)
--   free        no i8
--
--   batch hash = sha256("hongbao/batch/2" 00 | the four hashes of 003 | sha256(movements) | sha256(withdrawals) | sha256(payouts) | sha256(events)
--                | sha256(uses) | sha256(frees))
--
-- each part its rows' bytes one after the other: movements by id, withdrawals by id, payouts by out_no, events by (out_no, seq), uses and frees
-- by no. A batch of version 2 has batch.records: how many such rows it holds. One without them is of version 1, as before. A movement is
-- among the movements, not among the transfers of version 1; batch.transfers counts the transfers of version 1.
-- An absent text is the empty one.
ALTER TABLE batch
    ADD COLUMN records int CHECK (records >= 1),
    DROP CONSTRAINT batch_kind_check,
    ADD CONSTRAINT batch_kind_check CHECK (CASE WHEN records IS NULL THEN kind IN ('post', 'fund', 'lease', 'return')
        ELSE kind IN ('topup', 'remit', 'withdraw', 'payout', 'expire', 'correct', 'close') END);

CREATE FUNCTION uuid_bytes(id uuid) RETURNS bytea
    LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$ SELECT uuid_send(coalesce(id, '00000000-0000-0000-0000-000000000000')) $$;

CREATE FUNCTION movement_bytes(t hongbao.transfer) RETURNS bytea
    LANGUAGE sql STABLE PARALLEL SAFE
    AS $$ SELECT hongbao.transfer_bytes(t.id, t.campaign, t.kind, t.debit_account, t.credit_account, t.amount) || uuid_send(t.ref)
              || hongbao.text_bytes(t.phase) || hongbao.uuid_bytes(t.pending_ref) || hongbao.uuid_bytes(t.group_ref) $$;

CREATE FUNCTION withdrawal_bytes(w hongbao.withdrawal) RETURNS bytea
    LANGUAGE sql STABLE PARALLEL SAFE
    AS $$ SELECT uuid_send(w.id) || int4send(w.campaign) || uuid_send(w.player) || int4send(w.shard) || hongbao.text_bytes(w.key) || w.asked
              || hongbao.text_bytes(w.merchant) || int4send(w.payee) || int4send(w.wins) || int4send(w.parts) || int8send(w.gross_fen)
              || int8send(w.tax_fen) || int8send(w.organiser_fen) || CASE WHEN w.review THEN '\x01'::bytea ELSE '\x00'::bytea END $$;

CREATE FUNCTION payout_bytes(p hongbao.payout) RETURNS bytea
    LANGUAGE sql STABLE PARALLEL SAFE
    AS $$ SELECT hongbao.text_bytes(p.out_no) || uuid_send(p.withdrawal) || int4send(p.part) || int4send(p.attempt) || int4send(p.campaign)
              || int4send(p.shard) || uuid_send(p.player) || hongbao.text_bytes(p.merchant) || int4send(p.payee) || int8send(p.amount_fen)
              || int8send(p.tax_fen) || int8send(p.organiser_fen) $$;

CREATE FUNCTION event_bytes(e hongbao.payout_event) RETURNS bytea
    LANGUAGE sql STABLE PARALLEL SAFE
    AS $$ SELECT hongbao.text_bytes(e.out_no) || int4send(e.seq) || hongbao.text_bytes(e.event) || hongbao.text_bytes(e.state)
              || hongbao.text_bytes(e.source) || hongbao.text_bytes(coalesce(e.code, '')) || hongbao.text_bytes(coalesce(e.provider_no, ''))
              || int8send(coalesce(e.amount_fen, -1)) || coalesce(e.evidence, decode(repeat('00', 32), 'hex')) ||
                  hongbao.text_bytes(coalesce(e.person, '')) $$;

CREATE FUNCTION use_bytes(u hongbao.win_use) RETURNS bytea
    LANGUAGE sql STABLE PARALLEL SAFE
    AS $$ SELECT int8send(u.no) || int4send(u.campaign) || uuid_send(u.player) || int4send(u.draw_no) || int4send(u.shard)
              || hongbao.text_bytes(u.kind) || uuid_send(u.cause) || int8send(u.amount_fen) || int8send(u.tax_fen) || int8send(u.organiser_fen)
              || int4send(coalesce(u.part_from, 0::smallint)) || int4send(coalesce(u.part_to, 0::smallint)) $$;

-- The parts of version 2 behind those of version 1; NULL for none.
CREATE FUNCTION batch_hash_2(wins bytea, entries bytea, transfers bytea, leases bytea, movements bytea, withdrawals bytea, payouts bytea,
                             events bytea, uses bytea, frees bytea) RETURNS bytea
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $$ SELECT sha256('hongbao/batch/2'::bytea || '\x00'::bytea || sha256(coalesce(wins, ''::bytea)) || sha256(coalesce(entries, ''::bytea))
              || sha256(coalesce(transfers, ''::bytea)) || sha256(coalesce(leases, ''::bytea)) || sha256(coalesce(movements, ''::bytea))
              || sha256(coalesce(withdrawals, ''::bytea)) || sha256(coalesce(payouts, ''::bytea)) || sha256(coalesce(events, ''::bytea))
              || sha256(coalesce(uses, ''::bytea)) || sha256(coalesce(frees, ''::bytea))) $$;

-- Hash and count of a batch's rows of version 2, by index. fen: what its movements moved or reserved.
CREATE FUNCTION batch_records(p_batch bigint, OUT records bigint, OUT hash bytea, OUT fen bigint)
    LANGUAGE plpgsql STABLE
    AS $$
BEGIN
    SELECT m.n + w.n + p.n + e.n + u.n + f.n, hongbao.batch_hash_2(NULL, NULL, NULL, NULL, m.bytes, w.bytes, p.bytes, e.bytes, u.bytes, f.bytes),
        m.fen
    INTO records, hash, fen
    FROM (SELECT count(*) AS n, string_agg(hongbao.movement_bytes(t), ''::bytea ORDER BY t.id) AS bytes, coalesce(sum(t.amount), 0)::bigint AS fen
          FROM hongbao.transfer t WHERE t.batch = p_batch AND t.ref IS NOT NULL) m,
         (SELECT count(*) AS n, string_agg(hongbao.withdrawal_bytes(t), ''::bytea ORDER BY t.id) AS bytes FROM hongbao.withdrawal t
          WHERE t.batch = p_batch) w,
         (SELECT count(*) AS n, string_agg(hongbao.payout_bytes(t), ''::bytea ORDER BY t.out_no COLLATE "C") AS bytes
          FROM hongbao.payout t WHERE t.batch = p_batch) p,
         (SELECT count(*) AS n, string_agg(hongbao.event_bytes(t), ''::bytea ORDER BY t.out_no COLLATE "C", t.seq) AS bytes
          FROM hongbao.payout_event t WHERE t.batch = p_batch) e,
         (SELECT count(*) AS n, string_agg(hongbao.use_bytes(t), ''::bytea ORDER BY t.no) AS bytes FROM hongbao.win_use t WHERE t.batch = p_batch) u,
         (SELECT count(*) AS n, string_agg(int8send(t.no), ''::bytea ORDER BY t.no) AS bytes FROM hongbao.win_use t WHERE t.freed_batch = p_batch) f;
END
$$;

-- The end of every transaction that wrote such rows under p_batch; none written: no batch. Answers how many there are.
CREATE FUNCTION batch_write(p_batch bigint, p_kind text, p_at timestamptz) RETURNS bigint
    LANGUAGE plpgsql AS $$
DECLARE
    v record;
BEGIN
    SELECT * INTO v FROM hongbao.batch_records(p_batch);
    IF v.records > 0 THEN
        INSERT INTO hongbao.batch (id, kind, wins, entries, transfers, leases, fen, hash, at, records)
            VALUES (p_batch, p_kind, 0, 0, 0, 0, v.fen, v.hash, p_at, v.records);
        INSERT INTO hongbao.batch_unsealed VALUES (p_batch);
    END IF;
    RETURN v.records;
END
$$;
