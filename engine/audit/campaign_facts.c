/* audit/campaign_facts.c - reads and checks what was published. */
#include "audit/campaign_facts.h"

#include "base/crypto.h"
#include "campaign/table_json.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool bytes_copy(const struct pg_result *rows, int row, int column, uint8_t out[static 32])
{
    size_t len = 0;
    const uint8_t *bytes = pg_bytes(rows, row, column, &len);

    if (pg_null(rows, row, column) || len != 32) {
        return false;
    }
    memcpy(out, bytes, 32);
    return true;
}

static char *text_copy(const struct pg_result *rows, int row, int column)
{
    return pg_null(rows, row, column) ? NULL : strdup(pg_text(rows, row, column));
}

static hb_err facts_campaign(struct pg *pg, struct campaign_facts *facts)
{
    const char *const params[] = {facts->slug};
    struct pg_result *rows = NULL;
    hb_err err = pg_call(pg,
                         "SELECT campaign, shards, commitment, revealed, secret, public_name::text, "
                         "public_value, archived(campaign) "
                         "FROM fairness WHERE slug = $1",
                         1,
                         params,
                         &rows);

    if (err != HB_OK) {
        return err;
    }
    if (pg_rows(rows) == 0) {
        pg_result_free(rows);
        return HB_E_NO_CAMPAIGN;
    }
    if (strcmp(pg_text(rows, 0, 7), "t") == 0) {
        pg_result_free(rows);
        return HB_E_ARCHIVED;
    }
    facts->id = pg_i64(rows, 0, 0);
    facts->shards = (uint32_t)pg_i64(rows, 0, 1);
    (void)bytes_copy(rows, 0, 2, facts->commitment);
    facts->revealed = strcmp(pg_text(rows, 0, 3), "t") == 0;
    if (bytes_copy(rows, 0, 4, facts->secret)) {
        facts->has_secret = true;
    }
    facts->public_name = text_copy(rows, 0, 5);
    facts->public_value = text_copy(rows, 0, 6);
    pg_result_free(rows);
    return HB_OK;
}

/* The engine's role may read a sealed secret, the auditor's may not. */
static hb_err facts_secret(struct pg *pg, struct campaign_facts *facts, const uint8_t *secret)
{
    const char *const params[] = {facts->slug};
    struct pg_result *rows = NULL;
    hb_err err = HB_OK;

    if (!facts->has_secret && secret != NULL) {
        memcpy(facts->secret, secret, sizeof facts->secret);
        facts->has_secret = true;
    }
    if (facts->has_secret) {
        return HB_OK;
    }
    err = pg_call(pg, "SELECT has_column_privilege('campaign', 'secret', 'SELECT')", 0, NULL, &rows);
    if (err == HB_OK && strcmp(pg_text(rows, 0, 0), "t") == 0) {
        pg_result_free(rows);
        rows = NULL;
        err = pg_call(pg, "SELECT secret FROM campaign WHERE slug = $1", 1, params, &rows);
        facts->has_secret = err == HB_OK && pg_rows(rows) == 1 && bytes_copy(rows, 0, 0, facts->secret);
    }
    pg_result_free(rows);
    return err;
}

static bool facts_version(struct campaign_facts *facts, const struct pg_result *rows, int row)
{
    struct published_version *version = &facts->versions[row];

    version->table_json = strdup(pg_text(rows, row, 1));
    if (version->table_json == NULL) {
        return false;
    }
    version->table_json_len = strlen(version->table_json);
    (void)bytes_copy(rows, row, 2, version->table_hash);
    (void)bytes_copy(rows, row, 3, version->cover);
    version->published_ms = pg_i64(rows, row, 4);
    if (table_json_read(version->table_json, version->table_json_len, &version->table, NULL, 0) != HB_OK) {
        version->table = NULL;
    }
    return true;
}

static hb_err facts_versions(struct pg *pg, struct campaign_facts *facts)
{
    const char *const params[] = {facts->slug};
    struct pg_result *rows = NULL;
    hb_err err = pg_call(
        pg,
        "SELECT v.version, v.table_json, v.table_hash, v.cover, "
        "(extract(epoch FROM v.published_at) * 1000)::bigint "
        "FROM campaign_version v JOIN fairness f USING (campaign) WHERE f.slug = $1 ORDER BY v.version",
        1,
        params,
        &rows);

    if (err != HB_OK) {
        return err;
    }
    facts->versions = calloc((size_t)pg_rows(rows) + 1, sizeof *facts->versions);
    for (int row = 0; facts->versions != NULL && row < pg_rows(rows); row++) {
        if (!facts_version(facts, rows, row)) {
            err = HB_E_NOMEM;
            break;
        }
        facts->version_count++;
    }
    err = facts->versions == NULL ? HB_E_NOMEM : err;
    pg_result_free(rows);
    return err;
}

static void facts_seed(struct campaign_facts *facts)
{
    facts->seeded = facts->has_secret && (facts->public_name == NULL || facts->public_value != NULL);
    if (facts->seeded) {
        fairness_seed(
            facts->slug, facts->secret, facts->public_value == NULL ? "" : facts->public_value, &facts->seed);
    }
}

hb_err
campaign_facts_load(struct pg *pg, const char *slug, const uint8_t *secret, struct campaign_facts **out)
{
    struct campaign_facts *facts = calloc(1, sizeof *facts);
    hb_err err = HB_E_NOMEM;

    *out = NULL;
    if (facts == NULL) {
        goto done;
    }
    err = slug_valid(slug, strlen(slug)) ? HB_OK : HB_E_NO_CAMPAIGN;
    if (err != HB_OK) {
        goto done;
    }
    memcpy(facts->slug, slug, strlen(slug));
    err = facts_campaign(pg, facts);
    if (err == HB_OK) {
        err = facts_secret(pg, facts, secret);
    }
    if (err == HB_OK) {
        err = facts_versions(pg, facts);
    }
    if (err != HB_OK) {
        goto done;
    }
    facts_seed(facts);
    *out = facts;
    facts = NULL; /* handed over */

done:
    campaign_facts_free(facts);
    return err;
}

void campaign_facts_free(struct campaign_facts *facts)
{
    if (facts == NULL) {
        return;
    }
    for (uint32_t i = 0; i < facts->version_count; i++) {
        free(facts->versions[i].table_json);
        table_free(facts->versions[i].table);
    }
    free(facts->versions);
    free(facts->public_name);
    free(facts->public_value);
    crypto_wipe(facts, sizeof *facts);
    free(facts);
}

const struct table *campaign_facts_table(const struct campaign_facts *facts, uint32_t version)
{
    return version >= 1 && version <= facts->version_count ? facts->versions[version - 1].table : NULL;
}

static void version_check(const struct campaign_facts *facts, uint32_t number, struct findings *findings)
{
    const struct published_version *version = &facts->versions[number - 1];
    uint8_t hash[SHA256_BYTES], cover[SHA256_BYTES];
    char key[32];

    (void)snprintf(key, sizeof key, "version %" PRIu32, number);
    sha256(version->table_json, version->table_json_len, hash);
    fairness_cover(facts->commitment, number, hash, cover);
    if (memcmp(hash, version->table_hash, sizeof hash) != 0) {
        findings_add(findings, "table_hash", key, "the table does not have the published hash");
    }
    if (memcmp(cover, version->cover, sizeof cover) != 0) {
        findings_add(findings, "cover", key, "the cover is not that of commitment, version and table");
    }
    if (version->table == NULL) {
        findings_add(findings, "table", key, "the table is not in the canonical form");
    } else if (version->table->version != number || version->table->shards != facts->shards ||
               strcmp(version->table->campaign, facts->slug) != 0) {
        findings_add(
            findings, "table", key, "the table is for another campaign, version or number of shards");
    }
}

void campaign_facts_check(const struct campaign_facts *facts, struct findings *findings)
{
    uint8_t commitment[SHA256_BYTES];

    if (facts->has_secret) {
        fairness_commitment(facts->slug, facts->secret, commitment);
        if (memcmp(commitment, facts->commitment, sizeof commitment) != 0) {
            findings_add(
                findings, "commitment", facts->slug, "the secret is not the one that was committed to");
        }
    }
    for (uint32_t number = 1; number <= facts->version_count; number++) {
        version_check(facts, number, findings);
    }
}
