/*
 * audit/audit_books.c - what the ledger's rows must say, each invariant one query that is empty when it
 * holds.
 *
 * A query answers (row, text): the row's name, which stays the same between two looks, and what is wrong with
 * it. Those of wallets and payouts are views that answer so by themselves: LEDGER_INVARIANTS has them.
 */
#include "audit/audit_internal.h"

#include "ledger/invariants.h"

#include <stdio.h>

struct book_check {
    const char *name;
    bool heavy; /* reads whole tables: not in a quick audit */
    const char *sql;
};

#define ROW_JSON(alias) "row_to_json(" alias ")::text"

/* clang-format off */
static const struct book_check CHECKS[] = {
    /* P1: never oversold */
    {"prize_oversold", false,
     "SELECT 'campaign ' || campaign || ' prize ' || prize, " ROW_JSON("u") " FROM units_left u "
     "WHERE won_units > units OR won_fen > fen OR leased_units > units OR won_units > leased_units"},
    {"prize_leases", false,
     "SELECT 'campaign ' || campaign || ' prize ' || prize, " ROW_JSON("c") " FROM check_prize c"},
    {"stock", true,
     "SELECT 'campaign ' || campaign || ' shard ' || shard || ' prize ' || prize, " ROW_JSON("c") " FROM check_stock c"},
    {"units_twice", false, /* a unit is at one place: free, with one shard, or won */
     "SELECT 'campaign ' || campaign || ' prize ' || prize, 'places hold ' || held || ' units, ' || apart || ' different ones' "
     "FROM (SELECT campaign, prize, sum(units_count(units)) AS held, units_count(range_agg(units)) AS apart "
     "      FROM (SELECT campaign, prize, left_units AS units FROM prize UNION ALL SELECT campaign, prize, left_units FROM stock) p "
     "      GROUP BY campaign, prize) s WHERE held <> coalesce(apart, 0)"},
    {"units_lost", false, /* and none is nowhere */
     "SELECT 'campaign ' || p.campaign || ' prize ' || p.prize, 'of ' || p.units || ' units ' || units_count(p.left_units) || "
     "       ' are free, ' || coalesce(s.held, 0) || ' with shards, ' || coalesce(s.won, 0) || ' won' "
     "FROM prize p LEFT JOIN (SELECT campaign, prize, sum(units_count(left_units)) AS held, sum(won_units) AS won FROM stock "
     "                        GROUP BY campaign, prize) s USING (campaign, prize) "
     "WHERE units_count(p.left_units) + coalesce(s.held, 0) + coalesce(s.won, 0) <> p.units"},
    /* P2: wins once, of their unit, for its amount */
    {"unit_twice", true,
     "SELECT 'campaign ' || campaign || ' prize ' || prize || ' unit ' || unit, 'won ' || wins || ' times' FROM check_unit"},
    {"unit_outside", true,
     "SELECT 'campaign ' || w.campaign || ' player ' || w.player || ' draw ' || w.draw_no, " ROW_JSON("w") " FROM win w "
     "LEFT JOIN (SELECT campaign, shard, prize, range_agg(int4range(from_unit, to_unit)) AS units FROM lease "
     "           WHERE kind IN ('lease', 'moment') GROUP BY campaign, shard, prize) l USING (campaign, shard, prize) "
     "WHERE NOT coalesce(w.unit <@ l.units, false)"},
    {"unit_still_there", true,
     "SELECT 'campaign ' || w.campaign || ' player ' || w.player || ' draw ' || w.draw_no, " ROW_JSON("w") " FROM win w "
     "LEFT JOIN stock s USING (campaign, shard, prize) JOIN prize p ON p.campaign = w.campaign AND p.prize = w.prize "
     "WHERE s.campaign IS NULL OR w.unit <@ s.left_units OR w.unit <@ p.left_units"},
    {"win_amount", true,
     "SELECT 'campaign ' || w.campaign || ' player ' || w.player || ' draw ' || w.draw_no, " ROW_JSON("w") " FROM win w "
     "LEFT JOIN (SELECT v.campaign, z.n AS prize, z.item->>'kind' AS kind, (z.item->>'amount_fen')::bigint AS fixed, "
     "                  (z.item->>'min_fen')::bigint AS low, (z.item->>'max_fen')::bigint AS high "
     "           FROM (SELECT DISTINCT ON (campaign) * FROM campaign_version ORDER BY campaign, version DESC) v, "
     "                jsonb_array_elements(v.table_json::jsonb->'prizes') WITH ORDINALITY AS z(item, n)) z "
     "     ON z.campaign = w.campaign AND z.prize = w.prize "
     "WHERE NOT coalesce(CASE z.kind WHEN 'cash_split' THEN w.amount_fen BETWEEN z.low AND z.high "
     "                   ELSE w.amount_fen = z.fixed END, false)"},
    {"quarantine", false,
     "SELECT 'quarantine ' || id, kind || ' of campaign ' || campaign || ' shard ' || shard || ' at ' || epoch || '-' || position || "
     "       ': sent ' || sent::text || ', found ' || coalesce(found::text, 'nothing') FROM quarantine"},
    /* P3: double entry, append-only, sealed */
    {"account", true, "SELECT 'account ' || name, " ROW_JSON("c") " FROM check_account c"},
    {"shard_accounts", false,
     "SELECT 'campaign ' || campaign || ' shard ' || shard, " ROW_JSON("c") " FROM check_shard c"},
    {"lease_numbers", false,
     "SELECT 'campaign ' || h.campaign || ' shard ' || h.shard, 'the last lease is ' || h.lease_no || ', there are ' || count(l.lease_no) "
     "FROM shard h LEFT JOIN lease l USING (campaign, shard) GROUP BY h.campaign, h.shard, h.lease_no "
     "HAVING count(l.lease_no) <> h.lease_no OR coalesce(max(l.lease_no), 0) <> h.lease_no"},
    {"batch_hash", true, "SELECT 'batch ' || id, " ROW_JSON("c") " FROM check_batch c"},
    {"seal", true, "SELECT 'batch ' || batch, " ROW_JSON("c") " FROM check_seal c"},
    {"archive", false, "SELECT place, problem FROM check_archive"},
    {"orphan", true, "SELECT what || ' of batch ' || batch, 'there is no such batch' FROM check_orphan"},
};
/* clang-format on */

struct book_walk {
    struct audit_look *look;
    const char *name;
};

static bool book_row(void *arg, const struct pg_result *row)
{
    struct book_walk *walk = arg;

    findings_add(&walk->look->findings, walk->name, pg_text(row, 0, 0), "%s", pg_text(row, 0, 1));
    return walk->look->findings.count < FINDINGS_KEPT;
}

static hb_err book_ask(struct audit_look *look, const char *name, const char *sql)
{
    struct book_walk walk = {.look = look, .name = name};

    return pg_stream(look->pg, sql, 0, NULL, book_row, &walk);
}

hb_err audit_books(struct audit_look *look)
{
    hb_err err = HB_OK;

    for (size_t i = 0; i < sizeof CHECKS / sizeof CHECKS[0] && err == HB_OK; i++) {
        if (!CHECKS[i].heavy || !look->options->quick) {
            err = book_ask(look, CHECKS[i].name, CHECKS[i].sql);
        }
    }
    for (size_t i = 0; i < ledger_invariant_count() && err == HB_OK; i++) {
        const struct ledger_invariant *invariant = &LEDGER_INVARIANTS[i];
        char sql[80];

        if (invariant->placed && (!invariant->slow || !look->options->quick)) {
            snprintf(sql, sizeof sql, "SELECT place, problem FROM %s", invariant->view);
            err = book_ask(look, invariant->name, sql);
        }
    }
    return err;
}
