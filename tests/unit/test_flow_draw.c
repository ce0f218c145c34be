/*
 * Unit tests of flow/draw.c and flow/lane_wins.c: every outcome of every port, and what the caller hears.
 */
#include "flow/draw.h"

#include "tests/support/flow_draw_world.h"
#include "tests/support/unit.h"

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
            struct draw_world world;

            draw_world_setup(&world, (enum shard_says)shard, (enum ledger_says)ledger);
            draw_world_start(&world, 1);
            assert_int_equal(world.answers, 0); /* never before draw_start() returns */
            draw_world_run(&world);
            assert_int_equal(world.answers, 1);
            assert_int_equal(world.last.err, expected(world.shard_says, world.ledger_says));
            assert_int_equal(draws_waiting(world.draws), 0);
            draw_world_teardown(&world);
        }
    }
}

TEST(a_win_is_answered_only_after_its_commit_and_its_entry_leaves_the_stream)
{
    struct draw_world world;

    draw_world_setup(&world, SHARD_WIN, LEDGER_RECORDED);
    draw_world_start(&world, 1);
    draw_world_run(&world);
    assert_int_equal(world.ledger_calls, 1);
    assert_int_equal(world.stored, 1);
    assert_int_equal(world.last.amount_fen, DRAW_WORLD_UNIT_FEN);
    assert_false(world.last.replayed);
    draw_world_teardown(&world);
}

TEST(a_remembered_win_goes_through_the_ledger_again)
{
    struct draw_world world;

    draw_world_setup(&world, SHARD_REMEMBERED_WIN, LEDGER_FOUND);
    draw_world_start(&world, 1);
    draw_world_run(&world);
    assert_int_equal(world.ledger_calls, 1);
    assert_int_equal(world.stored, 0);
    assert_true(world.last.replayed);
    draw_world_teardown(&world);
}

TEST(a_remembered_win_that_is_not_recorded_yet_asks_for_the_drain)
{
    struct draw_world world;

    draw_world_setup(&world, SHARD_REMEMBERED_WIN, LEDGER_WAITS);
    draw_world_start(&world, 1);
    draw_world_run(&world);
    assert_int_equal(world.last.err, HB_E_RECORDING);
    assert_int_equal(world.asked_drain, 1);
    assert_int_equal(world.stored, 0);
    draw_world_teardown(&world);
}

TEST(draws_past_the_ceiling_are_refused_and_use_nothing)
{
    struct draw_world world;

    draw_world_setup(&world, SHARD_NONE, LEDGER_RECORDED);
    for (unsigned i = 0; i < DRAW_WORLD_WAITING + 1; i++) {
        draw_world_start(&world, (uint8_t)i);
    }
    assert_int_equal(world.answers, 1);
    assert_int_equal(world.last.err, HB_E_OVERLOADED);
    draw_world_run(&world);
    assert_int_equal(world.answers, DRAW_WORLD_WAITING + 1);
    draw_world_teardown(&world);
}

TEST(a_campaign_without_its_public_value_has_not_started)
{
    struct draw_world world;

    draw_world_setup(&world, SHARD_NONE, LEDGER_RECORDED);
    world.campaign.seeded = false;
    draw_world_start(&world, 1);
    assert_int_equal(world.last.err, HB_E_NOT_STARTED);
    draw_world_teardown(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RUN(a_draw_is_answered_once_whatever_the_ports_say),
        RUN(a_win_is_answered_only_after_its_commit_and_its_entry_leaves_the_stream),
        RUN(a_remembered_win_goes_through_the_ledger_again),
        RUN(a_remembered_win_that_is_not_recorded_yet_asks_for_the_drain),
        RUN(draws_past_the_ceiling_are_refused_and_use_nothing),
        RUN(a_campaign_without_its_public_value_has_not_started),
    };

    return RUN_ALL(tests);
}
