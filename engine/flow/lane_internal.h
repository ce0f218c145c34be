/*
 * flow/lane_internal.h - what lane.c (who waits for a shard), lane_batch.c (one batch through it), and
 * lane_wins.c (the batch's wins through the ledger) share.
 */
#pragma once

#include "flow/draw_internal.h"

/* What is on its way to the shard. */
struct batch {
    struct shard_batch call;
    struct catalog *catalog;
    uint32_t epoch_sent;
    size_t count;
    struct draw *draws[RECORD_DRAWS_MAX];
    struct draw_request requests[RECORD_DRAWS_MAX];
    struct draw_result results[RECORD_DRAWS_MAX];
};

struct lane {
    struct lane *next;
    struct draws *draws;
    uint32_t campaign_id, shard;
    struct draw *head, *tail; /* queued */
    size_t queued, held_for;  /* how many are; for how many a batch is held back */
    struct draw *dry;         /* waiting for stock */
    struct loop_timer *refill, *release;
    bool in_flight; /* the batch is */
    bool deferred;  /* lane_flush is on its way */
    struct batch batch;
};

void lane_batch_send(struct lane *lane);     /* fills the batch from the queue, which is not empty */
void lane_batch_returned(struct lane *lane); /* its draws are answered, queued again or with the ledger */

/* Posts wins of the lane's batch: with the entry they were drawn in; or, entry NULL, remembered ones, which
 * are only looked up: a win without its entry in the ledger could not be verified if Redis then lost the
 * entry. Each draw ends with the ledger's answer. */
void lane_wins_post(const struct lane *lane,
                    uint32_t epoch,
                    const struct shard_entry *entry,
                    struct draw *const *won,
                    size_t count);
