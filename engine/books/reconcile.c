/*
 * books/reconcile.c - asks the audit, the replay and the bills, and hands what they found to SQL.
 */
#include "books/reconcile.h"

#include "audit/verify.h"
#include "base/json.h"
#include "base/log.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { REPORT_MAX_BYTES = 64 * 1024 * 1024, NUMBER_BYTES = 24, SOURCE_MAX = 200 };

/* ---- arrays in PostgreSQL's text form ---- */

static void array_begin(struct buf *array)
{
    buf_init(array, REPORT_MAX_BYTES);
    buf_addc(array, '{');
}

static void array_add(struct buf *array, const char *text)
{
    buf_adds(array, array->len == 1 ? "\"" : ",\"");
    for (; *text != '\0'; text++) {
        if (*text == '"' || *text == '\\') {
            buf_addc(array, '\\');
        }
        buf_addc(array, *text);
    }
    buf_addc(array, '"');
}

static void array_add_number(struct buf *array, int64_t value)
{
    buf_addf(array, "%s%" PRId64, array->len == 1 ? "" : ",", value);
}

static bool arrays_end(struct buf *arrays, size_t count)
{
    bool good = true;

    for (size_t i = 0; i < count; i++) {
        buf_addc(&arrays[i], '}');
        (void)buf_cstr(&arrays[i]);
        good = good && !arrays[i].failed;
    }
    return good;
}

static void arrays_free(struct buf *arrays, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        buf_free(&arrays[i]);
    }
}

/* ---- books and draws: findings of a report ---- */

struct subject {
    const char *name, *scope;
    const char *compared; /* the report's member that counts rows */
};

static const char *member(const json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));

    return text == NULL ? "" : text;
}

static hb_err found_keep(struct pg *pg, const struct subject *subject, const json_t *report)
{
    enum { KINDS, PLACES, PROBLEMS, ARRAYS };
    struct buf arrays[ARRAYS];
    char compared[NUMBER_BYTES];
    const json_t *finding;
    hb_err err = HB_E_NOMEM;
    size_t i;

    for (i = 0; i < ARRAYS; i++) {
        array_begin(&arrays[i]);
    }
    json_array_foreach(json_object_get(report, "findings"), i, finding)
    {
        array_add(&arrays[KINDS], member(finding, "check"));
        array_add(&arrays[PLACES], member(finding, "row"));
        array_add(&arrays[PROBLEMS], member(finding, "text"));
    }
    (void)snprintf(compared,
                   sizeof compared,
                   "%" PRId64,
                   (int64_t)json_integer_value(json_object_get(report, subject->compared)));
    if (arrays_end(arrays, ARRAYS)) {
        err = pg_callf(pg,
                       NULL,
                       "SELECT reconcile_found($1, $2, $3::bigint, $4::text[], $5::text[], $6::text[])",
                       "%s%s%s%s%s%s",
                       subject->name,
                       subject->scope,
                       compared,
                       arrays[KINDS].data,
                       arrays[PLACES].data,
                       arrays[PROBLEMS].data);
    }
    arrays_free(arrays, ARRAYS);
    return err;
}

static hb_err report_keep(struct pg *pg, const struct subject *subject, struct buf *text)
{
    json_t *report = NULL;
    hb_err err = text->failed ? HB_E_NOMEM : json_parse(text->data, text->len, &report, NULL, 0);

    if (err == HB_OK) {
        err = found_keep(pg, subject, report);
    }
    json_decref(report);
    return err;
}

hb_err reconcile_books(struct pg *pg, const struct audit_options *options)
{
    const struct subject subject = {"books", "", "wins"};
    bool ok = false;
    struct buf text;
    hb_err err;

    buf_init(&text, REPORT_MAX_BYTES);
    err = audit_run(pg, options, &text, /* json= */ true, &ok);
    if (err == HB_OK) {
        err = report_keep(pg, &subject, &text);
    }
    buf_free(&text);
    return err;
}

hb_err reconcile_draws(struct pg *pg, const char *slug)
{
    const struct verify_options options = {.so_far = true};
    const struct subject subject = {"draws", slug, "draws"};
    bool ok = false;
    struct buf text;
    hb_err err;

    buf_init(&text, REPORT_MAX_BYTES);
    err = verify_draws(pg, slug, &options, &text, /* json= */ true, &ok);
    if (err == HB_OK) {
        err = report_keep(pg, &subject, &text);
    }
    buf_free(&text);
    return err;
}

/* ---- bills ---- */

static hb_err
bill_keep(struct pg *pg, const char *source, const char *merchant, const char *day, const struct bill *bill)
{
    enum { ORDERS, NUMBERS, AMOUNTS, TIMES, ARRAYS };
    struct buf arrays[ARRAYS];
    hb_err err = HB_E_NOMEM;

    for (size_t i = 0; i < ARRAYS; i++) {
        array_begin(&arrays[i]);
    }
    for (size_t i = 0; i < bill->count; i++) {
        array_add(&arrays[ORDERS], bill->rows[i].order_no);
        array_add(&arrays[NUMBERS], bill->rows[i].provider_no);
        array_add_number(&arrays[AMOUNTS], bill->rows[i].amount_fen);
        array_add_number(&arrays[TIMES], bill->rows[i].at_ms);
    }
    if (arrays_end(arrays, ARRAYS)) {
        err = pg_callf(pg,
                       NULL,
                       "SELECT reconcile_bill($1, $2::date, $3, $4::text[], $5::text[], $6::bigint[], "
                       "$7::bigint[])",
                       "%s%s%s%s%s%s%s",
                       merchant,
                       day,
                       source,
                       arrays[ORDERS].data,
                       arrays[NUMBERS].data,
                       arrays[AMOUNTS].data,
                       arrays[TIMES].data);
    }
    arrays_free(arrays, ARRAYS);
    return err;
}

hb_err reconcile_bill(struct pg *pg, const struct bill_port *port, const char *merchant, const char *day)
{
    struct bill bill = {.rows = NULL};
    char source[SOURCE_MAX + 1];
    hb_err err = bill_day_valid(day) ? port->fetch(port->self, merchant, day, &bill) : HB_E_INPUT;

    (void)snprintf(source, sizeof source, "%s", port->source);
    if (err == HB_OK) {
        err = bill_keep(pg, source, merchant, day, &bill);
    }
    bill_free(&bill);
    return err;
}

hb_err reconcile_bills_due(
    struct pg *pg, const struct bill_port *port, bool (*stop)(void *arg), void *arg, size_t *left)
{
    struct pg_result *rows = NULL;
    hb_err err = pg_call(pg, "SELECT merchant, day, late FROM bills_due()", 0, NULL, &rows);

    *left = 0;
    for (int row = 0; err == HB_OK && row < pg_rows(rows) && !(stop != NULL && stop(arg)); row++) {
        const char *merchant = pg_text(rows, row, 0), *day = pg_text(rows, row, 1);
        hb_err got = port == NULL ? HB_E_UNAVAILABLE : reconcile_bill(pg, port, merchant, day);

        if (got == HB_E_NOT_FOUND && pg_text(rows, row, 2)[0] == 't') {
            got = bill_keep(pg, "no bill", merchant, day, &(struct bill){.rows = NULL});
        }
        if (got != HB_OK) {
            log_warn("reconcile.no_bill", "merchant=%s day=%s err=%s", merchant, day, err_code(got));
            ++*left;
        }
    }
    pg_result_free(rows);
    return err;
}

hb_err reconcile_all_draws(struct pg *pg, bool (*stop)(void *arg), void *arg)
{
    struct pg_result *rows = NULL;
    hb_err err =
        pg_call(pg, "SELECT slug FROM fairness WHERE NOT archived(campaign) ORDER BY slug", 0, NULL, &rows);

    for (int row = 0; err == HB_OK && row < pg_rows(rows) && !(stop != NULL && stop(arg)); row++) {
        err = reconcile_draws(pg, pg_text(rows, row, 0));
        if (err == HB_E_NOT_STARTED || err == HB_E_FORBIDDEN) {
            log_info("reconcile.not_yet", "campaign=%s err=%s", pg_text(rows, row, 0), err_code(err));
            err = HB_OK;
        }
    }
    pg_result_free(rows);
    return err;
}

/* ---- what is told ---- */

hb_err reconcile_report(struct pg *pg, struct buf *out, bool *ok)
{
    struct pg_result *rows = NULL;
    hb_err err = pg_call(pg, "SELECT r, r->>'ok' FROM reconcile_report() r", 0, NULL, &rows);

    *ok = false;
    if (err == HB_OK) {
        buf_adds(out, pg_text(rows, 0, 0));
        *ok = strcmp(pg_text(rows, 0, 1), "true") == 0;
        err = out->failed ? HB_E_NOMEM : HB_OK;
    }
    pg_result_free(rows);
    return err;
}

static int64_t number(const json_t *object, const char *name)
{
    return json_integer_value(json_object_get(object, name));
}

static void run_text(const json_t *run, struct buf *out)
{
    buf_addf(out,
             "  %-6s %-28s %10" PRId64 " compared %10" PRId64 " matched %6" PRId64 " differ\n",
             member(run, "subject"),
             member(run, "scope"),
             number(run, "compared"),
             number(run, "matched"),
             number(run, "differences"));
}

static void difference_text(const json_t *difference, struct buf *out)
{
    const int64_t age_s = number(difference, "age_s");

    buf_addf(out,
             "! %s %s %s %s: %s\n",
             member(difference, "subject"),
             member(difference, "scope"),
             member(difference, "kind"),
             member(difference, "place"),
             member(difference, "problem"));
    if (json_is_integer(json_object_get(difference, "ours_fen"))) {
        buf_addf(out,
                 "    ours %" PRId64 " fen, theirs %" PRId64 " fen;",
                 number(difference, "ours_fen"),
                 number(difference, "theirs_fen"));
    } else {
        buf_adds(out, "   ");
    }
    buf_addf(out,
             " owner %s; open for %" PRId64 " h %" PRId64 " min\n",
             member(difference, "owner"),
             age_s / 3600,
             age_s / 60 % 60);
}

hb_err reconcile_text(const char *json, size_t len, struct buf *out)
{
    json_t *report = NULL;
    const json_t *row;
    size_t i;

    if (json_parse(json, len, &report, NULL, 0) != HB_OK || !json_is_object(report)) {
        json_decref(report);
        return HB_E_INPUT;
    }
    buf_addf(out,
             "reconcile: %s\n",
             json_is_true(json_object_get(report, "ok")) ? "everything matches" : "there are differences");
    json_array_foreach(json_object_get(report, "runs"), i, row)
    {
        run_text(row, out);
    }
    json_array_foreach(json_object_get(report, "differences"), i, row)
    {
        difference_text(row, out);
    }
    json_decref(report);
    return HB_OK;
}
