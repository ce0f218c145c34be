/*
 * loadtest/report_text.c - the summary on stdout.
 */
#include "loadtest/report_internal.h"

#include <inttypes.h>

enum { SHOWN = 5 };

static const size_t COLUMNS[SHOWN] = {0, 1, 3, 4, 6}; /* of REPORT_QUANTILES: 50, 90, 99, 99.9, max */

static void latency_row(FILE *out, const char *name, const struct histogram *histogram)
{
    fprintf(out, "%-28s %9" PRIu64, name, histogram->count);
    for (size_t i = 0; i < SHOWN; i++) {
        fprintf(out, " %9.2f", report_ms(histogram, REPORT_QUANTILES[COLUMNS[i]].fraction));
    }
    fprintf(out, " %9.2f\n", histogram_mean(histogram) / 1000);
}

static void latency_head(FILE *out, const char *title)
{
    fprintf(out, "\n%-28s %9s", title, "count");
    for (size_t i = 0; i < SHOWN; i++) {
        fprintf(out, " %9s", REPORT_QUANTILES[COLUMNS[i]].title);
    }
    fprintf(out, " %9s\n", "mean");
}

static void latencies(FILE *out, const struct stats *stats)
{
    latency_head(out, "latency, ms");
    latency_row(out, "from the planned time", &stats->planned);
    latency_row(out, "from the real send", &stats->sent);
    latency_head(out, "from the planned time, ms");
    for (size_t i = 0; i < stats->class_count; i++) {
        if (stats->classes[i].planned.count > 0) {
            latency_row(out, stats->classes[i].name, &stats->classes[i].planned);
        }
    }
}

static void totals(FILE *out, const struct result *result)
{
    const struct stats *stats = &result->stats;

    fprintf(out,
            "time       %.2f s, %.1f draws/s%s\n",
            stats_elapsed_s(stats),
            stats_rate(stats),
            result->is_interrupted ? ", interrupted" : "");
    fprintf(out, "requests  ");
    for (int i = 0; i < TOTAL_DONE; i++) {
        fprintf(out, " %s %" PRIu64, stats_total_name((enum stats_total)i), stats->totals[i]);
    }
    fprintf(out, " (latest %.1f ms behind its plan)\ndraws     ", (double)stats->late_max_us / 1000);
    for (int i = TOTAL_DONE; i < TOTAL_COUNT; i++) {
        fprintf(out, " %s %" PRIu64, stats_total_name((enum stats_total)i), stats->totals[i]);
    }
    fputc('\n', out);
}

static void cpu_row(FILE *out, const char *name, double seconds, const struct stats *stats, const char *note)
{
    uint64_t done = stats->totals[TOTAL_DONE];

    fprintf(out,
            "cpu        %-16s %8.2f s %8.1f us a draw%s\n",
            name,
            seconds,
            done == 0 ? 0 : seconds * 1e6 / (double)done,
            note);
}

static void cpus(FILE *out, const struct result *result)
{
    for (size_t i = 0; i < result->options->pid_count; i++) {
        const struct cpu *cpu = &result->pids[i];

        cpu_row(out, cpu->name, cpu_seconds(cpu), &result->stats, cpu->is_gone ? " (ended meanwhile)" : "");
    }
    cpu_row(out, "this generator", (double)result->own_cpu_us / 1e6, &result->stats, "");
}

static void rules(FILE *out, const struct result *result)
{
    for (size_t i = 0; i < result->options->rule_count; i++) {
        double value;
        bool is_bad = fail_rule_holds(&result->options->rules[i], &result->stats, &value);

        fprintf(out,
                "fail-if    %-28s %s (%.6g)\n",
                result->options->rules[i].text,
                is_bad ? "FAILED" : "fine",
                value);
    }
}

void report_text(const struct result *result, FILE *out)
{
    const struct options *options = result->options;

    if (options->get_path != NULL) {
        fprintf(out, "target     %s, GET %s\n", options->url, options->get_path);
    } else {
        fprintf(out,
                "target     %s, campaign %s, %" PRIu32 " users\n",
                options->url,
                options->campaign,
                result->user_count);
    }
    fprintf(out,
            "load       %s, seed %" PRId64 ", %" PRId64 " connections (%" PRIu64 " made)\n",
            report_loop(options),
            options->seed,
            options->connections,
            result->connects);
    if (result->sign_in.users > 0) {
        fprintf(out,
                "sign-in    %" PRIu64 " users in %.2f s, %" PRIu64 " failed, p99 %.2f ms\n",
                result->sign_in.users,
                (double)result->sign_in.took_us / 1e6,
                result->sign_in.failed,
                report_ms(&result->sign_in.latency, 0.99));
    }
    totals(out, result);
    latencies(out, &result->stats);
    fputc('\n', out);
    cpus(out, result);
    rules(out, result);
}
