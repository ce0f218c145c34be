/*
 * loadtest/report_internal.h - what the three reports share.
 */
#pragma once

#include "base/buf.h"
#include "loadtest/report.h"

enum { REPORT_BYTES_MAX = 1 << 28, QUANTILES = 7 };

struct quantile {
    const char *name, *title; /* in JSON; in tables */
    double fraction;
};

extern const struct quantile REPORT_QUANTILES[QUANTILES];

bool report_write(const char *path, struct buf *buf); /* frees buf */
double report_ms(const struct histogram *histogram, double fraction);
const char *report_loop(const struct options *options); /* "open, poisson", "open, fixed" or "closed" */

/* chart.c: inline SVG over the seconds of the run. */
struct chart_line {
    const char *name, *colour;                                 /* a CSS class */
    double (*value)(const struct stats *stats, size_t second); /* NAN: none */
    bool takes_max; /* where several seconds share a point: the largest, not the mean */
};

struct chart {
    const char *title, *unit;
    const struct chart_line *lines;
    size_t line_count;
    bool is_log;
};

void chart_add(struct buf *out, const struct stats *stats, const struct chart *chart);
