/*
 * Unit tests of loadtest/arrivals.c.
 */
#include "loadtest/arrivals.h"

#include "tests/support/unit.h"

#include <math.h>

TEST(fixed_gaps_are_exact_and_do_not_drift)
{
    const struct phase phase = {3000, 2000000};
    struct arrivals arrivals;
    int64_t at = 0;

    arrivals_init(&arrivals, &phase, 1, /* poisson= */ false, 1);
    for (int64_t i = 0; i < 6000; i++) {
        assert_true(arrivals_next(&arrivals, &at));
        assert_int_equal(at, i * 1000000 / 3000);
    }
    assert_false(arrivals_next(&arrivals, &at));
    assert_false(arrivals_next(&arrivals, &at));
}

TEST(phases_follow_each_other_and_a_pause_is_empty)
{
    const struct phase phases[] = {{10, 1000000}, {0, 5000000}, {2, 1000000}};
    struct arrivals arrivals;
    int64_t at = 0;

    arrivals_init(&arrivals, phases, 3, /* poisson= */ false, 1);
    for (int64_t i = 0; i < 10; i++) {
        assert_true(arrivals_next(&arrivals, &at));
        assert_int_equal(at, i * 100000);
    }
    assert_true(arrivals_next(&arrivals, &at));
    assert_int_equal(at, 6000000);
    assert_true(arrivals_next(&arrivals, &at));
    assert_int_equal(at, 6500000);
    assert_false(arrivals_next(&arrivals, &at));
    assert_int_equal(phases_duration_us(phases, 3), 7000000);
}

TEST(a_poisson_stream_has_exponential_gaps_of_its_rate)
{
    const struct phase phase = {1000, 100000000};
    struct arrivals arrivals;
    int64_t before = 0, at;
    double count = 0, longer = 0, squares = 0;

    arrivals_init(&arrivals, &phase, 1, /* poisson= */ true, 42);
    while (arrivals_next(&arrivals, &at)) {
        double gap_ms = (double)(at - before) / 1000;

        assert_true(at >= before && at < phase.duration_us);
        count++;
        longer += gap_ms > 2 ? 1 : 0;
        squares += gap_ms * gap_ms;
        before = at;
    }
    /* 100,000 expected, standard deviation 316; P(gap > 2 ms) = e^-2; E[gap^2] = 2 ms^2 */
    assert_true(fabs(count - 100000) < 5 * 316);
    assert_true(fabs(longer / count - exp(-2)) < 0.006);
    assert_true(fabs(squares / count - 2) < 0.1);
}

TEST(the_same_seed_gives_the_same_plan)
{
    const struct phase phases[] = {{500, 1000000}, {50, 1000000}};
    struct arrivals a, b, other;
    int64_t at_a = 0, at_b = 0, at_other = 0;
    unsigned differ = 0;

    arrivals_init(&a, phases, 2, /* poisson= */ true, 5);
    arrivals_init(&b, phases, 2, /* poisson= */ true, 5);
    arrivals_init(&other, phases, 2, /* poisson= */ true, 6);
    while (arrivals_next(&a, &at_a)) {
        assert_true(arrivals_next(&b, &at_b));
        assert_int_equal(at_a, at_b);
        differ += arrivals_next(&other, &at_other) && at_other != at_a ? 1U : 0U;
    }
    assert_false(arrivals_next(&b, &at_b));
    assert_true(differ > 400);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RUN(fixed_gaps_are_exact_and_do_not_drift),
        RUN(phases_follow_each_other_and_a_pause_is_empty),
        RUN(a_poisson_stream_has_exponential_gaps_of_its_rate),
        RUN(the_same_seed_gives_the_same_plan),
    };

    return RUN_ALL(tests);
}
