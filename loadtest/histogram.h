/*
 * loadtest/histogram.h - latencies in a log-linear histogram: microseconds, three digits, about 71 minutes.
 *
 * Up to 2047 us every value has a bucket of its own; above, a bucket is at most 1/1024 of its value wide.
 * Histograms add up: merging two gives what one histogram of all values would hold.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { HISTOGRAM_BUCKETS = 1024 * 23 };

#define HISTOGRAM_MAX_US INT64_C(4294967295)

struct histogram {
    uint64_t *counts; /* HISTOGRAM_BUCKETS; pages that are never counted in take no memory */
    uint64_t count;
    double sum_us;
    int64_t min_us, max_us; /* exact */
};

bool histogram_init(struct histogram *histogram); /* false: out of memory */
void histogram_free(struct histogram *histogram); /* accepts a zeroed one */
void histogram_clear(struct histogram *histogram);
void histogram_add(struct histogram *histogram, int64_t value_us); /* clamps to 0..HISTOGRAM_MAX_US */

/* The smallest recorded value that at least this fraction of all values does not exceed, to three digits;
 * 1.0 is the exact maximum. 0 when empty. */
int64_t histogram_at(const struct histogram *histogram, double fraction);
double histogram_mean(const struct histogram *histogram);
int64_t histogram_bucket_top(size_t bucket); /* the largest value that is counted in it */
