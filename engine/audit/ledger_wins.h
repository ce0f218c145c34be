/*
 * audit/ledger_wins.h - streams a campaign's win rows and holds each against its record and, where the seed
 * is known, against what its unit is worth.
 */
#pragma once

#include "audit/campaign_facts.h"
#include "audit/win_match.h"

struct ledger_totals {
    uint64_t wins;
    int64_t fen;
};

HB_CHECKED hb_err ledger_wins_check(struct pg *pg,
                                    const struct campaign_facts *facts,
                                    struct win_match *match,
                                    struct findings *findings,
                                    struct ledger_totals *totals);

/* A win row of the columns player, draw_no, shard, prize, unit, amount_fen, key, chances_left; false:
 * malformed. */
bool ledger_win_read(const struct pg_result *row, struct ledger_win *out);
extern const char LEDGER_WINS_SQL[]; /* those columns of campaign $1, by (player, draw_no) */
