/* tests/unit/test_lottery_decide.c - moment, odds, always, none: the order and what stands in the way. */
#include "support/unit.h"

#include "lottery/decide.h"
#include "support/lottery_small.h"

enum { NONE = 5000, FIRST = 50, SECOND = 150 }; /* numbers that select nothing, prize 1, prize 2 */

static struct small small;

static int fresh(void **state)
{
    (void)state;
    small_setup(&small);
    return 0;
}

static struct decision decided(int64_t number)
{
    return decide(&small.shard, &small.table, &small.player, number, 0);
}

static void check(struct decision decision, unsigned selected, unsigned why, unsigned how, unsigned prize)
{
    assert_int_equal(decision.selected, selected);
    assert_int_equal(decision.why, why);
    assert_int_equal(decision.how, how);
    assert_int_equal(decision.prize, prize);
    assert_false(decision.busy);
}

TEST(a_number_selects_at_most_one_prize_at_its_bounds)
{
    assert_int_equal(decide_selected(&small.table, 0), 1);
    assert_int_equal(decide_selected(&small.table, 99), 1);
    assert_int_equal(decide_selected(&small.table, 100), 2);
    assert_int_equal(decide_selected(&small.table, 199), 2);
    assert_int_equal(decide_selected(&small.table, 200), 0);
    assert_int_equal(decide_selected(&small.table, NUMBER_SPAN - 1), 0);
}

TEST(a_draw_takes_its_part_of_the_block)
{
    const uint8_t numbers[BLOCK_BYTES] = {0, 0, 0, 0, 0,           7,    0xff, 0xff, 1,    0,
                                          0, 0, 0, 8, [24] = 0xff, 0xff, 0xff, 0xff, 0xff, 0xff};

    assert_int_equal(decide_number(numbers, 1), 7);
    assert_int_equal(decide_number(numbers, 2), (INT64_C(1) << 40) + 8);
    assert_int_equal(decide_number(numbers, 4), NUMBER_SPAN - 1);
    assert_int_equal(decide_number(numbers, 5), 7);
}

TEST(a_selected_prize_in_stock_is_given)
{
    check(decided(FIRST), 1, WITHHELD_NOT, GIVEN_ODDS, 1);
    check(decided(SECOND), 2, WITHHELD_NOT, GIVEN_ODDS, 2);
}

TEST(who_selects_nothing_gets_the_always_prize)
{
    check(decided(NONE), 0, WITHHELD_NOT, GIVEN_ALWAYS, 3);
}

TEST(without_any_always_prize_left_there_is_none)
{
    small_stock(&small, 3, 0, 0, false);
    check(decided(NONE), 0, WITHHELD_NOT, GIVEN_NONE, 0);
}

TEST(a_spent_prize_never_turns_into_another_odds_prize)
{
    small_stock(&small, 1, 0, 0, false);
    small_stock(&small, 3, 0, 0, false);
    check(decided(FIRST), 1, WITHHELD_SPENT, GIVEN_NONE, 0);
}

TEST(a_spent_prize_leaves_the_always_prize)
{
    small_stock(&small, 1, 0, 0, false);
    check(decided(FIRST), 1, WITHHELD_SPENT, GIVEN_ALWAYS, 3);
}

TEST(a_dry_prize_that_the_campaign_still_has_is_waited_for)
{
    small_stock(&small, 1, 0, 0, true);
    struct decision decision = decided(FIRST);
    assert_true(decision.busy);
    assert_int_equal(decision.prize, 1);
}

TEST(a_dry_always_prize_is_waited_for)
{
    small_stock(&small, 3, 0, 0, true);
    struct decision decision = decided(NONE);
    assert_true(decision.busy);
    assert_int_equal(decision.prize, 3);
}

TEST(a_player_at_the_cap_is_not_given_more_even_of_a_dry_prize)
{
    small.prizes[0].wins_max = 2;
    player_won(&small.player, 1);
    check(decided(FIRST), 1, WITHHELD_NOT, GIVEN_ODDS, 1);
    player_won(&small.player, 1);
    small_stock(&small, 1, 0, 0, true);
    check(decided(FIRST), 1, WITHHELD_CAPPED, GIVEN_ALWAYS, 3);
}

TEST(a_paced_prize_that_is_dry_keeps_nobody_waiting)
{
    struct slot later = {2000000, 2500000};

    small.prizes[0].slots = &later;
    small.prizes[0].slot_count = 1;
    small_stock(&small, 1, 0, 0, true);
    check(decided(FIRST), 1, WITHHELD_PACED, GIVEN_ALWAYS, 3);
}

TEST(the_cap_is_named_before_pacing_and_pacing_before_stock)
{
    struct slot later = {2000000, 2500000};

    small.prizes[0].slots = &later;
    small.prizes[0].slot_count = 1;
    small.prizes[0].wins_max = 1;
    small_stock(&small, 1, 0, 0, false);
    check(decided(FIRST), 1, WITHHELD_PACED, GIVEN_ALWAYS, 3);
    player_won(&small.player, 1);
    check(decided(FIRST), 1, WITHHELD_CAPPED, GIVEN_ALWAYS, 3);
}

TEST(the_next_always_prize_follows_one_that_cannot_be_given)
{
    small.prizes[1].mode = PRIZE_ALWAYS;
    check(decided(NONE), 0, WITHHELD_NOT, GIVEN_ALWAYS, 2);
    small_stock(&small, 2, 0, 0, false);
    check(decided(NONE), 0, WITHHELD_NOT, GIVEN_ALWAYS, 3);
}

TEST(a_due_moment_comes_before_the_odds)
{
    small_moment(&small, 4, 40, 1000000);
    struct decision decision = decided(FIRST);
    check(decision, 1, WITHHELD_NOT, GIVEN_MOMENT, 4);
    assert_int_equal(decision.moment, 0);
}

TEST(a_moment_is_not_due_a_millisecond_early)
{
    small_moment(&small, 4, 40, 1000001);
    check(decided(FIRST), 1, WITHHELD_NOT, GIVEN_ODDS, 1);
}

TEST(a_moment_waits_for_a_player_below_its_cap)
{
    small.prizes[3].wins_max = 1;
    small_moment(&small, 4, 40, 1000000);
    player_won(&small.player, 4);
    check(decided(NONE), 0, WITHHELD_NOT, GIVEN_ALWAYS, 3);
}

TEST(the_second_due_moment_is_given_to_whom_the_first_is_not)
{
    small.prizes[3].wins_max = 1;
    small.prizes[1].mode = PRIZE_MOMENTS;
    small_moment(&small, 4, 40, 999000);
    small_moment(&small, 2, 20, 999500);
    player_won(&small.player, 4);
    struct decision decision = decided(NONE);
    check(decision, 0, WITHHELD_NOT, GIVEN_MOMENT, 2);
    assert_int_equal(decision.moment, 1);
}

TEST(a_due_moment_is_given_though_the_selected_prize_is_dry)
{
    small_stock(&small, 1, 0, 0, true);
    small_moment(&small, 4, 40, 1000000);
    check(decided(FIRST), 1, WITHHELD_NOT, GIVEN_MOMENT, 4);
}

#define FRESH(name) cmocka_unit_test_setup(name, fresh)

int main(void)
{
    const struct CMUnitTest tests[] = {
        FRESH(a_number_selects_at_most_one_prize_at_its_bounds),
        FRESH(a_draw_takes_its_part_of_the_block),
        FRESH(a_selected_prize_in_stock_is_given),
        FRESH(who_selects_nothing_gets_the_always_prize),
        FRESH(without_any_always_prize_left_there_is_none),
        FRESH(a_spent_prize_never_turns_into_another_odds_prize),
        FRESH(a_spent_prize_leaves_the_always_prize),
        FRESH(a_dry_prize_that_the_campaign_still_has_is_waited_for),
        FRESH(a_dry_always_prize_is_waited_for),
        FRESH(a_player_at_the_cap_is_not_given_more_even_of_a_dry_prize),
        FRESH(a_paced_prize_that_is_dry_keeps_nobody_waiting),
        FRESH(the_cap_is_named_before_pacing_and_pacing_before_stock),
        FRESH(the_next_always_prize_follows_one_that_cannot_be_given),
        FRESH(a_due_moment_comes_before_the_odds),
        FRESH(a_moment_is_not_due_a_millisecond_early),
        FRESH(a_moment_waits_for_a_player_below_its_cap),
        FRESH(the_second_due_moment_is_given_to_whom_the_first_is_not),
        FRESH(a_due_moment_is_given_though_the_selected_prize_is_dry),
    };

    return RUN_ALL(tests);
}
