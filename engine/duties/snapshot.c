/*
 * duties/snapshot.c - builds what the workers see: everything copied into one arena, ordered by slug.
 */
#include "duties/duties_internal.h"

#include "base/arena.h"

#include <stdlib.h>
#include <string.h>

enum { BLOCK = 256 * 1024, SNAPSHOT_MAX = 1 << 30, DISCLOSURE_MAX = 4 << 20 };

static void *copy(struct arena *arena, const void *bytes, size_t len)
{
    void *out = arena_alloc(arena, len == 0 ? 1 : len);

    if (out != NULL && len > 0) {
        memcpy(out, bytes, len);
    }
    return out;
}

static bool prize_copy(struct arena *arena, struct table_prize *prize)
{
    prize->curve = copy(arena, prize->curve, prize->curve_count * sizeof *prize->curve);
    prize->slots = copy(arena, prize->slots, prize->slot_count * sizeof *prize->slots);
    return prize->curve != NULL && prize->slots != NULL;
}

static const struct table *table_copy(struct arena *arena, const struct table *table)
{
    struct table *out = copy(arena, table, sizeof *table);

    if (out == NULL) {
        return NULL;
    }
    out->days = copy(arena, table->days, table->day_count * sizeof *table->days);
    out->prizes = copy(arena, table->prizes, table->prize_count * sizeof *table->prizes);
    if (out->days == NULL || out->prizes == NULL) {
        return NULL;
    }
    for (uint32_t i = 0; i < out->prize_count; i++) {
        if (!prize_copy(arena, &out->prizes[i])) {
            return NULL;
        }
    }
    return out;
}

static const struct shard_view *shards_copy(struct arena *arena, const struct duty_campaign *campaign)
{
    struct shard_view *out = arena_alloc(arena, campaign->shard_count * sizeof *out);

    for (uint32_t i = 0; out != NULL && i < campaign->shard_count; i++) {
        out[i] = (struct shard_view){campaign->shards[i].node, campaign->shards[i].epoch};
    }
    return out;
}

static const char *const *origins_copy(struct arena *arena, const struct document *document)
{
    size_t count = 0;
    const char **out = NULL;

    while (document->cors_origins != NULL && document->cors_origins[count] != NULL) {
        count++;
    }
    out = arena_alloc(arena, (count + 1) * sizeof *out);
    for (size_t i = 0; out != NULL && i < count; i++) {
        out[i] = arena_strndup(arena, document->cors_origins[i], strlen(document->cors_origins[i]));
    }
    if (out != NULL) {
        out[count] = NULL;
    }
    return out;
}

static bool disclosure_write(const struct duties *duties,
                             struct arena *arena,
                             const struct duty_campaign *campaign,
                             struct campaign_view *view)
{
    struct buf text;
    const struct disclose_facts facts = {
        .document = campaign->document,
        .version = campaign->version,
        .sandbox = strcmp(config_text(duties->config, CFG_ENGINE_ENVIRONMENT), "demo") == 0,
        .units_left = campaign->units_left,
        .commitment = campaign->commitment,
        .public_value = campaign->public_value,
        .secret = campaign->revealed ? campaign->secret : NULL,
        .versions = campaign->versions,
        .version_count = campaign->version_count,
    };

    buf_init(&text, DISCLOSURE_MAX);
    if (disclose_write(&facts, &text) == HB_OK) {
        view->disclosure = copy(arena, text.data, text.len);
        view->disclosure_len = text.len;
    }
    buf_free(&text);
    return view->disclosure != NULL;
}

static bool view_build(const struct duties *duties,
                       struct arena *arena,
                       const struct duty_campaign *campaign,
                       struct campaign_view *view)
{
    view->id = campaign->id;
    view->seed = campaign->seed;
    view->seeded = campaign->seeded;
    view->paused = campaign->paused;
    view->ended = campaign->ended;
    view->table = table_copy(arena, campaign->table);
    view->shards = shards_copy(arena, campaign);
    view->cors_origins = origins_copy(arena, campaign->document);
    return view->table != NULL && view->shards != NULL && view->cors_origins != NULL &&
           disclosure_write(duties, arena, campaign, view);
}

struct catalog *snapshot_build(const struct duties *duties)
{
    struct catalog *catalog = calloc(1, sizeof *catalog);
    struct arena *arena = arena_new(BLOCK, SNAPSHOT_MAX);
    struct campaign_view *view;
    bool built = catalog != NULL && arena != NULL;

    if (built) {
        atomic_init(&catalog->refs, 1);
        catalog->memory = arena;
        catalog->campaigns = arena_alloc(arena, (duties->campaign_count + 1) * sizeof *catalog->campaigns);
        built = catalog->campaigns != NULL;
    }
    for (size_t i = 0; i < duties->campaign_count && built; i++) {
        if (duties->campaigns[i]->archived) {
            continue;
        }
        view = &catalog->campaigns[catalog->count++];
        memset(view, 0, sizeof *view);
        built = view_build(duties, arena, duties->campaigns[i], view);
    }
    if (!built && catalog != NULL && arena != NULL) {
        catalog_put_back(catalog);
        return NULL;
    }
    if (!built) {
        arena_free(arena);
        free(catalog);
        return NULL;
    }
    return catalog;
}
