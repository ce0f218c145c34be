/*
 * duties/leader.c - the leader row: taken when nobody renews it, renewed every two seconds, given back at the
 * end.
 *
 * The number is the fence: every function that moves stock checks it, so a leader that was replaced while it
 * slept can do nothing any more.
 */
#include "duties/duties_internal.h"

#include "base/clock.h"
#include "base/crash_point.h"
#include "base/log.h"
#include "base/metrics.h"

#include <inttypes.h>

enum {
    SILENT_US = 5000 * 1000,
    SURE_US = 3000 * 1000,
    TRY_US = 500 * 1000,
    KEEP_EVERY = 16 /* a look at the clock */
};

static void leader_ended(struct duties *duties)
{
    duties->fence = 0;
    metrics_gauge_set(G_LEADER, 0);
}

void leader_lost(struct duties *duties, const char *why)
{
    if (duties->fence != 0) {
        log_warn("leader.lost", "number=%" PRId64 " why=%s", duties->fence, why);
        leader_ended(duties);
    }
}

/* What the last leader knew of the shards is not ours: each is looked at anew. */
static void leader_won(struct duties *duties, int64_t number, int64_t now_us)
{
    CRASH_POINT(LEADER_TAKEN);
    duties->fence = number;
    duties->renewed_at_us = now_us;
    duties->round_at_us = 0;
    for (size_t c = 0; c < duties->campaign_count; c++) {
        struct duty_campaign *campaign = duties->campaigns[c];

        for (uint32_t s = 0; s < campaign->shard_count; s++) {
            campaign->shards[s].serving = false;
            campaign->shards[s].log_checked = false;
            campaign->shards[s].leases_checked = false;
            campaign->shards[s].retry_at_us = 0;
        }
    }
    metrics_gauge_set(G_LEADER, 1);
    log_info("leader.taken", "number=%" PRId64 " node=%s", number, duties->name);
}

static void leader_take(struct duties *duties, int64_t now_us)
{
    struct pg_result *result = NULL;
    hb_err err =
        pg_callf(duties->pg, &result, "SELECT leader_take($1, $2)", "%s%ld", duties->name, (long)STALE_MS);

    if (ledger_failed(duties, err, "leader_take") == HB_OK && pg_rows(result) == 1 &&
        !pg_null(result, 0, 0)) {
        leader_won(duties, pg_i64(result, 0, 0), now_us);
    }
    pg_result_free(result);
}

static void leader_renew(struct duties *duties, int64_t now_us)
{
    struct pg_result *result = NULL;
    hb_err err = pg_callf(duties->pg, &result, "SELECT leader_renew($1)::int", "%ld", (long)duties->fence);

    if (ledger_failed(duties, err, "leader_renew") == HB_OK) {
        if (pg_i64(result, 0, 0) == 1) {
            duties->renewed_at_us = now_us;
        } else {
            leader_lost(duties, "replaced");
        }
    } else if (now_us - duties->renewed_at_us > SILENT_US) {
        leader_lost(duties, "silent");
    }
    pg_result_free(result);
}

/* On the other connection: the main one may be in the middle of a transaction or a long answer. */
void leader_keep(struct duties *duties)
{
    struct pg_result *result = NULL;
    int64_t now_us = 0;

    if (duties->fence == 0 || ++duties->kept % KEEP_EVERY != 0) {
        return;
    }
    now_us = clock_mono_us();
    if (now_us - duties->renewed_at_us > RENEW_US &&
        pg_callf(duties->listen, &result, "SELECT leader_renew($1)::int", "%ld", (long)duties->fence) ==
            HB_OK) {
        duties->renewed_at_us = now_us;
        if (pg_i64(result, 0, 0) != 1) {
            leader_lost(duties, "replaced");
        }
    }
    pg_result_free(result);
}

/* Redis knows no fence. What is written there before the ledger hears of it (a return, a pause) is only for
 * one who is the leader now: after a sleep the row is asked first. */
bool leader_sure(struct duties *duties)
{
    int64_t now_us = clock_mono_us();

    if (duties->fence != 0 && now_us - duties->renewed_at_us > SURE_US) {
        leader_renew(duties, now_us);
        return duties->fence != 0 && duties->renewed_at_us == now_us;
    }
    return duties->fence != 0;
}

void leader_round(struct duties *duties, int64_t now_us)
{
    if (now_us < duties->lead_at_us) {
        return;
    }
    if (duties->fence != 0) {
        duties->lead_at_us = now_us + RENEW_US;
        leader_renew(duties, now_us);
    } else {
        duties->lead_at_us = now_us + TRY_US;
        leader_take(duties, now_us);
    }
}

void leader_yield(struct duties *duties)
{
    if (duties->fence != 0) {
        hb_err err = pg_callf(duties->pg, NULL, "SELECT leader_yield($1)", "%ld", (long)duties->fence);

        (void)ledger_failed(duties, err, "leader_yield");
        log_info("leader.yielded", "number=%" PRId64, duties->fence);
        leader_ended(duties);
    }
}
