/*
 * cli/merchant.c - `hongbao merchant ...`: the merchant numbers that pay. What the books need of one is a row
 * here; its keys and addresses are in the merchants file (provider.merchants_file), under the same name.
 */
#include "cli/operate.h"

#include "base/ids.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char WORDS[] = "merchant list | show ID | add ID SETTINGS.json | topup ID --fen N --key K |\n"
                            "         stop ID | resume ID (two people, within a day)\n"
                            "         each with [--json]; stop and resume with --person NAME --reason TEXT";

enum { SETTINGS_MAX = 64 * 1024 };

/* clang-format off */
static const char SHOW_SQL[] =
    "SELECT to_jsonb(r)::text, concat_ws(E'\\t', r.id, r.provider, CASE WHEN r.stopped THEN 'stopped' ELSE 'running' END, r.balance_fen,"
    "  r.reserved_fen, r.rate_per_s || '/s', r.single_cap_fen, coalesce(r.day_cap_fen::text, '-'), r.today_fen)"
    " FROM (SELECT m.*, a.debit - a.credit AS balance_fen, a.credit_pending AS reserved_fen,"
    "       coalesce((SELECT d.fen FROM merchant_day d WHERE d.merchant = m.id AND d.day = (now() AT TIME ZONE m.time_zone)::date), 0) AS today_fen,"
    "       (SELECT to_jsonb(w) FROM merchant_word w WHERE w.merchant = m.id ORDER BY w.no DESC LIMIT 1) AS last_word"
    "       FROM merchant m JOIN account a ON a.name = m.account WHERE $1::text IS NULL OR m.id = $1 ORDER BY m.id) r";

static const struct verdict_words SWITCH[] = {
    {"stopped",     "it pays nothing new; what was sent is still asked for", "已停止付款，已发出的继续查询", EXIT_YES},
    {"running",     "it pays",                                               "付款中",                       EXIT_YES},
    {"noted",       "one of two has spoken, the second is missing",          "已记录，还需第二人确认",       EXIT_YES},
    {"same_person", "the second must be another person",                     "须由另一人确认",               EXIT_NO},
    {NULL, NULL, NULL, EXIT_NO},
};

static const struct verdict_words TOPPED_UP[] = {
    {"booked",      "booked",                                             "已入账",                 EXIT_YES},
    {"same",        "this key was booked before, with the same sum",      "该键已入账，金额相同",   EXIT_YES},
    {"quarantined", "this key was booked before, with another sum",       "该键已入账，金额不同",   EXIT_NO},
    {NULL, NULL, NULL, EXIT_NO},
};

static const struct verdict_words ADDED[] = {
    {"", "set", "已设置", EXIT_YES},
    {NULL, NULL, NULL, EXIT_NO},
};
/* clang-format on */

static const char *merchant_word(struct cli *cli)
{
    const char *id = cli_word(cli);

    if (id == NULL || !slug_valid(id, strlen(id))) {
        cli_usage("%s", WORDS);
        return NULL;
    }
    return id;
}

static int merchant_show(struct cli *cli, bool json, const char *id)
{
    const char *params[] = {id};

    if (!cli_done(cli)) {
        return EXIT_USAGE;
    }
    return operate_rows(cli,
                        json,
                        "merchant\tprovider\tswitch\tbalance\treserved\trate\tsingle cap\tday cap\ttoday",
                        SHOW_SQL,
                        1,
                        params);
}

static int merchant_add(struct cli *cli, bool json, const char *id)
{
    const char *path = cli_word(cli);
    size_t len = 0;
    char *settings = NULL;
    int code;

    if (path == NULL || !cli_done(cli)) {
        return cli_usage("%s", WORDS);
    }
    settings = cli_read_file(path, SETTINGS_MAX, &len);
    if (settings == NULL) {
        return EXIT_FAILED;
    }
    const char *params[] = {id, settings};

    code = operate_verdict(cli, json, ADDED, "SELECT merchant_put($1, $2::jsonb)::text", 2, params);
    free(settings);
    return code;
}

static int merchant_topup(struct cli *cli, bool json, const char *id)
{
    const char *fen = cli_option(cli, "fen"), *key = cli_option(cli, "key");
    long long amount = 0;

    if (!cli_number("fen", fen, 1, 1000000000000LL, &amount) || !cli_done(cli)) {
        return EXIT_USAGE;
    }
    if (fen == NULL || key == NULL || key[0] == '\0') {
        return cli_usage("%s", WORDS);
    }
    const char *params[] = {id, fen, key};

    return operate_verdict(cli, json, TOPPED_UP, "SELECT merchant_topup($1, $2::bigint, $3)", 3, params);
}

static int merchant_switch(struct cli *cli, bool json, const char *id, bool stop)
{
    const char *person, *reason;

    if (!operate_who(cli, &person, &reason) || !cli_done(cli)) {
        return EXIT_USAGE;
    }
    const char *params[] = {id, stop ? "true" : "false", person, reason};

    return operate_verdict(cli, json, SWITCH, "SELECT merchant_say($1, $2::bool, $3, $4)", 4, params);
}

int merchant_main(struct cli *cli)
{
    bool json = cli_flag(cli, "json");
    const char *word = cli_word(cli), *id = NULL;

    if (word == NULL) {
        return cli_usage("%s", WORDS);
    }
    if (strcmp(word, "list") == 0) {
        return merchant_show(cli, json, NULL);
    }
    id = merchant_word(cli);
    if (id == NULL) {
        return EXIT_USAGE;
    }
    if (strcmp(word, "show") == 0) {
        return merchant_show(cli, json, id);
    }
    if (strcmp(word, "add") == 0) {
        return merchant_add(cli, json, id);
    }
    if (strcmp(word, "topup") == 0) {
        return merchant_topup(cli, json, id);
    }
    if (strcmp(word, "stop") == 0 || strcmp(word, "resume") == 0) {
        return merchant_switch(cli, json, id, word[0] == 's');
    }
    return cli_usage("%s", WORDS);
}
