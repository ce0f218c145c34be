/*
 * lottery/split.h - cuts a prize's total into its units, within minimum and maximum, to the fen.
 *
 * Pure and random access: the units form a binary tree; every node cuts its sum between its halves by
 * HMAC(seed, "split" 00 campaign 00 prize 00 first unit u32, count u32) and feasibility, so a unit's
 * amount or a range's sum costs O(log units) and no table is kept. The parts always add to the whole.
 */
#pragma once

#include "lottery/fairness.h"

struct split {
    const struct seed *seed;                    /* borrowed */
    const char *campaign, *prize;               /* borrowed */
    int64_t units, total_fen, min_fen, max_fen; /* units * min <= total <= units * max */
};

int64_t split_amount_fen(const struct split *split, int64_t unit); /* 0 <= unit < units */
int64_t split_range_fen(const struct split *split, int64_t from, int64_t to);

/* Either kind of cash: the amount of a unit, the fen of a range; 0 for vouchers and cards. */
int64_t prize_unit_fen(const struct table *table, uint8_t prize, const struct seed *seed, int64_t unit);
int64_t
prize_range_fen(const struct table *table, uint8_t prize, const struct seed *seed, int64_t from, int64_t to);
