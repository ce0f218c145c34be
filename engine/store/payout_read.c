/*
 * store/payout_read.c - the statements of the books of payouts, and what their rows mean.
 */
#include "store/payout_internal.h"

#include "base/log.h"

#include <stdio.h>
#include <stdlib.h>

/* clang-format off */
#define JOB_COLUMNS                                                                                          \
    "SELECT j.out_no, j.state, j.fence, j.campaign, j.player, j.amount_fen,"                                  \
    " (extract(epoch FROM clock_timestamp() - j.planned_at) * 1000)::bigint, coalesce(e.sends, 0),"           \
    " coalesce((extract(epoch FROM clock_timestamp() - e.sent_at) * 1000)::bigint, 0),"                       \
    " j.package_until IS NOT NULL,"                                                                           \
    " coalesce((extract(epoch FROM clock_timestamp() - j.package_until) * 1000)::bigint, 0),"                 \
    " coalesce(j.code, ''), j.body_hash, j.payee_sealed, j.name_sealed, j.body_sealed FROM "
#define JOB_SENDS                                                                                            \
    " j LEFT JOIN LATERAL (SELECT count(*) AS sends, max(e.at) AS sent_at FROM payout_event e"                \
    " WHERE e.out_no = j.out_no AND e.event = 'send') e ON true"

const struct pg_statement PAYOUT_STATEMENTS[] = {
    {"claim", JOB_COLUMNS "payout_claim($1, $2::int, $3::bigint)" JOB_SENDS},
    {"due", JOB_COLUMNS "payout_due($1, $2::int, $3::bigint)" JOB_SENDS},
    {"look", JOB_COLUMNS "payout_look($1, $2)" JOB_SENDS},
    {"sent", "SELECT payout_sent($1, $2::bigint, $3::bytea, $4::bytea, $5::bigint)"},
    {"verdict", "SELECT v.verdict FROM payout_verdict($1, $2, $3, $4, $5, $6::bigint, $7::bytea, $8,"
                " to_timestamp($9::bigint / 1000.0), $10::bool, $11::bigint) v"},
    {"differs", "SELECT payout_differs($1, $2, $3, $4, $5::bigint, $6::bytea)"},
    {"absent", "SELECT payout_absent($1, $2::bigint, $3, $4::bytea)"},
    {"later", "SELECT payout_later($1, $2::bigint, $3::bigint)"},
    {"unsendable", "SELECT payout_unsendable($1, $2::bigint, $3)"},
    {"halt", "SELECT merchant_halt($1, coalesce($2, 'refused'))"},
    {"notice", "SELECT notice_take($1, $2, coalesce($3, ''), coalesce($4, ''), $5::bytea, $6, $7, $8, $9::bigint, $10::bool,"
               " $11::bigint)"},
    {"merchants", "SELECT id, stopped, rate_per_s FROM merchant ORDER BY id"},
    {"counts", "SELECT p.state, count(*), count(*) FILTER (WHERE p.frozen),"
               " coalesce(max((extract(epoch FROM clock_timestamp() - p.planned_at))::bigint) FILTER (WHERE p.state = 'unknown'), 0)"
               " FROM payout p WHERE p.state NOT IN ('paid', 'failed') GROUP BY p.state"},
    {NULL, NULL},
};
/* clang-format on */

/* "\x6869": decoded where it stands, as pg_result.c does: the result is ours while it is read. */
static struct payout_bytes cell_bytes(const PGresult *result, int row, int column)
{
    char *text = PQgetvalue(result, row, column);
    size_t digits = (size_t)PQgetlength(result, row, column), len = 0;

    if (PQgetisnull(result, row, column) || digits < 2 ||
        !hex_decode(text + 2, digits - 2, text, digits, &len)) {
        return (struct payout_bytes){NULL, 0};
    }
    return (struct payout_bytes){(uint8_t *)text, len};
}

static bool player_cell(const PGresult *result, int row, int column, struct player_id *out)
{
    char hex[PLAYER_HEX + 1];
    size_t len = 0;

    for (const char *p = PQgetvalue(result, row, column); *p != '\0' && len < PLAYER_HEX; p++) {
        if (*p != '-') {
            hex[len++] = *p;
        }
    }
    return player_parse(hex, len, out);
}

static bool job_read(const PGresult *result, int row, struct payout_job *out)
{
    struct payout_bytes hash = cell_bytes(result, row, 12);

    (void)snprintf(out->out_no, sizeof out->out_no, "%s", PQgetvalue(result, row, 0));
    (void)snprintf(out->campaign, sizeof out->campaign, "%s", PQgetvalue(result, row, 3));
    (void)snprintf(out->code, sizeof out->code, "%s", PQgetvalue(result, row, 11));
    out->fence = pg_cell(result, row, 2);
    out->amount_fen = pg_cell(result, row, 5);
    out->age_ms = pg_cell(result, row, 6);
    out->sends = pg_cell(result, row, 7);
    out->since_send_ms = pg_cell(result, row, 8);
    out->has_package = pg_cell_true(result, row, 9);
    out->package_over_ms = pg_cell(result, row, 10);
    out->has_body = hash.len == SHA256_BYTES;
    if (out->has_body) {
        memcpy(out->body_hash, hash.at, SHA256_BYTES);
    }
    out->payee_sealed = cell_bytes(result, row, 13);
    out->name_sealed = cell_bytes(result, row, 14);
    out->body_sealed = cell_bytes(result, row, 15);
    return payout_state_parse(PQgetvalue(result, row, 1), &out->state) &&
           player_cell(result, row, 4, &out->player);
}

void jobs_answer(pg_queue_done_fn told, void *arg, hb_err err, const PGresult *result)
{
    payout_jobs_fn done = (payout_jobs_fn)told;
    int rows = err == HB_OK ? PQntuples(result) : 0;
    struct payout_job *jobs = calloc((size_t)rows + 1, sizeof *jobs);
    size_t count = 0;

    if (jobs == NULL) {
        done(arg, HB_E_NOMEM, NULL, 0);
        return;
    }
    for (int i = 0; i < rows; i++) {
        if (job_read(result, i, &jobs[count])) {
            count++;
        } else {
            log_error("payout.unreadable", "out_no=%s", PQgetvalue(result, i, 0));
        }
    }
    done(arg, err, jobs, count);
    free(jobs);
}

void merchants_answer(pg_queue_done_fn told, void *arg, hb_err err, const PGresult *result)
{
    merchants_fn done = (merchants_fn)told;
    int rows = err == HB_OK ? PQntuples(result) : 0;
    struct merchant_row *merchants = calloc((size_t)rows + 1, sizeof *merchants);

    if (merchants == NULL) {
        done(arg, HB_E_NOMEM, NULL, 0);
        return;
    }
    for (int i = 0; i < rows; i++) {
        (void)snprintf(merchants[i].id, sizeof merchants[i].id, "%s", PQgetvalue(result, i, 0));
        merchants[i].stopped = pg_cell_true(result, i, 1);
        merchants[i].rate_per_s = pg_cell(result, i, 2);
    }
    done(arg, err, merchants, (size_t)rows);
    free(merchants);
}

void counts_answer(pg_queue_done_fn told, void *arg, hb_err err, const PGresult *result)
{
    struct payout_counts counts = {.frozen = 0};
    enum payout_state state;

    for (int i = 0; err == HB_OK && i < PQntuples(result); i++) {
        if (payout_state_parse(PQgetvalue(result, i, 0), &state)) {
            counts.open[state] = pg_cell(result, i, 1);
            counts.frozen += pg_cell(result, i, 2);
            counts.oldest_unknown_s += pg_cell(result, i, 3); /* of one state only */
        }
    }
    ((payout_counted_fn)told)(arg, err, &counts);
}

void told_answer(pg_queue_done_fn told, void *arg, hb_err err, const PGresult *result)
{
    payout_told_fn done = (payout_told_fn)told;

    done(arg, err, err == HB_OK && PQntuples(result) == 1 ? pg_cell_text(result, 0, 0) : "");
}
