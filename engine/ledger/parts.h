/*
 * ledger/parts.h - cuts a withdrawal into parts that a channel can pay.
 *
 * Pure. Whole wins stay together: each goes into the first part that has room. A win above the channel's
 * single cap is cut into as few, nearly equal pieces as possible, in parts of their own. The migrations have
 * the same (parts_cut, piece_fen).
 *
 * Units   money in fen.
 * Errors  HB_E_INPUT  min_fen < 1, cap_fen < 2 * min_fen, or a negative win
 *         HB_E_NOMEM  nothing was allocated
 */
#pragma once

#include "base/err.h"

#include <stddef.h>
#include <stdint.h>

struct parts_spec {
    const int64_t *net_fen; /* what each win brings the payee, in the order of the draws */
    size_t count;
    int64_t cap_fen; /* the most that one payout may be */
    int64_t min_fen; /* the least */
};

struct part_span {
    uint32_t from, to; /* a win's parts, from 1; several only for a cut win. from 0: left out, its part would
                          be below the minimum */
};

/* out has a span for each win; *parts: how many parts there are. */
HB_CHECKED hb_err parts_cut(const struct parts_spec *spec, struct part_span *out, uint32_t *parts);

/* How many payouts one win needs: for the promise, before publication, that every prize can be paid. */
int64_t parts_needed(int64_t net_fen, int64_t cap_fen);

/* The k-th (from 1) of nearly equal pieces of a sum; they add up to it and differ by at most 1. */
int64_t piece_fen(int64_t total_fen, uint32_t pieces, uint32_t k);
