/*
 * audit/audit_pools.c - the units that the ledger says are with a shard are in its Redis pool, and no others.
 *
 * Ledger without pool: Redis was looked at first, so a unit that the ledger (later) still has with the shard
 * was in the pool, or won by an entry in the stream, or is of a lease that Redis had not applied, or was
 * given back by an entry whose posting is still to come. Else it is lost to the shard.
 *
 * Pool without ledger: Redis is looked at once more, after the snapshot. A unit that the ledger had won or
 * taken back by then must not be in the pool now, unless it was leased again in between.
 */
#include "audit/audit_internal.h"
#include "lottery/unit_set.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

struct pool_audit {
    struct audit_look *look;
    const struct shard_look *shard;
    struct unit_set left[PRIZES_MAX]; /* with the shard, by the ledger */
    int64_t won[PRIZES_MAX];
    uint32_t stream_wins[PRIZES_MAX];
    bool no_memory;
};

static void params_shard(const struct shard_look *shard, char numbers[static 3][24])
{
    (void)snprintf(numbers[0], sizeof numbers[0], "%" PRId64, shard->campaign);
    (void)snprintf(numbers[1], sizeof numbers[1], "%" PRIu32, shard->shard);
    (void)snprintf(numbers[2], sizeof numbers[2], "%" PRIu32, shard->state->lease_no);
}

static hb_err left_read(struct pool_audit *audit)
{
    char numbers[3][24];
    const char *const params[] = {numbers[0], numbers[1]};
    struct pg_result *rows = NULL;
    hb_err err = HB_OK;

    params_shard(audit->shard, numbers);
    err = pg_call(audit->look->pg,
                  "SELECT s.prize, s.won_units, lower(r), upper(r) FROM stock s LEFT JOIN "
                  "unnest(s.left_units) r ON true "
                  "WHERE s.campaign = $1 AND s.shard = $2",
                  2,
                  params,
                  &rows);
    for (int row = 0; err == HB_OK && row < pg_rows(rows); row++) {
        const int64_t prize = pg_i64(rows, row, 0) - 1;

        audit->won[prize] = pg_i64(rows, row, 1);
        audit->no_memory |= !pg_null(rows, row, 2) && !unit_set_add(&audit->left[prize],
                                                                    (uint32_t)pg_i64(rows, row, 2),
                                                                    (uint32_t)pg_i64(rows, row, 3));
    }
    pg_result_free(rows);
    return err;
}

/* ---- ledger without pool ---- */

static void pool_remove(struct pool_audit *audit)
{
    const struct shard *state = audit->shard->state;

    for (uint8_t prize = 0; prize < state->prize_count; prize++) {
        for (uint8_t i = 0; i < state->pools[prize].range_count; i++) {
            unit_set_remove(
                &audit->left[prize], state->pools[prize].ranges[i].from, state->pools[prize].ranges[i].to);
        }
    }
    for (uint16_t i = 0; i < state->moment_count; i++) {
        const struct moment *moment = &state->moments[i];

        unit_set_remove(&audit->left[moment->prize - 1], moment->unit, moment->unit + 1);
    }
}

static void entry_remove(struct pool_audit *audit, const uint8_t *bytes, size_t len)
{
    struct record_header header;
    struct draw_record draw;
    struct lease_record lease;

    if (!record_header_read(bytes, len, &header)) {
        return;
    }
    for (uint16_t i = 0; header.kind == RECORD_DRAWS && i < header.count; i++) {
        if (record_draw_read(bytes, len, i, &draw) && draw.prize != 0) {
            unit_set_remove(&audit->left[draw.prize - 1], draw.unit, draw.unit + (draw.unit < UINT32_MAX));
            audit->stream_wins[draw.prize - 1]++;
        }
    }
    if ((header.kind == RECORD_RETURN || header.kind == RECORD_GONE) &&
        record_lease_read(bytes, len, &lease) && lease.lease_no > audit->shard->ledger_lease_no) {
        unit_set_remove(&audit->left[lease.prize - 1], lease.from, lease.to);
    }
}

static hb_err leases_remove(struct pool_audit *audit)
{
    char numbers[3][24];
    const char *const params[] = {numbers[0], numbers[1], numbers[2]};
    struct pg_result *rows = NULL;
    hb_err err = HB_OK;

    params_shard(audit->shard, numbers);
    err = pg_call(
        audit->look->pg,
        "SELECT prize, from_unit, to_unit FROM lease WHERE campaign = $1 AND shard = $2 AND lease_no > $3 "
        "AND kind IN ('lease', 'moment')",
        3,
        params,
        &rows);
    for (int row = 0; err == HB_OK && row < pg_rows(rows); row++) {
        unit_set_remove(&audit->left[pg_i64(rows, row, 0) - 1],
                        (uint32_t)pg_i64(rows, row, 1),
                        (uint32_t)pg_i64(rows, row, 2));
    }
    pg_result_free(rows);
    return err;
}

static bool stored_return(void *arg, const struct pg_result *row)
{
    size_t len = 0;
    const uint8_t *bytes = pg_bytes(row, 0, 0, &len);

    entry_remove(arg, bytes, len);
    return true;
}

static bool anything_left(const struct pool_audit *audit)
{
    uint32_t unit = 0;

    for (size_t i = 0; i < PRIZES_MAX; i++) {
        if (unit_set_first(&audit->left[i], &unit)) {
            return true;
        }
    }
    return false;
}

/* Entries that were stored already, while their posting is still to come. */
static hb_err returns_remove(struct pool_audit *audit)
{
    char numbers[3][24];
    const char *const params[] = {numbers[0], numbers[1], numbers[2]};

    params_shard(audit->shard, numbers);
    (void)snprintf(numbers[2], sizeof numbers[2], "%" PRIu32, audit->shard->state->epoch);
    return pg_stream(
        audit->look->pg,
        "SELECT entry FROM draw_log WHERE campaign = $1 AND shard = $2 AND epoch = $3 AND kind IN (4, 6)",
        3,
        params,
        stored_return,
        audit);
}

/* An opening leaves out what a full pool cannot hold; of such a prize nothing can be said. */
static hb_err left_out_remove(struct pool_audit *audit)
{
    char numbers[3][24];
    const char *const params[] = {numbers[0], numbers[1], numbers[2]};
    struct pg_result *rows = NULL;
    struct shard *opened = calloc(1, sizeof *opened);
    hb_err err = HB_OK;

    params_shard(audit->shard, numbers);
    (void)snprintf(numbers[2], sizeof numbers[2], "%" PRIu32, audit->shard->state->epoch);
    err = opened == NULL
              ? HB_E_NOMEM
              : pg_call(audit->look->pg,
                        "SELECT state FROM opening WHERE campaign = $1 AND shard = $2 AND epoch = $3",
                        3,
                        params,
                        &rows);
    if (err == HB_OK && pg_rows(rows) == 1) {
        size_t len = 0;
        const uint8_t *packed = pg_bytes(rows, 0, 0, &len);
        const bool sound = shard_unpack(packed, len, opened);

        for (uint8_t i = 0; sound && i < opened->prize_count; i++) {
            if (opened->pools[i].range_count == RANGES_MAX || opened->moment_count == MOMENTS_MAX) {
                unit_set_free(&audit->left[i]);
            }
        }
    }
    pg_result_free(rows);
    free(opened);
    return err;
}

static void missing_report(const struct pool_audit *audit)
{
    char key[96];

    for (uint32_t i = 0; i < PRIZES_MAX; i++) {
        uint32_t unit = 0;

        shard_look_key(audit->shard, i + 1, key);
        if (unit_set_first(&audit->left[i], &unit)) {
            findings_add(&audit->look->findings,
                         "pool_missing",
                         key,
                         "the ledger has %" PRIu64
                         " units with the shard that Redis does not have, the first is %" PRIu32,
                         unit_set_count(&audit->left[i], 0, UINT32_MAX),
                         unit);
        }
        if (i < audit->shard->state->prize_count &&
            audit->shard->state->pools[i].given > audit->won[i] + audit->stream_wins[i]) {
            findings_add(&audit->look->findings,
                         "pool_given",
                         key,
                         "Redis gave %" PRIu32 " units, the ledger has %" PRId64
                         " wins and the stream %" PRIu32,
                         audit->shard->state->pools[i].given,
                         audit->won[i],
                         audit->stream_wins[i]);
        }
    }
}

static hb_err missing_check(struct pool_audit *audit)
{
    hb_err err = HB_OK;

    pool_remove(audit);
    for (size_t i = 0; i < audit->shard->entry_count; i++) {
        const struct stream_entry *entry = &audit->shard->entries[i];

        entry_remove(audit, stream_entry_bytes(audit->shard, entry), entry->len);
    }
    err = leases_remove(audit);
    if (err == HB_OK && anything_left(audit)) {
        err = returns_remove(audit);
    }
    if (err == HB_OK && anything_left(audit)) {
        err = left_out_remove(audit);
    }
    missing_report(audit);
    return err;
}

/* ---- pool without ledger ---- */

static void extra_range(struct pool_audit *audit, uint32_t prize, uint32_t from, uint32_t to)
{
    const uint64_t there = unit_set_count(&audit->left[prize - 1], from, to);
    char key[96];

    if (there < to - from) {
        shard_look_key(audit->shard, prize, key);
        findings_add(&audit->look->findings,
                     "pool_extra",
                     key,
                     "of the units %" PRIu32 " to %" PRIu32 " in Redis the ledger has %" PRIu64
                     " no more with the shard",
                     from,
                     to - 1,
                     to - from - there);
    }
}

static hb_err extra_check(struct pool_audit *audit)
{
    struct shard_look again = {
        .campaign = audit->shard->campaign, .shard = audit->shard->shard, .node = audit->shard->node};
    hb_err err = HB_OK;

    (void)snprintf(again.slug, sizeof again.slug, "%s", audit->shard->slug);
    err = shard_look_inspect(audit->look->options, &again);
    if (err == HB_OK && again.open && again.state->epoch == audit->shard->ledger_epoch &&
        again.state->lease_no <= audit->shard->ledger_lease_no) {
        for (uint8_t prize = 0; prize < again.state->prize_count; prize++) {
            const struct pool *pool = &again.state->pools[prize];

            for (uint8_t i = 0; i < pool->range_count; i++) {
                extra_range(audit, prize + 1U, pool->ranges[i].from, pool->ranges[i].to);
            }
        }
        for (uint16_t i = 0; i < again.state->moment_count; i++) {
            const struct moment *moment = &again.state->moments[i];

            extra_range(audit, moment->prize, moment->unit, moment->unit + 1);
        }
    }
    shard_look_clear(&again);
    return err;
}

static hb_err pool_audit_shard(struct audit_look *look, const struct shard_look *shard)
{
    struct pool_audit audit = {.look = look, .shard = shard};
    hb_err err = left_read(&audit);

    if (err == HB_OK && !audit.no_memory) {
        err = extra_check(&audit);
    }
    if (err == HB_OK && !audit.no_memory) {
        err = missing_check(&audit);
    }
    for (size_t i = 0; i < PRIZES_MAX; i++) {
        unit_set_free(&audit.left[i]);
    }
    return audit.no_memory ? HB_E_NOMEM : err;
}

hb_err audit_pools(struct audit_look *look)
{
    hb_err err = HB_OK;

    for (size_t i = 0; i < look->shard_count && err == HB_OK; i++) {
        const struct shard_look *shard = &look->shards[i];

        if (shard->open && shard->state->epoch == shard->ledger_epoch) {
            err = pool_audit_shard(look, shard);
        }
    }
    return err;
}
