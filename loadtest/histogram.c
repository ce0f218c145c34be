/*
 * loadtest/histogram.c - log-linear buckets: 1024 in each power of two, from 2^11 on.
 */
#include "loadtest/histogram.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { HALF = 1024 };

bool histogram_init(struct histogram *histogram)
{
    *histogram = (struct histogram){.counts = calloc(HISTOGRAM_BUCKETS, sizeof *histogram->counts)};
    return histogram->counts != NULL;
}

void histogram_free(struct histogram *histogram)
{
    free(histogram->counts);
    *histogram = (struct histogram){0};
}

void histogram_clear(struct histogram *histogram)
{
    memset(histogram->counts, 0, HISTOGRAM_BUCKETS * sizeof *histogram->counts);
    *histogram = (struct histogram){.counts = histogram->counts};
}

/* value >> shift lies in [HALF, 2 * HALF) once shift is above 0. */
static size_t bucket_of(uint32_t value)
{
    unsigned shift;

    if (value < 2 * HALF) {
        return value;
    }
    shift = 21U - (unsigned)__builtin_clz(value);
    return (size_t)HALF * shift + (value >> shift);
}

int64_t histogram_bucket_top(size_t bucket)
{
    size_t shift = bucket < (size_t)2 * HALF ? 0 : bucket / HALF - 1;

    return (((int64_t)(bucket - shift * HALF) + 1) << shift) - 1;
}

void histogram_add(struct histogram *histogram, int64_t value_us)
{
    int64_t value = value_us < 0 ? 0 : value_us > HISTOGRAM_MAX_US ? HISTOGRAM_MAX_US : value_us;

    histogram->counts[bucket_of((uint32_t)value)]++;
    histogram->min_us = histogram->count == 0 || value < histogram->min_us ? value : histogram->min_us;
    histogram->max_us = value > histogram->max_us ? value : histogram->max_us;
    histogram->count++;
    histogram->sum_us += (double)value;
}

int64_t histogram_at(const struct histogram *histogram, double fraction)
{
    double wanted = ceil(fraction * (double)histogram->count);
    uint64_t rank = wanted < 1 ? 1 : (uint64_t)wanted;
    uint64_t seen = 0;

    if (histogram->count == 0) {
        return 0;
    }
    for (size_t i = 0; i < HISTOGRAM_BUCKETS; i++) {
        seen += histogram->counts[i];
        if (seen >= rank) {
            int64_t top = histogram_bucket_top(i);

            return top < histogram->max_us ? top : histogram->max_us;
        }
    }
    return histogram->max_us;
}

double histogram_mean(const struct histogram *histogram)
{
    return histogram->count == 0 ? 0 : histogram->sum_us / (double)histogram->count;
}
