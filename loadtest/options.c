/*
 * loadtest/options.c - one table reads the command line and prints its help.
 */
#include "loadtest/options.h"

#include "base/ids.h"

#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct option_row;

typedef bool (*option_fn)(struct options *options, const struct option_row *row, const char *value);

struct option_row {
    const char *name, *operand; /* operand NULL: a flag */
    option_fn take;
    size_t offset;
    double min, max;
    const char *help;
};

#define DAY_S 86400.0

static bool text_take(struct options *options, const struct option_row *row, const char *value);
static bool flag_take(struct options *options, const struct option_row *row, const char *value);
static bool count_take(struct options *options, const struct option_row *row, const char *value);
static bool rate_take(struct options *options, const struct option_row *row, const char *value);
static bool time_take(struct options *options, const struct option_row *row, const char *value);
static bool phase_take(struct options *options, const struct option_row *row, const char *value);
static bool pid_take(struct options *options, const struct option_row *row, const char *value);
static bool rule_take(struct options *options, const struct option_row *row, const char *value);

/* clang-format off */
#define AT(field) offsetof(struct options, field)

static const struct option_row OPTIONS[] = {
    {"campaign", "ID", text_take, AT(campaign), 0, 0, "the campaign to draw in (spring)"},
    {"tokens", "FILE", text_take, AT(tokens_file), 0, 0, "users: one bearer token a line; - is stdin"},
    {"session", NULL, flag_take, AT(session), 0, 0, "sign every user in first: GET .../me, and draw with its session"},
    {"get", "PATH", text_take, AT(get_path), 0, 0, "no draws: GET this path; needs no tokens"},
    {"rate", "R", rate_take, AT(rate_per_s), 0, 1e6, "open loop: requests planned a second (100)"},
    {"duration", "S", time_take, AT(duration_us), 0.001, DAY_S, "seconds of --rate or --closed (10)"},
    {"phase", "R:S", phase_take, 0, 0, 1e6, "open loop: R a second for S seconds; may be repeated, in order"},
    {"arrivals", "KIND", text_take, AT(arrivals), 0, 0, "gaps: poisson or fixed (poisson)"},
    {"closed", NULL, flag_take, AT(is_closed), 0, 0, "closed loop: each connection sends when it is answered"},
    {"count", "N", count_take, AT(count), 1, 1e12, "stop after so many draws (only time stops)"},
    {"connections", "N", count_take, AT(connections), 1, 60000, "kept-alive connections (64)"},
    {"users", "KIND", text_take, AT(choice), 0, 0, "who draws next: round or random (round)"},
    {"seed", "N", count_take, AT(seed), 0, 9e15, "of arrivals, choice of users and jitter (1)"},
    {"run-id", "TEXT", text_take, AT(run_id), 0, 0, "first part of every Idempotency-Key (random)"},
    {"timeout", "S", time_take, AT(timeout_us), 0.001, 3600, "longest wait for one answer (10)"},
    {"retries", "N", count_take, AT(retries), 0, 1000, "repeats of a draw with its key, at most (50)"},
    {"retry-for", "S", time_take, AT(retry_for_us), 0, DAY_S, "and for so long after its first send (30)"},
    {"drain", "S", time_take, AT(drain_us), 0, DAY_S, "longest wait at the end for what is under way (30)"},
    {"late", "S", time_take, AT(late_us), 0, 3600, "a send is late when it is so far behind its plan (0.005)"},
    {"pid", "NAME:PID", pid_take, 0, 0, 0, "report the CPU seconds of this process; may be repeated"},
    {"json", "FILE", text_take, AT(json_file), 0, 0, "write the whole report"},
    {"html", "FILE", text_take, AT(html_file), 0, 0, "write a page with charts, for a person"},
    {"outcomes", "FILE", text_take, AT(outcomes_file), 0, 0, "write how every draw ended, a JSON line each, in order"},
    {"fail-if", "RULE", rule_take, 0, 0, 0, "exit with 1 when it holds, as in 'p99_ms>200'; may be repeated"},
    {"allow-remote", NULL, flag_take, AT(allow_remote), 0, 0, "send load to other machines, too"},
    {"quiet", NULL, flag_take, AT(quiet), 0, 0, "no progress line"},
    {"version", NULL, flag_take, AT(version), 0, 0, "print the version"},
    {"help", NULL, flag_take, AT(help), 0, 0, "print this"},
};
/* clang-format on */

enum { OPTION_COUNT = sizeof OPTIONS / sizeof OPTIONS[0] };

static bool say(const char *format, ...) __attribute__((format(printf, 1, 2)));

static bool say(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    fputs("hongbao-load: ", stderr);
    vfprintf(stderr, format, args);
    fputc('\n', stderr);
    va_end(args);
    return false;
}

static void *field(struct options *options, const struct option_row *row)
{
    return (char *)options + row->offset;
}

static bool number_read(const char *text, const char **end, double *out)
{
    char *stop;

    errno = 0;
    *out = strtod(text, &stop);
    *end = stop;
    return errno == 0 && stop != text && isfinite(*out);
}

static bool number_take(const struct option_row *row, const char *value, double *out)
{
    const char *end;

    if (!number_read(value, &end, out) || *end != '\0' || *out < row->min || *out > row->max) {
        return say("--%s is a number from %.15g to %.15g, not '%s'", row->name, row->min, row->max, value);
    }
    return true;
}

static bool text_take(struct options *options, const struct option_row *row, const char *value)
{
    const char **text = field(options, row);

    *text = value;
    return true;
}

static bool flag_take(struct options *options, const struct option_row *row, const char *value)
{
    bool *flag = field(options, row);

    (void)value;
    *flag = true;
    return true;
}

static bool count_take(struct options *options, const struct option_row *row, const char *value)
{
    int64_t *count = field(options, row);
    double number;

    if (!number_take(row, value, &number)) {
        return false;
    }
    *count = (int64_t)number;
    return floor(number) == number || say("--%s is a whole number", row->name);
}

static bool rate_take(struct options *options, const struct option_row *row, const char *value)
{
    double *rate = field(options, row);

    return number_take(row, value, rate);
}

static bool time_take(struct options *options, const struct option_row *row, const char *value)
{
    int64_t *time_us = field(options, row);
    double seconds;

    if (!number_take(row, value, &seconds)) {
        return false;
    }
    *time_us = (int64_t)(seconds * 1e6);
    return true;
}

static bool phase_take(struct options *options, const struct option_row *row, const char *value)
{
    struct phase *phase = &options->phases[options->phase_count];
    double seconds;
    const char *end;

    if (options->phase_count == PHASES_MAX) {
        return say("at most %d phases", PHASES_MAX);
    }
    if (!number_read(value, &end, &phase->rate_per_s) || *end != ':' ||
        !number_read(end + 1, &end, &seconds) || *end != '\0' || phase->rate_per_s < row->min ||
        phase->rate_per_s > row->max || seconds < 0.001 || seconds > DAY_S) {
        return say("--phase is RATE:SECONDS, as in 500:10, not '%s'", value);
    }
    phase->duration_us = (int64_t)(seconds * 1e6);
    options->phase_count++;
    return true;
}

static bool pid_take(struct options *options, const struct option_row *row, const char *value)
{
    (void)row;
    if (options->pid_count == PIDS_MAX) {
        return say("at most %d processes", PIDS_MAX);
    }
    if (!cpu_read(value, &options->pids[options->pid_count])) {
        return say("--pid is NAME:PID of a process that runs, not '%s'", value);
    }
    options->pid_count++;
    return true;
}

static bool rule_take(struct options *options, const struct option_row *row, const char *value)
{
    (void)row;
    if (options->rule_count == RULES_MAX) {
        return say("at most %d rules", RULES_MAX);
    }
    if (!fail_rule_read(value, &options->rules[options->rule_count])) {
        return say("--fail-if is FIGURE, one of > >= < <= == !=, NUMBER, not '%s'; see --help", value);
    }
    options->rule_count++;
    return true;
}

static const struct option_row *row_find(const char *word, const char **value)
{
    size_t len = strcspn(word, "=");

    *value = word[len] == '=' ? word + len + 1 : NULL;
    for (size_t i = 0; i < OPTION_COUNT; i++) {
        if (strlen(OPTIONS[i].name) == len && memcmp(OPTIONS[i].name, word, len) == 0) {
            return &OPTIONS[i];
        }
    }
    return NULL;
}

/* --name value, --name=value, or the URL. */
static bool word_take(struct options *options, char **argv, int argc, int *at)
{
    const char *word = argv[*at], *value;
    const struct option_row *row;

    if (strncmp(word, "--", 2) != 0) {
        bool is_first = options->url == NULL;

        options->url = word;
        return is_first || say("one URL, please: '%s'", word);
    }
    row = row_find(word + 2, &value);
    if (row == NULL || (row->operand == NULL && value != NULL)) {
        return say("'%s' is not an option; see --help", word);
    }
    if (row->operand != NULL && value == NULL) {
        if (*at + 1 == argc) {
            return say("%s needs %s", word, row->operand);
        }
        value = argv[++*at];
    }
    return row->take(options, row, value);
}

static bool one_of(const char *name, const char *value, const char *a, const char *b)
{
    return strcmp(value, a) == 0 || strcmp(value, b) == 0 ||
           say("--%s is %s or %s, not '%s'", name, a, b, value);
}

static bool visible(const char *text)
{
    for (; *text != '\0'; text++) {
        if (*text <= ' ' || *text > '~' || *text == '"' || *text == '\\') {
            return false;
        }
    }
    return true;
}

static bool target_check(struct options *options)
{
    char why[400];

    if (options->url == NULL) {
        return say("which server? hongbao-load [options] http://127.0.0.1:8080; see --help");
    }
    if (!address_read(options->url, options->allow_remote, &options->address, why, sizeof why)) {
        return say("%s", why);
    }
    if (options->get_path != NULL) {
        return (options->get_path[0] == '/' && visible(options->get_path)) ||
               say("--get is a path, as in /livez");
    }
    if (options->tokens_file == NULL) {
        return say("draws need users: --tokens FILE; `hongbao token --user u --count 1000 >FILE` makes some");
    }
    return slug_valid(options->campaign, strlen(options->campaign)) ||
           say("--campaign is not a campaign's id");
}

static bool load_check(struct options *options)
{
    if (options->is_closed && (options->phase_count > 0 || options->rate_per_s > 0)) {
        return say("--closed goes as fast as it is answered: no --rate, no --phase");
    }
    if (options->phase_count > 0 && options->rate_per_s > 0) {
        return say("--rate or --phase, not both");
    }
    if (options->phase_count == 0) {
        double rate = options->rate_per_s > 0 ? options->rate_per_s : 100;

        options->phases[options->phase_count++] = (struct phase){rate, options->duration_us};
    }
    if (strlen(options->run_id) > 32 || !visible(options->run_id)) {
        return say("--run-id is at most 32 visible characters");
    }
    return one_of("arrivals", options->arrivals, "poisson", "fixed") &&
           one_of("users", options->choice, "round", "random");
}

enum options_verdict options_read(struct options *options, int argc, char **argv)
{
    *options = (struct options){
        .campaign = "spring",
        .run_id = "",
        .arrivals = "poisson",
        .choice = "round",
        .connections = 64,
        .seed = 1,
        .retries = 50,
        .duration_us = 10000000,
        .timeout_us = 10000000,
        .retry_for_us = 30000000,
        .drain_us = 30000000,
        .late_us = 5000,
    };
    for (int at = 1; at < argc; at++) {
        if (!word_take(options, argv, argc, &at)) {
            return OPTIONS_WRONG;
        }
    }
    if (options->help || options->version) {
        return options->help ? OPTIONS_HELP : OPTIONS_VERSION;
    }
    return target_check(options) && load_check(options) ? OPTIONS_RUN : OPTIONS_WRONG;
}

static const char EXAMPLES[] =
    "\nExamples\n"
    "  hongbao token --home var --user load --count 2000 >tokens\n"
    "  hongbao-load --tokens tokens --session --rate 500 --duration 30 http://127.0.0.1:8080\n"
    "      500 draws a second for half a minute, as strangers come: at random moments\n"
    "  hongbao-load --tokens tokens --phase 200:10 --phase 5000:2 --phase 0:3 --phase 200:10 \\\n"
    "          --html report.html --json report.json http://127.0.0.1:8080\n"
    "      quiet, a flash crowd, a pause, quiet again; a page with charts\n"
    "  hongbao-load --tokens tokens --closed --connections 64 --duration 10 --pid engine:4711 \\\n"
    "          --fail-if 'errors>0' --fail-if 'p99_ms>200' http://127.0.0.1:8080\n"
    "      as fast as it goes, for a benchmark; CPU of the engine; exit status 1 past a threshold\n"
    "  hongbao-load --get /livez --closed --duration 5 http://127.0.0.1:8080\n"
    "\nExit status: 0 fine, 1 a --fail-if holds, 2 the command line is wrong, 3 it could not run.\n";

void options_help(void)
{
    const char *name;

    puts("hongbao-load [options] http://HOST:PORT (or unix:PATH) - draws as many phones do, and says how "
         "long they waited\n\n"
         "Latency counts from the planned send time, so a server that stalls does not hide it; the figures "
         "from\n"
         "the real send time stand beside. 408, 429, 5xx and lost connections are repeated with the same "
         "key,\n"
         "after Retry-After and some jitter. Only loopback addresses, unless --allow-remote is given.\n");
    for (size_t i = 0; i < OPTION_COUNT; i++) {
        const char *operand = OPTIONS[i].operand == NULL ? "" : OPTIONS[i].operand;

        printf(
            "  --%s %-*s %s\n", OPTIONS[i].name, 20 - (int)strlen(OPTIONS[i].name), operand, OPTIONS[i].help);
    }
    fputs("\nFigures for --fail-if:", stdout);
    for (size_t i = 0; (name = fail_rule_figure(i)) != NULL; i++) {
        printf("%s%s", i % 12 == 0 ? "\n  " : " ", name);
    }
    puts("");
    fputs(EXAMPLES, stdout);
}
