/*
 * loadtest/fail_rule.c - the figures that a threshold may name.
 */
#include "loadtest/fail_rule.h"

#include "loadtest/stats.h"

#include <stdlib.h>
#include <string.h>

static double planned_ms(const struct stats *stats, double fraction)
{
    return (double)histogram_at(&stats->planned, fraction) / 1000;
}

static double sent_ms(const struct stats *stats, double fraction)
{
    return (double)histogram_at(&stats->sent, fraction) / 1000;
}

static double planned_mean_ms(const struct stats *stats, double ignored)
{
    (void)ignored;
    return histogram_mean(&stats->planned) / 1000;
}

static double late_max_ms(const struct stats *stats, double ignored)
{
    (void)ignored;
    return (double)stats->late_max_us / 1000;
}

static double rate_per_s(const struct stats *stats, double ignored)
{
    (void)ignored;
    return stats_rate(stats);
}

static double total(const struct stats *stats, double which)
{
    return (double)stats->totals[(int)which];
}

static const struct {
    const char *name;
    double (*value)(const struct stats *stats, double argument);
    double argument;
} FIGURES[] = {
    {"p50_ms", planned_ms, 0.5},       {"p90_ms", planned_ms, 0.9},     {"p95_ms", planned_ms, 0.95},
    {"p99_ms", planned_ms, 0.99},      {"p999_ms", planned_ms, 0.999},  {"max_ms", planned_ms, 1.0},
    {"mean_ms", planned_mean_ms, 0},   {"sent_p50_ms", sent_ms, 0.5},   {"sent_p99_ms", sent_ms, 0.99},
    {"sent_max_ms", sent_ms, 1.0},     {"rate_per_s", rate_per_s, 0},   {"late_max_ms", late_max_ms, 0},
    {"planned", total, TOTAL_PLANNED}, {"unsent", total, TOTAL_UNSENT}, {"late", total, TOTAL_LATE},
    {"done", total, TOTAL_DONE},       {"won", total, TOTAL_WON},       {"none", total, TOTAL_NONE},
    {"refused", total, TOTAL_REFUSED}, {"errors", total, TOTAL_ERRORS}, {"replayed", total, TOTAL_REPLAYED},
    {"retries", total, TOTAL_RETRIES}, {"lost", total, TOTAL_LOST},
};

static const struct {
    const char *word;
    enum fail_op op;
} OPS[] = {
    /* longer ones first: ">=" begins with ">" */
    {">=", FAIL_AT_LEAST},
    {"<=", FAIL_AT_MOST},
    {"==", FAIL_EQUAL},
    {"!=", FAIL_UNEQUAL},
    {">", FAIL_ABOVE},
    {"<", FAIL_BELOW},
};

const char *fail_rule_figure(size_t at)
{
    return at < sizeof FIGURES / sizeof FIGURES[0] ? FIGURES[at].name : NULL;
}

static bool figure_find(const char *name, size_t len, size_t *out)
{
    for (*out = 0; fail_rule_figure(*out) != NULL; (*out)++) {
        if (strlen(FIGURES[*out].name) == len && memcmp(FIGURES[*out].name, name, len) == 0) {
            return true;
        }
    }
    return false;
}

bool fail_rule_read(const char *text, struct fail_rule *out)
{
    size_t len = strcspn(text, "<>=!");
    char *end = NULL;

    *out = (struct fail_rule){.text = text};
    if (!figure_find(text, len, &out->figure)) {
        return false;
    }
    for (size_t i = 0; i < sizeof OPS / sizeof OPS[0]; i++) {
        size_t word_len = strlen(OPS[i].word);

        if (strncmp(text + len, OPS[i].word, word_len) == 0) {
            out->op = OPS[i].op;
            out->limit = strtod(text + len + word_len, &end);
            return end != text + len + word_len && *end == '\0';
        }
    }
    return false;
}

bool fail_rule_holds(const struct fail_rule *rule, const struct stats *stats, double *value)
{
    *value = FIGURES[rule->figure].value(stats, FIGURES[rule->figure].argument);
    switch (rule->op) {
    case FAIL_ABOVE:
        return *value > rule->limit;
    case FAIL_AT_LEAST:
        return *value >= rule->limit;
    case FAIL_BELOW:
        return *value < rule->limit;
    case FAIL_AT_MOST:
        return *value <= rule->limit;
    case FAIL_EQUAL:
        return *value == rule->limit;
    case FAIL_UNEQUAL:
        return *value != rule->limit;
    }
    return false;
}
