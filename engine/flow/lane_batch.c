/*
 * flow/lane_batch.c - one batch through the shard: who is in it, and what its answer means for each of them.
 */
#include "flow/lane_internal.h"

#include "base/crash_point.h"

#include <assert.h>

static void batch_drawn(void *arg, hb_err err, const struct shard_entry *entry);

static void batch_fill(struct lane *lane, size_t max)
{
    struct batch *batch = &lane->batch;

    batch->count = 0;
    while (lane->head != NULL && batch->count < max) {
        struct draw *draw = lane->head;

        lane->head = draw->next;
        lane->queued--;
        draw->next = NULL;
        draw->step = DRAW_RUNNING;
        draw_request_fill(draw, &batch->requests[batch->count]);
        batch->draws[batch->count++] = draw;
    }
}

void lane_batch_send(struct lane *lane)
{
    const struct deps *deps = lane->draws->deps;
    struct batch *batch = &lane->batch;

    batch_fill(lane, deps->batch_max < RECORD_DRAWS_MAX ? deps->batch_max : RECORD_DRAWS_MAX);
    assert(batch->count > 0); /* the queue was not empty */
    /* The newest draw has the newest campaign; what a batch needs of it never changes after publishing. */
    const struct draw *last = batch->draws[batch->count - 1];

    batch->catalog = catalog_hold(last->catalog);
    batch->epoch_sent = atomic_load(last->campaign->shards[lane->shard].epoch);
    batch->call = (struct shard_batch){
        .campaign = last->campaign,
        .shard = lane->shard,
        .requests = batch->requests,
        .count = batch->count,
        .results = batch->results,
    };
    CRASH_POINT(DRAW_GATHERED);
    deps->shards.draw(deps->shards.self, &batch->call, batch_drawn, lane);
}

/* A shard that was reopened since the batch left takes it again; a closed one refuses, nothing consumed. */
static void batch_failed(struct lane *lane, hb_err err)
{
    const struct deps *deps = lane->draws->deps;
    struct batch *batch = &lane->batch;
    bool reopened = atomic_load(batch->call.campaign->shards[lane->shard].epoch) != batch->epoch_sent;

    if (err == HB_E_CLOSED && !reopened) {
        deps->shard_closed(deps->duties, lane->campaign_id, lane->shard);
    }
    for (size_t i = 0; i < batch->count; i++) {
        struct draw *draw = batch->draws[i];

        if (err == HB_E_CLOSED && reopened && ++draw->tries < DRAW_TRIES_MAX) {
            lane_retry(draw);
        } else {
            draw_finish(draw, err);
        }
    }
}

/* Sends the wins of one status through the ledger: new ones with the entry, remembered ones without. */
static void batch_post(struct lane *lane, enum draw_status status, const struct shard_entry *entry)
{
    const struct batch *batch = &lane->batch;
    struct draw *won[RECORD_DRAWS_MAX];
    size_t count = 0;

    for (size_t i = 0; i < batch->count; i++) {
        if (batch->results[i].status == status && batch->results[i].prize != 0) {
            won[count++] = batch->draws[i];
        }
    }
    if (count > 0) {
        lane_wins_post(lane, entry->epoch, status == DRAW_NEW ? entry : NULL, won, count);
    }
}

static bool is_win(const struct draw_result *result)
{
    return result->prize != 0 && (result->status == DRAW_NEW || result->status == DRAW_REMEMBERED);
}

static void batch_answer(struct lane *lane, const struct shard_entry *entry)
{
    struct batch *batch = &lane->batch;

    for (size_t i = 0; i < batch->count; i++) {
        batch->draws[i]->result = batch->results[i];
        draw_block_expect(batch->draws[i]);
    }
    batch_post(lane, DRAW_NEW, entry);
    batch_post(lane, DRAW_REMEMBERED, entry);
    for (size_t i = 0; i < batch->count; i++) {
        if (!is_win(&batch->results[i])) {
            draw_ran(batch->draws[i]);
        }
    }
}

static void batch_drawn(void *arg, hb_err err, const struct shard_entry *entry)
{
    struct lane *lane = arg;

    if (err == HB_OK) {
        batch_answer(lane, entry);
    } else {
        batch_failed(lane, err);
    }
    catalog_put_back(lane->batch.catalog);
    lane_batch_returned(lane);
}
