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

static int time_order(const void *a, const void *b)
{
    const struct known_win *left = &((const struct indexed_win *)a)->win;
    const struct known_win *right = &((const struct indexed_win *)b)->win;

    if (left->won_at_ms != right->won_at_ms) {
        return left->won_at_ms < right->won_at_ms ? -1 : 1;
    }
    return (left->draw_no > right->draw_no) - (left->draw_no < right->draw_no);
}

/* Here and not in the query: PostgreSQL would sort millions before it answers with the first, for longer than
 * a leader may be silent. */
static void index_sort(struct win_index *index)
{
    if (index->sorted || index->count == 0) {
        return;
    }
    qsort(index->wins, index->count, sizeof *index->wins, time_order);
    memset(index->buckets, 0, index->bucket_count * sizeof *index->buckets);
    for (size_t i = 0; i < index->count; i++) {
        win_link(index, i);
    }
    index->sorted = true;
}

bool win_index_add(struct win_index *index, const struct known_win *win)
{
    if (index->count == index->bucket_count && !index_grow(index)) {
        return false;
    }
    index->sorted = false;
    index->wins[index->count] = (struct indexed_win){.win = *win};
    win_link(index, index->count++);
    return true;
}

void win_index_seen(struct win_index *index, const struct player_id *player, uint32_t draw_no)
{
    uint32_t at = 0;

    index_sort(index);
    at = index->bucket_count == 0 ? 0 : index->buckets[bucket_of(index, player, draw_no)];
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
    index_sort(index);
    while (index->at < index->count && index->wins[index->at].win.won_at_ms <= until_ms) {
        struct indexed_win *next = &index->wins[index->at++];

        if (!next->seen) {
            return &next->win;
        }
    }
    return NULL;
}
