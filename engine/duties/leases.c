/*
 * duties/leases.c - stock: from the ledger to the shards, and what is left of it back.
 *
 *   lease    the ledger's row, then the shard's LEASE entry, in order of lease_no
 *   return   the shard's RETURN (or GONE) entry, then its posting
 *
 * After a crash in between, the next round does the second half.
 */
#include "duties/duties_internal.h"

#include "base/clock.h"
#include "base/crash_point.h"
#include "base/log.h"
#include "base/metrics.h"
#include "lottery/split.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { BUDGET_RETRY_US = 2000 * 1000, RETURNS_A_ROUND = 64 };

/* ---- the shard ---- */

hb_err shard_control(struct duties *duties,
                     const struct duty_campaign *campaign,
                     struct duty_shard *shard,
                     enum record_kind kind,
                     const struct lease_record *lease)
{
    const struct control_entry entry = {.kind = kind, .lease = lease};
    uint64_t position = 0;
    hb_err err = HB_E_CLOSED;

    if (leader_sure(duties)) {
        err = redis_control(
            shard_redis(duties, shard), campaign->slug, shard->index, shard->ledger_epoch, &entry, &position);
    }
    if (err == HB_OK && position != 0 && !shard_apply(shard->state, kind, lease)) {
        shard->state->lease_no = lease->lease_no; /* draws went on meanwhile; the next look has it all */
    }
    return err;
}

static enum record_kind kind_read(const char *kind)
{
    switch (kind[0]) {
    case 'm':
        return RECORD_MOMENT;
    case 'r':
        return RECORD_RETURN;
    case 'g':
        return RECORD_GONE;
    default:
        return RECORD_LEASE;
    }
}

/* ---- agreeing ---- */

/* Rows of the ledger that the shard does not know yet. */
static hb_err
leases_apply(struct duties *duties, const struct duty_campaign *campaign, struct duty_shard *shard)
{
    struct pg_result *rows = NULL;
    hb_err err = pg_callf(duties->pg,
                          &rows,
                          "SELECT lease_no, prize, kind, from_unit, to_unit, more, at_ms FROM lease "
                          "WHERE campaign = $1 AND shard = $2 AND lease_no > $3 ORDER BY lease_no",
                          "%d%d%d",
                          (int)campaign->id,
                          (int)shard->index,
                          (int)shard->state->lease_no);

    if (ledger_failed(duties, err, "leases") != HB_OK) {
        return err;
    }
    for (int i = 0; i < pg_rows(rows) && err == HB_OK; i++) {
        const struct lease_record lease = {
            .lease_no = (uint32_t)pg_i64(rows, i, 0),
            .prize = (uint8_t)pg_i64(rows, i, 1),
            .from = (uint32_t)pg_i64(rows, i, 3),
            .to = (uint32_t)pg_i64(rows, i, 4),
            .more = pg_i64(rows, i, 5) != 0,
            .at_ms = pg_i64(rows, i, 6),
        };

        err = shard_control(duties, campaign, shard, kind_read(pg_text(rows, i, 2)), &lease);
        if (err == HB_E_CONFLICT) {
            log_error("lease.not_applied",
                      "campaign=%s shard=%" PRIu32 " lease_no=%" PRIu32 " why=\"%s\"",
                      campaign->slug,
                      shard->index,
                      lease.lease_no,
                      redis_error(shard_redis(duties, shard)));
        }
    }
    pg_result_free(rows);
    return err;
}

/* Ledger and shard agree about the last lease, whatever crashed between them. */
static hb_err leases_settle(struct duties *duties, struct duty_campaign *campaign, struct duty_shard *shard)
{
    bool refused = false;
    uint32_t ledger_no = 0;
    hb_err err = lease_no_read(duties, campaign, shard, &ledger_no);

    if (err != HB_OK) {
        return err;
    }
    if (ledger_no < shard->state->lease_no) {
        err = drain_round(duties, campaign, shard, DRAIN_ALL, &refused);
        err = err == HB_OK ? returns_post(duties, campaign, shard, shard->ledger_epoch, ledger_no) : err;
    } else {
        err = leases_apply(duties, campaign, shard);
    }
    shard->leases_checked = err == HB_OK;
    return err;
}

/* ---- giving ---- */

static int64_t
budget_units(struct duties *duties, struct duty_campaign *campaign, uint8_t prize, int64_t units)
{
    const struct table_prize *entry = &campaign->table->prizes[prize - 1];
    int64_t unit_fen = entry->kind == PRIZE_CASH ? entry->amount_fen : entry->max_fen;
    struct pg_result *row = NULL;
    hb_err err = HB_OK;
    int64_t affordable = units;

    if (unit_fen == 0 || (entry->kind != PRIZE_CASH && entry->kind != PRIZE_CASH_SPLIT)) {
        return units;
    }
    err = pg_callf(duties->pg,
                   &row,
                   "SELECT credit - debit FROM account WHERE name = 'budget:' || $1",
                   "%s",
                   campaign->slug);
    if (ledger_failed(duties, err, "budget") == HB_OK && pg_rows(row) == 1) {
        affordable = pg_i64(row, 0, 0) / unit_fen;
    }
    pg_result_free(row);
    return affordable < units ? affordable : units;
}

void leases_retry_now(struct duties *duties)
{
    for (size_t c = 0; c < duties->campaign_count; c++) {
        struct duty_campaign *campaign = duties->campaigns[c];

        memset(campaign->lease_retry_at_us, 0, sizeof campaign->lease_retry_at_us);
    }
}

static void budget_short(struct duty_campaign *campaign, uint8_t prize)
{
    campaign->lease_retry_at_us[prize - 1] = clock_mono_us() + BUDGET_RETRY_US;
    if (!campaign->lease_warned) {
        log_warn(
            "lease.no_budget", "campaign=%s prize=%s", campaign->slug, campaign->table->prizes[prize - 1].id);
        campaign->lease_warned = true;
    }
}

/* HB_E_NOT_FOUND: nothing is free. */
static hb_err lease_offer(struct duties *duties,
                          const struct duty_campaign *campaign,
                          uint8_t prize,
                          int64_t units,
                          const struct planned_moment *moment,
                          struct lease_record *lease)
{
    struct pg_result *row = NULL;
    char unit[16] = "";
    hb_err err = HB_OK;

    if (moment != NULL) {
        (void)snprintf(unit, sizeof unit, "%" PRIu32, moment->unit);
    }
    err = pg_callf(duties->pg,
                   &row,
                   "SELECT from_unit, to_unit FROM lease_offer($1, $2, $3, $4)",
                   "%d%d%d%s",
                   (int)campaign->id,
                   (int)prize,
                   (int)units,
                   moment != NULL ? unit : NULL);
    if (ledger_failed(duties, err, "lease_offer") != HB_OK) {
        return err;
    }
    err = pg_rows(row) == 1 ? HB_OK : HB_E_NOT_FOUND;
    if (err == HB_OK) {
        lease->from = (uint32_t)pg_i64(row, 0, 0);
        lease->to = (uint32_t)pg_i64(row, 0, 1);
    }
    pg_result_free(row);
    return err;
}

/* The ledger's row. lease->lease_no stays 0 when there was nothing to tell. */
static hb_err lease_take(struct duties *duties,
                         const struct duty_campaign *campaign,
                         const struct duty_shard *shard,
                         struct lease_record *lease,
                         bool is_moment)
{
    int64_t fen =
        lease->from < lease->to
            ? prize_range_fen(campaign->table, lease->prize, &campaign->seed, lease->from, lease->to)
            : 0;
    struct pg_result *row = NULL;
    char at_ms[24] = "";
    hb_err err = HB_OK;

    (void)snprintf(at_ms, sizeof at_ms, "%" PRId64, lease->at_ms);
    err = pg_callf(duties->pg,
                   &row,
                   "SELECT lease_no, more FROM lease_take($1, $2, $3, $4, $5, $6, $7, $8)",
                   "%ld%d%d%d%d%d%ld%s",
                   (long)duties->fence,
                   (int)campaign->id,
                   (int)shard->index,
                   (int)lease->prize,
                   (int)lease->from,
                   (int)lease->to,
                   (long)fen,
                   is_moment ? at_ms : NULL);
    if (err == HB_E_CONFLICT && strcmp(pg_sqlstate(duties->pg), "HB006") == 0) {
        return HB_E_BUSY;
    }
    if (ledger_failed(duties, err, "lease_take") != HB_OK) {
        return err;
    }
    if (pg_rows(row) == 1) {
        lease->lease_no = (uint32_t)pg_i64(row, 0, 0);
        lease->more = pg_i64(row, 0, 1) != 0;
    }
    pg_result_free(row);
    return HB_OK;
}

static hb_err lease_place(struct duties *duties,
                          struct duty_campaign *campaign,
                          struct duty_shard *shard,
                          struct lease_record *lease,
                          bool is_moment)
{
    hb_err err = HB_OK;

    CRASH_POINT(LEASE_OFFERED);
    err = lease_take(duties, campaign, shard, lease, is_moment);
    if (err == HB_E_BUSY) {
        budget_short(campaign, lease->prize);
        return HB_OK;
    }
    shard->leases_checked &= err == HB_OK; /* unsure: the row may be there */
    if (err != HB_OK || lease->lease_no == 0) {
        return err;
    }
    campaign->free_units[lease->prize - 1] -= lease->to - lease->from;
    campaign->lease_warned = false;
    metrics_add(M_LEASES, 1);
    CRASH_POINT(LEASE_TAKEN);
    err = shard_control(duties, campaign, shard, is_moment ? RECORD_MOMENT : RECORD_LEASE, lease);
    CRASH_POINT(LEASE_PLACED);
    shard->leases_checked &= err == HB_OK;
    return err;
}

hb_err lease_give(struct duties *duties,
                  struct duty_campaign *campaign,
                  struct duty_shard *shard,
                  uint8_t prize,
                  int64_t units,
                  const struct planned_moment *moment)
{
    struct lease_record lease = {.prize = prize, .at_ms = moment != NULL ? moment->at_ms : 0};
    int64_t affordable = units > 0 ? budget_units(duties, campaign, prize, units) : 0;
    hb_err err = HB_OK;

    if (units > 0 && affordable <= 0) {
        budget_short(campaign, prize);
        return HB_OK;
    }
    if (units > 0) {
        err = lease_offer(duties, campaign, prize, affordable, moment, &lease);
    }
    if (err == HB_E_NOT_FOUND) {
        if (moment == NULL) {
            campaign->free_units[prize - 1] = 0;
        }
        return HB_OK;
    }
    return err == HB_OK ? lease_place(duties, campaign, shard, &lease, moment != NULL) : err;
}

/* ---- a shard's round ---- */

static int64_t with_others(const struct duty_campaign *campaign, const struct duty_shard *shard, size_t prize)
{
    int64_t units = 0;

    for (uint32_t i = 0; i < campaign->shard_count; i++) {
        const struct duty_shard *other = &campaign->shards[i];

        if (other != shard && other->state != NULL && prize < other->state->prize_count) {
            units += shard_units_left(&other->state->pools[prize]);
        }
    }
    return units;
}

static int64_t units_wanted(const struct duties *duties,
                            const struct duty_campaign *campaign,
                            struct duty_shard *shard,
                            size_t prize)
{
    const struct pool *pool = &shard->state->pools[prize];
    const struct lease_case lease = {
        .free_units = campaign->free_units[prize],
        .with_others = with_others(campaign, shard, prize),
        .left = shard_units_left(pool),
        .shards = campaign->shard_count,
        .per_second = shard->demand[prize].per_second,
        .seconds = config_int(duties->config, CFG_LEASE_SECONDS),
        .min_units = config_int(duties->config, CFG_LEASE_MIN_UNITS),
        .fresh = pool->given == 0,
    };

    return pool->range_count >= RANGES_MAX ? 0 : lease_units(&lease);
}

/* Nothing is free and this shard is dry while another has plenty: that one hands some back. */
static hb_err
stock_even_out(struct duties *duties, struct duty_campaign *campaign, struct duty_shard *shard, size_t prize)
{
    struct duty_shard *richest = NULL;
    const struct pool *pool = NULL;
    struct lease_record lease = {.prize = (uint8_t)(prize + 1)};
    uint32_t most = 0;
    int64_t spare = 0;

    for (uint32_t i = 0; i < campaign->shard_count; i++) {
        struct duty_shard *other = &campaign->shards[i];
        uint32_t left =
            other->serving && other->leases_checked ? shard_units_left(&other->state->pools[prize]) : 0;

        if (other != shard && left > most) {
            most = left;
            richest = other;
        }
    }
    spare = richest == NULL ? 0 : lease_spare(most, richest->demand[prize].per_second);
    if (spare <= 0) {
        return HB_OK;
    }
    pool = &richest->state->pools[prize];
    lease.to = pool->ranges[pool->range_count - 1].to;
    lease.from = pool->ranges[pool->range_count - 1].from;
    if (lease.to - lease.from > (uint32_t)spare) {
        lease.from = lease.to - (uint32_t)spare;
    }
    return lease_hand_back(duties, campaign, richest, RECORD_RETURN, lease);
}

static hb_err
prize_round(struct duties *duties, struct duty_campaign *campaign, struct duty_shard *shard, size_t prize)
{
    const struct pool *pool = &shard->state->pools[prize];
    int64_t units = 0;
    hb_err err = HB_OK;

    if (campaign->free_units[prize] <= 0 && pool->range_count == 0 && campaign->shard_count > 1) {
        err = stock_even_out(duties, campaign, shard, prize);
    }
    units = units_wanted(duties, campaign, shard, prize);
    if (err == HB_OK && units > 0 && clock_mono_us() >= campaign->lease_retry_at_us[prize]) {
        err = lease_give(duties, campaign, shard, (uint8_t)(prize + 1), units, NULL);
    }
    /* Without this a shard would call a prize spent that a new version has raised, or another shard handed
     * back. */
    if (err == HB_OK && (campaign->free_units[prize] > 0) != pool->more) {
        err = lease_give(duties, campaign, shard, (uint8_t)(prize + 1), 0, NULL);
    }
    return err;
}

hb_err leases_round(struct duties *duties, struct duty_campaign *campaign, struct duty_shard *shard)
{
    hb_err err = shard->leases_checked ? HB_OK : leases_settle(duties, campaign, shard);
    uint32_t prizes = campaign->table->prize_count < shard->state->prize_count ? campaign->table->prize_count
                                                                               : shard->state->prize_count;

    for (size_t i = 0; i < prizes && err == HB_OK && campaign->seeded; i++) {
        demand_seen(&shard->demand[i], shard->state->pools[i].given, clock_mono_us());
        if (campaign->table->prizes[i].mode != PRIZE_MOMENTS) {
            err = prize_round(duties, campaign, shard, i);
        }
    }
    return err;
}

static bool nothing_held(const struct shard *state)
{
    for (uint8_t i = 0; i < state->prize_count; i++) {
        if (state->pools[i].range_count > 0) {
            return false;
        }
    }
    return state->moment_count == 0;
}

/* An opening leaves out the ranges that a full pool has no room for. When all others have gone home, another
 * opening fetches them. */
static hb_err
left_out_fetch(struct duties *duties, const struct duty_campaign *campaign, struct duty_shard *shard)
{
    struct pg_result *row = NULL;
    hb_err err = HB_OK;

    if (shard->home_checked || shard->entries > 0 || !nothing_held(shard->state)) {
        return HB_OK;
    }
    err =
        pg_callf(duties->pg,
                 &row,
                 "SELECT count(*) FROM stock WHERE campaign = $1 AND shard = $2 AND NOT isempty(left_units)",
                 "%d%d",
                 (int)campaign->id,
                 (int)shard->index);
    if (ledger_failed(duties, err, "left_units") == HB_OK) {
        shard->home_checked = true;
        shard->suspect = pg_i64(row, 0, 0) > 0;
        err = shard->suspect ? HB_E_CLOSED : HB_OK;
    }
    pg_result_free(row);
    return err;
}

/* The campaign is over: everything that is left goes home. */
hb_err returns_round(struct duties *duties, struct duty_campaign *campaign, struct duty_shard *shard)
{
    hb_err err = shard->leases_checked ? HB_OK : leases_settle(duties, campaign, shard);
    int returned = 0;

    for (uint8_t i = 0; i < shard->state->prize_count; i++) {
        const struct pool *pool = &shard->state->pools[i];

        while (err == HB_OK && pool->range_count > 0 && returned++ < RETURNS_A_ROUND) {
            const struct unit_range *last = &pool->ranges[pool->range_count - 1];
            const struct lease_record lease = {.prize = (uint8_t)(i + 1), .from = last->from, .to = last->to};

            err = lease_hand_back(duties, campaign, shard, RECORD_RETURN, lease);
        }
    }
    while (err == HB_OK && shard->state->moment_count > 0 && returned++ < RETURNS_A_ROUND) {
        const struct moment *open = &shard->state->moments[shard->state->moment_count - 1];
        const struct lease_record lease = {.prize = open->prize, .from = open->unit, .to = open->unit + 1};

        err = lease_hand_back(duties, campaign, shard, RECORD_GONE, lease);
    }
    return err == HB_OK ? left_out_fetch(duties, campaign, shard) : err;
}
