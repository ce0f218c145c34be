/*
 * duties/campaign.c - one campaign as the duties keep it: its newest version, parsed, and its fairness.
 */
#include "duties/duties_internal.h"

#include "base/log.h"
#include "campaign/problem.h"
#include "campaign/table_json.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { OVER_MARGIN_MS = 2000 /* Redis' clock may be behind ours */ };

static void tables_free(struct duty_campaign *campaign)
{
    for (size_t i = 0; campaign->tables != NULL && i < campaign->table_count; i++) {
        table_free(campaign->tables[i]);
    }
    free(campaign->tables);
    campaign->tables = NULL;
    campaign->table_count = 0;
}

static void version_free(struct duty_campaign *campaign)
{
    tables_free(campaign);
    document_free(campaign->document);
    table_free(campaign->table);
    free(campaign->table_json);
    free(campaign->versions);
    free(campaign->moments);
    campaign->document = NULL;
    campaign->table = NULL;
    campaign->table_json = NULL;
    campaign->versions = NULL;
    campaign->moments = NULL;
    campaign->version_count = campaign->moment_count = 0;
    campaign->moments_planned = false;
}

void campaign_free(struct duty_campaign *campaign)
{
    if (campaign == NULL) {
        return;
    }
    version_free(campaign);
    for (uint32_t i = 0; i < campaign->shard_count; i++) {
        free(campaign->shards[i].state);
    }
    free(campaign->shards);
    free(campaign->public_value);
    crypto_wipe(campaign->secret, sizeof campaign->secret);
    crypto_wipe(&campaign->seed, sizeof campaign->seed);
    free(campaign);
}

bool campaign_over(const struct duty_campaign *campaign, int64_t now_ms)
{
    return campaign->ended || now_ms >= campaign->table->end_ms + OVER_MARGIN_MS;
}

void hash_read(const struct pg_result *rows, int row, int column, uint8_t out[static SHA256_BYTES])
{
    size_t len = 0;
    const uint8_t *bytes = pg_bytes(rows, row, column, &len);

    memcpy(out, bytes, len < SHA256_BYTES ? len : SHA256_BYTES);
}

/* ---- a version ---- */

static hb_err document_load(const char *text, size_t len, struct document **out)
{
    struct problems *problems = problems_new();
    hb_err err = problems == NULL ? HB_E_NOMEM : document_parse(text, len, problems, out);

    problems_free(problems);
    return err;
}

static hb_err
version_parse(const struct duty_campaign *campaign, const struct pg_result *row, struct duty_campaign *out)
{
    const char *document = pg_text(row, 0, 0), *table = pg_text(row, 0, 1);
    char why[200] = "";
    hb_err err = document_load(document, strlen(document), &out->document);

    if (err == HB_OK) {
        err = table_json_read(table, strlen(table), &out->table, why, sizeof why);
    }
    if (err == HB_OK && strcmp(out->table->campaign, campaign->slug) != 0) {
        err = HB_E_INPUT;
    }
    out->table_json = strdup(table);
    if (err != HB_OK) {
        log_error("catalog.version_not_understood",
                  "campaign=%s error=%s why=\"%s\"",
                  campaign->slug,
                  err_code(err),
                  why);
    }
    return err == HB_OK && out->table_json == NULL ? HB_E_NOMEM : err;
}

static hb_err
versions_list(struct duties *duties, const struct duty_campaign *campaign, struct duty_campaign *out)
{
    struct pg_result *rows = NULL;
    hb_err err =
        pg_callf(duties->pg,
                 &rows,
                 "SELECT version, table_hash FROM campaign_version WHERE campaign = $1 ORDER BY version",
                 "%d",
                 (int)campaign->id);

    if (ledger_failed(duties, err, "versions") != HB_OK) {
        return err;
    }
    out->versions = calloc((size_t)pg_rows(rows) + 1, sizeof *out->versions);
    for (int i = 0; out->versions != NULL && i < pg_rows(rows); i++) {
        out->versions[i].version = (uint32_t)pg_i64(rows, i, 0);
        hash_read(rows, i, 1, out->versions[i].hash);
        out->version_count = (size_t)i + 1;
    }
    pg_result_free(rows);
    return out->versions == NULL ? HB_E_NOMEM : HB_OK;
}

static void version_take(struct duty_campaign *campaign, struct duty_campaign *fresh, uint32_t version)
{
    version_free(campaign);
    campaign->version = version;
    campaign->document = fresh->document;
    campaign->table = fresh->table;
    campaign->table_json = fresh->table_json;
    campaign->versions = fresh->versions;
    campaign->version_count = fresh->version_count;
    memcpy(campaign->hash, fresh->hash, sizeof campaign->hash);
}

/* All of the new version, or the old one stays. */
hb_err campaign_load(struct duties *duties, struct duty_campaign *campaign, uint32_t version)
{
    struct duty_campaign fresh = {0};
    struct pg_result *row = NULL;
    hb_err err = pg_callf(
        duties->pg,
        &row,
        "SELECT document, table_json, table_hash FROM campaign_version WHERE campaign = $1 AND version = $2",
        "%d%d",
        (int)campaign->id,
        (int)version);

    if (ledger_failed(duties, err, "version") != HB_OK) {
        return err;
    }
    err = pg_rows(row) == 1 ? version_parse(campaign, row, &fresh) : HB_E_NOT_FOUND;
    if (err == HB_OK) {
        hash_read(row, 0, 2, fresh.hash);
        err = versions_list(duties, campaign, &fresh);
    }
    if (err == HB_OK) {
        version_take(campaign, &fresh, version);
        log_info("catalog.version", "campaign=%s version=%" PRIu32, campaign->slug, version);
    } else {
        version_free(&fresh);
    }
    pg_result_free(row);
    return err;
}

/* ---- every version, for a rebuild ---- */

hb_err campaign_tables(struct duties *duties, struct duty_campaign *campaign)
{
    struct pg_result *rows = NULL;
    hb_err err = HB_OK;

    if (campaign->tables != NULL) {
        return HB_OK;
    }
    err = pg_callf(duties->pg,
                   &rows,
                   "SELECT table_json FROM campaign_version WHERE campaign = $1 ORDER BY version",
                   "%d",
                   (int)campaign->id);
    if (ledger_failed(duties, err, "versions") != HB_OK) {
        return err;
    }
    campaign->tables = calloc((size_t)pg_rows(rows) + 1, sizeof *campaign->tables);
    err = campaign->tables == NULL ? HB_E_NOMEM : HB_OK;
    for (int i = 0; i < pg_rows(rows) && err == HB_OK; i++) {
        const char *text = pg_text(rows, i, 0);

        err = table_json_read(text, strlen(text), &campaign->tables[i], NULL, 0);
        campaign->table_count += err == HB_OK;
    }
    if (err != HB_OK) {
        tables_free(campaign);
    }
    pg_result_free(rows);
    return err;
}

const struct table *campaign_table(void *arg, uint32_t version)
{
    const struct duty_campaign *campaign = arg;

    if (version == 0) {
        return campaign->table;
    }
    for (size_t i = 0; i < campaign->table_count; i++) {
        if (campaign->tables[i]->version == version) {
            return campaign->tables[i];
        }
    }
    return NULL;
}
