/*
 * duties/lease_return.c - stock that goes back: the shard's RETURN or GONE entry first, then its posting.
 *
 * A crash in between leaves an entry past the ledger's last lease number: returns_post() finds it in the
 * stored log.
 */
#include "duties/duties_internal.h"

#include "base/crash_point.h"
#include "base/log.h"
#include "lottery/split.h"

#include <inttypes.h>
#include <stdio.h>

enum { RETURNS_SEEN = 256 };

static hb_err return_post(struct duties *duties,
                          const struct duty_campaign *campaign,
                          const struct duty_shard *shard,
                          enum record_kind kind,
                          const struct lease_record *lease)
{
    int64_t fen = prize_range_fen(campaign->table, lease->prize, &campaign->seed, lease->from, lease->to);
    hb_err err = pg_callf(duties->pg,
                          NULL,
                          "SELECT lease_return($1, $2, $3, $4, $5, $6, $7, $8, $9)",
                          "%ld%d%d%d%d%d%d%ld%s",
                          (long)duties->fence,
                          (int)campaign->id,
                          (int)shard->index,
                          (int)lease->lease_no,
                          (int)lease->prize,
                          (int)lease->from,
                          (int)lease->to,
                          (long)fen,
                          kind == RECORD_GONE ? "gone" : "return");

    return ledger_failed(duties, err, "lease_return");
}

hb_err lease_hand_back(struct duties *duties,
                       struct duty_campaign *campaign,
                       struct duty_shard *shard,
                       enum record_kind kind,
                       struct lease_record lease)
{
    hb_err err = HB_OK;

    lease.lease_no = shard->state->lease_no + 1;
    err = shard_control(duties, campaign, shard, kind, &lease);
    if (err == HB_E_CONFLICT) {
        return HB_OK; /* a draw took it meanwhile */
    }
    if (err == HB_OK && shard->state->lease_no != lease.lease_no) {
        err = HB_E_CLOSED; /* that number is taken: what we know of the shard is old */
    }
    if (err == HB_OK) {
        CRASH_POINT(RETURN_WRITTEN);
        err = return_post(duties, campaign, shard, kind, &lease);
        CRASH_POINT(RETURN_POSTED);
    }
    shard->leases_checked &= err == HB_OK;
    if (err == HB_OK) {
        campaign->free_units[lease.prize - 1] += lease.to - lease.from;
    }
    return err;
}

struct returns {
    struct lease_record leases[RETURNS_SEEN]; /* newest first */
    enum record_kind kinds[RETURNS_SEEN];
    size_t count;
    uint32_t after; /* the ledger's last number */
};

static bool return_read(void *arg, const struct pg_result *row)
{
    struct returns *returns = arg;
    struct record_header header;
    size_t len = 0;
    const uint8_t *entry = pg_bytes(row, 0, 0, &len);
    struct lease_record *lease = &returns->leases[returns->count];

    if (!record_header_read(entry, len, &header) || !record_lease_read(entry, len, lease) ||
        lease->lease_no <= returns->after) {
        return false;
    }
    returns->kinds[returns->count++] = header.kind;
    return returns->count < RETURNS_SEEN;
}

hb_err lease_no_read(struct duties *duties,
                     const struct duty_campaign *campaign,
                     const struct duty_shard *shard,
                     uint32_t *lease_no)
{
    struct pg_result *row = NULL;
    hb_err err = pg_callf(duties->pg,
                          &row,
                          "SELECT lease_no FROM shard WHERE campaign = $1 AND shard = $2",
                          "%d%d",
                          (int)campaign->id,
                          (int)shard->index);

    if (ledger_failed(duties, err, "lease_no") == HB_OK) {
        *lease_no = pg_rows(row) == 1 ? (uint32_t)pg_i64(row, 0, 0) : 0;
    }
    pg_result_free(row);
    return err;
}

hb_err returns_post(struct duties *duties,
                    const struct duty_campaign *campaign,
                    const struct duty_shard *shard,
                    uint32_t epoch,
                    uint32_t lease_no)
{
    struct returns returns = {.after = lease_no};
    char parts[3][16];
    const char *params[3] = {parts[0], parts[1], parts[2]};
    hb_err err = HB_OK;

    (void)snprintf(parts[0], sizeof parts[0], "%" PRIu32, campaign->id);
    (void)snprintf(parts[1], sizeof parts[1], "%" PRIu32, shard->index);
    (void)snprintf(parts[2], sizeof parts[2], "%" PRIu32, epoch);
    err = pg_stream(
        duties->pg,
        "SELECT entry FROM draw_log WHERE campaign = $1 AND shard = $2 AND epoch = $3 AND kind IN (4, 6) "
        "ORDER BY position DESC",
        3,
        params,
        return_read,
        &returns);
    if (ledger_failed(duties, err, "returns") != HB_OK) {
        return err;
    }
    while (returns.count > 0 && err == HB_OK) {
        returns.count--;
        log_info("lease.return_posted_late",
                 "campaign=%s shard=%" PRIu32 " lease_no=%" PRIu32,
                 campaign->slug,
                 shard->index,
                 returns.leases[returns.count].lease_no);
        err = return_post(
            duties, campaign, shard, returns.kinds[returns.count], &returns.leases[returns.count]);
    }
    return err;
}
