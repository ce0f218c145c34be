/* audit/audit_look.c - the shards, and what Redis holds of each at one instant. */
#include "audit/audit_internal.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { STREAM_MAX_BYTES = 1024 * 1024 * 1024 };

static bool stream_room(struct shard_look *shard)
{
    const size_t capacity = shard->entry_capacity == 0 ? 64 : shard->entry_capacity * 2;
    struct stream_entry *entries = NULL;

    if (shard->entry_count < shard->entry_capacity) {
        return true;
    }
    entries = realloc(shard->entries, capacity * sizeof *entries);
    if (entries == NULL) {
        return false;
    }
    shard->entries = entries;
    shard->entry_capacity = capacity;
    return true;
}

static bool stream_entry(void *arg, uint32_t epoch, uint64_t position, const uint8_t *bytes, size_t len)
{
    struct shard_look *shard = arg;
    struct record_header header;
    const uint64_t count = record_header_read(bytes, len, &header) ? header.count : 1;

    if (!stream_room(shard)) {
        return false;
    }
    shard->entries[shard->entry_count++] = (struct stream_entry){.epoch = epoch,
                                                                 .position = position,
                                                                 .after = position + count,
                                                                 .offset = shard->bytes.len,
                                                                 .len = len};
    buf_add(&shard->bytes, bytes, len);
    return !shard->bytes.failed;
}

const uint8_t *stream_entry_bytes(const struct shard_look *shard, const struct stream_entry *entry)
{
    return (const uint8_t *)shard->bytes.data + entry->offset;
}

void shard_look_clear(struct shard_look *shard)
{
    free(shard->state);
    free(shard->entries);
    buf_free(&shard->bytes);
    shard->state = NULL;
    shard->entries = NULL;
    shard->entry_count = shard->entry_capacity = 0;
    shard->seen = shard->open = false;
}

hb_err shard_look_inspect(const struct audit_options *options, struct shard_look *shard)
{
    struct redis *node = shard->node < options->node_count ? options->nodes[shard->node] : NULL;
    char run_id[RUN_ID_BYTES + 1];
    bool present = false;

    shard_look_clear(shard);
    buf_init(&shard->bytes, STREAM_MAX_BYTES);
    shard->state = calloc(1, sizeof *shard->state);
    if (shard->state == NULL) {
        return HB_E_NOMEM;
    }
    if (node == NULL ||
        redis_inspect(node, shard->slug, shard->shard, shard->state, &present, stream_entry, shard) !=
            HB_OK) {
        return HB_OK; /* unseen */
    }
    shard->seen = present && !shard->bytes.failed;
    shard->open = shard->seen && redis_run_id(node, run_id) == HB_OK &&
                  memcmp(run_id, shard->state->run_id, RUN_ID_BYTES) == 0;
    return HB_OK;
}

void shard_look_key(const struct shard_look *shard, uint32_t prize, char out[static 96])
{
    if (prize == 0) {
        (void)snprintf(out, 96, "%s shard %" PRIu32, shard->slug, shard->shard);
    } else {
        (void)snprintf(out, 96, "%s shard %" PRIu32 " prize %" PRIu32, shard->slug, shard->shard, prize);
    }
}

static hb_err look_rows(struct audit_look *look, const struct pg_result *rows)
{
    look->shards = calloc((size_t)pg_rows(rows) + 1, sizeof *look->shards);
    if (look->shards == NULL) {
        return HB_E_NOMEM;
    }
    for (int row = 0; row < pg_rows(rows); row++) {
        struct shard_look *shard = &look->shards[look->shard_count++];

        shard->campaign = pg_i64(rows, row, 0);
        (void)snprintf(shard->slug, sizeof shard->slug, "%s", pg_text(rows, row, 1));
        shard->shard = (uint32_t)pg_i64(rows, row, 2);
        shard->node = (uint32_t)pg_i64(rows, row, 3);
        buf_init(&shard->bytes, STREAM_MAX_BYTES);
    }
    return HB_OK;
}

hb_err audit_look_archives(struct audit_look *look)
{
    const char *const params[] = {look->options->campaign};
    struct pg_result *rows = NULL;
    hb_err err = pg_call(
        look->pg,
        "SELECT count(*) FROM archive JOIN fairness USING (campaign) WHERE $1::text IS NULL OR slug = $1",
        1,
        params,
        &rows);

    if (err == HB_OK) {
        look->archived = pg_i64(rows, 0, 0);
    }
    pg_result_free(rows);
    return err;
}

hb_err audit_look_shards(struct audit_look *look)
{
    const char *const params[] = {look->options->campaign};
    struct pg_result *rows = NULL;
    hb_err err = pg_call(
        look->pg,
        "SELECT h.campaign, f.slug, h.shard, h.node FROM shard h JOIN fairness f USING (campaign) "
        "WHERE ($1::text IS NULL OR f.slug = $1) AND NOT archived(h.campaign) ORDER BY h.campaign, h.shard",
        1,
        params,
        &rows);

    if (err == HB_OK) {
        err = look_rows(look, rows);
        pg_result_free(rows);
    }
    for (size_t i = 0; i < look->shard_count && err == HB_OK; i++) {
        err = shard_look_inspect(look->options, &look->shards[i]);
        look->seen += look->shards[i].seen;
    }
    return err;
}

hb_err audit_ledger_shards(struct audit_look *look)
{
    for (size_t i = 0; i < look->shard_count; i++) {
        struct shard_look *shard = &look->shards[i];
        char numbers[2][24];
        const char *const params[] = {numbers[0], numbers[1]};
        struct pg_result *rows = NULL;
        hb_err err = HB_OK;

        (void)snprintf(numbers[0], sizeof numbers[0], "%" PRId64, shard->campaign);
        (void)snprintf(numbers[1], sizeof numbers[1], "%" PRIu32, shard->shard);
        err = pg_call(look->pg,
                      "SELECT epoch, lease_no FROM shard WHERE campaign = $1 AND shard = $2",
                      2,
                      params,
                      &rows);
        if (err != HB_OK) {
            return err;
        }
        shard->ledger_epoch = (uint32_t)pg_i64(rows, 0, 0);
        shard->ledger_lease_no = (uint32_t)pg_i64(rows, 0, 1);
        pg_result_free(rows);
    }
    return HB_OK;
}

void audit_look_free(struct audit_look *look)
{
    for (size_t i = 0; i < look->shard_count; i++) {
        shard_look_clear(&look->shards[i]);
    }
    free(look->shards);
    findings_free(&look->findings);
}
