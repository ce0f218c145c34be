/*
 * Unit tests of flow/lane.c, lane_batch.c and draw_request.c: who travels together, who goes again, and with
 * which numbers.
 */
#include "flow/draw.h"

#include "tests/support/flow_draw_world.h"
#include "tests/support/unit.h"

TEST(draws_that_arrive_together_travel_together)
{
    struct draw_world world;

    draw_world_setup(&world, SHARD_NONE, LEDGER_RECORDED);
    for (unsigned i = 0; i < 100; i++) {
        draw_world_start(&world, (uint8_t)i);
    }
    draw_world_run(&world);
    assert_int_equal(world.answers, 100);
    assert_int_equal(world.shard_calls, 2);
    assert_int_equal(world.batch_sizes[0], DRAW_WORLD_BATCH);
    assert_int_equal(world.batch_sizes[1], 100 - DRAW_WORLD_BATCH);
    draw_world_teardown(&world);
}

TEST(a_dry_shard_asks_for_stock_and_a_closed_one_for_its_opening)
{
    struct draw_world world;

    draw_world_setup(&world, SHARD_BUSY_ONCE, LEDGER_RECORDED);
    draw_world_start(&world, 1);
    draw_world_run(&world);
    assert_int_equal(world.asked_stock, 1);
    draw_world_teardown(&world);
    draw_world_setup(&world, SHARD_CLOSED, LEDGER_RECORDED);
    draw_world_start(&world, 1);
    draw_world_run(&world);
    assert_int_equal(world.asked_opening, 1);
    draw_world_teardown(&world);
}

TEST(the_next_block_of_numbers_is_remembered)
{
    struct draw_world world;

    draw_world_setup(&world, SHARD_OTHER_BLOCK_ONCE, LEDGER_RECORDED);
    draw_world_start(&world, 1);
    draw_world_run(&world);
    assert_int_equal(world.shard_calls, 2); /* the guess, then the right block */
    draw_world_start(&world, 1);
    draw_world_run(&world);
    assert_int_equal(world.shard_calls, 3); /* known by now */
    draw_world_teardown(&world);
}

/* They differ in their first byte only and share one place among the guesses. */
TEST(players_who_share_a_place_in_the_cache_do_not_push_each_other_out_for_ever)
{
    struct draw_world world;

    draw_world_setup(&world, SHARD_OTHER_BLOCK_ONCE, LEDGER_RECORDED);
    for (unsigned i = 0; i < 20; i++) {
        draw_world_start(&world, (uint8_t)i);
    }
    draw_world_run(&world);
    assert_int_equal(world.answers, 20);
    assert_int_equal(world.last.err, HB_OK);
    assert_int_equal(world.shard_calls, 2);
    draw_world_teardown(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RUN(draws_that_arrive_together_travel_together),
        RUN(a_dry_shard_asks_for_stock_and_a_closed_one_for_its_opening),
        RUN(the_next_block_of_numbers_is_remembered),
        RUN(players_who_share_a_place_in_the_cache_do_not_push_each_other_out_for_ever),
    };

    return RUN_ALL(tests);
}
