-- What readers see, and who may do what. Every check view is empty when the books are whole.

CREATE VIEW units_left AS -- for the disclosure: units nobody has won
    SELECT p.campaign, p.prize, p.prize_id, p.units, p.fen, p.leased_units, coalesce(s.won_units, 0)::bigint AS won_units,
           coalesce(s.won_fen, 0)::bigint AS won_fen, (p.units - coalesce(s.won_units, 0))::bigint AS units_left
    FROM prize p
    LEFT JOIN (SELECT campaign, prize, sum(won_units) AS won_units, sum(won_fen) AS won_fen FROM stock GROUP BY campaign, prize) s
        USING (campaign, prize);

CREATE VIEW prize_free AS -- units with no shard, as ranges
    SELECT p.campaign, p.prize, lower(r) AS from_unit, upper(r) AS to_unit FROM prize p, unnest(p.left_units) AS r;

CREATE VIEW fairness AS -- the secret only after the reveal
    SELECT id AS campaign, slug, shards, time_zone, paused, ended_at, created_at, commitment,
           CASE WHEN revealed THEN secret END AS secret, public_name, public_value, revealed
    FROM campaign;

CREATE VIEW check_account AS -- accounts that differ from their transfers
    SELECT a.name, a.debit, a.credit, t.debit AS transfers_debit, t.credit AS transfers_credit
    FROM account a
    FULL JOIN (SELECT name, sum(debit)::bigint AS debit, sum(credit)::bigint AS credit
               FROM (SELECT debit_account AS name, amount AS debit, 0 AS credit FROM transfer
                     UNION ALL SELECT credit_account, 0, amount FROM transfer) x GROUP BY name) t USING (name)
    WHERE a.debit IS DISTINCT FROM coalesce(t.debit, 0) OR a.credit IS DISTINCT FROM coalesce(t.credit, 0);

CREATE VIEW check_stock AS -- stock rows that differ from their leases and wins
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
    WHERE s.leased_units <> coalesce(l.leased, 0) OR s.leased_fen <> coalesce(l.leased_fen, 0)
       OR s.returned_units <> coalesce(l.returned, 0) OR s.returned_fen <> coalesce(l.returned_fen, 0)
       OR s.won_units <> coalesce(w.units, 0) OR s.won_fen <> coalesce(w.fen, 0);

CREATE VIEW check_prize AS -- prizes whose leased differs from the sum over shards
    SELECT p.campaign, p.prize, p.units, p.leased_units, s.units AS stock_units, p.leased_fen, s.fen AS stock_fen
    FROM prize p
    LEFT JOIN (SELECT campaign, prize, sum(leased_units - returned_units) AS units, sum(leased_fen - returned_fen) AS fen
               FROM stock GROUP BY campaign, prize) s USING (campaign, prize)
    WHERE p.leased_units <> coalesce(s.units, 0) OR p.leased_fen <> coalesce(s.fen, 0) OR coalesce(s.units, 0) > p.units;

CREATE VIEW check_shard AS -- float is the shard's stock in fen, payable its wins
    SELECT h.campaign, h.shard, f.credit - f.debit AS float_fen, coalesce(s.left_fen, 0) AS stock_fen,
           y.credit AS payable_fen, coalesce(s.won_fen, 0) AS won_fen
    FROM shard h
    JOIN account f ON f.name = h.float_account
    JOIN account y ON y.name = h.payable_account
    LEFT JOIN (SELECT campaign, shard, sum(leased_fen - won_fen - returned_fen) AS left_fen, sum(won_fen) AS won_fen
               FROM stock GROUP BY campaign, shard) s USING (campaign, shard)
    WHERE f.credit - f.debit <> coalesce(s.left_fen, 0) OR y.credit <> coalesce(s.won_fen, 0);

CREATE VIEW check_unit AS -- units won more than once, or outside what was leased to the shard at some time
    SELECT campaign, prize, unit, count(*) AS wins FROM win GROUP BY campaign, prize, unit HAVING count(*) > 1;

CREATE VIEW check_batch AS -- batches whose rows no longer hash to what was committed
    SELECT b.id, b.hash, x.hash AS rows_hash
    FROM batch b
    LEFT JOIN (SELECT batch, count(*) AS n, string_agg(win_bytes(campaign, player, draw_no, shard, prize, unit, amount_fen, key,
                          chances_left, won_at), ''::bytea ORDER BY player, draw_no, campaign) AS bytes FROM win GROUP BY batch) w ON w.batch = b.id
    LEFT JOIN (SELECT batch, count(*) AS n, string_agg(entry_bytes(campaign, shard, epoch, position, entry), ''::bytea
                          ORDER BY campaign, shard, epoch, position) AS bytes FROM draw_log GROUP BY batch) e ON e.batch = b.id
    LEFT JOIN (SELECT batch, count(*) AS n, string_agg(transfer_bytes(id, campaign, kind, debit_account, credit_account, amount),
                          ''::bytea ORDER BY id) AS bytes FROM transfer GROUP BY batch) t ON t.batch = b.id
    LEFT JOIN (SELECT batch, count(*) AS n, string_agg(lease_bytes(campaign, shard, lease_no, prize, kind, from_unit, to_unit, fen, more,
                          at_ms, epoch), ''::bytea ORDER BY campaign, shard, lease_no) AS bytes FROM lease GROUP BY batch) l ON l.batch = b.id
    CROSS JOIN LATERAL (SELECT batch_hash(w.bytes, e.bytes, t.bytes, l.bytes) AS hash) x
    WHERE x.hash <> b.hash OR coalesce(w.n, 0) <> b.wins OR coalesce(e.n, 0) <> b.entries OR coalesce(t.n, 0) <> b.transfers
       OR coalesce(l.n, 0) <> b.leases;

CREATE VIEW check_seal AS -- links that do not follow from the one before, and batches neither chained nor waiting
    SELECT s.seq, s.batch, s.hash
    FROM (SELECT seq, batch, hash, lag(hash, 1, decode(repeat('00', 32), 'hex')) OVER (ORDER BY seq) AS before,
                 lag(seq, 1, 0::bigint) OVER (ORDER BY seq) AS seq_before FROM seal) s
    LEFT JOIN batch b ON b.id = s.batch
    WHERE b.id IS NULL OR s.hash <> sha256(s.before || int8send(s.batch) || b.hash) OR s.seq <> s.seq_before + 1
    UNION ALL
    SELECT NULL, b.id, b.hash FROM batch b
    WHERE NOT EXISTS (SELECT FROM seal s WHERE s.batch = b.id) AND NOT EXISTS (SELECT FROM batch_unsealed u WHERE u.batch = b.id);

CREATE VIEW check_orphan AS -- rows that name a batch which is not there
    SELECT 'win' AS what, batch FROM win w WHERE NOT EXISTS (SELECT FROM batch b WHERE b.id = w.batch)
    UNION ALL SELECT 'entry', batch FROM draw_log d WHERE NOT EXISTS (SELECT FROM batch b WHERE b.id = d.batch)
    UNION ALL SELECT 'transfer', batch FROM transfer t WHERE NOT EXISTS (SELECT FROM batch b WHERE b.id = t.batch)
    UNION ALL SELECT 'lease', batch FROM lease l WHERE NOT EXISTS (SELECT FROM batch b WHERE b.id = l.batch);

-- Grants. Nobody who signs in writes a table.
GRANT SELECT ON campaign, campaign_version, prize, shard, stock, account, batch, batch_unsealed, seal, transfer, fund, win, draw_log,
    lease, opening, quarantine, leader, units_left, prize_free, fairness, migration, check_account, check_stock, check_prize,
    check_shard, check_unit, check_batch, check_seal, check_orphan TO hongbao_engine;
GRANT SELECT ON campaign_version, prize, shard, stock, account, batch, batch_unsealed, seal, transfer, fund, win, draw_log,
    lease, opening, quarantine, leader, units_left, prize_free, fairness, migration, check_account, check_stock, check_prize,
    check_shard, check_unit, check_batch, check_seal, check_orphan TO hongbao_auditor;
GRANT SELECT (id, slug, shards, time_zone, paused, ended_at, created_at, commitment, public_name, public_value, revealed)
    ON campaign TO hongbao_auditor;

GRANT EXECUTE ON FUNCTION
    ledger_post, entries_store, campaign_publish, campaign_fund, campaign_pause, campaign_end, fairness_public_value, fairness_reveal,
    leader_take, leader_renew, leader_yield, lease_offer, lease_take, lease_return, log_kept, opening_begin, opening_prizes,
    opening_moments, opening_ranges, opening_record, version_applied, seal_some TO hongbao_engine;
GRANT EXECUTE ON FUNCTION units_count, win_bytes, entry_bytes, text_bytes, transfer_bytes, lease_bytes, batch_hash TO hongbao_engine, hongbao_auditor;
