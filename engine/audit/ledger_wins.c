/* audit/ledger_wins.c - win rows, one by one. */
#include "audit/ledger_wins.h"

#include "lottery/split.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* uuid and bytea sort alike, byte by byte. */
const char LEDGER_WINS_SQL[] =
    "SELECT uuid_send(player), draw_no, shard, prize, unit, amount_fen, key, chances_left "
    "FROM win WHERE campaign = $1 ORDER BY campaign, player, draw_no";

struct walk {
    const struct campaign_facts *facts;
    struct win_match *match;
    struct findings *findings;
    struct ledger_totals *totals;
};

bool ledger_win_read(const struct pg_result *row, struct ledger_win *out)
{
    size_t len = 0;
    const uint8_t *player = pg_bytes(row, 0, 0, &len);

    if (len != sizeof out->player.bytes) {
        return false;
    }
    memcpy(out->player.bytes, player, len);
    out->draw_no = (uint32_t)pg_i64(row, 0, 1);
    out->shard = (uint8_t)pg_i64(row, 0, 2);
    out->prize = (uint8_t)pg_i64(row, 0, 3);
    out->unit = (uint32_t)pg_i64(row, 0, 4);
    out->amount_fen = pg_i64(row, 0, 5);
    out->chances_left = (uint16_t)pg_i64(row, 0, 7);
    be_write(out->key.bytes, (uint64_t)pg_i64(row, 0, 6), KEY_BYTES);
    return true;
}

/* What the unit is worth by the version that gave it. */
static void amount_check(const struct walk *walk, const struct ledger_win *win, uint32_t version)
{
    const struct table *table = campaign_facts_table(walk->facts, version);
    char name[WIN_NAME_BYTES];
    int64_t expected_fen = 0;

    if (table == NULL || !walk->facts->seeded) {
        return;
    }
    expected_fen = prize_unit_fen(table, win->prize, &walk->facts->seed, win->unit);
    if (expected_fen != win->amount_fen) {
        win_name(&win->player, win->draw_no, name);
        findings_add(walk->findings,
                     "win_amount",
                     name,
                     "the ledger has %" PRId64 " fen, unit %" PRIu32 " of prize %u is worth %" PRId64,
                     win->amount_fen,
                     win->unit,
                     win->prize,
                     expected_fen);
    }
}

static bool walk_row(void *arg, const struct pg_result *row)
{
    struct walk *walk = arg;
    const struct won_record *record = NULL;
    struct ledger_win win;

    if (!ledger_win_read(row, &win)) {
        findings_add(walk->findings, "win_row", pg_text(row, 0, 0), "the row's player is malformed");
        return true;
    }
    walk->totals->wins++;
    walk->totals->fen += win.amount_fen;
    record = win_match_row(walk->match, &win, walk->findings);
    amount_check(walk, &win, record != NULL ? record->version : walk->facts->version_count);
    return true;
}

hb_err ledger_wins_check(struct pg *pg,
                         const struct campaign_facts *facts,
                         struct win_match *match,
                         struct findings *findings,
                         struct ledger_totals *totals)
{
    struct walk walk = {.facts = facts, .match = match, .findings = findings, .totals = totals};
    char id[24];
    const char *const params[] = {id};
    hb_err err = HB_OK;

    (void)snprintf(id, sizeof id, "%" PRId64, facts->id);
    win_match_sort(match);
    err = pg_stream(pg, LEDGER_WINS_SQL, 1, params, walk_row, &walk);
    if (err == HB_OK) {
        win_match_rest(match, findings);
    }
    return err;
}
