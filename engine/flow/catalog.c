/*
 * flow/catalog.c - the slot that holds the newest snapshot, and its readers' references.
 *
 * Taking locks for a few instructions: a reference may only be added while the slot still holds one.
 * Readers keep what they took and look at the generation, one relaxed load, to know when to take again.
 */
#include "flow/catalog.h"

#include "base/arena.h"
#include "base/crypto.h"
#include "lottery/table.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

struct catalog_slot {
    pthread_mutex_t lock;
    struct catalog *newest;
    _Atomic uint64_t generation;
};

struct catalog_slot *catalog_slot_new(void)
{
    struct catalog_slot *slot = calloc(1, sizeof *slot);

    if (slot != NULL && pthread_mutex_init(&slot->lock, NULL) != 0) {
        free(slot);
        slot = NULL;
    }
    return slot;
}

void catalog_slot_free(struct catalog_slot *slot)
{
    if (slot == NULL) {
        return;
    }
    catalog_put_back(slot->newest);
    (void)pthread_mutex_destroy(&slot->lock);
    free(slot);
}

void catalog_publish(struct catalog_slot *slot, struct catalog *catalog)
{
    struct catalog *before;

    (void)pthread_mutex_lock(&slot->lock);
    before = slot->newest;
    catalog->generation = atomic_load_explicit(&slot->generation, memory_order_relaxed) + 1;
    slot->newest = catalog;
    atomic_store_explicit(&slot->generation, catalog->generation, memory_order_release);
    (void)pthread_mutex_unlock(&slot->lock);
    catalog_put_back(before); /* outside the lock: it may be the last reference */
}

struct catalog *catalog_take(struct catalog_slot *slot)
{
    struct catalog *catalog;

    (void)pthread_mutex_lock(&slot->lock);
    catalog = slot->newest;
    if (catalog != NULL) {
        (void)catalog_hold(catalog);
    }
    (void)pthread_mutex_unlock(&slot->lock);
    return catalog;
}

void catalog_put_back(struct catalog *catalog)
{
    if (catalog == NULL || atomic_fetch_sub_explicit(&catalog->refs, 1, memory_order_acq_rel) != 1) {
        return;
    }
    for (size_t i = 0; i < catalog->count; i++) {
        crypto_wipe(&catalog->campaigns[i].seed, sizeof catalog->campaigns[i].seed);
    }
    arena_free(catalog->memory);
    free(catalog);
}

uint64_t catalog_generation(struct catalog_slot *slot)
{
    return atomic_load_explicit(&slot->generation, memory_order_relaxed);
}

static int slug_compare(const char *slug, size_t len, const char *other)
{
    size_t other_len = strlen(other);
    int order = memcmp(slug, other, len < other_len ? len : other_len);

    if (order != 0 || len == other_len) {
        return order;
    }
    return len < other_len ? -1 : 1;
}

const struct campaign_view *catalog_find(const struct catalog *catalog, const char *slug, size_t len)
{
    size_t from = 0, to = catalog == NULL ? 0 : catalog->count;

    while (from < to) {
        size_t middle = from + (to - from) / 2;
        int order = slug_compare(slug, len, catalog->campaigns[middle].table->campaign);

        if (order == 0) {
            return &catalog->campaigns[middle];
        }
        if (order < 0) {
            to = middle;
        } else {
            from = middle + 1;
        }
    }
    return NULL;
}

const struct campaign_view *catalog_find_id(const struct catalog *catalog, uint32_t id)
{
    for (size_t i = 0; catalog != NULL && i < catalog->count; i++) {
        if (catalog->campaigns[i].id == id) {
            return &catalog->campaigns[i];
        }
    }
    return NULL;
}
