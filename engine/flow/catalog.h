/*
 * flow/catalog.h - what every worker knows of the campaigns: an immutable snapshot, swapped whole.
 *
 * The duties thread builds one (duties/catalog.c) and publishes it; workers take the newest at the
 * start of an operation and keep it alive by reference. What must change at once (a shard's epoch) is atomic
 * inside it.
 */
#pragma once

#include "lottery/fairness.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct shard_view {
    uint32_t node;           /* index into redis.nodes */
    _Atomic uint32_t *epoch; /* of the last opening; 0: not open. Shared by all snapshots, never freed */
};

struct campaign_view {
    uint32_t id;                     /* campaign.id in PostgreSQL */
    const struct table *table;       /* the newest version */
    const struct shard_view *shards; /* table->shards of them */
    struct seed seed;
    bool seeded; /* false: waits for its public value; draws answer campaign_not_started */
    bool paused, ended;
    const char *disclosure; /* what GET /v1/campaigns/{c} answers, up to its "state" */
    size_t disclosure_len;
    const char *const *cors_origins; /* NULL-terminated; {"*"} for any */
};

struct catalog {
    atomic_int refs;
    uint64_t generation;
    size_t count;
    struct campaign_view *campaigns; /* ordered by slug */
    void *memory;                    /* what all pointers point into: an arena, freed with the catalog */
};

/* One more reference to a catalog that the caller already holds. */
static inline struct catalog *catalog_hold(struct catalog *catalog)
{
    atomic_fetch_add_explicit(&catalog->refs, 1, memory_order_relaxed);
    return catalog;
}

struct catalog_slot; /* holds the newest; one per process */
struct catalog_slot *catalog_slot_new(void);
void catalog_slot_free(struct catalog_slot *slot);
void catalog_publish(struct catalog_slot *slot,
                     struct catalog *catalog);           /* takes over the caller's reference */
struct catalog *catalog_take(struct catalog_slot *slot); /* plus one reference; NULL before the first */
void catalog_put_back(struct catalog *catalog);          /* accepts NULL */
uint64_t catalog_generation(struct catalog_slot *slot);  /* cheap: is mine still the newest? */
const struct campaign_view *catalog_find(const struct catalog *catalog, const char *slug, size_t len);
const struct campaign_view *catalog_find_id(const struct catalog *catalog, uint32_t id);
