/*
 * cli/reconcile.c - `hongbao reconcile`: draw log, ledger and bills against each other.
 *
 * With --bill it compares a bill that was downloaded by hand, and nothing else.
 */
#include "cli/cli.h"
#include "cli/nodes.h"

#include "base/ids.h"
#include "books/reconcile.h"
#include "store/pg.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CALL_MS = 600 * 1000, REPORT_MAX_BYTES = 64 * 1024 * 1024 };

struct request {
    bool json, quick, report;
    const char *bill, *merchant, *day;
};

/* ---- a bill in a file ---- */

static hb_err file_fetch(void *self, const char *merchant, const char *day, struct bill *out)
{
    const char *path = self;
    size_t len = 0, bad_line = 0;
    char *text = cli_read_file(path, BILL_CSV_MAX_BYTES, &len);
    hb_err err = text == NULL ? HB_E_NOT_FOUND : bill_parse(text, len, out, &bad_line);

    (void)merchant;
    (void)day;
    if (err == HB_E_FIELD) {
        cli_fail("%s: line %zu is not order_no,provider_no,yuan", path, bad_line);
    }
    free(text);
    return err;
}

static bool bill_compare(struct pg *pg, const struct request *request)
{
    char path[4096];
    struct bill_port port = {.self = path, .source = "file", .fetch = file_fetch};
    hb_err err;

    (void)snprintf(path, sizeof path, "%s", request->bill);
    err = reconcile_bill(pg, &port, request->merchant, request->day);
    if (err == HB_E_FIELD || err == HB_E_NOT_FOUND) {
        return false; /* said already */
    }
    return !cli_failed(pg, err, "reconcile");
}

/* ---- books and draws ---- */

static bool books_compare(const struct cli *cli, struct pg *pg, bool quick)
{
    struct audit_options options = {.quick = quick};
    struct cli_nodes nodes;
    bool failed;

    cli_nodes_open(cli, &nodes);
    options.nodes = nodes.at;
    options.node_count = nodes.count;
    failed = cli_failed(pg, reconcile_books(pg, &options), "audit");
    cli_nodes_close(&nodes);
    return !failed;
}

static bool draws_compare(struct pg *pg)
{
    struct pg_result *rows = NULL;
    bool good =
        !cli_failed(pg, pg_call(pg, "SELECT slug FROM fairness ORDER BY slug", 0, NULL, &rows), "reconcile");

    for (int row = 0; good && row < pg_rows(rows); row++) {
        hb_err err = reconcile_draws(pg, pg_text(rows, row, 0));

        if (err == HB_E_NOT_STARTED || err == HB_E_FORBIDDEN) {
            fprintf(stderr, "%s: not compared: %s\n", pg_text(rows, row, 0), err_title(err, HB_EN));
        } else {
            good = !cli_failed(pg, err, pg_text(rows, row, 0));
        }
    }
    pg_result_free(rows);
    return good;
}

/* ---- the report ---- */

static int report_say(struct pg *pg, bool json)
{
    struct buf report, text;
    bool ok = false, failed;

    buf_init(&report, REPORT_MAX_BYTES);
    buf_init(&text, REPORT_MAX_BYTES);
    failed = cli_failed(pg, reconcile_report(pg, &report, &ok), "reconcile");
    if (!failed && !json) {
        failed = reconcile_text(report.data, report.len, &text) != HB_OK;
    }
    if (!failed) {
        puts(json ? buf_cstr(&report) : buf_cstr(&text));
    }
    buf_free(&report);
    buf_free(&text);
    return failed ? EXIT_FAILED : ok ? EXIT_YES : EXIT_NO;
}

static bool request_read(struct cli *cli, struct request *out)
{
    *out = (struct request){.json = cli_flag(cli, "json"),
                            .quick = cli_flag(cli, "quick"),
                            .report = cli_flag(cli, "report"),
                            .bill = cli_option(cli, "bill"),
                            .merchant = cli_option(cli, "merchant"),
                            .day = cli_option(cli, "day")};
    return cli_done(cli) && (out->bill == NULL) == (out->merchant == NULL) &&
           (out->bill == NULL) == (out->day == NULL) &&
           (out->bill == NULL ||
            (slug_valid(out->merchant, strlen(out->merchant)) && bill_day_valid(out->day)));
}

int reconcile_main(struct cli *cli)
{
    struct request request;
    struct pg *pg;
    bool good = true;
    int code;

    if (!request_read(cli, &request)) {
        return cli_usage(
            "reconcile [--json] [--quick | --report | --bill FILE.csv --merchant ID --day YYYY-MM-DD]");
    }
    pg = cli_operators(cli, CALL_MS);
    if (pg == NULL) {
        return EXIT_FAILED;
    }
    if (request.bill != NULL) {
        good = bill_compare(pg, &request);
    } else if (!request.report) {
        good = books_compare(cli, pg, request.quick) && (request.quick || draws_compare(pg));
    }
    code = report_say(pg, request.json);
    pg_close(pg);
    return good ? code : EXIT_FAILED;
}
