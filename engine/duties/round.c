/*
 * duties/round.c - one shard's round: look, open when closed, then versions, stock, moments, drain.
 */
#include "duties/duties_internal.h"

#include "base/clock.h"
#include "base/log.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum {
    RETRY_MIN_US = 50 * 1000,
    RETRY_MAX_US = 1000 * 1000,
    DRAIN_US = 300 * 1000, /* every other round: twice that, under a second, is in Redis alone */
    EAGER_US = 100 * 1000,
    MARK_US = 5000 * 1000
};

static int64_t backoff_us(unsigned failures)
{
    return failures < 5 ? (int64_t)RETRY_MIN_US << failures : RETRY_MAX_US;
}

/* Open is: its state in Redis is of the ledger's epoch and of this very process, and the ledger knows it. */
static hb_err
shard_look(struct duties *duties, const struct duty_campaign *campaign, struct duty_shard *shard)
{
    struct redis *redis = shard_redis(duties, shard);
    char run_id[RUN_ID_BYTES + 1];
    bool present = false, served = shard->serving;
    hb_err err = redis_state(redis, campaign->slug, shard->index, shard->state, &present);

    if (err == HB_E_IO) {
        err = HB_OK; /* in no format we know: as good as none */
    }
    if (err == HB_OK) {
        err = redis_run_id(redis, run_id);
    }
    if (err != HB_OK) {
        return err;
    }
    shard->serving = present && !shard->suspect && shard->ledger_open && shard->ledger_epoch != 0 &&
                     shard->state->epoch == shard->ledger_epoch &&
                     memcmp(shard->state->run_id, run_id, RUN_ID_BYTES) == 0;
    if (served && !shard->serving) {
        log_warn("shard.closed",
                 "campaign=%s shard=%" PRIu32 " epoch=%" PRIu32,
                 campaign->slug,
                 shard->index,
                 shard->ledger_epoch);
    }
    shard->leases_checked &= shard->serving;
    return HB_OK;
}

/* What Redis had at the drain before is old enough. By positions, not by shard time: after Redis' clock was
 * ahead and came back, shard time stands still in the future, and nothing would look old for as long. */
static hb_err shard_drain(struct duties *duties, struct duty_campaign *campaign, struct duty_shard *shard)
{
    bool refused = false;
    hb_err err = HB_OK;

    if (clock_mono_us() < shard->drain_at_us) {
        return HB_OK;
    }
    shard->drain_at_us = clock_mono_us() + DRAIN_US;
    err = drain_round(duties, campaign, shard, DRAIN_OLD, &refused);
    shard->drain_epoch = shard->state->epoch;
    shard->drain_position = shard->state->position;
    if (err == HB_OK && clock_mono_us() >= shard->mark_at_us) {
        uint64_t kept = 0;

        shard->mark_at_us = clock_mono_us() + MARK_US;
        err = log_mark(duties, campaign, shard, &kept);
    }
    if (err == HB_OK && refused) {
        shard->suspect = true; /* an opening puts that right */
        err = HB_E_CLOSED;
    }
    return err;
}

/* One that was open when we came: an opening that looks again closes it when the ledger is behind. */
static hb_err
shard_check(struct duties *duties, const struct duty_campaign *campaign, struct duty_shard *shard)
{
    hb_err err = ledger_behind(duties, campaign, shard, shard->state);

    shard->log_checked = err == HB_OK;
    if (err == HB_E_LEDGER_BEHIND) {
        shard->suspect = true;
        shard->serving = false;
        err = HB_OK;
    }
    return err;
}

static hb_err shard_duties(struct duties *duties, struct duty_campaign *campaign, struct duty_shard *shard)
{
    hb_err err = shard_look(duties, campaign, shard);

    if (err == HB_OK && shard->serving && !shard->log_checked) {
        err = shard_check(duties, campaign, shard);
    }
    if (err == HB_OK && !shard->serving) {
        err = shard_open(duties, campaign, shard);
        err = err == HB_OK ? shard_look(duties, campaign, shard) : err;
    }
    if (err == HB_OK && !shard->serving) {
        err = HB_E_CLOSED;
    }
    if (err == HB_OK) {
        err = versions_round(duties, campaign, shard);
    }
    if (err == HB_OK && campaign_over(campaign, clock_wall_ms())) {
        err = campaign->seeded ? returns_round(duties, campaign, shard) : HB_OK;
    } else if (err == HB_OK) {
        err = leases_round(duties, campaign, shard);
        err = err == HB_OK ? moments_round(duties, campaign, shard) : err;
    }
    return err == HB_OK ? shard_drain(duties, campaign, shard) : err;
}

static void node_failed(struct duty_node *node, struct redis *redis, int64_t now_us, hb_err err)
{
    if (node->failures++ == 0) {
        log_warn("duties.redis_away", "error=%s text=\"%s\"", err_code(err), redis_error(redis));
    }
    node->retry_at_us = now_us + backoff_us(node->failures);
}

/* A phone waits for a win in the log. Storing is the same for whoever does it, so this needs no leader. */
void shard_drain_now(struct duties *duties, struct duty_campaign *campaign, struct duty_shard *shard)
{
    struct duty_node *node = shard->node < duties->node_count ? &duties->nodes[shard->node] : NULL;
    int64_t now_us = clock_mono_us();
    bool refused = false;
    hb_err err = HB_OK;

    if (node == NULL || campaign->archived || !campaign->seeded || now_us < node->retry_at_us ||
        now_us < shard->eager_at_us) {
        return;
    }
    shard->eager_at_us = now_us + EAGER_US;
    err = drain_round(duties, campaign, shard, DRAIN_ALL, &refused); /* refused: the leader's to judge */
    if ((err == HB_E_UNAVAILABLE || err == HB_E_UNSURE) && !duties->pg_away) {
        node_failed(node, node->redis, now_us, err);
    }
}

void shard_round(struct duties *duties, struct duty_campaign *campaign, struct duty_shard *shard)
{
    struct duty_node *node = shard->node < duties->node_count ? &duties->nodes[shard->node] : NULL;
    int64_t now_us = clock_mono_us();
    hb_err err = HB_OK;

    if (node == NULL || campaign->archived || now_us < node->retry_at_us || now_us < shard->retry_at_us) {
        return;
    }
    if (shard->state == NULL) {
        shard->state = calloc(1, sizeof *shard->state);
    }
    err = shard->state == NULL ? HB_E_NOMEM : shard_duties(duties, campaign, shard);
    if (err == HB_OK) {
        shard->failures = node->failures = 0;
        return;
    }
    shard->serving = shard->serving && err != HB_E_CLOSED;
    shard->retry_at_us = now_us + backoff_us(shard->failures);
    shard->failures++;
    if ((err == HB_E_UNAVAILABLE || err == HB_E_UNSURE) && !duties->pg_away) {
        node_failed(node, node->redis, now_us, err);
    }
}
