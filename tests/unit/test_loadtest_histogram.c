/*
 * Unit tests of loadtest/histogram.c, against exact values.
 */
#include "loadtest/histogram.h"

#include "loadtest/rng.h"
#include "tests/support/unit.h"

#include <math.h>
#include <stdlib.h>

enum { VALUES = 50000 };

static int compare(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

    return x < y ? -1 : x > y;
}

static int64_t exact_at(const int64_t *sorted, size_t count, double fraction)
{
    size_t rank = (size_t)ceil(fraction * (double)count);

    return sorted[rank == 0 ? 0 : rank - 1];
}

/* Never below the exact value, and at most one part in 1024 above it. */
static void check_close(int64_t got, int64_t exact)
{
    assert_true(got >= exact);
    assert_true(got - exact <= exact / 1024);
}

/* From 1 us to 71 minutes, as many in each decade. */
static int64_t wide_value(struct rng *rng)
{
    return (int64_t)exp(rng_unit(rng) * log((double)HISTOGRAM_MAX_US));
}

TEST(percentiles_are_the_exact_ones_to_three_digits)
{
    static const double FRACTIONS[] = {0, 0.001, 0.25, 0.5, 0.9, 0.95, 0.99, 0.999, 0.9999, 1};
    int64_t *values = calloc(VALUES, sizeof *values);
    struct rng rng = {.state = 7};
    struct histogram histogram;
    double sum = 0;

    assert_non_null(values);
    assert_true(histogram_init(&histogram));
    for (size_t i = 0; i < VALUES; i++) {
        values[i] = wide_value(&rng);
        sum += (double)values[i];
        histogram_add(&histogram, values[i]);
    }
    qsort(values, VALUES, sizeof *values, compare);
    for (size_t i = 0; i < sizeof FRACTIONS / sizeof FRACTIONS[0]; i++) {
        check_close(histogram_at(&histogram, FRACTIONS[i]), exact_at(values, VALUES, FRACTIONS[i]));
    }
    assert_int_equal(histogram.count, VALUES);
    assert_int_equal(histogram.min_us, values[0]);
    assert_int_equal(histogram.max_us, values[VALUES - 1]);
    assert_int_equal(histogram_at(&histogram, 1), values[VALUES - 1]);
    assert_true(fabs(histogram_mean(&histogram) - sum / VALUES) < 1e-6 * sum / VALUES);
    histogram_free(&histogram);
    free(values);
}

TEST(small_values_are_exact)
{
    struct histogram histogram;

    assert_true(histogram_init(&histogram));
    for (int64_t value = 0; value < 2048; value++) {
        histogram_add(&histogram, value);
    }
    for (int64_t value = 0; value < 2048; value++) {
        assert_int_equal(histogram_at(&histogram, (double)(value + 1) / 2048), value);
    }
    histogram_free(&histogram);
}

TEST(buckets_follow_each_other_without_gap_or_overlap)
{
    int64_t before = -1;

    for (size_t i = 0; i < HISTOGRAM_BUCKETS; i++) {
        int64_t top = histogram_bucket_top(i);

        assert_true(top > before);
        assert_true(top - before <= 1 + before / 1024);
        before = top;
    }
    assert_int_equal(before, HISTOGRAM_MAX_US);
}

TEST(a_value_is_found_at_its_own_bucket_on_every_border)
{
    struct histogram histogram;

    assert_true(histogram_init(&histogram));
    for (size_t i = 0; i < HISTOGRAM_BUCKETS; i++) {
        histogram_add(&histogram, histogram_bucket_top(i));
        assert_int_equal(histogram.counts[i], 1);
    }
    for (size_t i = 1; i < HISTOGRAM_BUCKETS; i++) {
        histogram_add(&histogram, histogram_bucket_top(i - 1) + 1);
        assert_int_equal(histogram.counts[i], 2);
    }
    histogram_free(&histogram);
}

TEST(empty_and_cleared_ones_say_nothing_and_odd_values_are_clamped)
{
    struct histogram histogram;

    assert_true(histogram_init(&histogram));
    assert_int_equal(histogram_at(&histogram, 0.99), 0);
    assert_true(histogram_mean(&histogram) == 0);
    histogram_add(&histogram, -5);
    histogram_add(&histogram, INT64_MAX);
    assert_int_equal(histogram.min_us, 0);
    assert_int_equal(histogram_at(&histogram, 1), HISTOGRAM_MAX_US);
    histogram_clear(&histogram);
    assert_int_equal(histogram.count, 0);
    assert_int_equal(histogram_at(&histogram, 1), 0);
    histogram_free(&histogram);
    histogram_free(&histogram);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RUN(percentiles_are_the_exact_ones_to_three_digits),
        RUN(small_values_are_exact),
        RUN(buckets_follow_each_other_without_gap_or_overlap),
        RUN(a_value_is_found_at_its_own_bucket_on_every_border),
        RUN(empty_and_cleared_ones_say_nothing_and_odd_values_are_clamped),
    };

    return RUN_ALL(tests);
}
