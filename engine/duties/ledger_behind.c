/*
 * duties/ledger_behind.c - does the ledger have what has left a shard's log?
 *
 * An entry leaves Redis only behind the commit that stored it. So whatever of the state's epoch is not in the
 * stream any more is in the ledger, without a gap; and a shard is opened with an epoch only after the ledger
 * has begun it. When that is not so, the ledger was set back: restored to an earlier point, or failed over to
 * a standby that had less. A shard that went on would leave the gap in its log for ever.
 *
 * Redis is looked at first and the ledger afterwards, which only grows meanwhile: no false alarm.
 */
#include "duties/duties_internal.h"

#include "base/clock.h"
#include "base/log.h"

#include <inttypes.h>

enum { ENTRIES_LOOKED = 500, SAY_AGAIN_US = 60 * 1000 * 1000 };

struct oldest { /* entry of the state's epoch */
    uint32_t epoch;
    uint64_t position;
    bool found;
};

static bool oldest_take(void *arg, uint32_t epoch, uint64_t position, const uint8_t *bytes, size_t len)
{
    struct oldest *oldest = arg;

    (void)bytes;
    (void)len;
    if (epoch == oldest->epoch) {
        oldest->position = position;
        oldest->found = true;
    }
    return epoch < oldest->epoch;
}

/* All positions below *from have left the stream; 0: cannot be told, many entries of older epochs wait. */
static hb_err left_below(struct duties *duties,
                         const struct duty_campaign *campaign,
                         const struct duty_shard *shard,
                         const struct shard *state,
                         uint64_t *from)
{
    struct oldest oldest = {.epoch = state->epoch, .position = state->position};
    size_t seen = 0;
    hb_err err = redis_entries(shard_redis(duties, shard),
                               campaign->slug,
                               shard->index,
                               ENTRIES_LOOKED,
                               oldest_take,
                               &oldest,
                               &seen);

    *from = oldest.found || seen < ENTRIES_LOOKED ? oldest.position : 0;
    return err;
}

static hb_err ledger_epoch_read(struct duties *duties,
                                const struct duty_campaign *campaign,
                                const struct duty_shard *shard,
                                uint32_t *epoch)
{
    struct pg_result *row = NULL;
    hb_err err = pg_callf(duties->pg,
                          &row,
                          "SELECT epoch FROM shard WHERE campaign = $1 AND shard = $2",
                          "%d%d",
                          (int)campaign->id,
                          (int)shard->index);

    if (ledger_failed(duties, err, "shard") == HB_OK) {
        *epoch = (uint32_t)pg_i64(row, 0, 0);
    }
    pg_result_free(row);
    return err;
}

static hb_err stored_below(struct duties *duties,
                           const struct duty_campaign *campaign,
                           const struct duty_shard *shard,
                           uint64_t enough,
                           uint64_t *kept)
{
    uint64_t before = 0;
    hb_err err = HB_OK;

    *kept = 0;
    do {
        before = *kept;
        err = log_mark(duties, campaign, shard, kept);
        leader_keep(duties);
    } while (err == HB_OK && *kept > before && *kept < enough);
    return err;
}

static void behind_say(const struct duty_campaign *campaign,
                       struct duty_shard *shard,
                       const struct shard *state,
                       uint32_t ledger_epoch,
                       uint64_t from,
                       uint64_t kept,
                       int64_t now_us)
{
    if (now_us < shard->behind_said_us) {
        return;
    }
    shard->behind_said_us = now_us + SAY_AGAIN_US;
    log_error("shard.ledger_behind",
              "campaign=%s shard=%" PRIu32 " redis_epoch=%" PRIu32 " ledger_epoch=%" PRIu32
              " redis_log_from=%" PRIu64 " ledger_log_below=%" PRIu64
              " do=\"PostgreSQL was set back: bring back what is missing, or empty this Redis node "
              "(docs/operations.md, Restore)\"",
              campaign->slug,
              shard->index,
              state->epoch,
              ledger_epoch,
              from,
              kept);
}

hb_err ledger_behind(struct duties *duties,
                     const struct duty_campaign *campaign,
                     struct duty_shard *shard,
                     const struct shard *state)
{
    uint32_t ledger_epoch = 0;
    uint64_t from = 0, kept = 0;
    hb_err err = left_below(duties, campaign, shard, state, &from);

    err = err == HB_OK ? ledger_epoch_read(duties, campaign, shard, &ledger_epoch) : err;
    if (err == HB_OK && state->epoch == ledger_epoch) {
        err = stored_below(duties, campaign, shard, from, &kept);
    }
    if (err == HB_OK && (state->epoch > ledger_epoch || (state->epoch == ledger_epoch && kept < from))) {
        behind_say(campaign, shard, state, ledger_epoch, from, kept, clock_mono_us());
        err = HB_E_LEDGER_BEHIND;
    }
    return err;
}
