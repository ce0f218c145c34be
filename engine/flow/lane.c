/*
 * flow/lane.c - the way to one shard: gathers draws, sends one batch at a time, posts the batch's wins.
 *
 * A lane with nothing in flight sends at the end of the loop's turn, so draws that arrived together travel
 * together and a lone draw waits for nothing. In a crowd it waits a moment for those it has just answered:
 * they come back while others already stand here, and a shard does one large batch for far less than two
 * small ones.
 */
#include "flow/draw_internal.h"

#include "base/crash_point.h"
#include "base/log.h"
#include "base/loop.h"
#include "flow/block_guesses.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum {
    CROWD_MIN = 64, /* answered and queued together; fewer never wait */
    HOLD_MAX_US = 2000,
};

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

/* Wins that wait for their commit: the new ones with their log entry; or remembered ones, which are only
 * looked up: a win without its entry in the ledger could not be verified if Redis then lost the entry. */
struct posting {
    struct draws *draws;
    struct catalog *catalog;
    const struct campaign_view *campaign;
    uint32_t shard, epoch;
    uint64_t position;
    size_t count;
    struct draw *waiting[];
};

static void lane_flush(void *arg);
static void lane_refilled(void *arg);
static void lane_released(void *arg);
static void batch_drawn(void *arg, hb_err err, const struct shard_entry *entry);
static void posting_send(struct posting *posting, const struct shard_entry *entry);
static void posting_posted(void *arg, hb_err err, const enum win_verdict *verdicts);

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

/* ---- numbers ---- */

static void draw_block_expect(const struct draw *draw)
{
    block_guess_expect(draw->draws->deps->guesses, draw->campaign->id, &draw->request.player);
}

void draw_remember_block(struct draw *draw, uint32_t next_draw_no)
{
    draw->next_draw_no = next_draw_no;
    block_guess_keep(draw->draws->deps->guesses,
                     draw->campaign->id,
                     &draw->request.player,
                     (next_draw_no - 1) / BLOCK_DRAWS);
}

/* What the shard has just named, else what the client expects, else what the engine remembers. */
static uint32_t draw_block(const struct draw *draw)
{
    uint32_t draw_no = draw->next_draw_no != 0 ? draw->next_draw_no : draw->request.draw_no;

    return draw_no != 0 ? (draw_no - 1) / BLOCK_DRAWS
                        : block_guess(draw->draws->deps->guesses, draw->campaign->id, &draw->request.player);
}

static void request_fill(const struct draw *draw, struct draw_request *out)
{
    *out = draw->request;
    out->block = draw_block(draw);
    fairness_block(
        &draw->campaign->seed, draw->campaign->table->campaign, &out->player, out->block, out->numbers);
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

/* ---- one batch through the shard ---- */

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
        request_fill(draw, &batch->requests[batch->count]);
        batch->draws[batch->count++] = draw;
    }
}

static void lane_flush(void *arg)
{
    struct lane *lane = arg;
    const struct deps *deps = lane->draws->deps;
    struct batch *batch = &lane->batch;

    lane->deferred = false;
    if (lane->in_flight || lane->head == NULL) {
        return;
    }
    loop_timer_stop(lane->release);
    lane->held_for = 0;
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
    lane->in_flight = true;
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

static struct posting *posting_new(const struct lane *lane, uint32_t epoch, uint64_t position)
{
    const struct batch *batch = &lane->batch;
    struct posting *posting = calloc(1, sizeof *posting + batch->count * sizeof(struct draw *));

    if (posting != NULL) {
        posting->draws = lane->draws;
        posting->catalog = catalog_hold(batch->catalog);
        posting->campaign = batch->call.campaign;
        posting->shard = lane->shard;
        posting->epoch = epoch;
        posting->position = position;
    }
    return posting;
}

/* Sends the wins of one status through the ledger: new ones with the entry, remembered ones without. */
static void batch_post(struct lane *lane, enum draw_status status, const struct shard_entry *entry)
{
    struct batch *batch = &lane->batch;
    uint64_t position = status == DRAW_NEW ? entry->position : 0;
    struct posting *posting = NULL;

    for (size_t i = 0; i < batch->count; i++) {
        struct draw *draw = batch->draws[i];

        if (batch->results[i].status != status || batch->results[i].prize == 0) {
            continue;
        }
        if (posting == NULL) {
            posting = posting_new(lane, entry->epoch, position);
        }
        if (posting == NULL) {
            draw_finish(draw, HB_E_RECORDING); /* out of memory: the drain stores it */
            continue;
        }
        draw->step = DRAW_POSTING;
        posting->waiting[posting->count++] = draw;
    }
    if (posting != NULL) {
        posting_send(posting, entry);
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
    lane->in_flight = false;
    lane_hold(lane, lane->batch.count);
    lane_wake(lane);
}

/* ---- the wins of a batch through the ledger ---- */

static void win_post_fill(struct win_post *win, const struct draw *draw)
{
    *win = (struct win_post){
        .player = draw->request.player,
        .draw_no = draw->result.draw_no,
        .prize = draw->result.prize,
        .unit = draw->result.unit,
        .amount_fen = draw_amount_fen(draw->campaign, draw->result.prize, draw->result.unit),
        .key = draw->request.key,
        .chances_left = draw->result.chances_left,
    };
}

static void posting_send(struct posting *posting, const struct shard_entry *entry)
{
    const struct deps *deps = posting->draws->deps;
    struct win_post wins[RECORD_DRAWS_MAX];
    struct ledger_post post = {
        .campaign_id = posting->campaign->id,
        .shard = posting->shard,
        .epoch = posting->epoch,
        .position = posting->position,
        .entry = posting->position == 0 ? NULL : entry->bytes,
        .entry_len = posting->position == 0 ? 0 : entry->len,
        .wins = wins,
        .win_count = posting->count,
    };

    for (size_t i = 0; i < posting->count; i++) {
        win_post_fill(&wins[i], posting->waiting[i]);
    }
    CRASH_POINT(DRAW_POSTING);
    deps->ledger.post(deps->ledger.self, &post, posting_posted, posting);
}

static void win_judged(struct draw *draw, enum win_verdict verdict)
{
    switch (verdict) {
    case WIN_RECORDED:
    case WIN_FOUND:
        draw_ran(draw);
        return;
    case WIN_ABSENT:
        draw_finish(draw, HB_E_UNSURE);
        return;
    case WIN_WAITS:
        draw->draws->deps->win_waits(draw->draws->deps->duties, draw->campaign->id, draw->lane->shard);
        draw_finish(draw, HB_E_RECORDING);
        return;
    case WIN_DIFFERS:
        break;
    }
    char player[PLAYER_HEX + 1];

    player_hex(&draw->request.player, player);
    log_error("win.differs",
              "campaign=%s player=%s draw_no=%u",
              draw->campaign->table->campaign,
              player,
              draw->result.draw_no);
    draw_finish(draw, HB_E_INTERNAL);
}

static void posting_posted(void *arg, hb_err err, const enum win_verdict *verdicts)
{
    struct posting *posting = arg;
    const struct deps *deps = posting->draws->deps;
    bool stored = err == HB_OK && posting->position != 0;

    for (size_t i = 0; i < posting->count; i++) {
        if (err != HB_OK) {
            draw_finish(posting->waiting[i], HB_E_RECORDING);
            continue;
        }
        stored =
            stored && verdicts[i] != WIN_ABSENT; /* the epoch was over: nothing of the post was written */
        win_judged(posting->waiting[i], verdicts[i]);
    }
    CRASH_POINT(DRAW_TOLD);
    if (stored) {
        deps->shards.stored(
            deps->shards.self, posting->campaign, posting->shard, posting->epoch, posting->position);
        CRASH_POINT(ENTRY_NOTED);
    }
    catalog_put_back(posting->catalog);
    free(posting);
}
