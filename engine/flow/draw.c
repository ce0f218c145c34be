/*
 * flow/draw.c - one player draws once.
 *
 *   start --> queued --> running --> none, remembered none ------------> answer
 *               ^           |
 *               |           +--> won, remembered win --> posting --> ok --> answer
 *               |           |                              |
 *               |           |                              +-- unsure --> "being recorded": the drain
 *               |           |                              |              stores it
 *               |           |                              +-- epoch over and absent --> "unknown"
 *               |           +--> closed, unavailable, unsure --> 503, 504
 *               |           |
 *               +-----------+ busy, other block
 *
 * Nothing is ever put back: what the log says has happened. A draw runs to its end even when its caller has
 * been answered at the deadline; draw_finish() alone frees.
 */
#include "flow/draw_internal.h"

#include "base/loop.h"
#include "base/metrics.h"
#include "lottery/split.h"

#include <stdlib.h>
#include <string.h>

static void draws_expire(void *arg);

hb_err draws_new(const struct deps *deps, struct draws **out)
{
    struct draws *draws = calloc(1, sizeof *draws);

    *out = NULL;
    if (draws == NULL) {
        return HB_E_NOMEM;
    }
    draws->deps = deps;
    draws->deadlines = loop_timer_new(deps->loop, draws_expire, draws);
    if (draws->deadlines == NULL) {
        draws_free(draws);
        return HB_E_NOMEM;
    }
    *out = draws;
    return HB_OK;
}

static void draw_free_list(struct draw *draw)
{
    while (draw != NULL) {
        struct draw *next = draw->next;

        free(draw);
        draw = next;
    }
}

void draws_free(struct draws *draws)
{
    if (draws == NULL) {
        return;
    }
    for (struct draw *draw = draws->oldest; draw != NULL;) {
        struct draw *newer = draw->newer;

        catalog_put_back(draw->catalog);
        free(draw);
        draw = newer;
    }
    lanes_free(draws);
    draw_free_list(draws->unused);
    loop_timer_free(draws->deadlines);
    free(draws);
}

size_t draws_waiting(const struct draws *draws)
{
    return draws->waiting;
}

int64_t draw_amount_fen(const struct campaign_view *campaign, uint8_t prize, uint32_t unit)
{
    return prize == 0 ? 0 : prize_unit_fen(campaign->table, prize, &campaign->seed, unit);
}

/* ---- start ---- */

static struct draw *draw_take(struct draws *draws)
{
    struct draw *draw = draws->unused;

    if (draw == NULL) {
        return calloc(1, sizeof *draw);
    }
    draws->unused = draw->next;
    memset(draw, 0, sizeof *draw);
    return draw;
}

static void draw_link(struct draws *draws, struct draw *draw)
{
    draw->older = draws->newest;
    if (draws->newest == NULL) {
        draws->oldest = draw;
        loop_timer_set(draws->deadlines, draws->deps->draw_timeout_ms * 1000);
    } else {
        draws->newest->newer = draw;
    }
    draws->newest = draw;
    draws->waiting++;
    metrics_gauge_add(G_DRAWS_WAITING, 1);
}

static void draw_unlink(struct draws *draws, struct draw *draw)
{
    *(draw->older == NULL ? &draws->oldest : &draw->older->newer) = draw->newer;
    *(draw->newer == NULL ? &draws->newest : &draw->newer->older) = draw->older;
    draws->waiting--;
    metrics_gauge_add(G_DRAWS_WAITING, -1);
}

static void refuse(const struct draw_order *order, hb_err err, draw_answered_fn answered, void *arg)
{
    struct draw_answer answer = {.err = err, .campaign = order->campaign, .player = order->player};

    metrics_add(M_DRAW_REFUSED, 1);
    answered(arg, &answer);
}

void draw_start(struct draws *draws, const struct draw_order *order, draw_answered_fn answered, void *arg)
{
    struct draw *draw;

    if (!order->campaign->seeded) {
        refuse(order, HB_E_NOT_STARTED, answered, arg);
        return;
    }
    draw = draws->waiting >= draws->deps->draws_waiting_max ? NULL : draw_take(draws);
    if (draw == NULL) {
        refuse(order, HB_E_OVERLOADED, answered, arg);
        return;
    }
    draw->draws = draws;
    draw->catalog = catalog_hold(order->catalog);
    draw->campaign = order->campaign;
    draw->request.player = order->player;
    draw->request.key = order->key;
    draw->request.draw_no = order->draw_no;
    draw->answered = answered;
    draw->arg = arg;
    draw->started_us = order->started_us;
    draw->deadline_us = loop_now_us(draws->deps->loop) + draws->deps->draw_timeout_ms * 1000;
    draw_link(draws, draw);
    lane_add(draw);
}

/* ---- the answer ---- */

static void count_answer(const struct draw *draw, const struct draw_answer *answer)
{
    if (answer->err == HB_OK) {
        metrics_add(answer->replayed ? M_DRAW_REPLAYED : answer->prize != 0 ? M_DRAW_WON : M_DRAW_NONE, 1);
        metrics_observe_us(H_DRAW, loop_now_us(draw->draws->deps->loop) - draw->started_us);
    } else if (answer->err == HB_E_UNSURE || answer->err == HB_E_RECORDING) {
        metrics_add(M_DRAW_UNSURE, 1);
    } else {
        metrics_add(M_DRAW_REFUSED, 1);
    }
}

/* The draw lives on until its step has ended. */
static void draw_answer(struct draw *draw, hb_err err)
{
    draw_answered_fn answered = draw->answered;
    struct draw_answer answer = {
        .err = err,
        .campaign = draw->campaign,
        .player = draw->request.player,
        .draw_no = draw->result.draw_no,
        .chances_left = draw->result.chances_left,
        .prize = draw->result.prize,
        .replayed = draw->result.status == DRAW_REMEMBERED,
    };

    if (answered == NULL) {
        return; /* answered at its deadline */
    }
    draw->answered = NULL;
    if (err == HB_OK) {
        answer.amount_fen = draw_amount_fen(draw->campaign, draw->result.prize, draw->result.unit);
    }
    count_answer(draw, &answer);
    answered(draw->arg, &answer);
}

void draw_finish(struct draw *draw, hb_err err)
{
    struct draws *draws = draw->draws;

    draw_answer(draw, err);
    draw_unlink(draws, draw);
    catalog_put_back(draw->catalog);
    draw->next = draws->unused;
    draws->unused = draw;
}

/* ---- deadlines ---- */

/* What the caller hears when its time is over, by how far the draw has come. */
static hb_err expired_err(const struct draw *draw)
{
    switch (draw->step) {
    case DRAW_QUEUED:
        return HB_E_UNAVAILABLE;
    case DRAW_WAITING_STOCK:
        return HB_E_BUSY;
    case DRAW_RUNNING:
        return HB_E_UNSURE;
    case DRAW_POSTING:
        return HB_E_RECORDING;
    }
    return HB_E_INTERNAL;
}

static void draw_expire(struct draw *draw)
{
    hb_err err = expired_err(draw);

    if (draw->step == DRAW_QUEUED || draw->step == DRAW_WAITING_STOCK) {
        lane_drop(draw);
        draw_finish(draw, err);
        return;
    }
    draw_answer(draw, err); /* the port will end it */
}

static void draws_expire(void *arg)
{
    struct draws *draws = arg;
    int64_t now_us = loop_now_us(draws->deps->loop);
    struct draw *draw = draws->oldest;

    while (draw != NULL && draw->deadline_us <= now_us) {
        struct draw *newer = draw->newer;

        if (draw->answered != NULL) {
            draw_expire(draw);
        }
        draw = newer;
    }
    if (draws->oldest != NULL) {
        int64_t wait_us = draw == NULL ? draws->deps->draw_timeout_ms * 1000 : draw->deadline_us - now_us;

        loop_timer_set(draws->deadlines, wait_us > 1000 ? wait_us : 1000);
    }
}

/* ---- the shard has answered ---- */

static hb_err refusal_of(const struct draw *draw)
{
    switch (draw->result.status) {
    case DRAW_KEY_REUSED:
        return HB_E_KEY_REUSED;
    case DRAW_OTHER_NUMBER:
        return HB_E_DRAW_NO;
    case DRAW_NO_CHANCE:
        return HB_E_NO_CHANCE;
    case DRAW_DAY_CAP:
        return HB_E_DAY_CAP;
    case DRAW_CAMPAIGN_CAP:
        return HB_E_CAMPAIGN_CAP;
    case DRAW_NOT_STARTED:
        return HB_E_NOT_STARTED;
    case DRAW_ENDED:
        return HB_E_ENDED;
    case DRAW_PAUSED: /* a campaign that was ended by hand is a paused one to its shards */
        return draw->campaign->ended ? HB_E_ENDED : HB_E_PAUSED;
    case DRAW_NEW:
    case DRAW_REMEMBERED:
    case DRAW_BUSY:
    case DRAW_OTHER_BLOCK:
        break;
    }
    return HB_E_INTERNAL;
}

static void draw_busy(struct draw *draw)
{
    const struct deps *deps = draw->draws->deps;
    uint32_t shard = table_shard_of(draw->campaign->table, &draw->request.player);

    metrics_add(M_DRAW_BUSY, 1);
    deps->stock_dry(deps->duties, draw->campaign->id, shard, draw->result.prize);
    lane_wait_for_stock(draw);
}

void draw_ran(struct draw *draw)
{
    bool expired = draw->answered == NULL;

    switch (draw->result.status) {
    case DRAW_NEW:
    case DRAW_REMEMBERED:
        draw_remember_block(draw, draw->result.draw_no + 1);
        draw_finish(draw, HB_OK); /* a win comes here only after its commit */
        return;
    case DRAW_BUSY:
        if (expired) {
            draw_finish(draw, HB_E_BUSY);
            return;
        }
        draw_busy(draw);
        return;
    case DRAW_OTHER_BLOCK:
        draw_remember_block(draw, draw->result.draw_no);
        if (expired || ++draw->tries >= DRAW_TRIES_MAX) {
            draw_finish(draw, HB_E_UNAVAILABLE);
            return;
        }
        lane_retry(draw);
        return;
    case DRAW_KEY_REUSED:
    case DRAW_OTHER_NUMBER:
    case DRAW_NO_CHANCE:
    case DRAW_DAY_CAP:
    case DRAW_CAMPAIGN_CAP:
    case DRAW_NOT_STARTED:
    case DRAW_ENDED:
    case DRAW_PAUSED:
        break;
    }
    draw_finish(draw, refusal_of(draw));
}
