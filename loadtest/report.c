/*
 * loadtest/report.c - files, thresholds and the list of percentiles.
 */
#include "loadtest/report_internal.h"

#include <errno.h>
#include <string.h>

const struct quantile REPORT_QUANTILES[QUANTILES] = {
    {"p50", "50 %", 0.5},
    {"p90", "90 %", 0.9},
    {"p95", "95 %", 0.95},
    {"p99", "99 %", 0.99},
    {"p999", "99.9 %", 0.999},
    {"p9999", "99.99 %", 0.9999},
    {"max", "max", 1.0},
};

bool report_write(const char *path, struct buf *buf)
{
    FILE *file = fopen(path, "we");
    bool is_whole = file != NULL && !buf->failed && fwrite(buf->data, 1, buf->len, file) == buf->len;

    if (file != NULL && fclose(file) != 0) {
        is_whole = false;
    }
    if (!is_whole) {
        fprintf(stderr, "hongbao-load: %s: %s\n", path, buf->failed ? "too large" : strerror(errno));
    }
    buf_free(buf);
    return is_whole;
}

double report_ms(const struct histogram *histogram, double fraction)
{
    return (double)histogram_at(histogram, fraction) / 1000;
}

const char *report_loop(const struct options *options)
{
    if (options->is_closed) {
        return "closed";
    }
    return strcmp(options->arrivals, "fixed") == 0 ? "open, fixed gaps" : "open, poisson";
}

bool report_rules_hold(const struct result *result)
{
    bool all = true;
    double value;

    for (size_t i = 0; i < result->options->rule_count; i++) {
        all = !fail_rule_holds(&result->options->rules[i], &result->stats, &value) && all;
    }
    return all;
}
