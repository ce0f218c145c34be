/*
 * flow/lane.c - who waits for a shard: gathers draws and sends one batch at a time.
 *
 * A lane with nothing in flight sends at the end of the loop's turn, so draws that arrived together travel
 * together and a lone draw waits for nothing. In a crowd it waits a moment for those it has just answered:
 * they come back while others already stand here, and a shard does one large batch for far less than two
 * small ones.
 */
#include "flow/lane_internal.h"

#include "base/loop.h"

#include <stdlib.h>

enum {
    CROWD_MIN = 64, /* answered and queued together; fewer never wait */
    HOLD_MAX_US = 2000,
};

static void lane_flush(void *arg);
static void lane_refilled(void *arg);
static void lane_released(void *arg);

static struct lane *lane_of(struct draws *draws, uint32_t campaign_id, uint32_t shard)
{
    for (struct lane *lane = draws->lanes; lane != NULL; lane = lane->next) {
        if (lane->campaign_id == campaign_id && lane->shard == shard) {
            return lane;
        }
    }
    struct lane *lane = calloc(1, sizeof *lane);

    if (lane != NULL) {
        *lane =
            (struct lane){.next = draws->lanes, .draws = draws, .campaign_id = campaign_id, .shard = shard};
        lane->refill = loop_timer_new(draws->deps->loop, lane_refilled, lane);
        lane->release = loop_timer_new(draws->deps->loop, lane_released, lane);
        draws->lanes = lane;
    }
    return lane;
}

void lanes_free(struct draws *draws)
{
    while (draws->lanes != NULL) {
        struct lane *next = draws->lanes->next;

        loop_timer_free(draws->lanes->refill);
        loop_timer_free(draws->lanes->release);
        free(draws->lanes);
        draws->lanes = next;
    }
}

/* ---- gathering ---- */

static void lane_wake(struct lane *lane)
{
    if (!lane->in_flight && !lane->deferred && lane->head != NULL && lane->queued >= lane->held_for) {
        lane->deferred = true;
        loop_defer(lane->draws->deps->loop, lane_flush, lane);
    }
}

/* Seven of eight: who does not come back, or is slow, is not waited for. */
static void lane_hold(struct lane *lane, size_t answered)
{
    size_t crowd = answered + lane->queued, max = lane->draws->deps->batch_max;

    if (crowd >= CROWD_MIN) {
        crowd -= crowd / 8;
        lane->held_for = crowd < max ? crowd : max;
        loop_timer_set(lane->release, HOLD_MAX_US);
    }
}

static void lane_released(void *arg)
{
    struct lane *lane = arg;

    lane->held_for = 0;
    lane_wake(lane);
}

static void lane_queue(struct lane *lane, struct draw *draw)
{
    draw_block_expect(draw);
    lane->queued++;
    draw->step = DRAW_QUEUED;
    draw->next = NULL;
    *(lane->head == NULL ? &lane->head : &lane->tail->next) = draw;
    lane->tail = draw;
    lane_wake(lane);
}

/* Out of memory for a lane: nothing was sent. Answered from the loop, as every port promises. */
static void draw_refused_later(void *arg)
{
    draw_finish(arg, HB_E_UNAVAILABLE);
}

void lane_add(struct draw *draw)
{
    struct draws *draws = draw->draws;

    draw->lane =
        lane_of(draws, draw->campaign->id, table_shard_of(draw->campaign->table, &draw->request.player));
    if (draw->lane == NULL) {
        loop_defer(draws->deps->loop, draw_refused_later, draw);
        return;
    }
    lane_queue(draw->lane, draw);
}

void lane_retry(struct draw *draw)
{
    lane_queue(draw->lane, draw);
}

void lane_wait_for_stock(struct draw *draw)
{
    struct lane *lane = draw->lane;

    draw->step = DRAW_WAITING_STOCK;
    if (lane->dry == NULL) {
        loop_timer_set(lane->refill, BUSY_RETRY_US);
    }
    draw->next = lane->dry;
    lane->dry = draw;
}

static void lane_refilled(void *arg)
{
    struct lane *lane = arg;
    struct draw *draw = lane->dry;

    lane->dry = NULL;
    while (draw != NULL) {
        struct draw *next = draw->next;

        lane_queue(lane, draw);
        draw = next;
    }
}

static void list_drop(struct draw **head, struct draw **tail, const struct draw *draw)
{
    struct draw *before = NULL;

    for (struct draw **link = head; *link != NULL; before = *link, link = &(*link)->next) {
        if (*link == draw) {
            *link = draw->next;
            if (tail != NULL && *tail == draw) {
                *tail = before;
            }
            return;
        }
    }
}

void lane_drop(struct draw *draw)
{
    if (draw->step == DRAW_QUEUED) {
        draw->lane->queued--;
        list_drop(&draw->lane->head, &draw->lane->tail, draw);
    } else {
        list_drop(&draw->lane->dry, NULL, draw);
    }
}

/* ---- sending ---- */

static void lane_flush(void *arg)
{
    struct lane *lane = arg;

    lane->deferred = false;
    if (lane->in_flight || lane->head == NULL) {
        return;
    }
    loop_timer_stop(lane->release);
    lane->held_for = 0;
    lane->in_flight = true;
    lane_batch_send(lane);
}

void lane_batch_returned(struct lane *lane)
{
    lane->in_flight = false;
    lane_hold(lane, lane->batch.count);
    lane_wake(lane);
}
