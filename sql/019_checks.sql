-- What must hold of wallets and payouts, and of the books as they are now. Every view is empty when all is well; each row of the new ones names
-- the place
-- and says what is wrong. engine/ledger/invariants.c is the list.

-- What each transfer did to its two accounts.
CREATE VIEW transfer_effect AS
    SELECT t.id, t.batch, t.kind, t.campaign, t.debit_account, t.credit_account,
           CASE WHEN t.phase IS NULL OR t.phase IN ('posted', 'post') THEN t.amount ELSE 0 END AS posted,
           CASE WHEN t.phase = 'pending' THEN t.amount WHEN t.pending_ref IS NOT NULL THEN -p.amount ELSE 0 END AS pending
    FROM transfer t LEFT JOIN transfer p ON p.ref = t.pending_ref;

CREATE VIEW account_sums AS
    SELECT name, sum(debit)::bigint AS debit, sum(credit)::bigint AS credit, sum(debit_pending)::bigint AS debit_pending,
           sum(credit_pending)::bigint AS credit_pending
    FROM (SELECT debit_account AS name, posted AS debit, 0::bigint AS credit, pending AS debit_pending, 0::bigint AS credit_pending
          FROM transfer_effect
          UNION ALL SELECT credit_account, 0, posted, 0, pending FROM transfer_effect) x GROUP BY name;

CREATE OR REPLACE VIEW check_account AS -- accounts that differ from their transfers
    SELECT a.name, a.debit, a.credit, t.debit AS transfers_debit, t.credit AS transfers_credit, a.debit_pending, a.credit_pending,
           t.debit_pending AS transfers_debit_pending, t.credit_pending AS transfers_credit_pending
    FROM account a FULL JOIN account_sums t USING (name)
    WHERE (a.debit, a.credit, a.debit_pending, a.credit_pending)
          IS DISTINCT FROM (coalesce(t.debit, 0), coalesce(t.credit, 0), coalesce(t.debit_pending, 0), coalesce(t.credit_pending, 0));

-- What corrections did to an account: credits less debits.
CREATE VIEW account_adjusted AS
    SELECT name, sum(fen)::bigint AS fen
    FROM (SELECT debit_account AS name, -amount AS fen FROM transfer WHERE kind = 'adjust'
          UNION ALL SELECT credit_account, amount FROM transfer WHERE kind = 'adjust') x GROUP BY name;

CREATE OR REPLACE VIEW check_shard AS -- float is the shard's stock in fen; what payable was credited with, its wins; corrections aside
    SELECT h.campaign, h.shard, f.credit - f.debit AS float_fen, coalesce(s.left_fen, 0) AS stock_fen,
           y.credit AS payable_fen, coalesce(s.won_fen, 0) AS won_fen
    FROM shard h
    JOIN account f ON f.name = h.float_account
    JOIN account y ON y.name = h.payable_account
    LEFT JOIN account_adjusted fa ON fa.name = h.float_account
    LEFT JOIN (SELECT credit_account AS name, sum(amount)::bigint AS fen FROM transfer
               WHERE kind = 'adjust' GROUP BY credit_account) ya ON ya.name = h.payable_account
    LEFT JOIN (SELECT campaign, shard, sum(leased_fen - won_fen - returned_fen) AS left_fen, sum(won_fen) AS won_fen
               FROM stock GROUP BY campaign, shard) s USING (campaign, shard)
    WHERE f.credit - f.debit - coalesce(fa.fen, 0) <> coalesce(s.left_fen, 0) OR y.credit - coalesce(ya.fen, 0) <> coalesce(s.won_fen, 0);

CREATE OR REPLACE VIEW check_batch AS -- batches whose rows no longer hash to what was committed
    SELECT b.id, b.hash, x.hash AS rows_hash
    FROM batch b
    LEFT JOIN (SELECT batch, count(*) AS n, string_agg(win_bytes(campaign, player, draw_no, shard, prize, unit, amount_fen, key,
                          chances_left, won_at), ''::bytea ORDER BY player, draw_no, campaign) AS bytes FROM win GROUP BY batch) w ON w.batch = b.id
    LEFT JOIN (SELECT batch, count(*) AS n, string_agg(entry_bytes(campaign, shard, epoch, position, entry), ''::bytea
                          ORDER BY campaign, shard, epoch, position) AS bytes FROM draw_log GROUP BY batch) e ON e.batch = b.id
    LEFT JOIN (SELECT batch, count(*) AS n, string_agg(transfer_bytes(id, campaign, kind, debit_account, credit_account, amount),
                          ''::bytea ORDER BY id) AS bytes FROM transfer WHERE ref IS NULL GROUP BY batch) t ON t.batch = b.id
    LEFT JOIN (SELECT batch, count(*) AS n, string_agg(lease_bytes(campaign, shard, lease_no, prize, kind, from_unit, to_unit, fen, more,
                          at_ms, epoch), ''::bytea ORDER BY campaign, shard, lease_no) AS bytes FROM lease GROUP BY batch) l ON l.batch = b.id
    LEFT JOIN (SELECT m.batch, count(*) AS n, string_agg(movement_bytes(m), ''::bytea ORDER BY m.id) AS bytes
               FROM transfer m WHERE m.ref IS NOT NULL GROUP BY m.batch) m ON m.batch = b.id
    LEFT JOIN (SELECT d.batch, count(*) AS n, string_agg(withdrawal_bytes(d), ''::bytea ORDER BY d.id) AS bytes
               FROM withdrawal d GROUP BY d.batch) d ON d.batch = b.id
    LEFT JOIN (SELECT p.batch, count(*) AS n, string_agg(payout_bytes(p), ''::bytea ORDER BY p.out_no COLLATE "C") AS bytes
               FROM payout p GROUP BY p.batch) p ON p.batch = b.id
    LEFT JOIN (SELECT v.batch, count(*) AS n, string_agg(event_bytes(v), ''::bytea ORDER BY v.out_no COLLATE "C", v.seq) AS bytes
               FROM payout_event v GROUP BY v.batch) v ON v.batch = b.id
    LEFT JOIN (SELECT u.batch, count(*) AS n, string_agg(use_bytes(u), ''::bytea ORDER BY u.no) AS bytes
               FROM win_use u GROUP BY u.batch) u ON u.batch = b.id
    LEFT JOIN (SELECT f.freed_batch AS batch, count(*) AS n, string_agg(int8send(f.no), ''::bytea ORDER BY f.no) AS bytes
               FROM win_use f WHERE f.freed_batch IS NOT NULL GROUP BY f.freed_batch) f ON f.batch = b.id
    CROSS JOIN LATERAL (SELECT coalesce(m.n, 0) + coalesce(d.n, 0) + coalesce(p.n, 0) + coalesce(v.n, 0) + coalesce(u.n, 0) + coalesce(f.n,
        0) AS records) r
    CROSS JOIN LATERAL (SELECT CASE WHEN b.records IS NULL THEN batch_hash(w.bytes, e.bytes, t.bytes, l.bytes)
                                    ELSE batch_hash_2(w.bytes, e.bytes, t.bytes, l.bytes, m.bytes, d.bytes, p.bytes, v.bytes, u.bytes,
                                                      f.bytes) END AS hash) x
    WHERE x.hash <> b.hash OR coalesce(w.n, 0) <> b.wins OR coalesce(e.n, 0) <> b.entries OR coalesce(t.n, 0) <> b.transfers
       OR coalesce(l.n, 0) <> b.leases OR r.records <> coalesce(b.records, 0);

CREATE OR REPLACE VIEW check_orphan AS -- rows that name a batch which is not there
    SELECT 'win' AS what, batch FROM win w WHERE NOT EXISTS (SELECT FROM batch b WHERE b.id = w.batch)
    UNION ALL SELECT 'entry', batch FROM draw_log d WHERE NOT EXISTS (SELECT FROM batch b WHERE b.id = d.batch)
    UNION ALL SELECT 'transfer', batch FROM transfer t WHERE NOT EXISTS (SELECT FROM batch b WHERE b.id = t.batch)
    UNION ALL SELECT 'lease', batch FROM lease l WHERE NOT EXISTS (SELECT FROM batch b WHERE b.id = l.batch)
    UNION ALL SELECT 'withdrawal', batch FROM withdrawal w WHERE NOT EXISTS (SELECT FROM batch b WHERE b.id = w.batch)
    UNION ALL SELECT 'payout', batch FROM payout p WHERE NOT EXISTS (SELECT FROM batch b WHERE b.id = p.batch)
    UNION ALL SELECT 'event', batch FROM payout_event e WHERE NOT EXISTS (SELECT FROM batch b WHERE b.id = e.batch)
    UNION ALL SELECT 'use', batch FROM win_use u WHERE NOT EXISTS (SELECT FROM batch b WHERE b.id = u.batch)
    UNION ALL SELECT 'free', freed_batch FROM win_use u WHERE freed_batch IS NOT NULL AND NOT EXISTS (SELECT FROM batch b WHERE b.id = u.freed_batch);

-- ---- new ones: place, problem ----

CREATE VIEW check_balance AS -- debits equal credits, posted and pending
    SELECT 'accounts' AS place, format('debits %s, credits %s; pending debits %s, credits %s', sum(debit), sum(credit), sum(debit_pending),
                                       sum(credit_pending)) AS problem
    FROM account HAVING sum(debit) <> sum(credit) OR sum(debit_pending) <> sum(credit_pending);

CREATE VIEW check_limit AS -- nobody owes, pendings counted; the constraint says the same
    SELECT 'account ' || name AS place, format('debit %s, credit %s; pending %s, %s', debit, credit, debit_pending, credit_pending) AS problem
    FROM account WHERE limited AND account_room(name) < 0
    UNION ALL
    SELECT 'account ' || a.name, 'it should be limited' FROM account a WHERE NOT a.limited AND a.name NOT IN ('bank', 'suspense');

CREATE VIEW check_transfer_kind AS -- the two sides fit the kind
    SELECT 'transfer ' || t.id AS place, format('%s: %s -> %s', t.kind, t.debit_account, t.credit_account) AS problem
    FROM transfer t LEFT JOIN transfer_kind k ON k.name = t.kind
    WHERE NOT coalesce(CASE WHEN k.debit = '*' THEN (t.debit_account = 'suspense') <> (t.credit_account = 'suspense')
                            ELSE account_class(t.debit_account) = k.debit AND account_class(t.credit_account) = k.credit END, false);

CREATE VIEW check_resolution AS -- a pending ends at most once, later, of the same kind and sides, with no more than was reserved
    SELECT 'transfer ' || t.id AS place, format('%s %s of %s: %s', t.phase, t.amount, t.pending_ref,
           CASE WHEN p.id IS NULL THEN 'there is no such reservation' ELSE format('reserved %s by transfer %s', p.amount, p.id) END) AS problem
    FROM transfer t LEFT JOIN transfer p ON p.ref = t.pending_ref
    WHERE t.pending_ref IS NOT NULL
      AND NOT coalesce(p.phase = 'pending' AND p.id < t.id AND t.amount <= p.amount AND (t.phase = 'post' OR t.amount = p.amount)
                       AND (t.kind, t.debit_account, t.credit_account, t.campaign) = (p.kind, p.debit_account, p.credit_account, p.campaign), false)
    UNION ALL
    SELECT 'reservation ' || pending_ref, format('ended %s times', count(*)) FROM transfer
        WHERE pending_ref IS NOT NULL GROUP BY pending_ref HAVING count(*) > 1;

CREATE VIEW check_campaign AS -- funded = budget + floats + payables + paid + tax + returned, corrections aside
    SELECT 'campaign ' || c.slug AS place,
           format('funded %s; budget %s, floats %s, payables %s, paid %s, tax %s, returned %s, adjusted %s', f.fen, b.fen, h.float, h.payable,
                  t.paid, t.tax, t.returned, t.adjusted) AS problem
    FROM fairness c
    CROSS JOIN LATERAL (SELECT coalesce(sum(amount), 0) AS fen FROM fund WHERE fund.campaign = c.campaign) f
    CROSS JOIN LATERAL (SELECT credit - debit AS fen FROM account WHERE name = 'budget:' || c.slug) b
    CROSS JOIN LATERAL (SELECT sum(x.credit - x.debit) AS float, sum(y.credit - y.debit) AS payable FROM shard s
                        JOIN account x ON x.name = s.float_account JOIN account y ON y.name = s.payable_account WHERE s.campaign = c.campaign) h
    LEFT JOIN (SELECT campaign, coalesce(sum(posted) FILTER (WHERE kind = 'payout'), 0) AS paid, coalesce(sum(posted) FILTER (WHERE kind IN ('tax',
        'gross_up')), 0) AS tax,
                      coalesce(sum(posted) FILTER (WHERE kind = 'refund'), 0) AS returned,
                      coalesce(sum(CASE WHEN account_class(debit_account) IN ('budget', 'float', 'payable') THEN posted
                                        WHEN account_class(credit_account) IN ('budget', 'float', 'payable')
                                            THEN -posted END) FILTER (WHERE kind = 'adjust'), 0) AS adjusted
               FROM transfer_effect GROUP BY campaign) t USING (campaign)
    WHERE f.fen <> b.fen + h.float + h.payable + coalesce(t.paid + t.tax + t.returned + t.adjusted, 0);

CREATE VIEW check_reserved AS -- what is pending at a payable is what its open attempts reserved, and the same at a provider
    SELECT 'account ' || a.name AS place, format('pending %s, open payouts %s', a.debit_pending, coalesce(p.fen, 0)) AS problem
    FROM shard s JOIN account a ON a.name = s.payable_account
    LEFT JOIN (SELECT campaign, shard, sum(amount_fen + tax_fen) AS fen FROM payout WHERE state NOT IN ('paid', 'failed') AND state <> 'planned'
               GROUP BY campaign, shard) p USING (campaign, shard)
    WHERE a.debit_pending <> coalesce(p.fen, 0)
    UNION ALL
    SELECT 'account ' || a.name, format('pending %s, open payouts %s', a.credit_pending, coalesce(p.fen, 0))
    FROM merchant m JOIN account a ON a.name = m.account
    LEFT JOIN (SELECT merchant, sum(amount_fen) AS fen FROM payout WHERE state NOT IN ('paid', 'failed')
               AND state <> 'planned' GROUP BY merchant) p ON p.merchant = m.id
    WHERE a.credit_pending <> coalesce(p.fen, 0);

CREATE VIEW check_payable AS -- what left a payable is what its wins were taken for: paid, expired, clawed back
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
    WHERE a.debit <> coalesce(p.fen, 0) + coalesce(u.fen, 0) + coalesce(g.fen, 0) + coalesce(j.fen, 0);

CREATE VIEW check_use AS -- a use is of a win that is there, of its amount and shard; one at a time; parts are those of its withdrawal
    SELECT format('campaign %s player %s draw %s', u.campaign, u.player, u.draw_no) AS place,
           format('%s %s fen of shard %s; the win: %s fen of shard %s', u.kind, u.amount_fen, u.shard, w.amount_fen, w.shard) AS problem
    FROM win_use u LEFT JOIN win w USING (campaign, player, draw_no)
    WHERE (w.amount_fen, w.shard) IS DISTINCT FROM (u.amount_fen, u.shard)
    UNION ALL
    SELECT format('campaign %s player %s draw %s', campaign, player, draw_no), format('taken %s times at once', count(*))
    FROM win_use WHERE freed_batch IS NULL GROUP BY campaign, player, draw_no HAVING count(*) > 1
    UNION ALL
    SELECT format('campaign %s player %s draw %s', u.campaign, u.player, u.draw_no), format('bound to withdrawal %s of somebody or something else',
        u.cause)
    FROM win_use u LEFT JOIN withdrawal w ON w.id = u.cause
    WHERE u.kind = 'withdraw' AND NOT coalesce((w.campaign, w.player, w.shard) = (u.campaign, u.player, u.shard) AND u.part_to <= w.parts, false)
    UNION ALL
    SELECT format('campaign %s player %s draw %s', u.campaign, u.player, u.draw_no),
           format('%s, while of its parts %s', CASE WHEN u.freed_batch IS NULL THEN 'bound' ELSE 'free' END, q.states)
    FROM win_use u
    CROSS JOIN LATERAL (SELECT string_agg(x.part || ' is ' || x.state, ', ' ORDER BY x.part) AS states, bool_and(x.state = 'failed') AS failed
                        FROM withdrawal_part x WHERE x.withdrawal = u.cause AND x.part BETWEEN u.part_from AND u.part_to) q
    WHERE u.kind = 'withdraw' AND q.failed IS DISTINCT FROM (u.freed_batch IS NOT NULL);

CREATE VIEW check_taken_back AS -- what uses took back is what was booked for it, cause by cause
    SELECT format('%s %s', coalesce(u.kind, t.kind), coalesce(u.cause, t.cause)) AS place,
           format('uses of %s fen, booked %s', coalesce(u.fen, 0), coalesce(t.fen, 0)) AS problem
    FROM (SELECT kind, cause, sum(amount_fen) AS fen FROM win_use WHERE kind <> 'withdraw' GROUP BY kind, cause) u
    FULL JOIN (SELECT kind, group_ref AS cause, sum(amount) AS fen FROM transfer t WHERE kind IN ('expire', 'claw_back') AND ref IS NOT NULL
                 AND NOT EXISTS (SELECT FROM correction c WHERE c.id = t.group_ref AND c.kind = 'give_up') GROUP BY kind, group_ref) t USING (kind,
                     cause)
    WHERE u.fen IS DISTINCT FROM t.fen;

CREATE VIEW check_withdrawal AS -- a withdrawal is the sum of its wins and of its parts, its name follows from its key, its state from its parts
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
    WHERE NOT coalesce(u.n = w.wins AND q.n = w.parts AND u.gross = w.gross_fen AND u.tax = w.tax_fen AND u.borne = w.organiser_fen
                       AND q.net = w.gross_fen - w.tax_fen AND q.tax = w.tax_fen AND q.borne = w.organiser_fen
                       AND w.state = CASE WHEN q.open > 0 OR u.mixed THEN 'open' WHEN q.paid = q.n THEN 'paid' WHEN q.paid = 0 THEN 'failed'
                           ELSE 'partly' END
                       AND w.id = ref_of('withdrawal', w.player::text, w.key), false);

-- attempts of a part are numbered without a gap, only the last may be open, at most one is paid; what a part says follows
CREATE VIEW check_attempt AS
    SELECT format('withdrawal %s part %s', q.withdrawal, q.part) AS place,
           format('%s after %s attempts; there are %s: %s', q.state, q.attempts, p.n, p.states) AS problem
    FROM withdrawal_part q
    CROSS JOIN LATERAL (SELECT count(*) AS n, max(x.attempt) AS last, string_agg(x.state, ' ' ORDER BY x.attempt) AS states,
                        count(*) FILTER (WHERE x.state = 'paid') AS paid,
                               count(*) FILTER (WHERE x.state NOT IN ('paid', 'failed')) AS open, count(*) FILTER (WHERE x.state <> 'failed'
                                   AND x.attempt < q.attempts) AS early
                        FROM payout x WHERE x.withdrawal = q.withdrawal AND x.part = q.part) p
    WHERE NOT (p.n = q.attempts AND p.last = q.attempts AND p.early = 0
               AND CASE q.state WHEN 'open' THEN p.open = 1 AND p.paid = 0 WHEN 'paid' THEN p.paid = 1 AND p.open = 0 ELSE p.paid = 0
                   AND p.open = 0 END);

CREATE VIEW payout_problem AS -- a payout's number and content follow from its part, its state from its events, and each event from the one before
    SELECT p.out_no, x.problem
    FROM payout p
    LEFT JOIN withdrawal w ON w.id = p.withdrawal
    LEFT JOIN withdrawal_part q ON q.withdrawal = p.withdrawal AND q.part = p.part
    CROSS JOIN LATERAL (
        SELECT 'its number does not follow from withdrawal, part and attempt' AS problem WHERE p.out_no <> payout_no(p.withdrawal, p.part, p.attempt)
        UNION ALL
        SELECT format('%s + %s + %s fen to %s, of its part %s + %s + %s to %s', p.amount_fen, p.tax_fen, p.organiser_fen, p.player, q.net_fen,
                      q.tax_fen, q.organiser_fen, w.player)
        WHERE (p.amount_fen, p.tax_fen, p.organiser_fen, p.player, p.campaign, p.shard)
              IS DISTINCT FROM (q.net_fen, q.tax_fen, q.organiser_fen, w.player, w.campaign, w.shard)
        UNION ALL
        SELECT format('%s after %s events; they say %s after %s', p.state, p.events, coalesce(e.states, 'nothing'), e.n)
        FROM (SELECT count(*) AS n, string_agg(v.event || ' ' || v.state, ', ' ORDER BY v.seq) AS states, max(v.seq) AS last,
                     (array_agg(v.state ORDER BY v.seq DESC))[1] AS state,
                     bool_and(CASE WHEN v.seq = 1 THEN v.event = 'plan' AND v.state = 'planned'
                                   WHEN v.event IN ('freeze', 'thaw', 'give_up') THEN v.state = v.before
                                   ELSE EXISTS (SELECT FROM payout_step s WHERE (s.before, s.event, s.after) = (v.before, v.event,
                                       v.state)) END) AS steps,
                     (array_agg(v.event ORDER BY v.seq DESC) FILTER (WHERE v.event IN ('freeze', 'thaw')))[1] AS ice,
                     (array_agg(v.evidence ORDER BY v.seq) FILTER (WHERE v.event = 'send'))[1] AS body
              FROM (SELECT y.*, lag(y.state) OVER (ORDER BY y.seq) AS before FROM payout_event y WHERE y.out_no = p.out_no) v) e
        WHERE NOT coalesce(e.n = p.events AND e.last = p.events AND e.state = p.state AND e.steps AND (coalesce(e.ice, 'thaw') = 'freeze') = p.frozen
                           AND e.body IS NOT DISTINCT FROM p.body_hash, false)) x;

CREATE VIEW check_payout AS
    SELECT 'payout ' || out_no AS place, problem FROM payout_problem;

CREATE VIEW check_payout_books AS -- reserved, posted or released in the books as its state says, leg by leg
    SELECT format('payout %s', p.out_no) AS place, format('%s, but %s of %s fen: reserved %s, ended by %s of %s', p.state, l.kind, l.fen, r.amount,
                                                          e.phase, e.amount) AS problem
    FROM payout p
    CROSS JOIN LATERAL (VALUES ('payout', p.amount_fen), ('tax', p.tax_fen), ('gross_up', p.organiser_fen)) AS l(kind, fen)
    LEFT JOIN transfer r ON r.ref = ref_of('payout', p.out_no, l.kind, 'pending')
    LEFT JOIN transfer e ON e.ref = ref_of('payout', p.out_no, l.kind, 'end')
    WHERE CASE WHEN l.fen = 0 OR p.state = 'planned' THEN r.ref IS NOT NULL OR e.ref IS NOT NULL
               WHEN p.state = 'paid' THEN NOT coalesce(r.phase = 'pending' AND r.amount = l.fen AND r.kind = l.kind AND e.phase = 'post'
                                                       AND e.amount = l.fen, false)
               WHEN p.state = 'failed' THEN NOT CASE WHEN p.cap_day IS NULL THEN r.ref IS NULL AND e.ref IS NULL
                                                     ELSE coalesce(r.phase = 'pending' AND r.amount = l.fen AND r.kind = l.kind
                                                                   AND e.phase = 'void', false) END
               ELSE NOT coalesce(r.phase = 'pending' AND r.amount = l.fen AND r.kind = l.kind AND e.ref IS NULL, false) END;

CREATE VIEW check_merchant_day AS -- what counts against a day's cap is what was reserved on it and not released
    SELECT format('merchant %s on %s', coalesce(d.merchant, p.merchant), coalesce(d.day, p.day)) AS place,
           format('%s payouts of %s fen; there are %s of %s', d.payouts, d.fen, p.n, p.fen) AS problem
    FROM merchant_day d
    FULL JOIN (SELECT merchant, cap_day AS day, count(*) AS n, sum(amount_fen) AS fen FROM payout WHERE state <> 'failed'
               AND cap_day IS NOT NULL GROUP BY merchant, cap_day) p
        USING (merchant, day)
    WHERE coalesce(d.payouts, 0) <> coalesce(p.n, 0) OR coalesce(d.fen, 0) <> coalesce(p.fen, 0);

CREATE VIEW check_voucher AS -- a voucher is of a win, of its unit, with a code when it is to have one; its state follows from its events
    SELECT format('campaign %s player %s draw %s', v.campaign, v.player, v.draw_no) AS place,
           format('voucher of prize %s unit %s is %s (%s); the win: prize %s unit %s; events: %s', v.prize, v.unit, v.state, v.mode, w.prize,
                  w.unit, e.states) AS problem
    FROM voucher v
    LEFT JOIN win w USING (campaign, player, draw_no)
    CROSS JOIN LATERAL (SELECT string_agg(x.state, ' ' ORDER BY x.seq) AS states, count(*) AS n, (array_agg(x.state
        ORDER BY x.seq DESC))[1] AS state FROM voucher_event x
                        WHERE (x.campaign, x.player, x.draw_no) = (v.campaign, v.player, v.draw_no)) e
    WHERE NOT coalesce((w.prize, w.unit) = (v.prize, v.unit) AND e.n = v.events AND e.state = v.state, false)
       OR (v.mode = 'code' AND NOT EXISTS (SELECT FROM fairness c JOIN prize z ON z.campaign = c.campaign AND z.prize = v.prize
                                           JOIN voucher_code k ON k.slug = c.slug AND k.prize_id = z.prize_id AND k.no = v.unit
                                               WHERE c.campaign = v.campaign));

CREATE VIEW check_settlement AS -- a settled campaign holds nothing, and its statement adds up
    SELECT 'campaign ' || c.slug AS place, format('account %s holds %s fen', a.name, a.credit - a.debit) AS problem
    FROM settlement t JOIN fairness c USING (campaign)
    JOIN account a ON a.name = 'budget:' || c.slug OR a.name IN (SELECT float_account FROM shard s WHERE s.campaign = c.campaign UNION ALL
                                                                SELECT payable_account FROM shard s WHERE s.campaign = c.campaign)
    WHERE (a.credit - a.debit, a.debit_pending, a.credit_pending) <> (0, 0, 0)
    UNION ALL
    SELECT 'campaign ' || c.slug, format('funded %s; %s', x.funded, x.words)
    FROM settlement t JOIN fairness c USING (campaign)
    CROSS JOIN LATERAL (SELECT sum(fen) FILTER (WHERE line = 'funded') AS funded, sum(fen) FILTER (WHERE line IN ('paid', 'tax_winner',
        'tax_organiser', 'adjusted', 'returned')) AS gone,
                               sum(fen) FILTER (WHERE line = 'returned') AS returned, sum(fen) FILTER (WHERE line IN ('expired', 'clawed_back',
                                   'never_given')) AS back,
                               string_agg(line || ' ' || fen, ', ' ORDER BY no) AS words FROM settlement_line l WHERE l.campaign = t.campaign) x
    WHERE NOT coalesce(x.funded = x.gone AND x.returned = x.back, false)
    UNION ALL
    SELECT 'campaign ' || c.slug, format('line %s says %s x %s fen, the rows %s x %s', l.line, l.count, l.fen, r.count, r.fen)
    FROM settlement t JOIN fairness c USING (campaign) JOIN settlement_line l USING (campaign)
    JOIN LATERAL settlement_lines(t.campaign, (SELECT y.fen FROM settlement_line y WHERE y.campaign = t.campaign
                                               AND y.line = 'returned')) r ON r.line = l.line
    WHERE (l.count, l.fen) <> (r.count, r.fen);

CREATE VIEW check_stale AS -- what waits for too long: a payout for a week, money in suspense for a week
    SELECT 'payout ' || p.out_no AS place, format('%s since %s', p.state, p.planned_at) AS problem
    FROM payout p WHERE p.state NOT IN ('paid', 'failed') AND p.planned_at < clock_timestamp() - interval '7 days'
    UNION ALL
    SELECT 'account suspense', format('holds %s fen since %s', a.credit - a.debit, x.at)
    FROM account a CROSS JOIN LATERAL (SELECT max(at) AS at FROM transfer WHERE kind = 'adjust') x
    WHERE a.name = 'suspense' AND a.credit <> a.debit AND x.at < clock_timestamp() - interval '7 days';

-- All of them, for whoever wants one answer.
CREATE VIEW check_all AS
    SELECT 'account_sums' AS invariant, 'account ' || name AS place, row_to_json(c)::text AS problem FROM check_account c
    UNION ALL SELECT 'stock_sums', format('campaign %s shard %s prize %s', campaign, shard, prize), row_to_json(c)::text FROM check_stock c
    UNION ALL SELECT 'prize_sums', format('campaign %s prize %s', campaign, prize), row_to_json(c)::text FROM check_prize c
    UNION ALL SELECT 'shard_accounts', format('campaign %s shard %s', campaign, shard), row_to_json(c)::text FROM check_shard c
    UNION ALL SELECT 'unit_once', format('campaign %s prize %s unit %s', campaign, prize, unit), row_to_json(c)::text FROM check_unit c
    UNION ALL SELECT 'batch_hashes', 'batch ' || id, row_to_json(c)::text FROM check_batch c
    UNION ALL SELECT 'seal_chain', 'batch ' || batch, row_to_json(c)::text FROM check_seal c
    UNION ALL SELECT 'no_orphans', what || ' of batch ' || batch, 'there is no such batch' FROM check_orphan
    UNION ALL SELECT 'balance', c.* FROM check_balance c
    UNION ALL SELECT 'limits', c.* FROM check_limit c
    UNION ALL SELECT 'transfer_sides', c.* FROM check_transfer_kind c
    UNION ALL SELECT 'resolutions', c.* FROM check_resolution c
    UNION ALL SELECT 'campaign_sums', c.* FROM check_campaign c
    UNION ALL SELECT 'reserved', c.* FROM check_reserved c
    UNION ALL SELECT 'payable_uses', c.* FROM check_payable c
    UNION ALL SELECT 'win_uses', c.* FROM check_use c
    UNION ALL SELECT 'taken_back', c.* FROM check_taken_back c
    UNION ALL SELECT 'withdrawals', c.* FROM check_withdrawal c
    UNION ALL SELECT 'attempts', c.* FROM check_attempt c
    UNION ALL SELECT 'payouts', c.* FROM check_payout c
    UNION ALL SELECT 'payout_books', c.* FROM check_payout_books c
    UNION ALL SELECT 'merchant_days', c.* FROM check_merchant_day c
    UNION ALL SELECT 'vouchers', c.* FROM check_voucher c
    UNION ALL SELECT 'settlements', c.* FROM check_settlement c
    UNION ALL SELECT 'stale', c.* FROM check_stale c;

-- Tax withheld, a row for each payout that was paid: the month's return. month: of the campaign's zone. taxed_fen is the base: for the
-- organiser's, the
-- grossed-up sum. Names and identity numbers are added by the engine, from `person`.
CREATE VIEW tax_export AS
    SELECT c.slug AS campaign, to_char(p.ended_at AT TIME ZONE c.time_zone, 'YYYY-MM') AS month, p.player, p.withdrawal, p.out_no,
        p.ended_at AS paid_at,
           CASE WHEN p.organiser_fen > 0 THEN 'organiser' ELSE 'winner' END AS bearer, p.amount_fen AS net_fen,
               p.tax_fen + p.organiser_fen AS tax_fen,
           p.amount_fen + p.tax_fen + p.organiser_fen AS paid_and_tax_fen
    FROM payout p JOIN fairness c USING (campaign)
    WHERE p.state = 'paid' AND p.tax_fen + p.organiser_fen > 0;

-- ---- the checks of each minute: what was touched lately ----

-- Sums of the transfers up to a number, by account: what was counted need not be counted again.
CREATE TABLE account_mark (
    name           text PRIMARY KEY,
    debit          bigint NOT NULL,
    credit         bigint NOT NULL,
    debit_pending  bigint NOT NULL,
    credit_pending bigint NOT NULL
);
CREATE TABLE books_mark (
    transfer bigint NOT NULL, -- of account_mark
    batch    bigint NOT NULL  -- whatever is of an older one was looked at
);
CREATE UNIQUE INDEX books_mark_one ON books_mark ((true));
INSERT INTO books_mark VALUES (0, 0);

CREATE FUNCTION account_sums_between(p_after bigint, p_to bigint) RETURNS TABLE (name text, debit bigint, credit bigint, debit_pending bigint,
                                                                                 credit_pending bigint)
    LANGUAGE sql STABLE AS $$
    SELECT x.name, sum(x.debit)::bigint, sum(x.credit)::bigint, sum(x.dp)::bigint, sum(x.cp)::bigint
    FROM (SELECT debit_account AS name, posted AS debit, 0::bigint AS credit, pending AS dp, 0::bigint AS cp FROM hongbao.transfer_effect
          WHERE id > p_after AND id <= p_to
          UNION ALL SELECT credit_account, 0, posted, 0, pending FROM hongbao.transfer_effect WHERE id > p_after AND id <= p_to) x GROUP BY x.name $$;

-- Accounts that differ from mark + transfers since.
CREATE FUNCTION accounts_off() RETURNS TABLE (name text)
    LANGUAGE sql STABLE AS $$
    SELECT a.name FROM hongbao.account a
    LEFT JOIN (SELECT x.name, sum(x.debit) AS debit, sum(x.credit) AS credit, sum(x.debit_pending) AS dp, sum(x.credit_pending) AS cp
               FROM (SELECT * FROM hongbao.account_mark UNION ALL
                     SELECT * FROM hongbao.account_sums_between((SELECT transfer FROM hongbao.books_mark),
                                                                9223372036854775807)) x GROUP BY x.name) s USING (name)
    WHERE (a.debit, a.credit, a.debit_pending, a.credit_pending) IS DISTINCT FROM (coalesce(s.debit, 0), coalesce(s.credit, 0), coalesce(s.dp, 0),
                                                                                   coalesce(s.cp, 0)) $$;

-- Moves the mark to the newest transfer older than a minute. A transfer that got its number before and commits later makes an account look off
-- once: then
-- the marks are made anew from everything.
CREATE FUNCTION books_mark_move(p_anew bool) RETURNS void
    LANGUAGE plpgsql AS $$
DECLARE
    v_from bigint := (SELECT transfer FROM hongbao.books_mark FOR UPDATE);
    v_to   bigint := coalesce((SELECT id FROM hongbao.transfer WHERE at < clock_timestamp() - interval '1 minute' ORDER BY id DESC LIMIT 1), 0);
BEGIN
    IF p_anew THEN
        DELETE FROM hongbao.account_mark;
        v_from := 0;
    END IF;
    INSERT INTO hongbao.account_mark AS m SELECT * FROM hongbao.account_sums_between(v_from, greatest(v_from, v_to))
        ON CONFLICT (name) DO UPDATE SET debit = m.debit + excluded.debit, credit = m.credit + excluded.credit,
            debit_pending = m.debit_pending + excluded.debit_pending, credit_pending = m.credit_pending + excluded.credit_pending;
    UPDATE hongbao.books_mark SET transfer = greatest(v_from, v_to),
        batch = greatest(batch, (SELECT id FROM hongbao.batch WHERE at < clock_timestamp() - interval '1 minute' ORDER BY id DESC LIMIT 1));
END
$$;

-- The checks of each minute, over what was touched since the last call, of payouts and batches the newest 5,000. No row: nothing is wrong.
-- It takes up to seconds while much is paid out: not for a connection on which others wait.
CREATE FUNCTION books_recent() RETURNS TABLE (invariant text, place text, problem text)
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = hongbao, pg_temp
    AS $$
DECLARE
    v_mark books_mark;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtext('hongbao.books_recent'));
    SELECT * INTO v_mark FROM books_mark;
    RETURN QUERY SELECT 'balance', c.place, c.problem FROM check_balance c;
    RETURN QUERY SELECT 'limits', c.place, c.problem FROM check_limit c;
    RETURN QUERY SELECT 'reserved', c.place, c.problem FROM check_reserved c;
    RETURN QUERY SELECT 'stale', c.place, c.problem FROM check_stale c;
    RETURN QUERY SELECT 'quarantine_empty', 'quarantine ' || q.id, q.kind || ': ' || q.sent::text FROM quarantine q;
    RETURN QUERY SELECT 'resolutions', 'transfer ' || t.id, format('%s %s of %s', t.phase, t.amount, t.pending_ref)
        FROM transfer t LEFT JOIN transfer p ON p.ref = t.pending_ref
        WHERE t.id > v_mark.transfer AND t.pending_ref IS NOT NULL
          AND NOT coalesce(p.phase = 'pending' AND t.amount <= p.amount AND t.kind = p.kind AND p.id < t.id, false);
    RETURN QUERY SELECT 'payouts', 'payout ' || c.out_no, c.problem FROM payout_problem c
        WHERE c.out_no IN (SELECT e.out_no FROM payout_event e WHERE e.batch > v_mark.batch ORDER BY e.batch DESC LIMIT 5000);
    RETURN QUERY SELECT 'batch_hashes', 'batch ' || b.id, 'its rows hash to something else'
        FROM (SELECT * FROM batch WHERE batch.id > v_mark.batch AND batch.records IS NOT NULL ORDER BY batch.id DESC LIMIT 5000) b
        CROSS JOIN LATERAL batch_records(b.id) r
        WHERE (r.records, r.hash) IS DISTINCT FROM (b.records::bigint, b.hash);
    IF EXISTS (SELECT FROM accounts_off()) THEN
        PERFORM books_mark_move(true);
        RETURN QUERY SELECT 'account_sums', 'account ' || c.name, row_to_json(c)::text FROM check_account c;
    ELSE
        PERFORM books_mark_move(false);
    END IF;
END
$$;
