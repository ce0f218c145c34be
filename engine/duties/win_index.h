/*
 * duties/win_index.h - the ledger's wins in order of time, found by player and draw number.
 *
 * Starts from zeros; wins are added, in any order, before the first is looked for.
 */
#pragma once

#include "duties/rebuild.h"

struct indexed_win {
    struct known_win win;
    uint32_t next; /* in its bucket, 1-based; 0: none */
    bool seen;
};

struct win_index {
    struct indexed_win *wins;
    size_t count, capacity, at; /* at: the first that win_index_next() has not passed */
    uint32_t *buckets;
    size_t bucket_count; /* a power of two, or 0: not built yet */
    bool sorted;
};

void win_index_free(struct win_index *index);
bool win_index_add(struct win_index *index, const struct known_win *win); /* false when out of memory */
/* A log entry tells of it. */
void win_index_seen(struct win_index *index, const struct player_id *player, uint32_t draw_no);
/* The next one up to that time that no entry told of; NULL: none. */
const struct known_win *win_index_next(struct win_index *index, int64_t until_ms);
