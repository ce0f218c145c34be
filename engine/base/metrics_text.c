/*
 * base/metrics_text.c - the numbers as Prometheus text, format 0.0.4.
 */
#include "base/metrics_internal.h"

#include <inttypes.h>
#include <stddef.h>

struct metric_name {
    const char *name, *help;
};

#define METRIC_NAME(symbol, name, help) [symbol] = {name, help},
static const struct metric_name COUNTERS[] = {METRICS_COUNTERS(METRIC_NAME)};
static const struct metric_name GAUGES[] = {METRICS_GAUGES(METRIC_NAME)};
static const struct metric_name HISTOGRAMS[] = {METRICS_HISTOGRAMS(METRIC_NAME)};

static void add_head(struct buf *out, const struct metric_name *metric, const char *type)
{
    buf_addf(out, "# HELP %s %s\n# TYPE %s %s\n", metric->name, metric->help, metric->name, type);
}

static void add_seconds(struct buf *out, uint64_t us)
{
    buf_addf(out, "%" PRIu64 ".%06" PRIu64, us / 1000000, us % 1000000);
}

/* The bound as people write it: 0.0001, 0.5, 10. */
static void add_bound(struct buf *out, uint64_t us)
{
    uint64_t fraction = us % 1000000;
    int digits = 6;

    buf_add_u64(out, us / 1000000);
    while (fraction > 0 && fraction % 10 == 0) {
        fraction /= 10;
        digits--;
    }
    if (fraction > 0) {
        buf_addf(out, ".%0*" PRIu64, digits, fraction);
    }
}

static void add_bucket(struct buf *out, const char *name, size_t bucket, uint64_t count)
{
    buf_addf(out, "%s_bucket{le=\"", name);
    if (bucket < METRIC_BOUNDS) {
        add_bound(out, (uint64_t)METRIC_BOUNDS_US[bucket]);
    } else {
        buf_adds(out, "+Inf");
    }
    buf_addf(out, "\"} %" PRIu64 "\n", count);
}

static void add_histogram(struct buf *out, enum metric_histogram which)
{
    const struct metric_name *metric = &HISTOGRAMS[which];
    struct metric_histogram_sum sum = metrics_histogram_sum(which);
    uint64_t count = 0;

    add_head(out, metric, "histogram");
    for (size_t i = 0; i <= METRIC_BOUNDS; i++) {
        count += sum.buckets[i];
        add_bucket(out, metric->name, i, count);
    }
    buf_addf(out, "%s_sum ", metric->name);
    add_seconds(out, sum.sum_us);
    buf_addf(out, "\n%s_count %" PRIu64 "\n", metric->name, count);
}

void metrics_render(struct buf *out)
{
    for (enum metric_counter i = 0; i < METRIC_COUNTERS; i++) {
        add_head(out, &COUNTERS[i], "counter");
        buf_addf(out, "%s %" PRIu64 "\n", COUNTERS[i].name, metrics_counter_sum(i));
    }
    for (enum metric_gauge i = 0; i < METRIC_GAUGES; i++) {
        add_head(out, &GAUGES[i], "gauge");
        buf_addf(out, "%s %" PRId64 "\n", GAUGES[i].name, metrics_gauge_sum(i));
    }
    for (enum metric_histogram i = 0; i < METRIC_HISTOGRAMS; i++) {
        add_histogram(out, i);
    }
}
