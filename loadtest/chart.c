/*
 * loadtest/chart.c - lines over the seconds of a run, as inline SVG with a legend; linear from 0, or
 * logarithmic.
 *
 * Drawn so small that its words are still read on a phone, where the page makes them larger. Colours are CSS
 * classes of the page. Each point has a strip that shows its figures when pointed at.
 */
#include "loadtest/report_internal.h"

#include <math.h>

enum {
    WIDTH = 720,
    HEIGHT = 240,
    LEFT = 68,
    RIGHT = 30,
    TOP = 14,
    BOTTOM = 38,
    POINTS_MAX = 480,
    X_LABELS_MAX = 8,
};

struct plot {
    const struct stats *stats;
    const struct chart *chart;
    size_t points, step; /* step seconds share a point */
    double low, high;    /* of the axis; decades when logarithmic */
};

/* NAN when none of its seconds has a figure. */
static double point_value(const struct plot *plot, const struct chart_line *line, size_t point)
{
    size_t from = point * plot->step, count = 0;
    double sum = 0, max = 0;

    for (size_t i = from; i < from + plot->step && i < plot->stats->second_count; i++) {
        double value = line->value(plot->stats, i);

        if (isnan(value)) {
            continue;
        }
        sum += value;
        max = value > max ? value : max;
        count++;
    }
    if (count == 0) {
        return NAN;
    }
    return line->takes_max ? max : sum / (double)count;
}

static double x_of(const struct plot *plot, size_t point)
{
    double span = plot->points > 1 ? (double)(plot->points - 1) : 1;

    return LEFT + (double)point / span * (WIDTH - LEFT - RIGHT);
}

static double y_of(const struct plot *plot, double value)
{
    double at = plot->chart->is_log ? log10(value > 0 ? value : 1e-9) : value;
    double share = (at - plot->low) / (plot->high - plot->low);

    share = share < 0 ? 0 : share > 1 ? 1 : share;
    return HEIGHT - BOTTOM - share * (HEIGHT - TOP - BOTTOM);
}

/* The next of 1, 2, 5, 10, 20, ... */
static double round_up(double value)
{
    double decade = pow(10, floor(log10(value)));

    for (int i = 0; i < 3; i++) {
        double candidate = decade * (i == 0 ? 1 : i == 1 ? 2 : 5);

        if (value <= candidate) {
            return candidate;
        }
    }
    return decade * 10;
}

static void axis_fit(struct plot *plot)
{
    double min = INFINITY, max = 0;

    for (size_t i = 0; i < plot->chart->line_count; i++) {
        for (size_t p = 0; p < plot->points; p++) {
            double value = point_value(plot, &plot->chart->lines[i], p);

            max = value > max ? value : max;
            min = value > 0 && value < min ? value : min;
        }
    }
    max = max > 0 ? max : 1;
    min = min < max ? min : max;
    plot->low = plot->chart->is_log ? floor(log10(min)) : 0;
    plot->high = plot->chart->is_log ? ceil(log10(max)) : round_up(max);
    plot->high = plot->high > plot->low ? plot->high : plot->low + 1;
}

static void grid_line(struct buf *out, const struct plot *plot, double value)
{
    double y = y_of(plot, value);

    buf_addf(
        out, "<line class=\"grid\" x1=\"%d\" x2=\"%d\" y1=\"%.1f\" y2=\"%.1f\"/>", LEFT, WIDTH - RIGHT, y, y);
    buf_addf(out, "<text x=\"%d\" y=\"%.1f\" text-anchor=\"end\">%.6g</text>\n", LEFT - 6, y + 4, value);
}

static void axes_add(struct buf *out, const struct plot *plot)
{
    int steps = plot->chart->is_log ? (int)(plot->high - plot->low) : 5;
    size_t crowded = (plot->points + X_LABELS_MAX - 1) / X_LABELS_MAX;
    size_t every = (size_t)round_up((double)crowded);

    for (int i = 0; i <= steps; i++) {
        grid_line(out, plot, plot->chart->is_log ? pow(10, plot->low + i) : plot->high * i / steps);
    }
    for (size_t point = 0; point < plot->points; point += every) {
        buf_addf(out,
                 "<text x=\"%.1f\" y=\"%d\" text-anchor=\"middle\">%zu s</text>",
                 x_of(plot, point),
                 HEIGHT - 8,
                 point * plot->step);
    }
    buf_addc(out, '\n');
}

/* A figure that is missing is a gap, and one between two gaps a dot. */
static void line_add(struct buf *out, const struct plot *plot, const struct chart_line *line)
{
    bool is_down = false;

    buf_addf(out, "<path class=\"line %s\" d=\"", line->colour);
    for (size_t p = 0; p < plot->points; p++) {
        double value = point_value(plot, line, p);

        if (!isnan(value)) {
            buf_addf(out, is_down ? "L%.1f,%.1f" : "M%.1f,%.1fh.01", x_of(plot, p), y_of(plot, value));
        }
        is_down = !isnan(value);
    }
    buf_adds(out, "\"/>\n");
}

static void strips_add(struct buf *out, const struct plot *plot)
{
    double width = (double)(WIDTH - LEFT - RIGHT) / (double)plot->points;

    for (size_t p = 0; p < plot->points; p++) {
        buf_addf(out,
                 "<rect class=\"strip\" x=\"%.1f\" y=\"%d\" width=\"%.1f\" height=\"%d\"><title>second %zu",
                 x_of(plot, p) - width / 2,
                 TOP,
                 width,
                 HEIGHT - TOP - BOTTOM,
                 p * plot->step);
        for (size_t i = 0; i < plot->chart->line_count; i++) {
            const struct chart_line *line = &plot->chart->lines[i];

            double value = point_value(plot, line, p);

            if (!isnan(value)) {
                buf_addf(out, "\n%s: %.6g %s", line->name, value, plot->chart->unit);
            }
        }
        buf_adds(out, "</title></rect>\n");
    }
}

void chart_add(struct buf *out, const struct stats *stats, const struct chart *chart)
{
    struct plot plot = {.stats = stats, .chart = chart};

    if (stats->second_count == 0) {
        return;
    }
    plot.step = (stats->second_count + POINTS_MAX - 1) / POINTS_MAX;
    plot.points = (stats->second_count + plot.step - 1) / plot.step;
    axis_fit(&plot);
    buf_addf(out, "<figure><figcaption>%s<div class=\"keys\">", chart->title);
    for (size_t i = 0; i < chart->line_count; i++) {
        buf_addf(out, " <span class=\"key %s\">%s</span>", chart->lines[i].colour, chart->lines[i].name);
    }
    buf_addf(out,
             "</div></figcaption>\n<svg viewBox=\"0 0 %d %d\" role=\"img\" aria-label=\"%s\">\n",
             WIDTH,
             HEIGHT,
             chart->title);
    axes_add(out, &plot);
    for (size_t i = 0; i < chart->line_count; i++) {
        line_add(out, &plot, &chart->lines[i]);
    }
    strips_add(out, &plot);
    buf_adds(out, "</svg></figure>\n");
}
