/*
 * cli/reconcile.c - `hongbao reconcile`: draw log, ledger and bills against each other.
 *
 * With --merchant and --day it compares that bill alone: the provider's, or with --bill one that was
 * downloaded by hand.
 */
#include "cli/bill_source.h"
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
    size_t bills_left; /* due, and could not be had */
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

static bool file_compare(struct pg *pg, const struct request *request)
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

/* ---- bills of the providers ---- */

static bool asked_compare(struct pg *pg, struct bill_source *source, const struct request *request)
{
    struct bill_port port = bill_source_port(source);
    hb_err err = source == NULL ? HB_E_NOT_FOUND : reconcile_bill(pg, &port, request->merchant, request->day);

    if (err == HB_OK) {
        return true;
    }
    cli_fail("no bill of %s for %s: %s: %s",
             request->merchant,
             request->day,
             source == NULL ? "there is no merchants file" : err_title(err, HB_EN),
             pg_error(pg));
    return false;
}

static bool due_compare(struct pg *pg, struct bill_source *source, size_t *left)
{
    struct bill_port port = bill_source_port(source);
    bool failed =
        cli_failed(pg, reconcile_bills_due(pg, source == NULL ? NULL : &port, NULL, NULL, left), "bills");

    if (*left > 0) {
        fprintf(stderr, "%zu bills that are due could not be had; they stay due\n", *left);
    }
    return !failed;
}

static bool bills_compare(const struct cli *cli, struct pg *pg, struct request *request)
{
    struct bill_source *source = NULL;
    bool good = bill_source_new(cli->config, &source) == HB_OK;

    if (!good) {
        cli_fail("the merchants file cannot be used");
    } else {
        good = request->merchant != NULL ? asked_compare(pg, source, request)
                                         : due_compare(pg, source, &request->bills_left);
    }
    bill_source_free(source);
    return good;
}

/* ---- books and draws ---- */

static bool books_compare(const struct cli *cli, struct pg *pg, bool quick)
{
    struct audit_options options = {.quick = quick};
    struct cli_nodes nodes;
    bool failed;

    cli_nodes_open(cli->config, &nodes);
    options.nodes = nodes.at;
    options.node_count = nodes.count;
    failed = cli_failed(pg, reconcile_books(pg, &options), "audit");
    cli_nodes_close(&nodes);
    return !failed;
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
    return cli_done(cli) && (out->merchant == NULL) == (out->day == NULL) &&
           (out->bill == NULL || out->merchant != NULL) &&
           (out->merchant == NULL ||
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
            "reconcile [--json] [--quick | --report | --merchant ID --day YYYY-MM-DD [--bill FILE.csv]]");
    }
    pg = cli_operators(cli, CALL_MS);
    if (pg == NULL) {
        return EXIT_FAILED;
    }
    if (request.bill != NULL) {
        good = file_compare(pg, &request);
    } else if (request.merchant != NULL) {
        good = bills_compare(cli, pg, &request);
    } else if (!request.report) {
        good = books_compare(cli, pg, request.quick) &&
               (request.quick || (!cli_failed(pg, reconcile_all_draws(pg, NULL, NULL), "draws") &&
                                  bills_compare(cli, pg, &request)));
    }
    code = report_say(pg, request.json);
    pg_close(pg);
    code = code == EXIT_YES && request.bills_left > 0 ? EXIT_NO : code;
    return good ? code : EXIT_FAILED;
}
