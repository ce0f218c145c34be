/* tests/unit/test_lottery_moments.c - moments fall into the open time, along the curve, on every shard alike.
 */
#include "lottery/moments.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

enum { START_S = 1000000, END_S = 1003600, UNITS = 20000 };

static struct seed SEED;
static struct table_prize PRIZE;
static struct table TABLE;

static int table_setup(void **state)
{
    const uint8_t secret[32] = {1, 2, 3};

    (void)state;
    fairness_seed("spring", secret, "", &SEED);
    PRIZE = (struct table_prize){.id = "card", .kind = PRIZE_CARD, .mode = PRIZE_MOMENTS, .units = UNITS};
    TABLE = (struct table){.campaign = "spring",
                           .version = 1,
                           .shards = 4,
                           .start_ms = START_S * INT64_C(1000),
                           .end_ms = END_S * INT64_C(1000),
                           .prizes = &PRIZE,
                           .prize_count = 1};
    return 0;
}

static void moments_spread_over_the_whole_window(void **state)
{
    unsigned quarters[4] = {0}, shards[4] = {0};

    (void)state;
    for (uint32_t unit = 0; unit < UNITS; unit++) {
        const struct moment_plan plan = moment_of(&TABLE, 1, &SEED, unit);

        assert_true(plan.at_ms >= TABLE.start_ms && plan.at_ms < TABLE.end_ms && plan.shard < 4);
        quarters[(plan.at_ms - TABLE.start_ms) / 900000]++;
        shards[plan.shard]++;
    }
    for (size_t i = 0; i < 4; i++) {
        assert_in_range(quarters[i], UNITS / 4 - 400, UNITS / 4 + 400);
        assert_in_range(shards[i], UNITS / 4 - 400, UNITS / 4 + 400);
    }
}

static void moments_fall_only_into_slots(void **state)
{
    struct slot slots[] = {
        {.from_ms = TABLE.start_ms - 5000, .to_ms = TABLE.start_ms + 1000},   /* one second of it counts */
        {.from_ms = TABLE.start_ms + 60000, .to_ms = TABLE.start_ms + 63000}, /* three seconds */
        {.from_ms = TABLE.end_ms, .to_ms = TABLE.end_ms + 9000},              /* none */
    };
    unsigned first = 0, second = 0;

    (void)state;
    PRIZE.slots = slots;
    PRIZE.slot_count = 3;
    for (uint32_t unit = 0; unit < UNITS; unit++) {
        const int64_t at_ms = moment_of(&TABLE, 1, &SEED, unit).at_ms;

        first += at_ms >= TABLE.start_ms && at_ms < slots[0].to_ms;
        second += at_ms >= slots[1].from_ms && at_ms < slots[1].to_ms;
    }
    assert_int_equal(first + second, UNITS);
    assert_in_range(first, UNITS / 4 - 400, UNITS / 4 + 400);
}

static void moments_follow_the_curve(void **state)
{
    struct curve_point curve[] = {{.at_s = START_S - 100, .units = 0},
                                  {.at_s = START_S + 60, .units = 15000},
                                  {.at_s = END_S, .units = 20000}};
    unsigned first = 0;

    (void)state;
    PRIZE.slot_count = 0;
    PRIZE.curve = curve;
    PRIZE.curve_count = 3;
    for (uint32_t unit = 0; unit < UNITS; unit++) {
        const int64_t at_ms = moment_of(&TABLE, 1, &SEED, unit).at_ms;

        assert_true(at_ms >= TABLE.start_ms && at_ms < TABLE.end_ms);
        first += at_ms < TABLE.start_ms + 60000;
    }
    assert_in_range(first, 15000 - 400, 15000 + 400);
}

static void a_closed_segment_of_the_curve_gets_none(void **state)
{
    struct slot slot = {.from_ms = TABLE.start_ms + 100000, .to_ms = TABLE.start_ms + 200000};
    struct curve_point curve[] = {{.at_s = START_S, .units = 0},
                                  {.at_s = START_S + 60, .units = 15000},
                                  {.at_s = END_S, .units = 20000}};

    (void)state;
    PRIZE.curve = curve;
    PRIZE.curve_count = 3;
    PRIZE.slots = &slot;
    PRIZE.slot_count = 1;
    for (uint32_t unit = 0; unit < UNITS; unit++) {
        const int64_t at_ms = moment_of(&TABLE, 1, &SEED, unit).at_ms;

        assert_true(at_ms >= slot.from_ms && at_ms < slot.to_ms);
    }
}

static void without_open_time_the_window_is_taken(void **state)
{
    struct slot slot = {.from_ms = TABLE.end_ms, .to_ms = TABLE.end_ms + 1};

    (void)state;
    PRIZE.slots = &slot;
    PRIZE.slot_count = 1;
    for (uint32_t unit = 0; unit < 100; unit++) {
        const int64_t at_ms = moment_of(&TABLE, 1, &SEED, unit).at_ms;

        assert_true(at_ms >= TABLE.start_ms && at_ms < TABLE.end_ms);
    }
}

static void moments_are_the_documented_ones(void **state)
{
    struct curve_point curve[] = {{.at_s = START_S, .units = 0},
                                  {.at_s = START_S + 60, .units = 15000},
                                  {.at_s = END_S, .units = 20000}};
    struct slot slots[] = {{.from_ms = TABLE.start_ms + 10000, .to_ms = TABLE.start_ms + 20000},
                           {.from_ms = TABLE.start_ms + 600000, .to_ms = TABLE.start_ms + 700000}};
    static const struct moment_plan EXPECTED[] = {{1000010071, 0},
                                                  {1000019250, 3},
                                                  {1000678420, 2},
                                                  {1000019034, 0},
                                                  {1000013110, 2},
                                                  {1000017125, 3},
                                                  {1000017677, 3},
                                                  {1000013926, 1}};

    (void)state;
    PRIZE.curve = curve;
    PRIZE.curve_count = 3;
    PRIZE.slots = slots;
    PRIZE.slot_count = 2;
    for (uint32_t unit = 0; unit < sizeof EXPECTED / sizeof EXPECTED[0]; unit++) {
        const struct moment_plan plan = moment_of(&TABLE, 1, &SEED, unit);

        assert_int_equal(plan.at_ms, EXPECTED[unit].at_ms);
        assert_int_equal(plan.shard, EXPECTED[unit].shard);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(moments_spread_over_the_whole_window, table_setup),
        cmocka_unit_test_setup(moments_fall_only_into_slots, table_setup),
        cmocka_unit_test_setup(moments_follow_the_curve, table_setup),
        cmocka_unit_test_setup(a_closed_segment_of_the_curve_gets_none, table_setup),
        cmocka_unit_test_setup(without_open_time_the_window_is_taken, table_setup),
        cmocka_unit_test_setup(moments_are_the_documented_ones, table_setup),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
