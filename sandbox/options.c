/*
 * sandbox/options.c - one table reads the command line and prints its help.
 */
#include "sandbox/options.h"

#include <errno.h>
#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Everything that can be set, before it goes to its place. */
struct values {
    const char *home, *notify_base, *rules_file, *format, *day;
    int64_t port, admin_port, float_fen, confirm_after_ms, transfer_ms, expire_ms, notice_retry_ms,
        calls_per_s, seed;
};

struct option_row {
    const char *name, *operand;
    bool is_text;
    size_t offset;
    int64_t preset, min, max;
    const char *help;
};

#define AT(field) offsetof(struct values, field)
#define DAY_MS (INT64_C(86400) * 1000)

/* clang-format off */
static const struct option_row OPTIONS[] = {
    {"home",             "DIR",  true,  AT(home),             0, 0, 0, "where keys and journal are; made when absent"},
    {"port",             "N",    false, AT(port),             0, 0, 65535, "HTTPS, both providers; 0: any (0)"},
    {"admin-port",       "N",    false, AT(admin_port),       0, 0, 65535, "plain HTTP, whoever tests; 0: any (0)"},
    {"notify-base",      "URL",  true,  AT(notify_base),      0, 0, 0, "where notices go, the merchant's name behind it (none)"},
    {"rules",            "FILE", true,  AT(rules_file),       0, 0, 0, "misbehaviour from the start: a list of rules"},
    {"float-fen",        "N",    false, AT(float_fen),        INT64_C(100000000), 0, INT64_C(1000000000000000), "money of each merchant in a new home (1,000,000.00 yuan)"},
    {"confirm-after-ms", "N",    false, AT(confirm_after_ms), -1, -1, DAY_MS, "payees tap by themselves; -1: only when asked to (-1)"},
    {"transfer-ms",      "N",    false, AT(transfer_ms),      50, 0, DAY_MS, "from the tap to SUCCESS (50)"},
    {"expire-ms",        "N",    false, AT(expire_ms),        DAY_MS, 1, 30 * DAY_MS, "without a tap: closed (24 h)"},
    {"notice-retry-ms",  "N",    false, AT(notice_retry_ms),  15000, 1, DAY_MS, "first gap before a notice comes again (15 s)"},
    {"calls-per-s",      "N",    false, AT(calls_per_s),      0, 0, 1000000, "creates of a merchant; above: too fast. 0: no limit (0)"},
    {"seed",             "N",    false, AT(seed),             1, 0, INT64_MAX, "of the rules' dice (1)"},
    {"format",           "KIND", true,  AT(format),           0, 0, 0, "bill: json, wechat or alipay (json)"},
    {"day",              "DAY",  true,  AT(day),              0, 0, 0, "bill, but json: 2026-02-16 (today)"},
};
/* clang-format on */

enum { OPTION_COUNT = sizeof OPTIONS / sizeof OPTIONS[0] };

static bool wrong(const char *what, const char *name)
{
    fprintf(stderr, "hongbao-sandbox: %s %s; see --help\n", what, name);
    return false;
}

static bool value_take(struct values *values, const struct option_row *row, const char *text)
{
    char *at = (char *)values + row->offset, *end;
    long long number;

    if (row->is_text) {
        memcpy(at, &text, sizeof text);
        return true;
    }
    errno = 0;
    number = strtoll(text, &end, 10);
    if (errno != 0 || end == text || *end != '\0' || number < row->min || number > row->max) {
        fprintf(stderr,
                "hongbao-sandbox: --%s is a whole number from %" PRId64 " to %" PRId64 "\n",
                row->name,
                row->min,
                row->max);
        return false;
    }
    memcpy(at, &(int64_t){number}, sizeof(int64_t));
    return true;
}

static void presets_set(struct values *values)
{
    *values = (struct values){.notify_base = "", .format = "json"};
    for (size_t i = 0; i < OPTION_COUNT; i++) {
        if (!OPTIONS[i].is_text) {
            memcpy((char *)values + OPTIONS[i].offset, &OPTIONS[i].preset, sizeof(int64_t));
        }
    }
}

/* One --name VALUE at argv[*at]; moves past it. */
static bool option_take(struct values *values, int argc, char **argv, int *at)
{
    const char *name = strncmp(argv[*at], "--", 2) == 0 ? argv[*at] + 2 : "";

    for (size_t i = 0; i < OPTION_COUNT; i++) {
        if (strcmp(name, OPTIONS[i].name) == 0) {
            ++*at;
            return *at < argc ? value_take(values, &OPTIONS[i], argv[(*at)++]) : wrong("no value for", name);
        }
    }
    return wrong("there is no option", argv[*at]);
}

static void hand_over(const struct values *values, struct sandbox_options *out, struct bill_options *bill)
{
    *out = (struct sandbox_options){
        .home = values->home,
        .port = (uint16_t)values->port,
        .admin_port = (uint16_t)values->admin_port,
        .notify_base = values->notify_base,
        .float_fen = values->float_fen,
        .confirm_after_ms = values->confirm_after_ms,
        .transfer_ms = values->transfer_ms,
        .expire_ms = values->expire_ms,
        .notice_retry_ms = values->notice_retry_ms,
        .calls_per_s = values->calls_per_s,
        .seed = (uint64_t)values->seed,
    };
    *bill = (struct bill_options){values->format, values->day};
}

enum options_got options_read(
    int argc, char **argv, struct sandbox_options *out, struct bill_options *bill, const char **rules_file)
{
    bool is_bill = argc > 1 && strcmp(argv[1], "bill") == 0;
    int at = is_bill ? 2 : 1;
    struct values values;

    presets_set(&values);
    while (at < argc) {
        if (strcmp(argv[at], "--help") == 0) {
            return OPTIONS_HELP;
        }
        if (strcmp(argv[at], "--version") == 0) {
            return OPTIONS_VERSION;
        }
        if (!option_take(&values, argc, argv, &at)) {
            return OPTIONS_WRONG;
        }
    }
    if (values.home == NULL) {
        (void)wrong("needs", "--home DIR");
        return OPTIONS_WRONG;
    }
    hand_over(&values, out, bill);
    *rules_file = values.rules_file;
    return is_bill ? OPTIONS_BILL : OPTIONS_SERVE;
}

void options_help(void)
{
    puts("hongbao-sandbox - WeChat Pay and Alipay without money\n\n"
         "  hongbao-sandbox --home DIR [options]       serves until SIGTERM; prints its ports\n"
         "  hongbao-sandbox bill --home DIR [options]  prints what it really paid\n");
    for (size_t i = 0; i < OPTION_COUNT; i++) {
        printf("  --%-16s %-5s %s\n", OPTIONS[i].name, OPTIONS[i].operand, OPTIONS[i].help);
    }
    puts("\nThe engine is given DIR/merchants.json. Rules, taps, top-ups: the admin port (sandbox/admin.c, "
         "fault.h).");
}
