/*
 * Unit tests of flow/draw.c and flow/lane.c: a small honest world behind the ports, every outcome of every
 * port, and what the caller hears.
 */
#include "flow/draw.h"

#include "base/arena.h"
#include "base/clock.h"
#include "base/loop.h"
#include "flow/block_guesses.h"
#include "tests/support/unit.h"

#include <stdlib.h>
#include <string.h>

enum { ANSWERS_MAX = 512, CALLS_MAX = 64, UNIT_FEN = 100 };

/* What the shard's port will say; what the ledger's will. SILENT: only after the deadline. */
enum shard_says {
    SHARD_NONE,
    SHARD_WIN,
    SHARD_REMEMBERED_WIN,
    SHARD_BUSY_ONCE,
    SHARD_OTHER_BLOCK_ONCE,
    SHARD_CLOSED,
    SHARD_REOPENED,
    SHARD_UNAVAILABLE,
    SHARD_UNSURE,
    SHARD_NO_CHANCE,
    SHARD_SILENT,
    SHARD_WAYS
};
enum ledger_says {
    LEDGER_RECORDED,
    LEDGER_FOUND,
    LEDGER_DIFFERS,
    LEDGER_ABSENT,
    LEDGER_WAITS,
    LEDGER_UNAVAILABLE,
    LEDGER_UNSURE,
    LEDGER_SILENT,
    LEDGER_WAYS
};

struct world {
    struct loop *loop;
    struct loop_timer *end, *later;
    struct catalog_slot *slot;
    struct catalog *catalog;
    struct campaign_view campaign;
    struct table table;
    struct table_prize prize;
    struct shard_view shard;
    _Atomic uint32_t epoch;
    struct deps deps;
    struct draws *draws;
    enum shard_says shard_says;
    enum ledger_says ledger_says;
    size_t shard_calls, ledger_calls, stored, asked_opening, asked_stock, asked_drain;
    size_t batch_sizes[CALLS_MAX];
    uint32_t next_draw_no;
    size_t answers;
    struct draw_answer last;
    size_t draws_started;
    /* what is in flight */
    struct shard_batch *batch;
    shard_drawn_fn drawn;
    void *drawn_arg;
    ledger_posted_fn posted;
    void *posted_arg;
    size_t posted_wins;
};

static struct draw_result result_of(struct world *world, const struct draw_request *request)
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
    struct world *world = arg;
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
    struct world *world = self;

    world->batch = batch;
    world->drawn = done;
    world->drawn_arg = arg;
    world->batch_sizes[world->shard_calls++ % CALLS_MAX] = batch->count;
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
    struct world *world = arg;
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
    struct world *world = self;

    world->ledger_calls++;
    world->posted = done;
    world->posted_arg = arg;
    world->posted_wins = post->win_count;
    assert_int_equal(post->epoch, 3);
    assert_int_equal(post->wins[0].amount_fen, UNIT_FEN);
    assert_int_equal(post->position, world->shard_says == SHARD_WIN ? 11 : 0);
    if (world->ledger_says != LEDGER_SILENT) {
        loop_defer(world->loop, ledger_answer, world);
    }
}

static void stored_port(
    void *self, const struct campaign_view *campaign, uint32_t shard, uint32_t epoch, uint64_t position)
{
    struct world *world = self;

    (void)campaign;
    (void)shard;
    assert_int_equal(epoch, 3);
    assert_int_equal(position, 11);
    world->stored++;
}

static void asks_opening(void *arg, uint32_t campaign_id, uint32_t shard)
{
    struct world *world = arg;

    (void)campaign_id;
    (void)shard;
    world->asked_opening++;
}

static void asks_stock(void *arg, uint32_t campaign_id, uint32_t shard, uint8_t prize)
{
    struct world *world = arg;

    (void)campaign_id;
    (void)shard;
    assert_int_equal(prize, 1);
    world->asked_stock++;
}

static void asks_drain(void *arg, uint32_t campaign_id, uint32_t shard)
{
    struct world *world = arg;

    (void)campaign_id;
    (void)shard;
    world->asked_drain++;
}

static void world_ends(void *arg)
{
    struct world *world = arg;

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
    struct world *world = arg;

    world->answers++;
    world->last = *answer;
}

static bool falls_silent(enum shard_says shard, enum ledger_says ledger)
{
    bool is_win = shard == SHARD_WIN || shard == SHARD_REMEMBERED_WIN;

    return shard == SHARD_SILENT || (is_win && ledger == LEDGER_SILENT);
}

static void world_setup(struct world *world, enum shard_says shard_says, enum ledger_says ledger_says)
{
    memset(world, 0, sizeof *world);
    world->loop = loop_new();
    world->shard_says = shard_says;
    world->ledger_says = ledger_says;
    world->next_draw_no = 1;
    atomic_store(&world->epoch, 3);
    world->prize = (struct table_prize){.id = "p", .kind = PRIZE_CASH, .units = 100, .amount_fen = UNIT_FEN};
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
        .batch_max = 64,
        .draws_waiting_max = 400,
        /* short only where it must pass: a busy machine stands still for that long */
        .draw_timeout_ms = falls_silent(shard_says, ledger_says) ? 60 : 5000,
    };
    world->later = loop_timer_new(world->loop, shard_answer, world);
    world->end = loop_timer_new(world->loop, world_ends, world);
    assert_int_equal(draws_new(&world->deps, &world->draws), HB_OK);
}

static void world_teardown(struct world *world)
{
    assert_int_equal(atomic_load(&world->catalog->refs), 1); /* every draw gave its reference back */
    draws_free(world->draws);
    block_guesses_free(world->deps.guesses);
    catalog_put_back(world->catalog);
    loop_timer_free(world->later);
    loop_timer_free(world->end);
    loop_free(world->loop);
}

static void start(struct world *world, uint8_t player)
{
    struct draw_order order = {.catalog = world->catalog,
                               .campaign = &world->campaign,
                               .player = {{player}},
                               .started_us = clock_mono_us()};

    draw_start(world->draws, &order, answered, world);
}

static void run(struct world *world)
{
    loop_timer_set(world->end, 90 * 1000);
    loop_run(world->loop);
}

/* What a caller hears, by what the two ports said. */
static hb_err expected(enum shard_says shard, enum ledger_says ledger)
{
    static const hb_err LEDGER[] = {[LEDGER_RECORDED] = HB_OK,
                                    [LEDGER_FOUND] = HB_OK,
                                    [LEDGER_DIFFERS] = HB_E_INTERNAL,
                                    [LEDGER_ABSENT] = HB_E_UNSURE,
                                    [LEDGER_WAITS] = HB_E_RECORDING,
                                    [LEDGER_UNAVAILABLE] = HB_E_RECORDING,
                                    [LEDGER_UNSURE] = HB_E_RECORDING,
                                    [LEDGER_SILENT] = HB_E_RECORDING};

    switch (shard) {
    case SHARD_WIN:
    case SHARD_REMEMBERED_WIN:
        return LEDGER[ledger];
    case SHARD_CLOSED:
        return HB_E_CLOSED;
    case SHARD_UNAVAILABLE:
        return HB_E_UNAVAILABLE;
    case SHARD_UNSURE:
    case SHARD_SILENT:
        return HB_E_UNSURE;
    case SHARD_NO_CHANCE:
        return HB_E_NO_CHANCE;
    default:
        return HB_OK;
    }
}

TEST(a_draw_is_answered_once_whatever_the_ports_say)
{
    for (int shard = 0; shard < SHARD_WAYS; shard++) {
        for (int ledger = 0; ledger < LEDGER_WAYS; ledger++) {
            struct world world;

            world_setup(&world, (enum shard_says)shard, (enum ledger_says)ledger);
            start(&world, 1);
            assert_int_equal(world.answers, 0); /* never before draw_start() returns */
            run(&world);
            assert_int_equal(world.answers, 1);
            assert_int_equal(world.last.err, expected(world.shard_says, world.ledger_says));
            assert_int_equal(draws_waiting(world.draws), 0);
            world_teardown(&world);
        }
    }
}

TEST(a_win_is_answered_only_after_its_commit_and_its_entry_leaves_the_stream)
{
    struct world world;

    world_setup(&world, SHARD_WIN, LEDGER_RECORDED);
    start(&world, 1);
    run(&world);
    assert_int_equal(world.ledger_calls, 1);
    assert_int_equal(world.stored, 1);
    assert_int_equal(world.last.amount_fen, UNIT_FEN);
    assert_false(world.last.replayed);
    world_teardown(&world);
}

TEST(a_remembered_win_goes_through_the_ledger_again)
{
    struct world world;

    world_setup(&world, SHARD_REMEMBERED_WIN, LEDGER_FOUND);
    start(&world, 1);
    run(&world);
    assert_int_equal(world.ledger_calls, 1);
    assert_int_equal(world.stored, 0);
    assert_true(world.last.replayed);
    world_teardown(&world);
}

TEST(a_remembered_win_that_is_not_recorded_yet_asks_for_the_drain)
{
    struct world world;

    world_setup(&world, SHARD_REMEMBERED_WIN, LEDGER_WAITS);
    start(&world, 1);
    run(&world);
    assert_int_equal(world.last.err, HB_E_RECORDING);
    assert_int_equal(world.asked_drain, 1);
    assert_int_equal(world.stored, 0);
    world_teardown(&world);
}

TEST(draws_that_arrive_together_travel_together)
{
    struct world world;

    world_setup(&world, SHARD_NONE, LEDGER_RECORDED);
    for (unsigned i = 0; i < 100; i++) {
        start(&world, (uint8_t)i);
    }
    run(&world);
    assert_int_equal(world.answers, 100);
    assert_int_equal(world.shard_calls, 2);
    assert_int_equal(world.batch_sizes[0], 64);
    assert_int_equal(world.batch_sizes[1], 36);
    world_teardown(&world);
}

TEST(draws_past_the_ceiling_are_refused_and_use_nothing)
{
    struct world world;

    world_setup(&world, SHARD_NONE, LEDGER_RECORDED);
    for (unsigned i = 0; i < 401; i++) {
        start(&world, (uint8_t)i);
    }
    assert_int_equal(world.answers, 1);
    assert_int_equal(world.last.err, HB_E_OVERLOADED);
    run(&world);
    assert_int_equal(world.answers, 401);
    world_teardown(&world);
}

TEST(a_dry_shard_asks_for_stock_and_a_closed_one_for_its_opening)
{
    struct world world;

    world_setup(&world, SHARD_BUSY_ONCE, LEDGER_RECORDED);
    start(&world, 1);
    run(&world);
    assert_int_equal(world.asked_stock, 1);
    world_teardown(&world);
    world_setup(&world, SHARD_CLOSED, LEDGER_RECORDED);
    start(&world, 1);
    run(&world);
    assert_int_equal(world.asked_opening, 1);
    world_teardown(&world);
}

TEST(the_next_block_of_numbers_is_remembered)
{
    struct world world;

    world_setup(&world, SHARD_OTHER_BLOCK_ONCE, LEDGER_RECORDED);
    start(&world, 1);
    run(&world);
    assert_int_equal(world.shard_calls, 2); /* the guess, then the right block */
    start(&world, 1);
    run(&world);
    assert_int_equal(world.shard_calls, 3); /* known by now */
    world_teardown(&world);
}

/* start() makes players that differ in their first byte only: they share one place in the cache of numbers.
 */
TEST(players_who_share_a_place_in_the_cache_do_not_push_each_other_out_for_ever)
{
    struct world world;

    world_setup(&world, SHARD_OTHER_BLOCK_ONCE, LEDGER_RECORDED);
    for (unsigned i = 0; i < 20; i++) {
        start(&world, (uint8_t)i);
    }
    run(&world);
    assert_int_equal(world.answers, 20);
    assert_int_equal(world.last.err, HB_OK);
    assert_int_equal(world.shard_calls, 2);
    world_teardown(&world);
}

TEST(a_campaign_without_its_public_value_has_not_started)
{
    struct world world;

    world_setup(&world, SHARD_NONE, LEDGER_RECORDED);
    world.campaign.seeded = false;
    start(&world, 1);
    assert_int_equal(world.last.err, HB_E_NOT_STARTED);
    world_teardown(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RUN(a_draw_is_answered_once_whatever_the_ports_say),
        RUN(a_win_is_answered_only_after_its_commit_and_its_entry_leaves_the_stream),
        RUN(a_remembered_win_goes_through_the_ledger_again),
        RUN(a_remembered_win_that_is_not_recorded_yet_asks_for_the_drain),
        RUN(draws_that_arrive_together_travel_together),
        RUN(draws_past_the_ceiling_are_refused_and_use_nothing),
        RUN(a_dry_shard_asks_for_stock_and_a_closed_one_for_its_opening),
        RUN(the_next_block_of_numbers_is_remembered),
        RUN(players_who_share_a_place_in_the_cache_do_not_push_each_other_out_for_ever),
        RUN(a_campaign_without_its_public_value_has_not_started),
    };

    return RUN_ALL(tests);
}
