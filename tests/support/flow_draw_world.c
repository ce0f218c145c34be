/*
 * tests/support/flow_draw_world.c - the ports behind a draw, each saying what the test told it to.
 */
#include "tests/support/flow_draw_world.h"

#include "base/clock.h"
#include "flow/block_guesses.h"
#include "tests/support/unit.h"

#include <stdlib.h>
#include <string.h>

static struct draw_result result_of(struct draw_world *world, const struct draw_request *request)
{
    struct draw_result result = {.status = DRAW_NEW, .draw_no = world->next_draw_no, .chances_left = 9};

    switch (world->shard_says) {
    case SHARD_WIN:
        result.prize = 1;
        result.unit = 7;
        break;
    case SHARD_REMEMBERED_WIN:
        result.status = DRAW_REMEMBERED;
        result.prize = 1;
        break;
    case SHARD_BUSY_ONCE:
        if (world->shard_calls == 1) {
            result.status = DRAW_BUSY;
            result.prize = 1;
        }
        break;
    case SHARD_OTHER_BLOCK_ONCE:
        result.draw_no = 6;
        result.status = request->block == 1 ? DRAW_NEW : DRAW_OTHER_BLOCK;
        break;
    case SHARD_NO_CHANCE:
        result.status = DRAW_NO_CHANCE;
        break;
    default:
        break;
    }
    return result;
}

static void shard_answer(void *arg)
{
    struct draw_world *world = arg;
    struct shard_entry entry = {.epoch = 3, .position = 11, .bytes = (const uint8_t *)"entry", .len = 5};
    hb_err err = HB_OK;

    if (world->shard_says == SHARD_CLOSED ||
        (world->shard_says == SHARD_REOPENED && world->shard_calls == 1)) {
        err = HB_E_CLOSED;
        if (world->shard_says == SHARD_REOPENED) {
            atomic_store(&world->epoch, 4);
        }
    } else if (world->shard_says == SHARD_UNAVAILABLE) {
        err = HB_E_UNAVAILABLE;
    } else if (world->shard_says == SHARD_UNSURE) {
        err = HB_E_UNSURE;
    }
    for (size_t i = 0; err == HB_OK && i < world->batch->count; i++) {
        world->batch->results[i] = result_of(world, &world->batch->requests[i]);
    }
    world->drawn(world->drawn_arg, err, err == HB_OK ? &entry : NULL);
}

static void shard_draw_port(void *self, struct shard_batch *batch, shard_drawn_fn done, void *arg)
{
    struct draw_world *world = self;

    world->batch = batch;
    world->drawn = done;
    world->drawn_arg = arg;
    world->batch_sizes[world->shard_calls++ % DRAW_WORLD_CALLS] = batch->count;
    if (world->shard_says == SHARD_SILENT) {
        loop_timer_set(world->later, 120 * 1000);
    } else {
        loop_timer_set(world->later, 0);
    }
}

static void ledger_answer(void *arg)
{
    static const enum win_verdict VERDICTS[] = {[LEDGER_RECORDED] = WIN_RECORDED,
                                                [LEDGER_FOUND] = WIN_FOUND,
                                                [LEDGER_DIFFERS] = WIN_DIFFERS,
                                                [LEDGER_ABSENT] = WIN_ABSENT,
                                                [LEDGER_WAITS] = WIN_WAITS};
    struct draw_world *world = arg;
    enum win_verdict verdicts[RECORD_DRAWS_MAX];
    ledger_posted_fn posted = world->posted;

    world->posted = NULL;
    if (world->ledger_says >= LEDGER_UNAVAILABLE) {
        posted(world->posted_arg,
               world->ledger_says == LEDGER_UNAVAILABLE ? HB_E_UNAVAILABLE : HB_E_UNSURE,
               NULL);
        return;
    }
    for (size_t i = 0; i < world->posted_wins; i++) {
        verdicts[i] = VERDICTS[world->ledger_says];
    }
    posted(world->posted_arg, HB_OK, verdicts);
}

static void ledger_post_port(void *self, const struct ledger_post *post, ledger_posted_fn done, void *arg)
{
    struct draw_world *world = self;

    world->ledger_calls++;
    world->posted = done;
    world->posted_arg = arg;
    world->posted_wins = post->win_count;
    assert_int_equal(post->epoch, 3);
    assert_int_equal(post->wins[0].amount_fen, DRAW_WORLD_UNIT_FEN);
    assert_int_equal(post->position, world->shard_says == SHARD_WIN ? 11 : 0);
    if (world->ledger_says != LEDGER_SILENT) {
        loop_defer(world->loop, ledger_answer, world);
    }
}

static void stored_port(
    void *self, const struct campaign_view *campaign, uint32_t shard, uint32_t epoch, uint64_t position)
{
    struct draw_world *world = self;

    (void)campaign;
    (void)shard;
    assert_int_equal(epoch, 3);
    assert_int_equal(position, 11);
    world->stored++;
}

static void asks_opening(void *arg, uint32_t campaign_id, uint32_t shard)
{
    struct draw_world *world = arg;

    (void)campaign_id;
    (void)shard;
    world->asked_opening++;
}

static void asks_stock(void *arg, uint32_t campaign_id, uint32_t shard, uint8_t prize)
{
    struct draw_world *world = arg;

    (void)campaign_id;
    (void)shard;
    assert_int_equal(prize, 1);
    world->asked_stock++;
}

static void asks_drain(void *arg, uint32_t campaign_id, uint32_t shard)
{
    struct draw_world *world = arg;

    (void)campaign_id;
    (void)shard;
    world->asked_drain++;
}

static void world_ends(void *arg)
{
    struct draw_world *world = arg;

    if (world->posted != NULL && world->ledger_says == LEDGER_SILENT) {
        ledger_answer(world); /* long after the deadline */
        loop_timer_set(world->end, 20 * 1000);
        return;
    }
    if (draws_waiting(world->draws) > 0) {
        loop_timer_set(world->end, 20 * 1000);
        return;
    }
    loop_stop(world->loop);
}

static void answered(void *arg, const struct draw_answer *answer)
{
    struct draw_world *world = arg;

    world->answers++;
    world->last = *answer;
}

static bool falls_silent(enum shard_says shard, enum ledger_says ledger)
{
    bool is_win = shard == SHARD_WIN || shard == SHARD_REMEMBERED_WIN;

    return shard == SHARD_SILENT || (is_win && ledger == LEDGER_SILENT);
}

void draw_world_setup(struct draw_world *world, enum shard_says shard_says, enum ledger_says ledger_says)
{
    memset(world, 0, sizeof *world);
    world->loop = loop_new();
    world->shard_says = shard_says;
    world->ledger_says = ledger_says;
    world->next_draw_no = 1;
    atomic_store(&world->epoch, 3);
    world->prize =
        (struct table_prize){.id = "p", .kind = PRIZE_CASH, .units = 100, .amount_fen = DRAW_WORLD_UNIT_FEN};
    world->table =
        (struct table){.campaign = "c", .version = 1, .shards = 1, .prizes = &world->prize, .prize_count = 1};
    world->shard.epoch = &world->epoch;
    world->campaign =
        (struct campaign_view){.id = 5, .table = &world->table, .shards = &world->shard, .seeded = true};
    fairness_seed("c", (const uint8_t[32]){1}, "", &world->campaign.seed);
    world->catalog = calloc(1, sizeof *world->catalog);
    atomic_store(&world->catalog->refs, 1);
    world->deps = (struct deps){
        .loop = world->loop,
        .guesses = block_guesses_new(),
        .shards = {.self = world, .draw = shard_draw_port, .stored = stored_port},
        .ledger = {.self = world, .post = ledger_post_port},
        .shard_closed = asks_opening,
        .stock_dry = asks_stock,
        .win_waits = asks_drain,
        .duties = world,
        .batch_max = DRAW_WORLD_BATCH,
        .draws_waiting_max = DRAW_WORLD_WAITING,
        /* short only where it must pass: a busy machine stands still for that long */
        .draw_timeout_ms = falls_silent(shard_says, ledger_says) ? 60 : 5000,
    };
    world->later = loop_timer_new(world->loop, shard_answer, world);
    world->end = loop_timer_new(world->loop, world_ends, world);
    assert_int_equal(draws_new(&world->deps, &world->draws), HB_OK);
}

void draw_world_teardown(struct draw_world *world)
{
    assert_int_equal(atomic_load(&world->catalog->refs), 1); /* every draw gave its reference back */
    draws_free(world->draws);
    block_guesses_free(world->deps.guesses);
    catalog_put_back(world->catalog);
    loop_timer_free(world->later);
    loop_timer_free(world->end);
    loop_free(world->loop);
}

void draw_world_start(struct draw_world *world, uint8_t player)
{
    struct draw_order order = {.catalog = world->catalog,
                               .campaign = &world->campaign,
                               .player = {{player}},
                               .started_us = clock_mono_us()};

    draw_start(world->draws, &order, answered, world);
}

void draw_world_run(struct draw_world *world)
{
    loop_timer_set(world->end, 90 * 1000);
    loop_run(world->loop);
}
