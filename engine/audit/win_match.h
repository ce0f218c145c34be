/*
 * audit/win_match.h - holds the wins of the log against the wins of the ledger: each in both, once, alike.
 *
 * Records are collected while the log is read (40 bytes each), then the ledger's rows come in (player, draw
 * number) order and are matched. A number drawn again after a recorded loss has two records: one of them must
 * match.
 */
#pragma once

#include "audit/findings.h"
#include "base/ids.h"
#include "lottery/record.h"

struct won_record {
    struct player_id player;
    uint32_t draw_no, unit, version;
    struct draw_key key;
    uint8_t prize;
    uint8_t shard;
    uint16_t chances_left;
    bool matched;
    bool unstored; /* its entry is not in the ledger yet: a row may be there or not */
};

struct win_match {
    struct won_record *records;
    size_t count, capacity, at;
    bool no_memory;
    bool losses; /* recorded: a number may have been drawn again */
};

struct ledger_win { /* one row of win */
    struct player_id player;
    uint32_t draw_no, unit;
    uint8_t prize;
    uint8_t shard;
    uint16_t chances_left;
    struct draw_key key;
    int64_t amount_fen;
};

/* A win's name in findings: player/draw number. */
enum { WIN_NAME_BYTES = 64 };
void win_name(const struct player_id *player, uint32_t draw_no, char out[static WIN_NAME_BYTES]);

void win_match_record(struct win_match *match,
                      uint32_t shard,
                      uint32_t version,
                      const struct draw_record *record,
                      bool unstored);
void win_match_sort(struct win_match *match);
/* The record of a row, NULL and a finding when there is none or another. Rows ascend by (player, draw_no). */
const struct won_record *
win_match_row(struct win_match *match, const struct ledger_win *win, struct findings *findings);
void win_match_rest(struct win_match *match, struct findings *findings); /* records without a row */
void win_match_free(struct win_match *match);
