/*
 * books/close.c - the steps before campaign_close(), each in small transactions, so that players are not kept
 * waiting while a large campaign is walked.
 */
#include "books/close.h"

#include "base/clock.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

enum { SLICE_WINS = 10000, LOOK_MS = 200 };

struct closing {
    struct pg *pg;
    const struct close_options *options;
    int id;
};

static void tell(const struct closing *closing, const char *what, int64_t count, int64_t fen)
{
    if (closing->options->progress != NULL) {
        closing->options->progress(closing->options->arg, what, count, fen);
    }
}

/* ---- ended ---- */

static hb_err closing_begin(struct closing *closing, bool *settled, bool *ended)
{
    static const char SQL[] =
        "SELECT f.campaign, EXISTS (SELECT FROM settlement s WHERE s.campaign = f.campaign), "
        "f.ended_at IS NOT NULL, v.ends_at <= clock_timestamp() FROM fairness f "
        "JOIN LATERAL (SELECT ends_at FROM campaign_version v WHERE v.campaign = f.campaign "
        "ORDER BY version DESC LIMIT 1) v ON true WHERE f.slug = $1";
    struct pg_result *rows = NULL;
    hb_err err = pg_callf(closing->pg, &rows, SQL, "%s", closing->options->slug);
    bool over = false;

    if (err == HB_OK && pg_rows(rows) == 0) {
        err = HB_E_NO_CAMPAIGN;
    }
    if (err == HB_OK) {
        closing->id = (int)pg_i64(rows, 0, 0);
        *settled = pg_text(rows, 0, 1)[0] == 't';
        *ended = pg_text(rows, 0, 2)[0] == 't';
        over = pg_text(rows, 0, 3)[0] == 't';
    }
    pg_result_free(rows);
    if (err == HB_OK && !*ended && over) { /* its time is over: nothing is given any more */
        err = pg_callf(closing->pg, NULL, "SELECT campaign_end($1)", "%s", closing->options->slug);
        *ended = err == HB_OK;
    }
    return err;
}

/* ---- stock ---- */

static hb_err stock_out(struct closing *closing, int64_t *units, int64_t *fen)
{
    static const char SQL[] =
        "SELECT coalesce(sum(leased_units - won_units - returned_units), 0)::bigint, "
        "coalesce(sum(leased_fen - won_fen - returned_fen), 0)::bigint FROM stock WHERE campaign = $1::int";
    struct pg_result *rows = NULL;
    hb_err err = pg_callf(closing->pg, &rows, SQL, "%d", closing->id);

    if (err == HB_OK) {
        *units = pg_i64(rows, 0, 0);
        *fen = pg_i64(rows, 0, 1);
    }
    pg_result_free(rows);
    return err;
}

/* The duties bring it home on their own once the campaign has ended; waiting is all there is to do. */
static hb_err stock_await(struct closing *closing)
{
    const int64_t until_us = clock_mono_us() + closing->options->wait_ms * 1000;
    const struct timespec nap = {.tv_nsec = LOOK_MS * 1000000L};
    int64_t units = 0, fen = 0, told = -1;
    hb_err err = stock_out(closing, &units, &fen);

    while (err == HB_OK && units != 0 && clock_mono_us() < until_us) {
        if (units != told) {
            tell(closing, "stock_with_shards", units, fen);
            told = units;
        }
        (void)nanosleep(&nap, NULL);
        err = stock_out(closing, &units, &fen);
    }
    return err;
}

/* ---- walks over all wins ---- */

struct walk {
    const char *what, *sql; /* answers count, fen, last player, last draw; the latter NULL at the end */
};

static hb_err walk_step(struct closing *closing,
                        const struct walk *walk,
                        char player[static 40],
                        char draw[static 16],
                        int64_t sums[static 2])
{
    char id[16], limit[16];
    const char *params[] = {id, player[0] == '\0' ? NULL : player, draw[0] == '\0' ? NULL : draw, limit};
    struct pg_result *rows = NULL;
    hb_err err;

    (void)snprintf(id, sizeof id, "%d", closing->id);
    (void)snprintf(limit, sizeof limit, "%d", SLICE_WINS);
    err = pg_call(closing->pg, walk->sql, 4, params, &rows);
    if (err == HB_OK) {
        sums[0] += pg_i64(rows, 0, 0);
        sums[1] += pg_i64(rows, 0, 1);
        (void)snprintf(player, 40, "%s", pg_text(rows, 0, 2));
        (void)snprintf(draw, 16, "%s", pg_text(rows, 0, 3));
    }
    pg_result_free(rows);
    return err;
}

static hb_err walk_run(struct closing *closing, const struct walk *walk)
{
    char player[40] = "", draw[16] = "";
    int64_t sums[2] = {0, 0};
    hb_err err;

    do {
        int64_t before = sums[0];

        err = walk_step(closing, walk, player, draw, sums);
        if (err == HB_OK && sums[0] != before) {
            tell(closing, walk->what, sums[0], sums[1]);
        }
    } while (err == HB_OK && player[0] != '\0');
    return err;
}

static hb_err vouchers_missing(struct closing *closing, int64_t *missing)
{
    struct pg_result *rows = NULL;
    hb_err err = pg_callf(closing->pg, &rows, "SELECT vouchers_missing($1::int)", "%d", closing->id);

    if (err == HB_OK) {
        *missing = pg_i64(rows, 0, 0);
    }
    pg_result_free(rows);
    return err;
}

static hb_err closing_walks(struct closing *closing)
{
    static const struct walk VOUCHERS = {
        "vouchers_bound",
        "SELECT bound, 0, last_player, last_draw FROM voucher_bind_missing($1::int, $2::uuid, $3::int, "
        "$4::int)"};
    static const struct walk LAPSED = {
        "expired",
        "SELECT expired, fen, last_player, last_draw FROM expire_some($1::int, $2::uuid, $3::int, $4::int)"};
    int64_t missing = 0;
    hb_err err = vouchers_missing(closing, &missing);

    if (err == HB_OK && missing > 0) {
        err = walk_run(closing, &VOUCHERS);
    }
    return err == HB_OK ? walk_run(closing, &LAPSED) : err;
}

/* ---- the close ---- */

static hb_err close_call(struct closing *closing, struct close_result *out)
{
    struct pg_result *rows = NULL;
    hb_err err = pg_callf(closing->pg,
                          &rows,
                          "SELECT closed, line, count, fen FROM campaign_close($1, $2)",
                          "%s%s",
                          closing->options->slug,
                          closing->options->person);

    *out = (struct close_result){.closed = err == HB_OK && pg_rows(rows) > 0};
    for (int row = 0; err == HB_OK && row < pg_rows(rows); row++) {
        out->closed = pg_text(rows, row, 0)[0] == 't';
        if (!statement_add(&out->lines, pg_text(rows, row, 1), pg_i64(rows, row, 2), pg_i64(rows, row, 3))) {
            err = HB_E_INTERNAL;
        }
    }
    pg_result_free(rows);
    return err;
}

hb_err close_run(struct pg *pg, const struct close_options *options, struct close_result *out)
{
    struct closing closing = {.pg = pg, .options = options};
    bool settled = false, ended = false;
    hb_err err = closing_begin(&closing, &settled, &ended);

    *out = (struct close_result){.closed = false};
    if (err == HB_OK && ended && !settled) {
        err = stock_await(&closing);
        if (err == HB_OK) {
            err = closing_walks(&closing);
        }
    }
    return err == HB_OK ? close_call(&closing, out) : err;
}
