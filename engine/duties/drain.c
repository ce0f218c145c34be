/*
 * duties/drain.c - log entries into the ledger, then out of the stream.
 *
 * What a worker stored already is found there and simply taken out. Entries with wins bring them along: a
 * worker that died between Redis and PostgreSQL loses nothing.
 */
#include "duties/drain_post.h"

#include "base/crash_point.h"
#include "base/log.h"
#include "base/metrics.h"

#include <inttypes.h>
#include <stdlib.h>

enum { BATCH = 400, MARK_ENTRIES = 50000 };

struct drain {
    struct drain_post post;
    bool old;     /* only those before the shard's mark */
    bool discard; /* also what the ledger refuses */
    bool reached; /* the first younger one was seen */
    bool refused, more;
    uint64_t ids[BATCH][2];
    bool malformed[BATCH];
    size_t count, forgettable;
};

static bool entry_old(const struct duty_shard *shard, uint32_t epoch, uint64_t position)
{
    return epoch < shard->drain_epoch || (epoch == shard->drain_epoch && position < shard->drain_position);
}

static bool entry_take(void *arg, uint32_t epoch, uint64_t position, const uint8_t *bytes, size_t len)
{
    struct drain *drain = arg;
    struct record_header header;
    bool sound = record_header_read(bytes, len, &header);

    if (drain->old && !entry_old(drain->post.shard, epoch, position)) {
        drain->reached = true;
        return false;
    }
    if (drain->count == BATCH ||
        (sound && !drain_post_add(&drain->post, &header, epoch, position, bytes, len))) {
        drain->more = true;
        return false;
    }
    drain->ids[drain->count][0] = epoch;
    drain->ids[drain->count][1] = position;
    drain->malformed[drain->count++] = !sound;
    return true;
}

/* Stored or found: out of the stream. An epoch that is over, or other bytes: left for an opening to judge. */
static void
verdicts_take(struct drain *drain, const struct duty_campaign *campaign, const struct duty_shard *shard)
{
    size_t kept = 0, posted = 0;

    for (size_t i = 0; i < drain->count; i++) {
        char verdict = drain->malformed[i] ? '?' : drain_post_verdict(&drain->post, posted++);
        bool stored = verdict == 's' || verdict == 'f';

        drain->ids[kept][0] = drain->ids[i][0];
        drain->ids[kept][1] = drain->ids[i][1];
        kept += stored || drain->discard;
        if (stored) {
            continue;
        }
        drain->refused = true;
        log_error("drain.refused",
                  "campaign=%s shard=%" PRIu32 " epoch=%" PRIu64 " position=%" PRIu64 " verdict=%c",
                  campaign->slug,
                  shard->index,
                  drain->ids[i][0],
                  drain->ids[i][1],
                  verdict);
    }
    drain->forgettable = kept;
}

static hb_err drain_some(struct duties *duties,
                         struct duty_campaign *campaign,
                         struct duty_shard *shard,
                         struct drain *drain,
                         size_t *seen)
{
    hb_err err = HB_OK;

    drain->count = drain->forgettable = 0;
    drain->refused = drain->more = false;
    drain_post_start(&drain->post, campaign, shard);
    err = redis_entries(
        shard_redis(duties, shard), campaign->slug, shard->index, BATCH, entry_take, drain, seen);
    if (err != HB_OK || drain->count == 0) {
        return err;
    }
    CRASH_POINT(DRAIN_READ);
    if (drain->post.entries > 0) {
        err = drain_post_send(&drain->post, duties->pg);
    }
    if (ledger_failed(duties, err, "drain") != HB_OK) {
        return err;
    }
    CRASH_POINT(DRAIN_POSTED);
    verdicts_take(drain, campaign, shard);
    metrics_add(M_DRAINED, drain->forgettable);
    err = redis_forget_entries(shard_redis(duties, shard),
                               campaign->slug,
                               shard->index,
                               (const uint64_t(*)[2])drain->ids,
                               drain->forgettable);
    CRASH_POINT(DRAIN_FORGOTTEN);
    return err;
}

hb_err log_mark(struct duties *duties,
                const struct duty_campaign *campaign,
                const struct duty_shard *shard,
                uint64_t *kept)
{
    struct pg_result *row = NULL;
    hb_err err = pg_callf(duties->pg,
                          &row,
                          "SELECT log_kept($1, $2, $3)",
                          "%d%d%d",
                          (int)campaign->id,
                          (int)shard->index,
                          (int)MARK_ENTRIES);

    if (ledger_failed(duties, err, "log_kept") == HB_OK) {
        *kept = (uint64_t)pg_i64(row, 0, 0);
    }
    pg_result_free(row);
    return err;
}

hb_err drain_round(struct duties *duties,
                   struct duty_campaign *campaign,
                   struct duty_shard *shard,
                   enum drain_what what,
                   bool *refused)
{
    struct drain *drain = calloc(1, sizeof *drain);
    size_t seen = BATCH;
    hb_err err = drain == NULL ? HB_E_NOMEM : HB_OK;

    *refused = false;
    if (drain == NULL) {
        return err;
    }
    drain_post_init(&drain->post);
    drain->old = what == DRAIN_OLD;
    drain->discard = what == DRAIN_DISCARD;
    while (err == HB_OK && (seen == BATCH || drain->more) && !drain->reached &&
           (!*refused || drain->discard)) {
        err = drain_some(duties, campaign, shard, drain, &seen);
        leader_keep(duties);
        *refused |= drain->refused;
    }
    drain_post_free(&drain->post);
    free(drain);
    if (err == HB_OK) {
        err = redis_entry_count(shard_redis(duties, shard), campaign->slug, shard->index, &shard->entries);
    }
    return err;
}
