/*
 * ledger/parts.c - first fit, in the order of the draws.
 */
#include "ledger/parts.h"

#include <stdbool.h>
#include <stdlib.h>

struct bins {
    int64_t *fen; /* of each part; CUT: pieces of one win, nothing else comes in */
    uint32_t count;
};

enum { CUT = -1 };

int64_t parts_needed(int64_t net_fen, int64_t cap_fen)
{
    return net_fen <= cap_fen ? 1 : (net_fen - 1) / cap_fen + 1;
}

int64_t piece_fen(int64_t total_fen, uint32_t pieces, uint32_t k)
{
    int64_t whole = total_fen / pieces, rest = total_fen % pieces;

    /* total * k / pieces, apart so that it cannot overflow. */
    return whole + rest * k / pieces - rest * (k - 1) / pieces;
}

static bool spec_holds(const struct parts_spec *spec)
{
    for (size_t i = 0; i < spec->count; i++) {
        if (spec->net_fen[i] < 0) {
            return false;
        }
    }
    return spec->min_fen >= 1 && spec->cap_fen >= 2 * spec->min_fen;
}

/* Every part a win can need at most. */
static size_t bins_most(const struct parts_spec *spec)
{
    size_t most = 1;

    for (size_t i = 0; i < spec->count; i++) {
        most += (size_t)parts_needed(spec->net_fen[i], spec->cap_fen);
    }
    return most;
}

static uint32_t bin_with_room(const struct bins *bins, int64_t fen, int64_t cap_fen)
{
    for (uint32_t i = 0; i < bins->count; i++) {
        if (bins->fen[i] != CUT && bins->fen[i] + fen <= cap_fen) {
            return i;
        }
    }
    return bins->count;
}

static struct part_span win_place(struct bins *bins, int64_t fen, int64_t cap_fen)
{
    uint32_t pieces = (uint32_t)parts_needed(fen, cap_fen);
    uint32_t at = pieces == 1 ? bin_with_room(bins, fen, cap_fen) : bins->count;

    for (uint32_t i = 0; i < pieces; i++) {
        if (at + i == bins->count) {
            bins->fen[bins->count++] = pieces == 1 ? 0 : CUT;
        }
    }
    if (pieces == 1) {
        bins->fen[at] += fen;
    }
    return (struct part_span){.from = at + 1, .to = at + pieces};
}

/* Numbers the parts that are large enough; bins then hold the numbers. */
static uint32_t bins_number(struct bins *bins, int64_t min_fen)
{
    uint32_t number = 0;

    for (uint32_t i = 0; i < bins->count; i++) {
        bins->fen[i] = bins->fen[i] != CUT && bins->fen[i] < min_fen ? 0 : ++number;
    }
    return number;
}

hb_err parts_cut(const struct parts_spec *spec, struct part_span *out, uint32_t *parts)
{
    struct bins bins = {.fen = NULL, .count = 0};

    *parts = 0;
    if (!spec_holds(spec)) {
        return HB_E_INPUT;
    }
    bins.fen = calloc(bins_most(spec), sizeof *bins.fen);
    if (bins.fen == NULL) {
        return HB_E_NOMEM;
    }
    for (size_t i = 0; i < spec->count; i++) {
        out[i] = win_place(&bins, spec->net_fen[i], spec->cap_fen);
    }
    *parts = bins_number(&bins, spec->min_fen);
    for (size_t i = 0; i < spec->count; i++) {
        out[i] = (struct part_span){.from = (uint32_t)bins.fen[out[i].from - 1],
                                    .to = (uint32_t)bins.fen[out[i].to - 1]};
    }
    free(bins.fen);
    return HB_OK;
}
