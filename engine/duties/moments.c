/*
 * duties/moments.c - winning moments: planned from the seed, loaded at most a minute ahead, moved on when
 * unused.
 *
 * A moment that has no shard (not loaded yet, or handed back by the one before) is given to the shard whose
 * turn it is: the planned one, or after k moves the k-th behind it.
 */
#include "duties/duties_internal.h"

#include "base/clock.h"
#include "base/log.h"
#include "lottery/moments.h"

#include <inttypes.h>
#include <stdlib.h>

enum { MOMENTS_US = 500 * 1000, LOADED_A_ROUND = 256 };

static int moment_order(const void *a, const void *b)
{
    const struct planned_moment *left = a, *right = b;

    if (left->at_ms != right->at_ms) {
        return left->at_ms < right->at_ms ? -1 : 1;
    }
    if (left->prize != right->prize) {
        return left->prize < right->prize ? -1 : 1;
    }
    return (left->unit > right->unit) - (left->unit < right->unit);
}

static size_t moments_count(const struct table *table)
{
    size_t count = 0;

    for (uint32_t i = 0; i < table->prize_count; i++) {
        count += table->prizes[i].mode == PRIZE_MOMENTS ? (size_t)table->prizes[i].units : 0;
    }
    return count;
}

static void moments_plan(struct duty_campaign *campaign)
{
    size_t count = moments_count(campaign->table), at = 0;

    campaign->moments_planned = true;
    campaign->moments = calloc(count + 1, sizeof *campaign->moments);
    for (uint32_t i = 0; campaign->moments != NULL && i < campaign->table->prize_count; i++) {
        const struct table_prize *prize = &campaign->table->prizes[i];

        for (uint32_t unit = 0; prize->mode == PRIZE_MOMENTS && unit < prize->units; unit++) {
            struct moment_plan plan = moment_of(campaign->table, (uint8_t)(i + 1), &campaign->seed, unit);

            campaign->moments[at++] = (struct planned_moment){plan.at_ms, plan.shard, unit, (uint8_t)(i + 1)};
        }
    }
    campaign->moment_count = at;
    if (at > 0) {
        qsort(campaign->moments, at, sizeof *campaign->moments, moment_order);
    }
}

/* ---- loading ---- */

struct free_units { /* of the prizes with moments: bit by bit */
    uint8_t *bits[PRIZES_MAX];
};

static void free_units_free(struct free_units *units)
{
    for (size_t i = 0; i < PRIZES_MAX; i++) {
        free(units->bits[i]);
    }
}

static void units_set(
    const struct duty_campaign *campaign, struct free_units *units, size_t prize, int64_t from, int64_t to)
{
    int64_t all = campaign->table->prizes[prize].units;

    if (units->bits[prize] == NULL) {
        units->bits[prize] = calloc((size_t)all / 8 + 1, 1);
    }
    for (int64_t unit = from; unit < to && unit < all && units->bits[prize] != NULL; unit++) {
        units->bits[prize][unit / 8] = (uint8_t)(units->bits[prize][unit / 8] | 1 << unit % 8);
    }
}

static hb_err
free_units_read(struct duties *duties, const struct duty_campaign *campaign, struct free_units *units)
{
    struct pg_result *rows = NULL;
    hb_err err = pg_callf(duties->pg,
                          &rows,
                          "SELECT prize, from_unit, to_unit FROM prize_free WHERE campaign = $1",
                          "%d",
                          (int)campaign->id);

    if (ledger_failed(duties, err, "prize_free") != HB_OK) {
        return err;
    }
    for (int i = 0; i < pg_rows(rows); i++) {
        size_t prize = (size_t)pg_i64(rows, i, 0) - 1;

        if (prize < campaign->table->prize_count && campaign->table->prizes[prize].mode == PRIZE_MOMENTS) {
            units_set(campaign, units, prize, pg_i64(rows, i, 1), pg_i64(rows, i, 2));
        }
    }
    pg_result_free(rows);
    return HB_OK;
}

static bool unit_free(const struct free_units *units, const struct planned_moment *moment)
{
    const uint8_t *bits = units->bits[moment->prize - 1];

    return bits != NULL && (bits[moment->unit / 8] >> moment->unit % 8 & 1) != 0;
}

/* How many shards had it and did not use it. */
static hb_err moves_read(struct duties *duties,
                         const struct duty_campaign *campaign,
                         const struct planned_moment *moment,
                         uint32_t *out)
{
    struct pg_result *row = NULL;
    hb_err err = HB_OK;

    *out = 0;
    if (campaign->shard_count == 1 || clock_wall_ms() < moment->at_ms) {
        return HB_OK;
    }
    err = pg_callf(
        duties->pg,
        &row,
        "SELECT count(*) FROM lease WHERE campaign = $1 AND prize = $2 AND from_unit = $3 AND kind = 'gone'",
        "%d%d%d",
        (int)campaign->id,
        (int)moment->prize,
        (int)moment->unit);
    if (ledger_failed(duties, err, "moves") == HB_OK) {
        *out = (uint32_t)pg_i64(row, 0, 0);
    }
    pg_result_free(row);
    return err;
}

static hb_err
moment_load(struct duties *duties, struct duty_campaign *campaign, const struct planned_moment *moment)
{
    struct duty_shard *shard = NULL;
    uint32_t moves = 0;
    hb_err err = moves_read(duties, campaign, moment, &moves);

    if (err != HB_OK) {
        return err;
    }
    shard = &campaign->shards[(moment->shard + moves) % campaign->shard_count];
    if (!shard->serving || !shard->leases_checked || shard->state->moment_count == MOMENTS_MAX ||
        moment->prize > shard->state->prize_count) {
        return HB_OK; /* at a later round */
    }
    err = lease_give(duties, campaign, shard, moment->prize, 1, moment);
    return duties->pg_away || duties->fence == 0 ? err : HB_OK; /* one shard's trouble is not the others' */
}

void moments_load(struct duties *duties, struct duty_campaign *campaign, int64_t now_us)
{
    const int64_t now_ms = clock_wall_ms();
    struct free_units units = {{NULL}};
    hb_err err = HB_OK;
    int loaded = 0;

    if (now_us < campaign->moments_at_us || !campaign->seeded || campaign_over(campaign, now_ms)) {
        return;
    }
    campaign->moments_at_us = now_us + MOMENTS_US;
    if (!campaign->moments_planned) {
        moments_plan(campaign);
    }
    if (campaign->moment_count == 0 || campaign->moments[0].at_ms > now_ms + MOMENT_AHEAD_MS) {
        return;
    }
    err = free_units_read(duties, campaign, &units);
    for (size_t i = 0; i < campaign->moment_count && err == HB_OK && loaded < LOADED_A_ROUND; i++) {
        if (campaign->moments[i].at_ms > now_ms + MOMENT_AHEAD_MS) {
            break;
        }
        if (unit_free(&units, &campaign->moments[i])) {
            err = moment_load(duties, campaign, &campaign->moments[i]);
            loaded++;
        }
    }
    free_units_free(&units);
}

/* ---- moving on ---- */

static hb_err moment_arrived(struct duties *duties,
                             const struct duty_campaign *campaign,
                             const struct duty_shard *shard,
                             const struct moment *moment,
                             int64_t *out_ms)
{
    struct pg_result *row = NULL;
    hb_err err =
        pg_callf(duties->pg,
                 &row,
                 "SELECT (extract(epoch FROM max(at)) * 1000)::bigint FROM lease "
                 "WHERE campaign = $1 AND shard = $2 AND prize = $3 AND from_unit = $4 AND kind = 'moment'",
                 "%d%d%d%d",
                 (int)campaign->id,
                 (int)shard->index,
                 (int)moment->prize,
                 (int)moment->unit);

    *out_ms = INT64_MAX;
    if (ledger_failed(duties, err, "moment") == HB_OK && !pg_null(row, 0, 0)) {
        *out_ms = pg_i64(row, 0, 0);
    }
    pg_result_free(row);
    return err;
}

/* The oldest one that nobody wanted here for half a minute goes to the next shard. One a round. */
hb_err moments_round(struct duties *duties, struct duty_campaign *campaign, struct duty_shard *shard)
{
    const int64_t now_ms = clock_wall_ms();

    if (campaign->shard_count == 1 || !shard->leases_checked) {
        return HB_OK;
    }
    for (uint16_t i = 0; i < shard->state->moment_count; i++) {
        const struct moment *moment = &shard->state->moments[i];
        const struct lease_record lease = {
            .prize = moment->prize, .from = moment->unit, .to = moment->unit + 1};
        int64_t arrived_ms = 0;
        hb_err err = HB_OK;

        if (moment->at_ms + MOMENT_UNUSED_MS > now_ms) {
            return HB_OK; /* they are ordered by time */
        }
        err = moment_arrived(duties, campaign, shard, moment, &arrived_ms);
        if (err == HB_OK && arrived_ms < now_ms - MOMENT_UNUSED_MS) {
            log_info("moment.moves_on",
                     "campaign=%s shard=%" PRIu32 " prize=%u unit=%" PRIu32,
                     campaign->slug,
                     shard->index,
                     moment->prize,
                     moment->unit);
            return lease_hand_back(duties, campaign, shard, RECORD_GONE, lease);
        }
        if (err != HB_OK) {
            return err;
        }
    }
    return HB_OK;
}
