/* tests/unit/test_lottery_split.c - every split adds up, stays in its bounds and looks like lucky money. */
#include "lottery/split.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct seed SEED;

static int seed_setup(void **state)
{
    const uint8_t secret[32] = {1, 2, 3};

    (void)state;
    fairness_seed("spring", secret, "", &SEED);
    return 0;
}

static struct split split_of(int64_t units, int64_t total_fen, int64_t min_fen, int64_t max_fen)
{
    return (struct split){.seed = &SEED,
                          .campaign = "spring",
                          .prize = "lucky",
                          .units = units,
                          .total_fen = total_fen,
                          .min_fen = min_fen,
                          .max_fen = max_fen};
}

static void split_check(const struct split *split)
{
    int64_t sum_fen = 0;

    for (int64_t i = 0; i < split->units; i++) {
        const int64_t fen = split_amount_fen(split, i);

        assert_true(fen >= split->min_fen && fen <= split->max_fen);
        sum_fen += fen;
    }
    assert_int_equal(sum_fen, split->total_fen);
    assert_int_equal(split_range_fen(split, 0, split->units), split->total_fen);
}

static void every_small_split_adds_up_within_its_bounds(void **state)
{
    (void)state;
    for (int64_t units = 1; units <= 9; units++) {
        for (int64_t max_fen = 0; max_fen <= 6; max_fen++) {
            for (int64_t min_fen = 0; min_fen <= max_fen; min_fen++) {
                for (int64_t total_fen = units * min_fen; total_fen <= units * max_fen; total_fen++) {
                    const struct split split = split_of(units, total_fen, min_fen, max_fen);

                    split_check(&split);
                }
            }
        }
    }
}

static void extreme_splits_add_up(void **state)
{
    const struct split splits[] = {
        split_of(1000, 1000, 1, 20000),              /* nothing to vary */
        split_of(1000, 1001, 1, 20000),              /* one fen to place */
        split_of(1000, 20000 * 1000, 1, 20000),      /* all at the top */
        split_of(1000, 20000 * 1000 - 1, 1, 20000),  /* one fen below */
        split_of(999, 888888, 1, 20000),             /* odd everywhere */
        split_of(4097, 5 * 4097 + 3, 0, 1000000000), /* wide bounds */
    };

    (void)state;
    for (size_t i = 0; i < sizeof splits / sizeof splits[0]; i++) {
        split_check(&splits[i]);
    }
}

static void the_largest_split_answers_for_any_unit(void **state)
{
    const int64_t units = INT32_MAX - 1, total_fen = (INT64_C(1) << 53) - 1;
    const struct split split = split_of(units, total_fen, 1, INT64_C(4000000000));
    int64_t sum_fen = 0;

    (void)state;
    for (int64_t unit = units - 1000; unit < units; unit++) {
        sum_fen += split_amount_fen(&split, unit);
    }
    assert_int_equal(sum_fen, split_range_fen(&split, units - 1000, units));
    assert_int_equal(split_range_fen(&split, 0, units), total_fen);
}

static void a_range_is_the_sum_of_its_units(void **state)
{
    const struct split split = split_of(777, 777 * 88, 10, 500);
    int64_t prefix[778] = {0};

    (void)state;
    for (int64_t i = 0; i < 777; i++) {
        prefix[i + 1] = prefix[i] + split_amount_fen(&split, i);
    }
    for (int64_t from = 0; from <= 777; from += 7) {
        for (int64_t to = from; to <= 777; to += 5) {
            assert_int_equal(split_range_fen(&split, from, to), prefix[to] - prefix[from]);
        }
    }
}

/* Mean 100 between 1 and 20000, as a group's lucky money: half the units far from the mean, shards near it.
 */
static void units_vary_and_shards_do_not(void **state)
{
    enum { UNITS = 20000, SHARD = 5000 };
    const struct split split = split_of(UNITS, UNITS * 100, 1, 20000);
    int64_t low = 0, high = 0, top = 0, largest = 0;

    (void)state;
    for (int64_t i = 0; i < UNITS; i++) {
        const int64_t fen = split_amount_fen(&split, i);

        low += fen < 50;
        high += fen > 150;
        top += fen > 300;
        largest = fen > largest ? fen : largest;
    }
    assert_in_range(low, UNITS / 5, UNITS / 2);
    assert_in_range(high, UNITS / 10, UNITS / 3);
    assert_in_range(top, UNITS / 1000, UNITS / 15);
    assert_in_range(largest, 350, 2000);
    for (int64_t i = 0; i < UNITS; i += SHARD) {
        assert_in_range(split_range_fen(&split, i, i + SHARD), SHARD * 95, SHARD * 105);
    }
}

static void neighbours_and_places_have_the_same_mean(void **state)
{
    enum { SPLITS = 4000, UNITS = 5 };
    int64_t sums[UNITS] = {0};
    char prize[] = "p0000";

    (void)state;
    for (int i = 0; i < SPLITS; i++) {
        struct split split = split_of(UNITS, UNITS * 100, 1, 300);

        prize[1] = (char)('a' + i / 676 % 26);
        prize[2] = (char)('a' + i / 26 % 26);
        prize[3] = (char)('a' + i % 26);
        split.prize = prize;
        for (int64_t unit = 0; unit < UNITS; unit++) {
            sums[unit] += split_amount_fen(&split, unit);
        }
    }
    for (size_t unit = 0; unit < UNITS; unit++) {
        assert_in_range(sums[unit], SPLITS * 90, SPLITS * 110);
    }
}

static void two_units_take_every_feasible_cut(void **state)
{
    bool seen[10] = {false};
    char prize[] = "p00";

    (void)state;
    for (int i = 0; i < 260; i++) {
        struct split split = split_of(2, 11, 1, 9); /* 2..9 and 9..2 */

        prize[1] = (char)('a' + i / 26);
        prize[2] = (char)('a' + i % 26);
        split.prize = prize;
        seen[split_amount_fen(&split, 0)] = true;
    }
    for (size_t fen = 2; fen <= 9; fen++) {
        assert_true(seen[fen]);
    }
}

static void a_prize_of_any_kind_has_its_fen(void **state)
{
    struct table_prize prizes[] = {
        {.id = "fixed", .kind = PRIZE_CASH, .units = 10, .amount_fen = 500},
        {.id = "lucky", .kind = PRIZE_CASH_SPLIT, .units = 4, .total_fen = 400, .min_fen = 1, .max_fen = 300},
        {.id = "ticket", .kind = PRIZE_VOUCHER, .units = 10},
    };
    const struct table table = {.campaign = "spring", .prizes = prizes, .prize_count = 3};
    int64_t sum_fen = 0;

    (void)state;
    assert_int_equal(prize_unit_fen(&table, 1, &SEED, 9), 500);
    assert_int_equal(prize_range_fen(&table, 1, &SEED, 2, 5), 1500);
    assert_int_equal(prize_unit_fen(&table, 1, &SEED, 10), 0);
    assert_int_equal(prize_unit_fen(&table, 3, &SEED, 1), 0);
    assert_int_equal(prize_unit_fen(&table, 4, &SEED, 1), 0);
    for (int64_t unit = 0; unit < 4; unit++) {
        sum_fen += prize_unit_fen(&table, 2, &SEED, unit);
    }
    assert_int_equal(sum_fen, 400);
    assert_int_equal(prize_range_fen(&table, 2, &SEED, 0, 4), 400);
}

static void amounts_are_the_documented_ones(void **state)
{
    const struct split split = split_of(1000, 88800, 1, 20000);
    static const int64_t EXPECTED[] = {240, 52, 89, 48, 34, 114, 122, 22, 164, 74, 47, 84};

    (void)state;
    for (size_t i = 0; i < sizeof EXPECTED / sizeof EXPECTED[0]; i++) {
        assert_int_equal(split_amount_fen(&split, (int64_t)i), EXPECTED[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_small_split_adds_up_within_its_bounds),
        cmocka_unit_test(extreme_splits_add_up),
        cmocka_unit_test(the_largest_split_answers_for_any_unit),
        cmocka_unit_test(a_range_is_the_sum_of_its_units),
        cmocka_unit_test(units_vary_and_shards_do_not),
        cmocka_unit_test(neighbours_and_places_have_the_same_mean),
        cmocka_unit_test(two_units_take_every_feasible_cut),
        cmocka_unit_test(a_prize_of_any_kind_has_its_fen),
        cmocka_unit_test(amounts_are_the_documented_ones),
    };

    return cmocka_run_group_tests(tests, seed_setup, NULL);
}
