/*
 * cli/tax.c - `hongbao tax export`: what was withheld in a month, a row for each payout that was paid.
 *
 * Amounts are fen. Rows name players; who they are is told by `hongbao user export`, one by one, so that a
 * file of the month holds nobody's name.
 */
#include "cli/cli.h"

#include "store/pg.h"

#include <stdio.h>
#include <string.h>

enum { CALL_MS = 600 * 1000, MONTH_LEN = 7 };

static const char SQL[] =
    "SELECT campaign, month, replace(player::text, '-', ''), withdrawal, out_no, to_char(paid_at AT TIME "
    "ZONE "
    "'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"'), bearer, net_fen, tax_fen, paid_and_tax_fen FROM tax_export "
    "WHERE month = $1 ORDER BY campaign, paid_at, out_no";
static const char *const NAMES[] = {"campaign",
                                    "month",
                                    "player",
                                    "withdrawal",
                                    "out_no",
                                    "paid_at",
                                    "bearer",
                                    "net_fen",
                                    "tax_fen",
                                    "paid_and_tax_fen"};
enum { NAME_COUNT = sizeof NAMES / sizeof *NAMES, TEXTS = 7 };

struct tax_export {
    bool json;
    int64_t rows, net_fen, tax_fen;
};

/* None of the columns needs quoting: slugs, digits, numbers of ours. */
static bool row_write(void *arg, const struct pg_result *row)
{
    struct tax_export *export = arg;

    if (export->json) {
        printf("%s{", export->rows == 0 ? "" : ",");
        for (int i = 0; i < NAME_COUNT; i++) {
            printf(i < TEXTS ? "%s\"%s\":\"%s\"" : "%s\"%s\":%s",
                   i == 0 ? "" : ",",
                   NAMES[i],
                   pg_text(row, 0, i));
        }
        printf("}");
    } else {
        for (int i = 0; i < NAME_COUNT; i++) {
            printf("%s%s", i == 0 ? "" : ",", pg_text(row, 0, i));
        }
        printf("\n");
    }
    export->rows++;
    export->net_fen += pg_i64(row, 0, 7);
    export->tax_fen += pg_i64(row, 0, 8);
    return true;
}

static void head_write(const struct tax_export *export, const char *month)
{
    if (export->json) {
        printf("{\"month\":\"%s\",\"rows\":[", month);
        return;
    }
    for (int i = 0; i < NAME_COUNT; i++) {
        printf("%s%s", i == 0 ? "" : ",", NAMES[i]);
    }
    printf("\n");
}

static bool month_valid(const char *month)
{
    return strlen(month) == MONTH_LEN && strspn(month, "0123456789") == 4 && month[4] == '-' &&
           strspn(month + 5, "0123456789") == 2 && strcmp(month + 5, "01") >= 0 &&
           strcmp(month + 5, "12") <= 0;
}

int tax_main(struct cli *cli)
{
    struct tax_export export = {.json = cli_flag(cli, "json")};
    bool csv = cli_flag(cli, "csv"), failed;
    const char *month = cli_option(cli, "month"), *call = cli_word(cli);
    struct pg *pg;

    if (call == NULL || strcmp(call, "export") != 0 || month == NULL || !month_valid(month) ||
        (csv && export.json) || !cli_done(cli)) {
        return cli_usage("tax export --month YYYY-MM [--json | --csv]");
    }
    pg = cli_operators(cli, CALL_MS);
    if (pg == NULL) {
        return EXIT_FAILED;
    }
    head_write(&export, month);
    failed = cli_failed(pg, pg_stream(pg, SQL, 1, &month, row_write, &export), "tax export");
    if (export.json && !failed) {
        printf(
            "],\"net_fen\":%lld,\"tax_fen\":%lld}\n", (long long)export.net_fen, (long long)export.tax_fen);
    }
    pg_close(pg);
    return failed || fflush(stdout) != 0 ? EXIT_FAILED : EXIT_YES;
}
