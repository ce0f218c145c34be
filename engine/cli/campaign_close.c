/*
 * cli/campaign_close.c - `hongbao campaign close`: the final statement, or what is still open.
 */
#include "cli/campaign_internal.h"

#include "base/ids.h"
#include "books/close.h"
#include "store/pg.h"

#include <stdio.h>
#include <string.h>

enum { REPORT_MAX_BYTES = 64 * 1024, TRANSACTION_MS = 600 * 1000, WAIT_DEFAULT_S = 60, WAIT_MAX_S = 86400 };

static void progress_say(void *arg, const char *what, int64_t count, int64_t fen)
{
    (void)arg;
    fprintf(stderr, "%s: %lld, %lld fen\n", what, (long long)count, (long long)fen);
}

static void report_text(const char *slug, const struct close_result *result, struct buf *report)
{
    if (result->closed) {
        buf_addf(report, "%s is closed. Final statement:\n", slug);
    } else {
        buf_addf(report, "%s is NOT closed. Still open:\n", slug);
    }
    statement_text(&result->lines, report);
}

static void report_json(const char *slug, const struct close_result *result, struct buf *report)
{
    buf_addf(report,
             "{\"campaign\":\"%s\",\"closed\":%s,\"%s\":",
             slug,
             result->closed ? "true" : "false",
             result->closed ? "statement" : "open");
    statement_json(&result->lines, report);
    buf_adds(report, "}\n");
}

static int close_say(const char *slug, const struct close_result *result, bool json)
{
    struct buf report;

    buf_init(&report, REPORT_MAX_BYTES);
    if (json) {
        report_json(slug, result, &report);
    } else {
        report_text(slug, result, &report);
    }
    fputs(buf_cstr(&report), stdout);
    buf_free(&report);
    if (result->closed && !statement_adds_up(&result->lines)) {
        return cli_fail("the statement does not add up; ask `hongbao audit`");
    }
    return result->closed ? EXIT_YES : EXIT_NO;
}

int campaign_close(struct cli *cli)
{
    long long wait_s = WAIT_DEFAULT_S;
    bool json = cli_flag(cli, "json"),
         wait = cli_number("wait", cli_option(cli, "wait"), 0, WAIT_MAX_S, &wait_s);
    const char *person = cli_option(cli, "person"), *slug = cli_word(cli);
    struct close_options options = {
        .slug = slug, .person = person, .wait_ms = wait_s * 1000, .progress = progress_say};
    struct close_result result;
    struct pg *pg;
    hb_err err;

    if (slug == NULL || !slug_valid(slug, strlen(slug)) || person == NULL || person[0] == '\0' || !wait ||
        !cli_done(cli)) {
        return cli_usage("campaign close ID --person NAME [--wait SECONDS] [--json]");
    }
    pg = cli_operators(cli, TRANSACTION_MS);
    if (pg == NULL) {
        return EXIT_FAILED;
    }
    err = close_run(pg, &options, &result);
    if (err == HB_E_NO_CAMPAIGN) {
        cli_fail("there is no campaign '%s'", slug);
    } else if (!cli_failed(pg, err, "close")) {
        pg_close(pg);
        return close_say(slug, &result, json);
    }
    pg_close(pg);
    return EXIT_FAILED;
}
