/*
 * loadtest/report_json.c - the whole report for programs. Members are only ever added.
 */
#include "loadtest/report_internal.h"

#include "base/clock.h"

#include <inttypes.h>
#include <string.h>

static void text_add(struct buf *out, const char *name, const char *value)
{
    buf_addf(out, "\"%s\":", name);
    buf_add_json_string(out, value, strlen(value));
}

static void latency_add(struct buf *out, const char *name, const struct histogram *histogram)
{
    buf_addf(out, "\"%s\":{\"count\":%" PRIu64, name, histogram->count);
    buf_addf(out, ",\"min_ms\":%.3f", (double)histogram->min_us / 1000);
    buf_addf(out, ",\"mean_ms\":%.3f", histogram_mean(histogram) / 1000);
    for (size_t i = 0; i < QUANTILES; i++) {
        buf_addf(out,
                 ",\"%s_ms\":%.3f",
                 REPORT_QUANTILES[i].name,
                 report_ms(histogram, REPORT_QUANTILES[i].fraction));
    }
    buf_addc(out, '}');
}

/* [largest value of a bucket in us, count] of every bucket that was met: files of several runs add up. */
static void buckets_add(struct buf *out, const char *name, const struct histogram *histogram)
{
    const char *comma = "";

    buf_addf(out, "\"%s\":[", name);
    for (size_t i = 0; i < HISTOGRAM_BUCKETS; i++) {
        if (histogram->counts[i] > 0) {
            buf_addf(
                out, "%s[%" PRId64 ",%" PRIu64 "]", comma, histogram_bucket_top(i), histogram->counts[i]);
            comma = ",";
        }
    }
    buf_addc(out, ']');
}

static void phases_add(struct buf *out, const struct options *options)
{
    buf_adds(out, "\"phases\":[");
    for (size_t i = 0; i < options->phase_count; i++) {
        buf_addf(out,
                 "%s{\"rate_per_s\":%.15g,\"seconds\":%.6g}",
                 i == 0 ? "" : ",",
                 options->is_closed ? 0 : options->phases[i].rate_per_s,
                 (double)options->phases[i].duration_us / 1e6);
    }
    buf_adds(out, "],");
}

static void settings_add(struct buf *out, const struct result *result)
{
    const struct options *options = result->options;
    char started[25];

    clock_format_utc(result->started_ms, started);
    text_add(out, "started_at", started);
    buf_addc(out, ',');
    text_add(out, "url", options->url);
    buf_addc(out, ',');
    text_add(out,
             options->get_path != NULL ? "get" : "campaign",
             options->get_path != NULL ? options->get_path : options->campaign);
    buf_addc(out, ',');
    text_add(out, "loop", options->is_closed ? "closed" : "open");
    buf_addc(out, ',');
    text_add(out, "arrivals", options->arrivals);
    buf_addc(out, ',');
    text_add(out, "run_id", result->run_id);
    buf_addf(out, ",\"seed\":%" PRId64 ",\"users\":%" PRIu32, options->seed, result->user_count);
    buf_addf(
        out, ",\"connections\":%" PRId64 ",\"connects\":%" PRIu64, options->connections, result->connects);
    buf_addf(out, ",\"interrupted\":%s,", result->is_interrupted ? "true" : "false");
    phases_add(out, options);
}

static void totals_add(struct buf *out, const struct result *result)
{
    const struct stats *stats = &result->stats;

    buf_addf(out, "\"elapsed_s\":%.6f,\"rate_per_s\":%.3f,", stats_elapsed_s(stats), stats_rate(stats));
    buf_addf(out, "\"late_max_ms\":%.3f,\"totals\":{", (double)stats->late_max_us / 1000);
    for (int i = 0; i < TOTAL_COUNT; i++) {
        buf_addf(out,
                 "%s\"%s\":%" PRIu64,
                 i == 0 ? "" : ",",
                 stats_total_name((enum stats_total)i),
                 stats->totals[i]);
    }
    buf_adds(out, "},");
}

static void sign_in_add(struct buf *out, const struct sign_in *sign_in)
{
    buf_addf(out, "\"sign_in\":{\"users\":%" PRIu64 ",\"failed\":%" PRIu64, sign_in->users, sign_in->failed);
    buf_addf(out, ",\"took_s\":%.6f,", (double)sign_in->took_us / 1e6);
    latency_add(out, "latency", &sign_in->latency);
    buf_adds(out, "},");
}

static void classes_add(struct buf *out, const struct stats *stats)
{
    const char *comma = "";

    buf_adds(out, "\"classes\":{");
    for (size_t i = 0; i < stats->class_count; i++) {
        const struct stats_class *class = &stats->classes[i];

        if (class->planned.count > 0) {
            buf_adds(out, comma);
            buf_add_json_string(out, class->name, strlen(class->name));
            buf_adds(out, ":{");
            latency_add(out, "planned", &class->planned);
            buf_addc(out, ',');
            latency_add(out, "sent", &class->sent);
            buf_addc(out, '}');
            comma = ",";
        }
    }
    buf_adds(out, "},");
}

static void second_add(struct buf *out, size_t at, const struct second *row)
{
    buf_addf(out, "%s{\"second\":%zu,\"planned\":%" PRIu32, at == 0 ? "" : ",\n", at, row->planned);
    buf_addf(out, ",\"sent_first\":%" PRIu32 ",\"sent\":%" PRIu32, row->sent_first, row->sent);
    buf_addf(out, ",\"won\":%" PRIu32 ",\"none\":%" PRIu32, row->won, row->none);
    buf_addf(out, ",\"refused\":%" PRIu32 ",\"errors\":%" PRIu32, row->refused, row->errors);
    buf_addf(out, ",\"retried\":%" PRIu32 ",\"under_way\":%" PRIu32, row->retried, row->in_flight);
    buf_addf(out, ",\"p50_ms\":%.3f,\"p90_ms\":%.3f", (double)row->p50_us / 1000, (double)row->p90_us / 1000);
    buf_addf(
        out, ",\"p99_ms\":%.3f,\"max_ms\":%.3f}", (double)row->p99_us / 1000, (double)row->max_us / 1000);
}

static void cpus_add(struct buf *out, const struct result *result)
{
    buf_adds(out, "\"cpu\":[");
    for (size_t i = 0; i < result->options->pid_count; i++) {
        const struct cpu *cpu = &result->pids[i];

        buf_addc(out, '{');
        text_add(out, "name", cpu->name);
        buf_addf(out, ",\"pid\":%d,\"seconds\":%.2f", cpu->pid, cpu_seconds(cpu));
        buf_addf(out, ",\"ended\":%s},", cpu->is_gone ? "true" : "false");
    }
    buf_addf(out, "{\"name\":\"generator\",\"seconds\":%.6f}],", (double)result->own_cpu_us / 1e6);
}

static void rules_add(struct buf *out, const struct result *result)
{
    buf_adds(out, "\"fail_if\":[");
    for (size_t i = 0; i < result->options->rule_count; i++) {
        const struct fail_rule *rule = &result->options->rules[i];
        double value;
        bool is_bad = fail_rule_holds(rule, &result->stats, &value);

        buf_adds(out, i == 0 ? "{" : ",{");
        text_add(out, "rule", rule->text);
        buf_addf(out, ",\"value\":%.15g,\"holds\":%s}", value, is_bad ? "true" : "false");
    }
    buf_addf(out, "],\"passed\":%s,\n", report_rules_hold(result) ? "true" : "false");
}

bool report_json(const struct result *result, const char *path)
{
    const struct stats *stats = &result->stats;
    struct buf out;

    buf_init(&out, REPORT_BYTES_MAX);
    buf_addc(&out, '{');
    settings_add(&out, result);
    totals_add(&out, result);
    latency_add(&out, "planned", &stats->planned);
    buf_addc(&out, ',');
    latency_add(&out, "sent", &stats->sent);
    buf_addc(&out, ',');
    classes_add(&out, stats);
    sign_in_add(&out, &result->sign_in);
    cpus_add(&out, result);
    rules_add(&out, result);
    buf_adds(&out, "\"seconds\":[");
    for (size_t i = 0; i < stats->second_count; i++) {
        second_add(&out, i, &stats->seconds[i]);
    }
    buf_adds(&out, "],\n");
    buckets_add(&out, "planned_buckets_us", &stats->planned);
    buf_addc(&out, ',');
    buckets_add(&out, "sent_buckets_us", &stats->sent);
    buf_adds(&out, "}\n");
    return report_write(path, &out);
}
