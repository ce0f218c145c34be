/*
 * duties/catalog.c - campaigns as the ledger has them: read twice a second, at once when it tells of a
 * change, and published as a snapshot when anything did change.
 */
#include "duties/duties_internal.h"

#include "base/log.h"

#include <stdlib.h>
#include <string.h>

enum { UNITS_US = 1000 * 1000 };

static const char CAMPAIGNS_SQL[] =
    "SELECT c.id, c.slug, c.shards, c.paused, c.ended_at IS NOT NULL, c.commitment, c.secret, c.public_name "
    "IS NOT NULL, "
    "c.public_value, c.revealed, (SELECT max(v.version) FROM campaign_version v WHERE v.campaign = c.id), "
    "archived(c.id) FROM campaign c ORDER BY c.slug COLLATE \"C\"";

enum column {
    ID,
    SLUG,
    SHARDS,
    PAUSED,
    ENDED,
    COMMITMENT,
    SECRET,
    PUBLIC_NAMED,
    PUBLIC_VALUE,
    REVEALED,
    VERSION,
    ARCHIVED
};

/* ---- one campaign ---- */

static struct duty_campaign *campaign_new(const struct pg_result *rows, int row)
{
    struct duty_campaign *campaign = calloc(1, sizeof *campaign);
    const char *slug = pg_text(rows, row, SLUG);

    if (campaign == NULL || strlen(slug) > SLUG_MAX) {
        free(campaign);
        return NULL;
    }
    campaign->id = (uint32_t)pg_i64(rows, row, ID);
    memcpy(campaign->slug, slug, strlen(slug) + 1);
    campaign->shard_count = (uint32_t)pg_i64(rows, row, SHARDS);
    campaign->shards = calloc(campaign->shard_count, sizeof *campaign->shards);
    for (uint32_t i = 0; campaign->shards != NULL && i < campaign->shard_count; i++) {
        campaign->shards[i].index = i;
        campaign->shards[i].epoch = epoch_of(campaign->id, i);
    }
    if (campaign->shards == NULL) {
        free(campaign);
        return NULL;
    }
    return campaign;
}

static void flag_read(bool *flag, bool now, bool *changed)
{
    *changed |= *flag != now;
    *flag = now;
}

/* The seed is known from the start when the operator sealed it alone, else with its public value. */
static void
fairness_read(struct duty_campaign *campaign, const struct pg_result *rows, int row, bool *changed)
{
    bool valued = !pg_null(rows, row, PUBLIC_VALUE);

    hash_read(rows, row, COMMITMENT, campaign->commitment);
    hash_read(rows, row, SECRET, campaign->secret);
    if (valued && campaign->public_value == NULL) {
        campaign->public_value = strdup(pg_text(rows, row, PUBLIC_VALUE));
        *changed = true;
    }
    if (!campaign->seeded && (campaign->public_value != NULL || pg_i64(rows, row, PUBLIC_NAMED) == 0)) {
        fairness_seed(campaign->slug,
                      campaign->secret,
                      campaign->public_value == NULL ? "" : campaign->public_value,
                      &campaign->seed);
        campaign->seeded = true;
        *changed = true;
    }
}

static hb_err
campaign_read(struct duties *duties, struct duty_campaign *campaign, const struct pg_result *rows, int row)
{
    uint32_t version = (uint32_t)pg_i64(rows, row, VERSION);
    bool was_paused = campaign->paused;

    flag_read(&campaign->paused, pg_i64(rows, row, PAUSED) != 0, &duties->changed);
    flag_read(&campaign->ended, pg_i64(rows, row, ENDED) != 0, &duties->changed);
    flag_read(&campaign->archived, pg_i64(rows, row, ARCHIVED) != 0, &duties->changed);
    flag_read(&campaign->revealed, pg_i64(rows, row, REVEALED) != 0, &duties->changed);
    for (uint32_t i = 0; i < campaign->shard_count && was_paused != campaign->paused; i++) {
        campaign->shards[i].resume_due = !campaign->paused;
    }
    fairness_read(campaign, rows, row, &duties->changed);
    if (version == campaign->version) {
        return HB_OK;
    }
    duties->changed = true;
    return campaign_load(duties, campaign, version);
}

/* ---- all of them ---- */

static struct duty_campaign *campaign_known(const struct duties *duties, uint32_t id)
{
    for (size_t i = 0; i < duties->campaign_count; i++) {
        if (duties->campaigns[i]->id == id) {
            return duties->campaigns[i];
        }
    }
    return NULL;
}

static int slug_order(const void *a, const void *b)
{
    const struct duty_campaign *const *left = a, *const *right = b;

    return strcmp((*left)->slug, (*right)->slug);
}

static hb_err campaign_add(struct duties *duties, struct duty_campaign *campaign)
{
    size_t count = duties->campaign_count + 1;
    struct duty_campaign **list = realloc(duties->campaigns, count * sizeof *list);

    if (list == NULL) {
        return HB_E_NOMEM;
    }
    list[count - 1] = campaign;
    qsort(list, count, sizeof *list, slug_order);
    duties->campaigns = list;
    duties->campaign_count = count;
    return HB_OK;
}

/* One that is new, or an error that is not its own fault. One that is not understood is in the log, and keeps
 * no other from being served; of a known one the version before stays. */
static hb_err campaign_take(struct duties *duties, const struct pg_result *rows, int row)
{
    struct duty_campaign *known = campaign_known(duties, (uint32_t)pg_i64(rows, row, ID));
    struct duty_campaign *campaign = known != NULL ? known : campaign_new(rows, row);
    hb_err err = campaign == NULL ? HB_E_NOMEM : campaign_read(duties, campaign, rows, row);

    if (err == HB_OK && known == NULL) {
        err = campaign_add(duties, campaign);
    }
    if (err != HB_OK && known == NULL) {
        campaign_free(campaign);
    }
    return err == HB_E_UNAVAILABLE || err == HB_E_UNSURE || err == HB_E_NOMEM ? err : HB_OK;
}

/* Campaigns are never taken out of the ledger. */
static hb_err campaigns_take(struct duties *duties, const struct pg_result *rows)
{
    hb_err err = HB_OK;

    for (int row = 0; row < pg_rows(rows) && err == HB_OK; row++) {
        err = campaign_take(duties, rows, row);
    }
    duties->loaded |= err == HB_OK;
    return err;
}

static hb_err shards_read(struct duties *duties)
{
    struct pg_result *rows = NULL;
    hb_err err = pg_call(
        duties->pg, "SELECT campaign, shard, node, epoch, opened_at IS NOT NULL FROM shard", 0, NULL, &rows);

    if (ledger_failed(duties, err, "shards") != HB_OK) {
        return err;
    }
    for (int row = 0; row < pg_rows(rows); row++) {
        struct duty_campaign *campaign = campaign_known(duties, (uint32_t)pg_i64(rows, row, 0));
        uint32_t index = (uint32_t)pg_i64(rows, row, 1);
        struct duty_shard *shard =
            campaign != NULL && index < campaign->shard_count ? &campaign->shards[index] : NULL;

        if (shard == NULL) {
            continue;
        }
        duties->changed |= shard->node != (uint32_t)pg_i64(rows, row, 2);
        shard->node = (uint32_t)pg_i64(rows, row, 2);
        shard->ledger_epoch = (uint32_t)pg_i64(rows, row, 3);
        shard->ledger_open = pg_i64(rows, row, 4) != 0;
        if (shard->ledger_open) {
            atomic_store_explicit(shard->epoch, shard->ledger_epoch, memory_order_release);
        }
    }
    pg_result_free(rows);
    return HB_OK;
}

static hb_err units_read(struct duties *duties)
{
    struct pg_result *rows = NULL;
    hb_err err = pg_call(duties->pg,
                         "SELECT campaign, prize, units_left, units - leased_units FROM units_left",
                         0,
                         NULL,
                         &rows);

    if (ledger_failed(duties, err, "units_left") != HB_OK) {
        return err;
    }
    for (int row = 0; row < pg_rows(rows); row++) {
        struct duty_campaign *campaign = campaign_known(duties, (uint32_t)pg_i64(rows, row, 0));
        size_t prize = (size_t)pg_i64(rows, row, 1) - 1;

        if (campaign != NULL && prize < PRIZES_MAX) {
            duties->changed |= campaign->units_left[prize] != pg_i64(rows, row, 2);
            campaign->units_left[prize] = pg_i64(rows, row, 2);
            campaign->free_units[prize] = pg_i64(rows, row, 3);
        }
    }
    pg_result_free(rows);
    return HB_OK;
}

static hb_err campaigns_read(struct duties *duties)
{
    struct pg_result *rows = NULL;
    hb_err err = pg_call(duties->pg, CAMPAIGNS_SQL, 0, NULL, &rows);

    if (ledger_failed(duties, err, "campaigns") != HB_OK) {
        return err;
    }
    err = campaigns_take(duties, rows);
    pg_result_free(rows);
    return err == HB_OK ? shards_read(duties) : err;
}

static void snapshot_publish(struct duties *duties)
{
    struct catalog *catalog = snapshot_build(duties);

    if (catalog == NULL) {
        log_error("catalog.no_memory", "campaigns=%zu", duties->campaign_count);
        return;
    }
    catalog_publish(duties->slot, catalog);
    duties->changed = false;
}

void catalog_round(struct duties *duties, int64_t now_us, bool told)
{
    hb_err err = HB_OK;

    if (now_us < duties->poll_at_us && !told) {
        return;
    }
    duties->poll_at_us = now_us + POLL_US;
    duties->changed |= !duties->loaded;
    err = campaigns_read(duties);
    if (err == HB_OK && (now_us >= duties->units_at_us || duties->changed)) {
        duties->units_at_us = now_us + UNITS_US;
        err = units_read(duties);
    }
    if (err == HB_OK && duties->changed) {
        snapshot_publish(duties);
    }
}

void catalog_free(struct duties *duties)
{
    for (size_t i = 0; i < duties->campaign_count; i++) {
        campaign_free(duties->campaigns[i]);
    }
    free(duties->campaigns);
    duties->campaigns = NULL;
    duties->campaign_count = 0;
}
