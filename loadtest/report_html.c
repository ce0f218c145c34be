/*
 * loadtest/report_html.c - one page for a person: figures, two charts, tables. No script, nothing loaded.
 */
#include "loadtest/report_internal.h"

#include "base/clock.h"

#include <inttypes.h>
#include <math.h>

static const char PAGE_HEAD[] =
    "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n"
    "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<style>\n"
    ":root{color-scheme:light dark;--ink:#1d1d1f;--soft:#6b6b70;--page:#fff;--card:#f5f5f7;--rule:#d9d9de;\n"
    "--a:#8a8a90;--b:#1668c7;--c:#c2410c;--d:#a21caf;--bad:#b91c1c;--good:#15803d}\n"
    "@media(prefers-color-scheme:dark){:root{--ink:#ececf0;--soft:#a0a0a8;--page:#161618;--card:#222226;\n"
    "--rule:#3a3a40;--a:#9a9aa2;--b:#60a5fa;--c:#fb923c;--d:#e879f9;--bad:#f87171;--good:#4ade80}}\n"
    "*{box-sizing:border-box}body{margin:0 "
    "auto;max-width:1000px;padding:24px;background:var(--page);color:var(--ink);\n"
    "font:15px/1.45 system-ui,sans-serif}h1{font-size:22px;margin:0 0 4px}h2{font-size:17px;margin:28px 0 "
    "8px}\n"
    "p{color:var(--soft);margin:4px 0}.tiles{display:flex;flex-wrap:wrap;gap:10px;margin:18px 0}\n"
    ".tile{background:var(--card);border-radius:8px;padding:10px 16px;min-width:96px}\n"
    ".tile b{display:block;font-size:22px;font-variant-numeric:tabular-nums}.tile span{color:var(--soft)}\n"
    "table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums}\n"
    "th,td{padding:5px 8px;text-align:right;border-bottom:1px solid var(--rule)}\n"
    "th{color:var(--soft);font-weight:500}th:first-child,td:first-child,td.why{text-align:left}\n"
    "td.why{color:var(--soft)}h1{overflow-wrap:anywhere}.mark{border-radius:5px;padding:1px 8px}\n"
    ".mark.bad,.mark.good{color:var(--page)}.mark.bad{background:var(--bad)}.mark.good{background:var(--good)"
    "}\n"
    "figure{margin:22px 0}figcaption{font-weight:600;margin-bottom:6px}svg{display:block;width:100%;\n"
    "height:auto}.keys{display:flex;flex-wrap:wrap;gap:0 16px;font-weight:400}\n"
    "svg text{fill:var(--soft);font-size:10px}.grid{stroke:var(--rule)}.strip{fill:transparent}\n"
    ".strip:hover{fill:var(--rule);opacity:.5}.line{fill:none;stroke-width:1.6;stroke-linejoin:round;\n"
    "stroke-linecap:round}.key{white-space:nowrap}.key::before{content:'';display:inline-block;width:14px;\n"
    "height:3px;margin-right:5px;vertical-align:middle;background:currentColor}.a{stroke:var(--a)}\n"
    ".b{stroke:var(--b)}.c{stroke:var(--c)}.d{stroke:var(--d)}.key.a{color:var(--a)}.key.b{color:var(--b)}\n"
    ".key.c{color:var(--c)}.key.d{color:var(--d)}.bad{color:var(--bad)}.good{color:var(--good)}\n"
    ".wide{overflow-x:auto}\n"
    "@media(max-width:640px){body{padding:14px}.tiles{display:grid;grid-template-columns:1fr 1fr}\n"
    "table{font-size:13px}th,td{padding:5px 4px}.spare{display:none}\n"
    "svg text{font-size:19px}.line{stroke-width:3}}\n"
    "</style>";

static double planned_value(const struct stats *stats, size_t second)
{
    return stats->seconds[second].planned;
}

static double ended_value(const struct stats *stats, size_t second)
{
    const struct second *row = &stats->seconds[second];

    return (double)row->won + row->none + row->refused + row->errors;
}

static double failed_value(const struct stats *stats, size_t second)
{
    return (double)stats->seconds[second].errors + stats->seconds[second].refused;
}

static double retried_value(const struct stats *stats, size_t second)
{
    return stats->seconds[second].retried;
}

/* A second in which no draw ended has no latency: a stall is a gap, and what waited shows behind it. */
static double ended_ms(const struct stats *stats, size_t second, int64_t latency_us)
{
    return ended_value(stats, second) > 0 ? (double)latency_us / 1000 : NAN;
}

static double p50_value(const struct stats *stats, size_t second)
{
    return ended_ms(stats, second, stats->seconds[second].p50_us);
}

static double p99_value(const struct stats *stats, size_t second)
{
    return ended_ms(stats, second, stats->seconds[second].p99_us);
}

static double max_value(const struct stats *stats, size_t second)
{
    return ended_ms(stats, second, stats->seconds[second].max_us);
}

static const struct chart_line RATES[] = {
    {"planned", "a", planned_value, false},
    {"ended", "b", ended_value, false},
    {"refused or failed", "c", failed_value, false},
    {"to be repeated", "d", retried_value, false},
};

static const struct chart_line LATENCIES[] = {
    {"median", "b", p50_value, true},
    {"99 %", "c", p99_value, true},
    {"longest", "a", max_value, true},
};

/* What the columns of figures are called in words. */
static const char *const MEANINGS[TOTAL_COUNT] = {
    [TOTAL_PLANNED] = "due by the plan",
    [TOTAL_UNSENT] = "never sent: the run was over before a user or a connection was free",
    [TOTAL_LATE] = "first sent later than allowed after the plan: nobody was free, or this machine was slow",
    [TOTAL_SENT] = "requests on the wire, repeats too",
    [TOTAL_RETRIES] = "repeats with the same key",
    [TOTAL_LOST] = "attempts without an answer: reset or timed out",
    [TOTAL_DONE] = "ended, in one of the next four ways",
    [TOTAL_WON] = "a prize",
    [TOTAL_NONE] = "no prize; for a plain GET: answered",
    [TOTAL_REFUSED] = "refused for good, with a reason",
    [TOTAL_ERRORS] = "given up, or an answer that is none",
    [TOTAL_REPLAYED] = "answered from memory, as repeats of an earlier attempt",
};

static const char *noun(const struct options *options)
{
    return options->get_path != NULL ? "requests" : "draws";
}

static const struct chart CHARTS[] = {
    {"Each second, how many were", "/s", RATES, sizeof RATES / sizeof RATES[0], false},
    {"Latency of what ended in each second, ms from the planned time (logarithmic)",
     "ms",
     LATENCIES,
     sizeof LATENCIES / sizeof LATENCIES[0],
     true},
};

static void escaped_add(struct buf *out, const char *text)
{
    for (; *text != '\0'; text++) {
        switch (*text) {
        case '<':
            buf_adds(out, "&lt;");
            break;
        case '>':
            buf_adds(out, "&gt;");
            break;
        case '&':
            buf_adds(out, "&amp;");
            break;
        default:
            buf_addc(out, *text);
        }
    }
}

static void target_add(struct buf *out, const struct options *options)
{
    buf_adds(out, options->get_path != NULL ? "GET " : "Draws in ");
    escaped_add(out, options->get_path != NULL ? options->get_path : options->campaign);
    buf_adds(out, " at ");
    escaped_add(out, options->url);
}

static void head_add(struct buf *out, const struct result *result)
{
    const struct options *options = result->options;
    bool passed = report_rules_hold(result);
    char started[25];

    clock_format_utc(result->started_ms, started);
    buf_adds(out, PAGE_HEAD);
    buf_adds(out, "<title>");
    target_add(out, options);
    buf_adds(out, "</title></head><body>\n<h1>");
    target_add(out, options);
    if (options->rule_count > 0) {
        buf_addf(
            out, " <span class=\"mark %s\">%s</span>", passed ? "good" : "bad", passed ? "passed" : "failed");
    }
    buf_addf(out,
             "</h1>\n<p>%.10s %.8s UTC%s. Loop: %s, seed %" PRId64,
             started,
             started + 11,
             result->is_interrupted ? ", interrupted" : "",
             report_loop(options),
             options->seed);
    buf_addf(out, ", %" PRId64 " connections", options->connections);
    if (options->get_path == NULL) {
        buf_addf(out, ", %" PRIu32 " users", result->user_count);
    }
    for (size_t i = 0; i < options->phase_count && !options->is_closed; i++) {
        buf_addf(out,
                 "%s%.6g/s for %.6g s",
                 i == 0 ? ". Plan: " : ", ",
                 options->phases[i].rate_per_s,
                 (double)options->phases[i].duration_us / 1e6);
    }
    buf_adds(out, ".</p>\n");
}

/* Three digits are what a person reads. */
static void figure_add(struct buf *out, double value)
{
    buf_addf(out, "%.*f", value < 9.995 ? 2 : value < 99.95 ? 1 : 0, value);
}

static void tile_add(struct buf *out, const char *name, double value, const char *unit)
{
    buf_adds(out, "<div class=\"tile\"><b>");
    figure_add(out, value);
    buf_addf(out, " %s</b><span>%s</span></div>\n", unit, name);
}

static void tiles_add(struct buf *out, const struct result *result)
{
    const struct stats *stats = &result->stats;

    buf_adds(out, "<div class=\"tiles\">\n");
    tile_add(out, "ended", stats_rate(stats), "/s");
    tile_add(out, "median latency", report_ms(&stats->planned, 0.5), "ms");
    tile_add(out, "99 % within", report_ms(&stats->planned, 0.99), "ms");
    tile_add(out, "longest", report_ms(&stats->planned, 1), "ms");
    buf_adds(out, "</div>\n");
}

static void totals_add(struct buf *out, const struct result *result)
{
    const struct stats *stats = &result->stats;

    buf_addf(out, "<h2>What became of the %s</h2>\n<table>\n", noun(result->options));
    for (int i = 0; i < TOTAL_COUNT; i++) {
        if (stats->totals[i] > 0 || i == TOTAL_ERRORS || i == TOTAL_UNSENT || i == TOTAL_LATE) {
            buf_addf(out,
                     "<tr><td>%s</td><td>%" PRIu64 "</td><td class=\"why\">%s</td></tr>\n",
                     stats_total_name((enum stats_total)i),
                     stats->totals[i],
                     MEANINGS[i]);
        }
    }
    buf_adds(out, "</table>\n");
}

/* On a narrow screen some columns are left out. */
static const char *column(size_t quantile)
{
    return REPORT_QUANTILES[quantile].fraction == 0.95 || REPORT_QUANTILES[quantile].fraction == 0.9999
               ? " class=\"spare\""
               : "";
}

static void latency_row(struct buf *out, const char *name, const struct histogram *histogram)
{
    buf_adds(out, "<tr><td>");
    escaped_add(out, name);
    buf_addf(out, "</td><td>%" PRIu64 "</td>", histogram->count);
    for (size_t i = 0; i < QUANTILES; i++) {
        buf_addf(out, "<td%s>", column(i));
        figure_add(out, report_ms(histogram, REPORT_QUANTILES[i].fraction));
        buf_adds(out, "</td>");
    }
    buf_adds(out, "<td class=\"spare\">");
    figure_add(out, histogram_mean(histogram) / 1000);
    buf_adds(out, "</td></tr>\n");
}

static void latency_head(struct buf *out, const char *title)
{
    buf_addf(out, "<h2>%s</h2>\n<div class=\"wide\"><table><tr><th></th><th>count</th>", title);
    for (size_t i = 0; i < QUANTILES; i++) {
        buf_addf(out, "<th%s>%s</th>", column(i), REPORT_QUANTILES[i].title);
    }
    buf_adds(out, "<th class=\"spare\">mean</th></tr>\n");
}

static void latencies_add(struct buf *out, const struct stats *stats)
{
    latency_head(out, "Latency, ms");
    latency_row(out, "from the planned time", &stats->planned);
    latency_row(out, "from the real send", &stats->sent);
    buf_adds(out,
             "</table></div>\n<p>The first row is what a person waits: also for a request that could not be "
             "sent in"
             " time, and for its repeats. The second is what the last attempt took.</p>\n");
    latency_head(out, "Latency by answer, from the planned time, ms");
    for (size_t i = 0; i < stats->class_count; i++) {
        if (stats->classes[i].planned.count > 0) {
            latency_row(out, stats->classes[i].name, &stats->classes[i].planned);
        }
    }
    buf_adds(out, "</table></div>\n");
}

static void cpu_row(struct buf *out, const char *name, double seconds, const struct stats *stats)
{
    uint64_t done = stats->totals[TOTAL_DONE];

    buf_adds(out, "<tr><td>");
    escaped_add(out, name);
    buf_addf(
        out, "</td><td>%.2f</td><td>%.1f</td></tr>\n", seconds, done == 0 ? 0 : seconds * 1e6 / (double)done);
}

static void cpus_add(struct buf *out, const struct result *result)
{
    buf_adds(
        out,
        "<h2>CPU</h2>\n<table><tr><th></th><th>seconds</th><th>&micro;s for each that ended</th></tr>\n");
    for (size_t i = 0; i < result->options->pid_count; i++) {
        cpu_row(out, result->pids[i].name, cpu_seconds(&result->pids[i]), &result->stats);
    }
    cpu_row(out, "this generator", (double)result->own_cpu_us / 1e6, &result->stats);
    buf_adds(out, "</table>\n");
}

static void rules_add(struct buf *out, const struct result *result)
{
    if (result->options->rule_count == 0) {
        return;
    }
    buf_adds(out, "<h2>Thresholds</h2>\n<table><tr><th>fails if</th><th>value</th><th></th></tr>\n");
    for (size_t i = 0; i < result->options->rule_count; i++) {
        double value;
        bool is_bad = fail_rule_holds(&result->options->rules[i], &result->stats, &value);

        buf_adds(out, "<tr><td>");
        escaped_add(out, result->options->rules[i].text);
        buf_addf(out,
                 "</td><td>%.6g</td><td class=\"%s\">%s</td></tr>\n",
                 value,
                 is_bad ? "bad" : "good",
                 is_bad ? "failed" : "fine");
    }
    buf_adds(out, "</table>\n");
}

bool report_html(const struct result *result, const char *path)
{
    struct buf out;

    buf_init(&out, REPORT_BYTES_MAX);
    head_add(&out, result);
    tiles_add(&out, result);
    rules_add(&out, result);
    for (size_t i = 0; i < sizeof CHARTS / sizeof CHARTS[0]; i++) {
        chart_add(&out, &result->stats, &CHARTS[i]);
    }
    buf_adds(&out, "<p>Where a line breaks off nothing ended: what waited then shows behind the gap.</p>\n");
    latencies_add(&out, &result->stats);
    totals_add(&out, result);
    cpus_add(&out, result);
    buf_adds(&out, "</body></html>\n");
    return report_write(path, &out);
}
