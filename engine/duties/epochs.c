/*
 * duties/epochs.c - the epoch of every shard this process knows: one atomic each, shared by all snapshots.
 *
 * They live as long as the process: a worker may hold the oldest snapshot while it looks.
 */
#include "duties/duties_internal.h"

#include <stdlib.h>

struct epoch_cell {
    struct epoch_cell *next;
    uint32_t campaign_id, shard;
    _Atomic uint32_t epoch;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct epoch_cell *cells[256];

_Atomic uint32_t *epoch_of(uint32_t campaign_id, uint32_t shard)
{
    struct epoch_cell **place = &cells[(campaign_id * 31 + shard) % 256];

    (void)pthread_mutex_lock(&lock);
    while (*place != NULL && ((*place)->campaign_id != campaign_id || (*place)->shard != shard)) {
        place = &(*place)->next;
    }
    if (*place == NULL) {
        *place = calloc(1, sizeof **place);
        if (*place == NULL) {
            abort(); /* a few bytes a shard, at the start */
        }
        (*place)->campaign_id = campaign_id;
        (*place)->shard = shard;
    }
    (void)pthread_mutex_unlock(&lock);
    return &(*place)->epoch;
}
