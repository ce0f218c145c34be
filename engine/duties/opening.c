/*
 * duties/opening.c - a closed shard is opened for this Redis process.
 *
 *   close    nobody draws there any more, whatever they believe
 *   compare  the ledger has what has left the shard's log, or it was set back: refused
 *   drain    every entry that is still there goes to the ledger, in its own epoch
 *   settle   returns that are in the log and not in the books are posted
 *   begin    one transaction raises the epoch and reads what the shard may give
 *   players  rebuilt where the ledger knows more than Redis (opening_players.c)
 *   open     one call: state, OPENING entry, table
 *   record   the ledger notes it; the epoch is told to the workers
 *
 * Everything runs on one connection to one process: when it is lost, or we are fenced, the opening ends and a
 * later round begins anew. Each step may be repeated.
 */
#include "duties/duties_internal.h"

#include "base/clock.h"
#include "base/crash_point.h"
#include "base/log.h"
#include "base/metrics.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static uint32_t newest_epoch(const struct opening *opening)
{
    uint32_t ledger = opening->shard->ledger_epoch, redis = opening->before->epoch;

    return redis > ledger ? redis : ledger;
}

/* What Redis has of the shard; one whose state was forgotten has none. */
static hb_err opening_look(struct opening *opening)
{
    hb_err err = redis_state(
        opening->redis, opening->campaign->slug, opening->shard->index, opening->before, &opening->present);

    opening->present = opening->present && opening->before->position != 0;
    return err;
}

static hb_err opening_close(struct opening *opening)
{
    const struct duty_shard *shard = opening->shard;
    const char *slug = opening->campaign->slug;
    hb_err err = redis_run_id(opening->redis, opening->run_id);

    if (err == HB_OK) {
        err = opening_look(opening);
    }
    if (err == HB_E_IO) {
        opening->diverged = true;
        err = HB_OK;
    }
    if (err == HB_OK && opening->present && !opening->diverged) {
        err = redis_close_shard(opening->redis, slug, shard->index, newest_epoch(opening));
    }
    if (err == HB_OK && opening->present && !opening->diverged) { /* as it is now, with nobody drawing */
        err = opening_look(opening);
    }
    return err;
}

/* Before anything of Redis' is believed or thrown away. */
static hb_err opening_compare(struct duties *duties, const struct opening *opening)
{
    return opening->present && !opening->diverged
               ? ledger_behind(duties, opening->campaign, opening->shard, opening->before)
               : HB_OK;
}

/* What the ledger cannot take makes the shard's memory worthless: the state goes first, so that a crash from
 * here on leads to a whole rebuild. */
static hb_err opening_drain(struct duties *duties, struct opening *opening)
{
    bool refused = false;
    hb_err err = drain_round(duties, opening->campaign, opening->shard, DRAIN_ALL, &refused);

    if (err == HB_OK && (refused || opening->diverged)) {
        opening->diverged = true;
        err = redis_forget_state(
            opening->redis, opening->campaign->slug, opening->shard->index, newest_epoch(opening) + 1);
        if (err == HB_OK) {
            err = drain_round(duties, opening->campaign, opening->shard, DRAIN_DISCARD, &refused);
        }
    }
    return err;
}

static hb_err opening_settle(struct duties *duties, struct opening *opening)
{
    const struct shard *before = opening->before;
    uint32_t ledger_no = 0;
    hb_err err = HB_OK;

    if (!opening->present || opening->diverged) {
        return HB_OK;
    }
    err = lease_no_read(duties, opening->campaign, opening->shard, &ledger_no);
    if (err == HB_OK && before->lease_no > ledger_no) {
        err = returns_post(duties, opening->campaign, opening->shard, before->epoch, ledger_no);
    }
    return err;
}

/* ---- what the shard may give ---- */

static hb_err begin_read(struct duties *duties, struct opening *opening)
{
    struct pg_result *row = NULL;
    struct shard *state = opening->state;
    hb_err err = pg_callf(duties->pg,
                          &row,
                          "SELECT epoch, kept, lease_no, paused, version FROM opening_begin($1, $2, $3)",
                          "%ld%d%d",
                          (long)duties->fence,
                          (int)opening->campaign->id,
                          (int)opening->shard->index);

    if (err != HB_OK) {
        return err;
    }
    state->epoch = (uint32_t)pg_i64(row, 0, 0);
    opening->kept = (uint64_t)pg_i64(row, 0, 1);
    state->lease_no = (uint32_t)pg_i64(row, 0, 2);
    state->paused = pg_i64(row, 0, 3) != 0;
    if ((uint32_t)pg_i64(row, 0, 4) != opening->campaign->version) {
        duties->poll_at_us = 0;
        err = HB_E_CLOSED; /* a newer one was published; the shard may have had it already, and never goes
                              back */
    }
    pg_result_free(row);
    return err;
}

static hb_err prizes_read(struct duties *duties, struct opening *opening)
{
    struct pg_result *rows = NULL;
    hb_err err = pg_callf(duties->pg,
                          &rows,
                          "SELECT prize, given, more FROM opening_prizes($1, $2)",
                          "%d%d",
                          (int)opening->campaign->id,
                          (int)opening->shard->index);

    for (int i = 0; err == HB_OK && i < pg_rows(rows); i++) {
        size_t prize = (size_t)pg_i64(rows, i, 0) - 1;

        if (prize < opening->state->prize_count) {
            opening->state->pools[prize].given = (uint32_t)pg_i64(rows, i, 1);
            opening->state->pools[prize].more = pg_i64(rows, i, 2) != 0;
        }
    }
    pg_result_free(rows);
    return err;
}

/* The pool is full: the smallest range stays out. It is still leased, and comes with a later opening. */
static void range_squeeze(struct pool *pool, struct unit_range range)
{
    uint8_t smallest = 0;

    for (uint8_t i = 1; i < pool->range_count; i++) {
        if (pool->ranges[i].to - pool->ranges[i].from <
            pool->ranges[smallest].to - pool->ranges[smallest].from) {
            smallest = i;
        }
    }
    if (pool->ranges[smallest].to - pool->ranges[smallest].from >= range.to - range.from) {
        return;
    }
    memmove(&pool->ranges[smallest],
            &pool->ranges[smallest + 1],
            (size_t)(pool->range_count - smallest - 1) * sizeof pool->ranges[0]);
    pool->ranges[pool->range_count - 1] = range;
}

static hb_err ranges_read(struct duties *duties, struct opening *opening)
{
    struct pg_result *rows = NULL;
    hb_err err = pg_callf(duties->pg,
                          &rows,
                          "SELECT prize, from_unit, to_unit FROM opening_ranges($1, $2)",
                          "%d%d",
                          (int)opening->campaign->id,
                          (int)opening->shard->index);

    for (int i = 0; err == HB_OK && i < pg_rows(rows); i++) {
        size_t prize = (size_t)pg_i64(rows, i, 0) - 1;
        struct unit_range range = {(uint32_t)pg_i64(rows, i, 1), (uint32_t)pg_i64(rows, i, 2)};

        if (prize >= opening->state->prize_count) {
            continue;
        }
        if (opening->state->pools[prize].range_count < RANGES_MAX) {
            opening->state->pools[prize].ranges[opening->state->pools[prize].range_count++] = range;
        } else {
            range_squeeze(&opening->state->pools[prize], range);
        }
    }
    pg_result_free(rows);
    return err;
}

static hb_err moments_read(struct duties *duties, struct opening *opening)
{
    struct pg_result *rows = NULL;
    struct shard *state = opening->state;
    hb_err err = pg_callf(duties->pg,
                          &rows,
                          "SELECT prize, unit, at_ms FROM opening_moments($1, $2)",
                          "%d%d",
                          (int)opening->campaign->id,
                          (int)opening->shard->index);

    for (int i = 0; err == HB_OK && i < pg_rows(rows) && state->moment_count < MOMENTS_MAX; i++) {
        state->moments[state->moment_count++] =
            (struct moment){(uint8_t)pg_i64(rows, i, 0), (uint32_t)pg_i64(rows, i, 1), pg_i64(rows, i, 2)};
    }
    pg_result_free(rows);
    return err;
}

static hb_err opening_begin(struct duties *duties, struct opening *opening)
{
    hb_err err = pg_begin(duties->pg, /* repeatable_read= */ false);

    memset(opening->state, 0, sizeof *opening->state);
    opening->state->prize_count = (uint8_t)opening->campaign->table->prize_count;
    err = err == HB_OK ? begin_read(duties, opening) : err;
    err = err == HB_OK ? prizes_read(duties, opening) : err;
    err = err == HB_OK ? ranges_read(duties, opening) : err;
    err = err == HB_OK ? moments_read(duties, opening) : err;
    if (err != HB_OK) {
        pg_rollback(duties->pg);
        return err == HB_E_CLOSED ? err : ledger_failed(duties, err, "opening_begin");
    }
    err = pg_commit(duties->pg);
    if (err == HB_OK) {
        opening->shard->ledger_epoch = opening->state->epoch;
        opening->shard->ledger_open = false;
    }
    return ledger_failed(duties, err, "opening_begin");
}

/* In pieces, so that the transaction that begins the epoch is short however long the last one was. */
static hb_err opening_mark(struct duties *duties, const struct opening *opening)
{
    uint64_t kept = 0, before = 0;
    hb_err err = HB_OK;

    do {
        before = kept;
        err = log_mark(duties, opening->campaign, opening->shard, &kept);
        leader_keep(duties);
    } while (err == HB_OK && kept > before);
    return err;
}

/* The ledger may be behind Redis (it was set back): numbers that Redis has used are left out. */
static hb_err opening_begin_above(struct duties *duties, struct opening *opening)
{
    hb_err err = HB_OK;

    do {
        err = opening_begin(duties, opening);
    } while (err == HB_OK && opening->state->epoch <= opening->before->epoch);
    return err;
}

/* ---- opening ---- */

/* Shard time never goes back, and an opening begins it anew: it may not lag behind the node's clock. */
static hb_err opening_time(struct opening *opening)
{
    int64_t now_ms = 0;
    hb_err err = redis_time(opening->redis, &now_ms);

    if (opening->present && opening->before->time_ms > now_ms) {
        now_ms = opening->before->time_ms;
    }
    if (opening->log_time_ms > now_ms) {
        now_ms = opening->log_time_ms;
    }
    opening->state->time_ms = now_ms;
    return err;
}

/* What was given in this very second counts on. */
static void opening_seconds(struct opening *opening)
{
    if (!opening->present || opening->diverged) {
        return;
    }
    for (uint8_t i = 0; i < opening->state->prize_count && i < opening->before->prize_count; i++) {
        opening->state->pools[i].second = opening->before->pools[i].second;
        opening->state->pools[i].in_second = opening->before->pools[i].in_second;
    }
}

static hb_err opening_open(struct opening *opening)
{
    char run_id[RUN_ID_BYTES + 1];
    hb_err err = opening_time(opening);

    opening->state->position = 2; /* its OPENING entry is 1 */
    opening->state->version = opening->campaign->version;
    if (opening->present && !opening->diverged && opening->before->paused && !opening->shard->resume_due) {
        opening->state->paused = true; /* by hand, perhaps without the ledger */
    }
    memcpy(opening->state->run_id, opening->run_id, RUN_ID_BYTES);
    opening_seconds(opening);
    if (err == HB_OK) {
        err = redis_run_id(opening->redis, run_id);
    }
    if (err == HB_OK && strcmp(run_id, opening->run_id) != 0) {
        err = HB_E_CLOSED; /* another process than the one that has the players */
    }
    return err == HB_OK ? redis_open_shard(opening->redis,
                                           opening->campaign->slug,
                                           opening->state,
                                           opening->shard->index,
                                           opening->kept,
                                           opening->campaign->table_json)
                        : err;
}

/* With its entry, the very bytes that are in the stream: the draws of an epoch say little without its
 * opening, so it must not be lost with Redis while wins behind it are stored. The entry comes first: rows of
 * the log are inserted before their shard is taken (sql/004_ledger_post.sql). */
static hb_err opening_record(struct duties *duties, const struct opening *opening)
{
    struct buf packed, entry;
    hb_err err = HB_E_NOMEM;

    buf_init(&packed, 1 << 20);
    buf_init(&entry, 1 << 20);
    shard_pack(opening->state, &packed);
    shard_opening_write(opening->state, opening->kept, &entry);
    if (!packed.failed && !entry.failed) {
        err = pg_callf(duties->pg,
                       NULL,
                       "SELECT entries_store(ARRAY[$2::int], ARRAY[$3::smallint], ARRAY[$4::int], "
                       "ARRAY[1::bigint], ARRAY[$12::bytea]), "
                       "opening_record($1, $2, $3, $4, $5, $6, $7, $8, $9, $10), "
                       "pg_notify('hongbao_catalog', $11)",
                       "%ld%d%d%d%s%ld%s%b%d%d%s%b",
                       (long)duties->fence,
                       (int)opening->campaign->id,
                       (int)opening->shard->index,
                       (int)opening->state->epoch,
                       opening->run_id,
                       (long)opening->kept,
                       opening->reason,
                       packed.data,
                       packed.len,
                       (int)opening->players,
                       (int)opening->state->version,
                       opening->campaign->slug,
                       entry.data,
                       entry.len);
    }
    buf_free(&packed);
    buf_free(&entry);
    return ledger_failed(duties, err, "opening_record");
}

static void opening_told(const struct opening *opening, int64_t began_us)
{
    struct duty_shard *shard = opening->shard;

    shard->ledger_open = true;
    shard->suspect = false;
    shard->log_checked = true;
    shard->home_checked = false;
    shard->leases_checked = true; /* the state holds every lease up to its lease_no */
    atomic_store_explicit(shard->epoch, opening->state->epoch, memory_order_release);
    metrics_add(M_OPENINGS, 1);
    log_info("shard.opened",
             "campaign=%s shard=%" PRIu32 " epoch=%" PRIu32 " reason=%s players=%zu kept=%" PRIu64
             " took_ms=%" PRId64,
             opening->campaign->slug,
             shard->index,
             opening->state->epoch,
             opening->reason,
             opening->players,
             opening->kept,
             (clock_mono_us() - began_us) / 1000);
}

static hb_err opening_steps(struct duties *duties, struct opening *opening)
{
    int64_t began_us = clock_mono_us();
    hb_err err = opening_close(opening);

    CRASH_POINT(OPEN_CLOSED);
    err = err == HB_OK ? opening_compare(duties, opening) : err;
    err = err == HB_OK ? opening_drain(duties, opening) : err;
    CRASH_POINT(OPEN_DRAINED);
    err = err == HB_OK ? opening_settle(duties, opening) : err;
    CRASH_POINT(OPEN_SETTLED);
    err = err == HB_OK ? opening_mark(duties, opening) : err;
    err = err == HB_OK ? opening_begin_above(duties, opening) : err;
    CRASH_POINT(OPEN_BEGUN);
    err = err == HB_OK ? opening_players(duties, opening) : err;
    CRASH_POINT(OPEN_PLAYERS);
    err = err == HB_OK ? opening_open(opening) : err;
    CRASH_POINT(OPEN_OPENED);
    err = err == HB_OK ? opening_record(duties, opening) : err;
    CRASH_POINT(OPEN_RECORDED);
    if (err == HB_OK) {
        opening_told(opening, began_us);
    }
    return err;
}

hb_err shard_open(struct duties *duties, struct duty_campaign *campaign, struct duty_shard *shard)
{
    struct opening opening = {
        .campaign = campaign, .shard = shard, .redis = shard_redis(duties, shard), .reason = ""};
    hb_err err = HB_E_NOMEM;

    opening.before = calloc(1, sizeof *opening.before);
    opening.state = calloc(1, sizeof *opening.state);
    if (opening.before != NULL && opening.state != NULL) {
        err = opening_steps(duties, &opening);
    }
    if (err != HB_OK) {
        log_warn("shard.not_opened",
                 "campaign=%s shard=%" PRIu32 " error=%s redis=\"%s\"",
                 campaign->slug,
                 shard->index,
                 err_code(err),
                 redis_error(opening.redis));
    }
    free(opening.before);
    free(opening.state);
    return err;
}
