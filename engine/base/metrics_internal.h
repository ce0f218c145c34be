/*
 * base/metrics_internal.h - sums over all threads, as metrics.c counts them and metrics_text.c prints them.
 */
#pragma once

#include "base/metrics.h"

enum { METRIC_BOUNDS = 16 };

/* Log-linear: 1, 2 and 5 of every power of ten from 100 us to 10 s. */
extern const int64_t METRIC_BOUNDS_US[METRIC_BOUNDS];

struct metric_histogram_sum {
    uint64_t buckets[METRIC_BOUNDS + 1]; /* each by itself, not cumulative */
    uint64_t sum_us;
};

int64_t metrics_gauge_sum(enum metric_gauge gauge);
struct metric_histogram_sum metrics_histogram_sum(enum metric_histogram histogram);
