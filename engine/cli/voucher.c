/*
 * cli/voucher.c - `hongbao voucher mode | import | status | used | failed`.
 */
#include "cli/cli.h"

#include "base/crypto.h"
#include "base/ids.h"
#include "base/people_key.h"
#include "books/voucher.h"
#include "store/pg.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CALL_MS = 600 * 1000 };

static const char WORDS[] =
    "voucher mode CAMPAIGN PRIZE code|webhook|hand | import CAMPAIGN PRIZE FILE.csv |\n"
    "        status CAMPAIGN [--json] | used|failed CAMPAIGN PLAYER DRAW_NO [--note TEXT]";

static const char *slug_word(struct cli *cli)
{
    const char *slug = cli_word(cli);

    return slug != NULL && slug_valid(slug, strlen(slug)) ? slug : NULL;
}

static int mode_set(struct cli *cli)
{
    const char *slug = slug_word(cli), *prize = slug_word(cli), *mode = cli_word(cli);
    struct pg *pg = NULL;
    bool failed = false;

    if (slug == NULL || prize == NULL || mode == NULL || !cli_done(cli) ||
        (strcmp(mode, "code") != 0 && strcmp(mode, "webhook") != 0 && strcmp(mode, "hand") != 0)) {
        return cli_usage("%s", WORDS);
    }
    pg = cli_operators(cli, CALL_MS);
    failed =
        pg == NULL ||
        cli_failed(pg,
                   pg_callf(pg, NULL, "SELECT voucher_mode_set($1, $2, $3)", "%s%s%s", slug, prize, mode),
                   "mode");
    pg_close(pg);
    return failed ? EXIT_FAILED : EXIT_YES;
}

static int import_say(struct pg *pg, hb_err err, const char *path, const struct voucher_imported *done)
{
    if (err == HB_E_FIELD) {
        cli_fail("%s: line %zu is not one code of 1 to 512 readable bytes; nothing was imported",
                 path,
                 done->bad_line);
        return EXIT_NO;
    }
    if (cli_failed(pg, err, "import")) {
        return EXIT_FAILED;
    }
    printf("%lld codes read, %lld codes there\n", (long long)done->read, (long long)done->codes);
    return EXIT_YES;
}

static int import_file(struct cli *cli)
{
    const char *slug = slug_word(cli), *prize = slug_word(cli), *path = cli_word(cli);
    const struct voucher_prize which = {slug, prize};
    struct voucher_imported done = {.read = 0};
    struct seal_key key;
    struct pg *pg = NULL;
    size_t len = 0;
    char *text = NULL;
    int code = EXIT_FAILED;

    if (slug == NULL || prize == NULL || path == NULL || !cli_done(cli)) {
        return cli_usage("%s", WORDS);
    }
    if (people_key_load(cli->config, &key) != HB_OK) {
        return cli_fail("the people key cannot be read");
    }
    text = cli_read_file(path, VOUCHER_CSV_MAX_BYTES, &len);
    pg = text == NULL ? NULL : cli_operators(cli, CALL_MS);
    if (pg != NULL) {
        code = import_say(pg, voucher_import(pg, &key, &which, text, len, &done), path, &done);
    }
    if (text != NULL) {
        crypto_wipe(text, len);
    }
    free(text);
    crypto_wipe(&key, sizeof key);
    pg_close(pg);
    return code;
}

static int status(struct cli *cli)
{
    static const char JSON[] =
        "SELECT coalesce(jsonb_agg(to_jsonb(s) - 'slug' ORDER BY s.prize_id), '[]')::text FROM "
        "voucher_states s WHERE s.slug = $1";
    static const char TEXT[] =
        "SELECT format('%-32s %-8s codes %s, units %s; assigned %s, sent %s, used %s, failed %s', prize_id, "
        "mode, codes, coalesce(units::text, 'not published'), assigned, sent, used, failed) FROM "
        "voucher_states WHERE slug = $1 ORDER BY prize_id";
    bool json = cli_flag(cli, "json"), failed = false;
    const char *slug = slug_word(cli);
    struct pg_result *rows = NULL;
    struct pg *pg = NULL;

    if (slug == NULL || !cli_done(cli)) {
        return cli_usage("%s", WORDS);
    }
    pg = cli_database(cli, /* admin= */ false);
    failed = pg == NULL || cli_failed(pg, pg_callf(pg, &rows, json ? JSON : TEXT, "%s", slug), "status");
    for (int row = 0; !failed && row < pg_rows(rows); row++) {
        puts(pg_text(rows, row, 0));
    }
    pg_result_free(rows);
    pg_close(pg);
    return failed ? EXIT_FAILED : EXIT_YES;
}

static int mark_say(const char *verdict)
{
    if (strcmp(verdict, "applied") == 0 || strcmp(verdict, "same") == 0) {
        puts(verdict);
        return EXIT_YES;
    }
    cli_fail("%s",
             strcmp(verdict, "refused") == 0 ? "this voucher has ended otherwise"
                                             : "there is no such voucher");
    return EXIT_NO;
}

/* What the operator's own system, or a shop's till, says of a voucher. */
static int mark(struct cli *cli, const char *state)
{
    static const char SQL[] = "SELECT voucher_state(f.campaign, $2::uuid, $3::int, $4, $5) FROM fairness f "
                              "WHERE f.slug = $1";
    const char *note = cli_option(cli, "note"), *slug = slug_word(cli), *player = cli_word(cli),
               *number = cli_word(cli);
    struct player_id id;
    long long draw_no = 0;
    struct pg_result *rows = NULL;
    struct pg *pg = NULL;
    int code = EXIT_FAILED;

    if (slug == NULL || player == NULL || !player_parse(player, strlen(player), &id) || number == NULL ||
        !cli_number("DRAW_NO", number, 1, INT32_MAX, &draw_no) || !cli_done(cli)) {
        return cli_usage("%s", WORDS);
    }
    pg = cli_operators(cli, CALL_MS);
    if (pg != NULL &&
        !cli_failed(pg, pg_callf(pg, &rows, SQL, "%s%s%s%s%s", slug, player, number, state, note), state)) {
        code = mark_say(pg_rows(rows) == 0 ? "no_campaign" : pg_text(rows, 0, 0));
    }
    pg_result_free(rows);
    pg_close(pg);
    return code;
}

int voucher_main(struct cli *cli)
{
    const char *call = cli_word(cli);

    if (call == NULL) {
        return cli_usage("%s", WORDS);
    }
    if (strcmp(call, "used") == 0 || strcmp(call, "failed") == 0) {
        return mark(cli, call);
    }
    if (strcmp(call, "mode") == 0) {
        return mode_set(cli);
    }
    if (strcmp(call, "import") == 0) {
        return import_file(cli);
    }
    return strcmp(call, "status") == 0 ? status(cli) : cli_usage("%s", WORDS);
}
