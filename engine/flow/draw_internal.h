/*
 * flow/draw_internal.h - what draw.c (one draw's life), draw_request.c (what it brings along) and lane.c
 * (where it waits for its shard) share.
 */
#pragma once

#include "flow/draw.h"

enum { DRAW_TRIES_MAX = 4, BUSY_RETRY_US = 30 * 1000 };

enum draw_step { DRAW_QUEUED, DRAW_RUNNING, DRAW_WAITING_STOCK, DRAW_POSTING };

/* One draw. It is answered once (answered != NULL until then) and freed when its last step has ended. */
struct draw {
    struct draw *next;          /* in its lane's queue, its batch or the free list */
    struct draw *older, *newer; /* in the order of starting: deadlines are ordered too */
    struct draws *draws;
    struct lane *lane;
    struct catalog *catalog;
    const struct campaign_view *campaign;
    struct draw_request request;
    struct draw_result result;
    draw_answered_fn answered;
    void *arg;
    int64_t started_us, deadline_us;
    enum draw_step step;
    unsigned tries;
    uint32_t next_draw_no; /* the shard has named it; 0: not yet */
};

struct lane; /* one shard of one campaign, as this worker sees it */

struct draws {
    const struct deps *deps;
    struct lane *lanes;
    struct draw *oldest, *newest;
    struct draw *unused;
    size_t waiting;
    struct loop_timer *deadlines;
};

void draw_finish(struct draw *draw, hb_err err);                    /* answers (once) and frees */
void draw_ran(struct draw *draw);                                   /* the shard has answered: draw->result */
void draw_remember_block(struct draw *draw, uint32_t next_draw_no); /* for the next guess */
void draw_block_expect(const struct draw *draw); /* a guess will be asked for, or kept, in a moment */
void draw_request_fill(const struct draw *draw, struct draw_request *out); /* with a block of numbers */

void lane_add(struct draw *draw);            /* queues it on its shard's lane */
void lane_retry(struct draw *draw);          /* at the end of this turn */
void lane_wait_for_stock(struct draw *draw); /* after BUSY_RETRY_US */
void lane_drop(struct draw *draw);           /* takes a queued draw out of its queue */
void lanes_free(struct draws *draws);
