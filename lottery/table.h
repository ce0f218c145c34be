/*
 * lottery/table.h - the compiled table: all that a decision needs, as integers below 2^53.
 *
 * campaign/compile.c makes it from a campaign document; its JSON form (campaign/table_json.h) is what
 * lottery.lua reads, what is hashed for the commitment and what verify-draws replays from.
 * Plain data: whoever made it frees it with table_free().
 */
#pragma once

#include "base/ids.h"

#include <stdint.h>

enum {
    PRIZES_MAX = 64,
    CURVE_MAX = 256,
    SLOTS_MAX = 2048,
    DAYS_MAX = 800,
    SHARDS_MAX = 256,
};

/* A draw's number is 48 bits; odds thresholds live in [0, NUMBER_SPAN]. */
#define NUMBER_SPAN (INT64_C(1) << 48)
/* Times, positions and everything else that lottery.lua holds in a double. */
#define EXACT_MAX ((INT64_C(1) << 53) - 1)

enum prize_mode { PRIZE_ODDS, PRIZE_MOMENTS, PRIZE_ALWAYS };
enum prize_kind { PRIZE_CASH, PRIZE_CASH_SPLIT, PRIZE_VOUCHER, PRIZE_CARD };

/* Cumulative units of the whole campaign that may have been given by at_s; linear in between, none
 * before the first point, the last point's from then on. Points ascend in at_s, never fall in units.
 * Compile cuts segments so that units * seconds of one stays below 2^52. */
struct curve_point {
    int64_t at_s, units;
};

struct slot {
    int64_t from_ms, to_ms; /* [from, to); slots ascend and do not overlap */
};

struct table_prize {
    char id[SLUG_MAX + 1];
    enum prize_kind kind;
    enum prize_mode mode;
    int64_t units;                       /* of the whole campaign, < 2^31 */
    int64_t amount_fen;                  /* CASH: each unit; else 0 */
    int64_t min_fen, max_fen, total_fen; /* CASH_SPLIT; else 0 */
    int64_t number_from, number_to;      /* ODDS: selected when from <= number < to, disjoint; else 0, 0 */
    uint32_t wins_max;                   /* a player, in the campaign, at most 65535; 0: no cap */
    int64_t per_second;        /* units a second of the whole campaign; 0: no ceiling (odds, always) */
    struct curve_point *curve; /* curve_count 0: no curve */
    uint32_t curve_count;
    struct slot *slots; /* slot_count 0: always open */
    uint32_t slot_count;
};

struct table {
    char campaign[SLUG_MAX + 1];
    uint32_t version; /* 1.. */
    uint32_t shards;  /* 1..SHARDS_MAX */
    int64_t start_ms, end_ms;
    int64_t *days; /* instants at which days begin, days[0] <= start_ms */
    uint32_t day_count;
    uint32_t base_chances, day_chances; /* above 65535 counts as 65535 */
    uint32_t day_cap, campaign_cap;     /* draws; 0: no cap; day_cap at most 65535 */
    struct table_prize *prizes;
    uint32_t prize_count;
};

void table_free(struct table *table); /* accepts NULL; frees the struct and all arrays */

/* 1-based number of the day that contains now_ms; 0 before the first. */
uint32_t table_day(const struct table *table, int64_t now_ms);
uint32_t table_shard_of(const struct table *table,
                        const struct player_id *player); /* first 4 bytes, big-endian, mod shards */
