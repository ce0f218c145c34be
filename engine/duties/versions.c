/*
 * duties/versions.c - the newest version and the pause flag onto a shard.
 *
 * Forwards only: a shard never goes back to an older version. A pause counts from wherever it comes: the
 * command line writes it to Redis first, so that it works without PostgreSQL. It is taken back when the
 * ledger's flag was seen to go from paused to running, or by the command line itself.
 */
#include "duties/duties_internal.h"

#include "base/log.h"

#include <inttypes.h>

static hb_err
version_apply(struct duties *duties, const struct duty_campaign *campaign, struct duty_shard *shard)
{
    const struct control_entry entry = {
        .kind = RECORD_VERSION, .table_json = campaign->table_json, .hash = campaign->hash};
    uint64_t position = 0;
    hb_err err = redis_control(
        shard_redis(duties, shard), campaign->slug, shard->index, shard->ledger_epoch, &entry, &position);

    if (err != HB_OK) {
        return err;
    }
    log_info("shard.version",
             "campaign=%s shard=%" PRIu32 " version=%" PRIu32,
             campaign->slug,
             shard->index,
             campaign->version);
    err = pg_callf(duties->pg,
                   NULL,
                   "SELECT version_applied($1, $2, $3, $4)",
                   "%ld%d%d%d",
                   (long)duties->fence,
                   (int)campaign->id,
                   (int)shard->index,
                   (int)campaign->version);
    return ledger_failed(duties, err, "version_applied");
}

static hb_err pause_apply(struct duties *duties,
                          const struct duty_campaign *campaign,
                          struct duty_shard *shard,
                          bool paused)
{
    const struct control_entry entry = {.kind = RECORD_PAUSE, .paused = paused};
    uint64_t position = 0;
    hb_err err = HB_E_CLOSED;

    if (leader_sure(duties)) {
        err = redis_control(
            shard_redis(duties, shard), campaign->slug, shard->index, shard->ledger_epoch, &entry, &position);
    }
    if (err == HB_OK) {
        shard->state->paused = paused;
        log_info(
            "shard.pause", "campaign=%s shard=%" PRIu32 " paused=%d", campaign->slug, shard->index, paused);
    }
    return err;
}

hb_err versions_round(struct duties *duties, struct duty_campaign *campaign, struct duty_shard *shard)
{
    bool stopped =
        campaign->paused || campaign->ended; /* ended by hand: the window in the table may still be open */
    hb_err err = HB_OK;

    if (shard->state->version < campaign->version) {
        bool present = false;

        err = version_apply(duties, campaign, shard);
        if (err == HB_OK) { /* the version may have brought prizes */
            err =
                redis_state(shard_redis(duties, shard), campaign->slug, shard->index, shard->state, &present);
        }
    }
    if (err == HB_OK && stopped && !shard->state->paused) {
        err = pause_apply(duties, campaign, shard, true);
    } else if (err == HB_OK && !stopped && shard->state->paused && shard->resume_due) {
        err = pause_apply(duties, campaign, shard, false);
    } else if (err == HB_OK && !stopped && shard->state->paused && !shard->pause_told) {
        log_warn("shard.paused_by_hand", "campaign=%s shard=%" PRIu32, campaign->slug, shard->index);
        shard->pause_told = true;
    }
    shard->resume_due &= err != HB_OK;
    shard->pause_told &= shard->state->paused;
    return err;
}
