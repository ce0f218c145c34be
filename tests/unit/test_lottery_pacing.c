/* tests/unit/test_lottery_pacing.c - what may have been given by when. */
#include "support/unit.h"

#include "lottery/pacing.h"

static struct curve_point CURVE[] = {{100, 10}, {110, 20}, {113, 21}, {200, 21}};
static struct slot SLOTS[] = {{1000, 2000}, {2000, 2500}, {9000, 9001}};

TEST(a_prize_without_a_curve_may_be_given_whole)
{
    const struct table_prize prize = {.units = 77};

    assert_int_equal(pacing_curve_units(&prize, 0), 77);
}

TEST(a_curve_gives_nothing_before_its_first_point_and_all_after_its_last)
{
    const struct table_prize prize = {.units = 21, .curve = CURVE, .curve_count = 4};

    assert_int_equal(pacing_curve_units(&prize, 99999), 0);
    assert_int_equal(pacing_curve_units(&prize, 100000), 10);
    assert_int_equal(pacing_curve_units(&prize, 200000), 21);
    assert_int_equal(pacing_curve_units(&prize, INT64_MAX), 21);
}

TEST(a_curve_is_linear_in_between_and_rounds_down)
{
    const struct table_prize prize = {.units = 21, .curve = CURVE, .curve_count = 4};

    assert_int_equal(pacing_curve_units(&prize, 100999), 10);
    assert_int_equal(pacing_curve_units(&prize, 101000), 11);
    assert_int_equal(pacing_curve_units(&prize, 109999), 19);
    assert_int_equal(pacing_curve_units(&prize, 110000), 20);
    assert_int_equal(pacing_curve_units(&prize, 112999), 20);
    assert_int_equal(pacing_curve_units(&prize, 113000), 21);
}

TEST(a_curve_never_falls)
{
    const struct table_prize prize = {.units = 21, .curve = CURVE, .curve_count = 4};
    int64_t before = 0;

    for (int64_t ms = 95000; ms < 210000; ms += 7) {
        int64_t now = pacing_curve_units(&prize, ms);

        assert_true(now >= before);
        before = now;
    }
}

TEST(a_slot_holds_its_first_millisecond_and_not_its_end)
{
    const struct table_prize prize = {.slots = SLOTS, .slot_count = 3};

    assert_false(pacing_slot_open(&prize, 999));
    assert_true(pacing_slot_open(&prize, 1000));
    assert_true(pacing_slot_open(&prize, 1999));
    assert_true(pacing_slot_open(&prize, 2000));
    assert_false(pacing_slot_open(&prize, 2500));
    assert_true(pacing_slot_open(&prize, 9000));
    assert_false(pacing_slot_open(&prize, 9001));
}

/* How many units a shard gives before its ceiling stops it. */
static uint32_t given_in_a_second(const struct table_prize *prize, uint32_t shards, uint32_t index)
{
    struct pool pool = {.second = 5};

    while (pacing_allows(prize, &pool, 5500, shards, index)) {
        pool.in_second++;
    }
    return pool.in_second;
}

TEST(the_shards_parts_of_a_ceiling_add_up)
{
    for (int64_t ceiling = 1; ceiling < 40; ceiling++) {
        const struct table_prize prize = {.units = 1000, .per_second = ceiling};

        for (uint32_t shards = 1; shards < 9; shards++) {
            int64_t all = 0;

            for (uint32_t i = 0; i < shards; i++) {
                all += given_in_a_second(&prize, shards, i);
            }
            assert_int_equal(all, ceiling);
        }
    }
}

TEST(a_ceiling_begins_anew_with_each_second)
{
    const struct table_prize prize = {.units = 1000, .per_second = 2};
    const struct pool pool = {.second = 5, .in_second = 2};

    assert_false(pacing_allows(&prize, &pool, 5999, 1, 0));
    assert_true(pacing_allows(&prize, &pool, 6000, 1, 0));
}

TEST(the_shards_parts_of_a_curve_add_up)
{
    const struct table_prize prize = {.units = 21, .curve = CURVE, .curve_count = 4};

    for (uint32_t shards = 1; shards < 9; shards++) {
        int64_t all = 0;

        for (uint32_t i = 0; i < shards; i++) {
            struct pool pool = {0};

            while (pacing_allows(&prize, &pool, 105000, shards, i)) {
                pool.given++;
            }
            all += pool.given;
        }
        assert_int_equal(all, 15);
    }
}

TEST(without_a_curve_a_shard_may_pass_its_even_share)
{
    const struct table_prize prize = {.units = 10};
    const struct pool pool = {.given = 9};

    assert_true(pacing_allows(&prize, &pool, 5000, 2, 0));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RUN(a_prize_without_a_curve_may_be_given_whole),
        RUN(a_curve_gives_nothing_before_its_first_point_and_all_after_its_last),
        RUN(a_curve_is_linear_in_between_and_rounds_down),
        RUN(a_curve_never_falls),
        RUN(a_slot_holds_its_first_millisecond_and_not_its_end),
        RUN(the_shards_parts_of_a_ceiling_add_up),
        RUN(a_ceiling_begins_anew_with_each_second),
        RUN(the_shards_parts_of_a_curve_add_up),
        RUN(without_a_curve_a_shard_may_pass_its_even_share),
    };

    return RUN_ALL(tests);
}
