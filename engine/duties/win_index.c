/*
 * duties/win_index.c - the ledger's wins in order of time, found by player and draw number.
 */
#include "duties/win_index.h"

#include <stdlib.h>
#include <string.h>

enum { FIRST_CAPACITY = 256 };

void win_index_free(struct win_index *index)
{
    free(index->wins);
    free(index->buckets);
    *index = (struct win_index){0};
}

static size_t bucket_of(const struct win_index *index, const struct player_id *player, uint32_t draw_no)
{
    uint64_t low = 0;

    memcpy(&low, player->bytes + 8, sizeof low);
    low = (low ^ draw_no) * UINT64_C(0x9e3779b97f4a7c15);
    return (size_t)(low >> 32) & (index->bucket_count - 1);
}

static void win_link(struct win_index *index, size_t at)
{
    size_t bucket = bucket_of(index, &index->wins[at].win.player, index->wins[at].win.draw_no);

    index->wins[at].next = index->buckets[bucket];
    index->buckets[bucket] = (uint32_t)at + 1;
}

/* Room for twice as many, and the buckets made anew. */
static bool index_grow(struct win_index *index)
{
    size_t capacity = index->capacity == 0 ? FIRST_CAPACITY : index->capacity * 2;
    struct indexed_win *wins = realloc(index->wins, capacity * sizeof *wins);
    uint32_t *buckets = NULL;

    if (wins == NULL) {
        return false;
    }
    index->wins = wins;
    index->capacity = capacity;
    buckets = calloc(capacity, sizeof *buckets);
    if (buckets == NULL) {
        return false;
    }
    free(index->buckets);
    index->buckets = buckets;
    index->bucket_count = capacity;
    for (size_t i = 0; i < index->count; i++) {
        win_link(index, i);
    }
    return true;
}

bool win_index_add(struct win_index *index, const struct known_win *win)
{
    if (index->count == index->bucket_count && !index_grow(index)) {
        return false;
    }
    index->wins[index->count] = (struct indexed_win){.win = *win};
    win_link(index, index->count++);
    return true;
}

void win_index_seen(struct win_index *index, const struct player_id *player, uint32_t draw_no)
{
    uint32_t at = index->bucket_count == 0 ? 0 : index->buckets[bucket_of(index, player, draw_no)];

    for (; at != 0; at = index->wins[at - 1].next) {
        const struct known_win *win = &index->wins[at - 1].win;

        if (win->draw_no == draw_no && memcmp(&win->player, player, sizeof *player) == 0) {
            index->wins[at - 1].seen = true;
            return;
        }
    }
}

const struct known_win *win_index_next(struct win_index *index, int64_t until_ms)
{
    while (index->at < index->count && index->wins[index->at].win.won_at_ms <= until_ms) {
        struct indexed_win *next = &index->wins[index->at++];

        if (!next->seen) {
            return &next->win;
        }
    }
    return NULL;
}
