/*
 * store/pg.c - one blocking connection to PostgreSQL with a time limit for every wait.
 *
 *   call: ready (connect when needed) -> send -> wait for results -> the last one is the answer
 *
 * A connection whose answer did not come is ended: what comes later could be taken for the next call's.
 * Inside a transaction nothing reconnects, or its second half would run without its first.
 */
#include "store/pg_internal.h"

#include "base/clock.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#define LISTEN_WORD "LISTEN "

hb_err pg_open(const char *uri, int64_t timeout_ms, struct pg **out)
{
    struct pg *pg = calloc(1, sizeof *pg);

    *out = NULL;
    if (pg != NULL) {
        pg->uri = strdup(uri);
        pg->timeout_ms = timeout_ms;
    }
    if (pg == NULL || pg->uri == NULL) {
        pg_close(pg);
        return HB_E_NOMEM;
    }
    *out = pg;
    return HB_OK;
}

void pg_close(struct pg *pg)
{
    if (pg != NULL) {
        pg_drop(pg);
        free(pg->uri);
        free(pg);
    }
}

const char *pg_error(const struct pg *pg)
{
    return pg->error;
}

unsigned pg_sessions(const struct pg *pg)
{
    return pg->sessions;
}

const char *pg_sqlstate(const struct pg *pg)
{
    return pg->sqlstate;
}

void pg_drop(struct pg *pg)
{
    PQfinish(pg->conn); /* accepts NULL */
    pg->conn = NULL;
}

static void text_keep(char *out, size_t size, const char *text)
{
    size_t len = text == NULL ? 0 : strcspn(text, "\n");

    len = len < size - 1 ? len : size - 1;
    memcpy(out, text == NULL ? "" : text, len);
    out[len] = '\0';
}

/* Keeps text and SQLSTATE; returns err. */
static hb_err pg_failed(struct pg *pg, hb_err err, const PGresult *result)
{
    const char *text = result != NULL ? PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY) : NULL;

    if (text == NULL && pg->conn != NULL) {
        text = PQerrorMessage(pg->conn);
    }
    text_keep(pg->error, sizeof pg->error, text == NULL || *text == '\0' ? "no answer in time" : text);
    text_keep(pg->sqlstate,
              sizeof pg->sqlstate,
              result == NULL ? "" : PQresultErrorField(result, PG_DIAG_SQLSTATE));
    return err;
}

/* ---- waiting ---- */

static int64_t deadline_from(const struct pg *pg)
{
    return pg->timeout_ms == 0 ? INT64_MAX : clock_mono_us() + pg->timeout_ms * 1000;
}

/* True when the socket is ready before the deadline. */
static bool socket_wait(int fd, short events, int64_t deadline_us)
{
    struct pollfd poller = {.fd = fd, .events = events};

    for (;;) {
        int64_t left_us = deadline_us == INT64_MAX ? INT64_C(3600000000) : deadline_us - clock_mono_us();
        int ready = poll(&poller, 1, left_us <= 0 ? 0 : (int)((left_us + 999) / 1000));

        if (ready > 0) {
            return true;
        }
        if ((ready < 0 && errno != EINTR) || (deadline_us != INT64_MAX && clock_mono_us() >= deadline_us)) {
            return false;
        }
    }
}

static bool pg_dial(struct pg *pg)
{
    int64_t deadline_us = deadline_from(pg);
    PostgresPollingStatusType step = PGRES_POLLING_WRITING;

    pg->conn = PQconnectStart(pg->uri);
    while (pg->conn != NULL && PQstatus(pg->conn) != CONNECTION_BAD && step != PGRES_POLLING_OK) {
        if (step == PGRES_POLLING_FAILED ||
            !socket_wait(PQsocket(pg->conn), step == PGRES_POLLING_READING ? POLLIN : POLLOUT, deadline_us)) {
            return false;
        }
        step = PQconnectPoll(pg->conn);
    }
    return pg->conn != NULL && PQstatus(pg->conn) == CONNECTION_OK;
}

static void notice_drop(void *arg, const PGresult *result)
{
    (void)arg;
    (void)result;
}

/* An idle connection that the server has closed says so when asked: better now than as an unsure answer. */
static void idle_look(struct pg *pg)
{
    struct pollfd poller = {.fd = PQsocket(pg->conn), .events = POLLIN};

    while (PQstatus(pg->conn) == CONNECTION_OK && poll(&poller, 1, 0) > 0 && PQconsumeInput(pg->conn) == 1) {
        /* first its last words, then the end of the stream */
    }
    if (PQstatus(pg->conn) == CONNECTION_BAD) {
        (void)pg_failed(pg, HB_E_UNAVAILABLE, NULL);
        pg_drop(pg);
    }
}

/* Sends nothing: a connection that can take a call, or an error. */
static hb_err pg_ready(struct pg *pg)
{
    hb_err err = HB_OK;

    if (pg->conn != NULL) {
        idle_look(pg);
    }
    if (pg->conn != NULL) {
        return HB_OK;
    }
    if (pg->in_transaction) {
        return HB_E_UNAVAILABLE; /* pg_error() still says why it was lost */
    }
    if (!pg_dial(pg)) {
        err = pg_failed(pg, HB_E_UNAVAILABLE, NULL);
        pg_drop(pg);
        return err;
    }
    pg->sessions++;
    PQsetNoticeReceiver(pg->conn, notice_drop, NULL);
    return pg->listen[0] == '\0' ? HB_OK : pg_call(pg, pg->listen, 0, NULL, NULL);
}

/* The next result of what was sent; *out NULL when there is no more. HB_E_UNSURE after the time limit or a
 * loss. */
static hb_err pg_next(struct pg *pg, PGresult **out)
{
    int64_t deadline_us = deadline_from(pg);

    *out = NULL;
    while (PQflush(pg->conn) == 1) {
        if (!socket_wait(PQsocket(pg->conn), POLLIN | POLLOUT, deadline_us) ||
            PQconsumeInput(pg->conn) == 0) {
            goto lost;
        }
    }
    while (PQisBusy(pg->conn) != 0) {
        if (!socket_wait(PQsocket(pg->conn), POLLIN, deadline_us) || PQconsumeInput(pg->conn) == 0) {
            goto lost;
        }
    }
    *out = PQgetResult(pg->conn);
    if (PQstatus(pg->conn) == CONNECTION_OK) {
        return HB_OK;
    }

lost:
    (void)pg_failed(pg, HB_E_UNSURE, *out);
    PQclear(*out);
    *out = NULL;
    pg_drop(pg);
    return HB_E_UNSURE;
}

/* ---- calls ---- */

static bool result_good(const PGresult *result)
{
    ExecStatusType status = PQresultStatus(result);

    return status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK || status == PGRES_SINGLE_TUPLE;
}

/* Reads everything that was sent for: the first refusal is the answer, else the last result. */
static hb_err pg_answer(struct pg *pg, PGresult **out)
{
    hb_err answer = HB_OK;
    PGresult *result = NULL;

    *out = NULL;
    for (;;) {
        hb_err err = pg_next(pg, &result);

        if (err != HB_OK || result == NULL) {
            return err != HB_OK ? err : answer;
        }
        if (answer == HB_OK && !result_good(result)) {
            answer = pg_failed(pg, HB_E_CONFLICT, result);
        }
        PQclear(*out);
        *out = result;
    }
}

static hb_err pg_finish(struct pg *pg, struct pg_result **out)
{
    PGresult *result = NULL;
    hb_err err = pg_answer(pg, &result);

    if (err == HB_OK && out != NULL) {
        *out = pg_result_wrap(result);
        return *out == NULL ? HB_E_NOMEM : HB_OK;
    }
    PQclear(result);
    return err;
}

static void listen_keep(struct pg *pg, const char *sql)
{
    if (strncmp(sql, LISTEN_WORD, sizeof LISTEN_WORD - 1) == 0 && strlen(sql) < sizeof pg->listen) {
        text_keep(pg->listen, sizeof pg->listen, sql);
    }
}

hb_err pg_call(struct pg *pg, const char *sql, int count, const char *const *params, struct pg_result **out)
{
    hb_err err = HB_OK;

    if (out != NULL) {
        *out = NULL;
    }
    err = pg_ready(pg);
    if (err != HB_OK) {
        return err;
    }
    listen_keep(pg, sql);
    if (PQsendQueryParams(pg->conn, sql, count, NULL, params, NULL, NULL, 0) == 0) {
        err = pg_failed(pg, HB_E_UNAVAILABLE, NULL);
        pg_drop(pg);
        return err;
    }
    return pg_finish(pg, out);
}

hb_err pg_script(struct pg *pg, const char *sql)
{
    hb_err err = pg_ready(pg);

    if (err != HB_OK) {
        return err;
    }
    if (PQsendQuery(pg->conn, sql) == 0) {
        return pg_failed(pg, HB_E_UNAVAILABLE, NULL);
    }
    return pg_finish(pg, NULL);
}

hb_err pg_begin(struct pg *pg, bool repeatable_read)
{
    hb_err err =
        pg_call(pg, repeatable_read ? "BEGIN ISOLATION LEVEL REPEATABLE READ" : "BEGIN", 0, NULL, NULL);

    if (err == HB_E_UNSURE) {
        err = HB_E_UNAVAILABLE; /* an empty transaction may have begun; nothing has happened */
    }
    pg->in_transaction = err == HB_OK;
    return err;
}

/* COMMIT of a failed transaction is answered by ROLLBACK, without an error. */
hb_err pg_commit(struct pg *pg)
{
    PGresult *result = NULL;
    hb_err err = pg_ready(pg);

    pg->in_transaction = false;
    if (err != HB_OK) {
        return err; /* the connection was lost before: nothing was committed */
    }
    if (PQsendQueryParams(pg->conn, "COMMIT", 0, NULL, NULL, NULL, NULL, 0) == 0) {
        err = pg_failed(pg, HB_E_UNAVAILABLE, NULL);
        pg_drop(pg);
        return err;
    }
    err = pg_answer(pg, &result);
    if (err == HB_OK && strcmp(PQcmdStatus(result), "COMMIT") != 0) {
        err = HB_E_CONFLICT; /* pg_error() has what failed before */
    }
    PQclear(result);
    return err;
}

void pg_rollback(struct pg *pg)
{
    char error[PG_ERROR_BYTES];
    char sqlstate[sizeof pg->sqlstate];

    if (pg->in_transaction && pg->conn != NULL) {
        memcpy(error, pg->error, sizeof error); /* why it is rolled back is what the caller wants to say */
        memcpy(sqlstate, pg->sqlstate, sizeof sqlstate);
        if (pg_call(pg, "ROLLBACK", 0, NULL, NULL) != HB_OK) {
            pg_drop(pg);
        }
        memcpy(pg->error, error, sizeof error);
        memcpy(pg->sqlstate, sqlstate, sizeof sqlstate);
    }
    pg->in_transaction = false;
}

/* ---- rows one by one ---- */

static void pg_cancel(struct pg *pg)
{
    char why[256];
    PGcancel *cancel = PQgetCancel(pg->conn);

    if (cancel != NULL) {
        (void)PQcancel(
            cancel, why, sizeof why); /* only saves the server work: the rows are read away in any case */
        PQfreeCancel(cancel);
    }
}

/* One result of a stream; *ended when fn wants no more. */
static hb_err
pg_row(struct pg *pg, PGresult *result, bool *ended, bool (*fn)(void *, const struct pg_result *), void *arg)
{
    struct pg_result *row = NULL;

    if (*ended || PQresultStatus(result) != PGRES_SINGLE_TUPLE) {
        hb_err err = *ended || result_good(result) ? HB_OK : pg_failed(pg, HB_E_CONFLICT, result);

        PQclear(result);
        return err;
    }
    row = pg_result_wrap(result);
    if (row == NULL) {
        return HB_E_NOMEM;
    }
    if (!fn(arg, row)) {
        *ended = true;
        pg_cancel(pg);
    }
    pg_result_free(row);
    return HB_OK;
}

hb_err pg_stream(struct pg *pg,
                 const char *sql,
                 int count,
                 const char *const *params,
                 bool (*fn)(void *arg, const struct pg_result *row),
                 void *arg)
{
    hb_err answer = pg_ready(pg);
    bool ended = false;
    PGresult *result = NULL;

    if (answer != HB_OK) {
        return answer;
    }
    if (PQsendQueryParams(pg->conn, sql, count, NULL, params, NULL, NULL, 0) == 0 ||
        PQsetSingleRowMode(pg->conn) == 0) {
        answer = pg_failed(pg, HB_E_UNAVAILABLE, NULL);
        pg_drop(pg);
        return answer;
    }
    for (;;) {
        hb_err err = pg_next(pg, &result);

        if (err != HB_OK || result == NULL) {
            return err != HB_OK ? err : answer;
        }
        err = pg_row(pg, result, &ended, fn, arg);
        answer = answer == HB_OK ? err : answer;
    }
}

/* ---- notifications ---- */

static bool notices_take(struct pg *pg)
{
    PGnotify *notify = NULL;
    bool any = false;

    while ((notify = PQnotifies(pg->conn)) != NULL) {
        PQfreemem(notify);
        any = true;
    }
    return any;
}

bool pg_notified(struct pg *pg, int64_t wait_ms)
{
    bool was_connected = pg->conn != NULL;

    if (pg_ready(pg) != HB_OK) {
        (void)poll(NULL, 0, (int)wait_ms);
        return false;
    }
    if (!was_connected || notices_take(pg)) {
        return true; /* what was said while nobody listened may have been anything */
    }
    if (socket_wait(PQsocket(pg->conn), POLLIN, clock_mono_us() + wait_ms * 1000) &&
        PQconsumeInput(pg->conn) == 0) {
        pg_drop(pg);
        return true;
    }
    return notices_take(pg);
}
