-- A settled campaign's large tables, detached and kept elsewhere: its wins, its draw log and what its wins were taken for. Everything else stays:
-- accounts, transfers, withdrawals, payouts, vouchers, leases, openings, the statement, batches and the chain. `hongbao campaign archive` writes
-- the rows to files first and calls campaign_archive() with what it wrote.
--
-- A batch of which rows are archived says by rest_hash what is left of it; the chain has its whole hash as ever. The files have the other rows, so
-- that both together hash to what was committed.

CREATE TABLE archive (
    campaign       int PRIMARY KEY REFERENCES campaign,
    no             bigint GENERATED ALWAYS AS IDENTITY UNIQUE,
    person         text NOT NULL CHECK (length(person) BETWEEN 1 AND 200),
    at             timestamptz NOT NULL DEFAULT clock_timestamp(),
    head_seq       bigint NOT NULL,      -- of the chain: no batch behind it has a row that is archived
    head_hash      bytea NOT NULL CHECK (length(head_hash) = 32),
    wins           bigint NOT NULL,      -- rows
    entries        bigint NOT NULL,
    uses           bigint NOT NULL,
    wins_sha256    bytea NOT NULL CHECK (length(wins_sha256) = 32), -- of the files
    entries_sha256 bytea NOT NULL CHECK (length(entries_sha256) = 32),
    uses_sha256    bytea NOT NULL CHECK (length(uses_sha256) = 32),
    batches        bigint NOT NULL,
    rest_sha256    bytea NOT NULL CHECK (length(rest_sha256) = 32)  -- archive_rest()
);
CALL append_only_guard('archive');

CREATE TABLE archive_batch ( -- what of a batch went with a campaign
    batch     bigint NOT NULL REFERENCES batch,
    campaign  int NOT NULL REFERENCES archive DEFERRABLE INITIALLY DEFERRED, -- it holds their hash, so it comes after them
    wins      int NOT NULL,
    entries   int NOT NULL,
    records   bigint NOT NULL,
    rest_hash bytea NOT NULL CHECK (length(rest_hash) = 32), -- of the rows that are left, as a batch of its version is hashed
    PRIMARY KEY (batch, campaign)
);
CALL append_only_guard('archive_batch');

CREATE FUNCTION archived(p_campaign int) RETURNS bool
    LANGUAGE sql STABLE AS $$ SELECT EXISTS (SELECT FROM hongbao.archive a WHERE a.campaign = p_campaign) $$;

-- sha256 over (batch i8, wins i4, entries i4, records i8, rest_hash) of each, by batch.
CREATE FUNCTION archive_rest(p_campaign int) RETURNS bytea
    LANGUAGE sql STABLE AS $$
    SELECT sha256(coalesce(string_agg(int8send(b.batch) || int4send(b.wins) || int4send(b.entries) || int8send(b.records) || b.rest_hash, ''::bytea
                                      ORDER BY b.batch), ''::bytea))
    FROM hongbao.archive_batch b WHERE b.campaign = p_campaign $$;

-- What the rows of each batch hash to, and how many there are; without those of a campaign that are to be archived (NULL: with all).
CREATE FUNCTION batch_rows(p_without int) RETURNS TABLE (id bigint, wins bigint, entries bigint, transfers bigint, leases bigint, records bigint, hash bytea)
    LANGUAGE sql STABLE AS $$
    SELECT b.id, coalesce(w.n, 0), coalesce(e.n, 0), coalesce(t.n, 0), coalesce(l.n, 0), r.records, x.hash
    FROM hongbao.batch b
    LEFT JOIN (SELECT batch, count(*) AS n, string_agg(hongbao.win_bytes(campaign, player, draw_no, shard, prize, unit, amount_fen, key,
                          chances_left, won_at), ''::bytea ORDER BY player, draw_no, campaign) AS bytes FROM hongbao.win WHERE campaign IS DISTINCT FROM p_without GROUP BY batch) w ON w.batch = b.id
    LEFT JOIN (SELECT batch, count(*) AS n, string_agg(hongbao.entry_bytes(campaign, shard, epoch, position, entry), ''::bytea
                          ORDER BY campaign, shard, epoch, position) AS bytes FROM hongbao.draw_log
                          WHERE campaign IS DISTINCT FROM p_without GROUP BY batch) e ON e.batch = b.id
    LEFT JOIN (SELECT batch, count(*) AS n, string_agg(hongbao.transfer_bytes(id, campaign, kind, debit_account, credit_account, amount),
                          ''::bytea ORDER BY id) AS bytes FROM hongbao.transfer WHERE ref IS NULL GROUP BY batch) t ON t.batch = b.id
    LEFT JOIN (SELECT batch, count(*) AS n, string_agg(hongbao.lease_bytes(campaign, shard, lease_no, prize, kind, from_unit, to_unit, fen, more,
                          at_ms, epoch), ''::bytea ORDER BY campaign, shard, lease_no) AS bytes FROM hongbao.lease GROUP BY batch) l ON l.batch = b.id
    LEFT JOIN (SELECT m.batch, count(*) AS n, string_agg(hongbao.movement_bytes(m), ''::bytea ORDER BY m.id) AS bytes
               FROM hongbao.transfer m WHERE m.ref IS NOT NULL GROUP BY m.batch) m ON m.batch = b.id
    LEFT JOIN (SELECT d.batch, count(*) AS n, string_agg(hongbao.withdrawal_bytes(d), ''::bytea ORDER BY d.id) AS bytes
               FROM hongbao.withdrawal d GROUP BY d.batch) d ON d.batch = b.id
    LEFT JOIN (SELECT p.batch, count(*) AS n, string_agg(hongbao.payout_bytes(p), ''::bytea ORDER BY p.out_no COLLATE "C") AS bytes
               FROM hongbao.payout p GROUP BY p.batch) p ON p.batch = b.id
    LEFT JOIN (SELECT v.batch, count(*) AS n, string_agg(hongbao.event_bytes(v), ''::bytea ORDER BY v.out_no COLLATE "C", v.seq) AS bytes
               FROM hongbao.payout_event v GROUP BY v.batch) v ON v.batch = b.id
    LEFT JOIN (SELECT u.batch, count(*) AS n, string_agg(hongbao.use_bytes(u), ''::bytea ORDER BY u.no) AS bytes
               FROM hongbao.win_use u WHERE u.campaign IS DISTINCT FROM p_without GROUP BY u.batch) u ON u.batch = b.id
    LEFT JOIN (SELECT f.freed_batch AS batch, count(*) AS n, string_agg(int8send(f.no), ''::bytea ORDER BY f.no) AS bytes
               FROM hongbao.win_use f WHERE f.freed_batch IS NOT NULL
                 AND f.campaign IS DISTINCT FROM p_without GROUP BY f.freed_batch) f ON f.batch = b.id
    CROSS JOIN LATERAL (SELECT coalesce(m.n, 0) + coalesce(d.n, 0) + coalesce(p.n, 0) + coalesce(v.n, 0) + coalesce(u.n, 0) + coalesce(f.n,
        0) AS records) r
    CROSS JOIN LATERAL (SELECT CASE WHEN b.records IS NULL THEN hongbao.batch_hash(w.bytes, e.bytes, t.bytes, l.bytes)
                                    ELSE hongbao.batch_hash_2(w.bytes, e.bytes, t.bytes, l.bytes, m.bytes, d.bytes, p.bytes, v.bytes, u.bytes,
                                                      f.bytes) END AS hash) x $$;

-- Batches as they are now: whole, or what archives have left of them.
CREATE VIEW batch_now AS
    SELECT b.id, b.wins - coalesce(a.wins, 0) AS wins, b.entries - coalesce(a.entries, 0) AS entries, b.transfers, b.leases,
           coalesce(b.records, 0) - coalesce(a.records, 0) AS records, coalesce(a.rest_hash, b.hash) AS hash
    FROM batch b
    LEFT JOIN (SELECT x.batch, sum(x.wins) AS wins, sum(x.entries) AS entries, sum(x.records) AS records,
                      (array_agg(x.rest_hash ORDER BY y.no DESC))[1] AS rest_hash
               FROM archive_batch x JOIN archive y USING (campaign) GROUP BY x.batch) a ON a.batch = b.id;

CREATE OR REPLACE VIEW check_batch AS -- batches whose rows no longer hash to what was committed, or to what an archive has left
    SELECT b.id, b.hash, x.hash AS rows_hash
    FROM batch_now b JOIN batch_rows(NULL) x USING (id)
    WHERE (x.hash, x.wins, x.entries, x.transfers, x.leases, x.records) IS DISTINCT FROM (b.hash, b.wins, b.entries, b.transfers, b.leases, b.records);

CREATE VIEW check_archive AS -- an archive's head is in the chain, and what it says of batches is what it said
    SELECT 'archive of ' || c.slug AS place, format('the chain does not have %s at %s', encode(a.head_hash, 'hex'), a.head_seq) AS problem
    FROM archive a JOIN fairness c USING (campaign)
    WHERE NOT EXISTS (SELECT FROM seal s WHERE s.seq = a.head_seq AND s.hash = a.head_hash)
    UNION ALL
    SELECT 'archive of ' || c.slug, 'what is left of its batches is not what was written down'
    FROM archive a JOIN fairness c USING (campaign)
    CROSS JOIN LATERAL (SELECT count(*) AS n, coalesce(sum(b.wins), 0) AS wins, coalesce(sum(b.entries), 0) AS entries FROM archive_batch b
                        WHERE b.campaign = a.campaign) b
    WHERE archive_rest(a.campaign) <> a.rest_sha256 OR (a.batches, a.wins, a.entries) <> (b.n, b.wins, b.entries)
    UNION ALL
    SELECT 'archive of ' || c.slug, 'it has rows again' FROM archive a JOIN fairness c USING (campaign)
    WHERE EXISTS (SELECT FROM win w WHERE w.campaign = a.campaign) OR EXISTS (SELECT FROM draw_log d WHERE d.campaign = a.campaign)
       OR EXISTS (SELECT FROM win_use u WHERE u.campaign = a.campaign);

-- ---- checks that compare with rows which may be archived ----

CREATE OR REPLACE VIEW check_stock AS -- stock rows that differ from their leases and wins
    SELECT s.campaign, s.shard, s.prize, s.leased_units, l.leased AS leases_units, s.returned_units, l.returned AS returns_units,
           s.won_units, w.units AS wins_units, s.won_fen, w.fen AS wins_fen
    FROM stock s
    LEFT JOIN (SELECT campaign, shard, prize,
                      sum(to_unit - from_unit) FILTER (WHERE kind IN ('lease', 'moment')) AS leased,
                      sum(fen) FILTER (WHERE kind IN ('lease', 'moment')) AS leased_fen,
                      sum(to_unit - from_unit) FILTER (WHERE kind IN ('return', 'gone')) AS returned,
                      sum(fen) FILTER (WHERE kind IN ('return', 'gone')) AS returned_fen
               FROM lease GROUP BY campaign, shard, prize) l USING (campaign, shard, prize)
    LEFT JOIN (SELECT campaign, shard, prize, count(*) AS units, sum(amount_fen) AS fen FROM win GROUP BY campaign, shard, prize) w
        USING (campaign, shard, prize)
    WHERE NOT archived(s.campaign) AND (s.leased_units <> coalesce(l.leased, 0) OR s.leased_fen <> coalesce(l.leased_fen, 0)
       OR s.returned_units <> coalesce(l.returned, 0) OR s.returned_fen <> coalesce(l.returned_fen, 0)
       OR s.won_units <> coalesce(w.units, 0) OR s.won_fen <> coalesce(w.fen, 0));

CREATE OR REPLACE VIEW check_payable AS -- what left a payable is what its wins were taken for: paid, expired, clawed back
    SELECT 'account ' || a.name AS place,
           format('debited %s; paid %s, taken back %s, given up %s', a.debit, coalesce(p.fen, 0), coalesce(u.fen, 0), coalesce(g.fen, 0)) AS problem
    FROM shard s JOIN account a ON a.name = s.payable_account
    LEFT JOIN (SELECT campaign, shard, sum(amount_fen + tax_fen) AS fen FROM payout WHERE state = 'paid' GROUP BY campaign,
               shard) p USING (campaign, shard)
    LEFT JOIN (SELECT campaign, shard, sum(amount_fen) AS fen FROM win_use WHERE kind <> 'withdraw' GROUP BY campaign, shard) u USING (campaign,
        shard)
    LEFT JOIN (SELECT w.campaign, w.shard, sum(q.net_fen + q.tax_fen) AS fen FROM withdrawal_part q JOIN withdrawal w ON w.id = q.withdrawal
               WHERE q.state = 'given_up' GROUP BY w.campaign, w.shard) g USING (campaign, shard)
    LEFT JOIN (SELECT debit_account AS name, sum(amount) AS fen FROM transfer WHERE kind = 'adjust' GROUP BY debit_account) j ON j.name = a.name
    WHERE NOT archived(s.campaign) AND a.debit <> coalesce(p.fen, 0) + coalesce(u.fen, 0) + coalesce(g.fen, 0) + coalesce(j.fen, 0);

CREATE OR REPLACE VIEW check_taken_back AS -- what uses took back is what was booked for it, cause by cause
    SELECT format('%s %s', coalesce(u.kind, t.kind), coalesce(u.cause, t.cause)) AS place,
           format('uses of %s fen, booked %s', coalesce(u.fen, 0), coalesce(t.fen, 0)) AS problem
    FROM (SELECT kind, cause, sum(amount_fen) AS fen FROM win_use WHERE kind <> 'withdraw' GROUP BY kind, cause) u
    FULL JOIN (SELECT kind, group_ref AS cause, sum(amount) AS fen FROM transfer t WHERE kind IN ('expire', 'claw_back') AND ref IS NOT NULL AND NOT archived(t.campaign)
                 AND NOT EXISTS (SELECT FROM correction c WHERE c.id = t.group_ref AND c.kind = 'give_up') GROUP BY kind, group_ref) t USING (kind,
                     cause)
    WHERE u.fen IS DISTINCT FROM t.fen;

CREATE OR REPLACE VIEW check_withdrawal AS -- a withdrawal is the sum of its wins and of its parts, its name follows from its key, its state from its parts
    SELECT 'withdrawal ' || w.id AS place,
           format('%s: gross %s, tax %s, borne %s, %s wins, %s parts; uses %s, %s, %s, %s; parts %s net, %s, %s, %s: %s', w.state, w.gross_fen,
                  w.tax_fen, w.organiser_fen, w.wins, w.parts,
                  u.gross, u.tax, u.borne, u.n, q.net, q.tax, q.borne, q.n, q.states) AS problem
    FROM withdrawal w
    CROSS JOIN LATERAL (SELECT count(*) AS n, sum(x.amount_fen) AS gross, sum(x.tax_fen) AS tax, sum(x.organiser_fen) AS borne,
                               coalesce(bool_or(x.freed_batch IS NULL AND EXISTS (SELECT FROM withdrawal_part y WHERE y.withdrawal = w.id
                                                                                  AND y.part BETWEEN x.part_from AND x.part_to
                                                                                  AND y.state = 'failed')), false) AS mixed
                        FROM win_use x WHERE x.campaign = w.campaign AND x.player = w.player AND x.cause = w.id) u
    CROSS JOIN LATERAL (SELECT count(*) AS n, sum(x.net_fen) AS net, sum(x.tax_fen) AS tax, sum(x.organiser_fen) AS borne, string_agg(x.state, ' '
        ORDER BY x.part) AS states,
                               count(*) FILTER (WHERE x.state = 'open') AS open, count(*) FILTER (WHERE x.state = 'paid') AS paid
                        FROM withdrawal_part x WHERE x.withdrawal = w.id) q
    WHERE NOT archived(w.campaign) AND NOT coalesce(u.n = w.wins AND q.n = w.parts AND u.gross = w.gross_fen AND u.tax = w.tax_fen AND u.borne = w.organiser_fen
                       AND q.net = w.gross_fen - w.tax_fen AND q.tax = w.tax_fen AND q.borne = w.organiser_fen
                       AND w.state = CASE WHEN q.open > 0 OR u.mixed THEN 'open' WHEN q.paid = q.n THEN 'paid' WHEN q.paid = 0 THEN 'failed'
                           ELSE 'partly' END
                       AND w.id = ref_of('withdrawal', w.player::text, w.key), false);

CREATE OR REPLACE VIEW check_voucher AS -- a voucher is of a win, of its unit, with a code when it is to have one; its state follows from its events
    SELECT format('campaign %s player %s draw %s', v.campaign, v.player, v.draw_no) AS place,
           format('voucher of prize %s unit %s is %s (%s); the win: prize %s unit %s; events: %s', v.prize, v.unit, v.state, v.mode, w.prize,
                  w.unit, e.states) AS problem
    FROM voucher v
    LEFT JOIN win w USING (campaign, player, draw_no)
    CROSS JOIN LATERAL (SELECT string_agg(x.state, ' ' ORDER BY x.seq) AS states, count(*) AS n, (array_agg(x.state
        ORDER BY x.seq DESC))[1] AS state FROM voucher_event x
                        WHERE (x.campaign, x.player, x.draw_no) = (v.campaign, v.player, v.draw_no)) e
    WHERE NOT archived(v.campaign) AND (NOT coalesce((w.prize, w.unit) = (v.prize, v.unit) AND e.n = v.events AND e.state = v.state, false)
       OR (v.mode = 'code' AND NOT EXISTS (SELECT FROM fairness c JOIN prize z ON z.campaign = c.campaign AND z.prize = v.prize
                                           JOIN voucher_code k ON k.slug = c.slug AND k.prize_id = z.prize_id AND k.no = v.unit
                                               WHERE c.campaign = v.campaign)));

-- ---- archiving ----

-- Rows of a campaign that go, by batch.
CREATE FUNCTION archive_batches(p_campaign int) RETURNS TABLE (batch bigint, wins bigint, entries bigint, records bigint)
    LANGUAGE sql STABLE AS $$
    SELECT x.batch, sum(x.wins)::bigint, sum(x.entries)::bigint, sum(x.records)::bigint
    FROM (SELECT w.batch, count(*) AS wins, 0::bigint AS entries, 0::bigint AS records FROM hongbao.win w WHERE w.campaign = p_campaign GROUP BY w.batch
          UNION ALL SELECT d.batch, 0, count(*), 0 FROM hongbao.draw_log d WHERE d.campaign = p_campaign GROUP BY d.batch
          UNION ALL SELECT u.batch, 0, 0, count(*) FROM hongbao.win_use u WHERE u.campaign = p_campaign GROUP BY u.batch
          UNION ALL SELECT u.freed_batch, 0, 0, count(*) FROM hongbao.win_use u WHERE u.campaign = p_campaign AND u.freed_batch IS NOT NULL
                    GROUP BY u.freed_batch) x GROUP BY x.batch $$;

-- The partition leaves; what guards its rows stays. Waits for everybody who reads or writes the whole, three seconds at most.
CREATE FUNCTION partition_detach(p_table text, p_campaign int, p_trigger text, p_function text) RETURNS void
    LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('ALTER TABLE hongbao.%I DETACH PARTITION hongbao.%I', p_table, p_table || '_' || p_campaign);
    EXECUTE format('CREATE TRIGGER %I BEFORE UPDATE OR DELETE ON hongbao.%I FOR EACH ROW EXECUTE FUNCTION hongbao.%I()', p_trigger,
                   p_table || '_' || p_campaign, p_function);
    EXECUTE format('ALTER TABLE hongbao.%I ENABLE ALWAYS TRIGGER %I', p_table || '_' || p_campaign, p_trigger);
END
$$;

-- Detaches a settled campaign's rows, which the caller has written: counts and hashes of the three files are kept.
-- archived | same (it was before) | not_settled | unsealed (the sealer has not chained all of it yet) | broken (a batch does not hash: audit)
-- | changed (other rows than were written)
-- Everything is looked through twice, beside the draws; they wait only for the detaching itself (55P03: it could not be done in time).
CREATE FUNCTION campaign_archive(p_slug text, p_person text, p_counts bigint[], p_sha256 bytea[]) RETURNS text
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = hongbao, pg_temp
    AS $$
DECLARE
    v_campaign campaign := campaign_lock(p_slug);
    v_id       int := v_campaign.id;
    v_batches  bigint[];
BEGIN
    IF archived(v_id) THEN
        RETURN 'same';
    ELSIF NOT EXISTS (SELECT FROM settlement s WHERE s.campaign = v_id) THEN
        RETURN 'not_settled';
    END IF;
    SELECT coalesce(array_agg(b.batch), '{}') INTO v_batches FROM archive_batches(v_id) b;
    IF EXISTS (SELECT FROM batch_unsealed u WHERE u.batch = ANY (v_batches)) THEN
        RETURN 'unsealed';
    ELSIF EXISTS (SELECT FROM check_batch c WHERE c.id = ANY (v_batches)) THEN
        RETURN 'broken';
    ELSIF p_counts IS DISTINCT FROM ARRAY[(SELECT count(*) FROM win w WHERE w.campaign = v_id), (SELECT count(*) FROM draw_log d WHERE d.campaign = v_id),
                                          (SELECT count(*) FROM win_use u WHERE u.campaign = v_id)] THEN
        RETURN 'changed';
    END IF;
    INSERT INTO archive_batch SELECT b.batch, v_id, b.wins, b.entries, b.records, r.hash FROM archive_batches(v_id) b JOIN batch_rows(v_id) r ON r.id = b.batch;
    INSERT INTO archive (campaign, person, head_seq, head_hash, wins, entries, uses, wins_sha256, entries_sha256, uses_sha256, batches, rest_sha256)
        SELECT v_id, p_person, s.seq, s.hash, p_counts[1], p_counts[2], p_counts[3], p_sha256[1], p_sha256[2], p_sha256[3], cardinality(v_batches),
               archive_rest(v_id)
        FROM seal s ORDER BY s.seq DESC LIMIT 1;
    PERFORM set_config('lock_timeout', '3s', true);
    PERFORM partition_detach('win', v_id, 'append_only_row', 'append_only');
    PERFORM partition_detach('draw_log', v_id, 'append_only_row', 'append_only');
    PERFORM partition_detach('win_use', v_id, 'kept_row', 'win_use_guard');
    PERFORM campaign_tell(p_slug);
    RETURN 'archived';
END
$$;

REVOKE EXECUTE ON FUNCTION archived, archive_rest, batch_rows, archive_batches, partition_detach, campaign_archive FROM PUBLIC;
GRANT SELECT ON archive, archive_batch, batch_now, check_archive TO hongbao_engine, hongbao_auditor;
GRANT EXECUTE ON FUNCTION archived, archive_rest, batch_rows TO hongbao_engine, hongbao_auditor;
GRANT EXECUTE ON FUNCTION campaign_archive TO hongbao_admin;
