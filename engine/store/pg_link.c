/*
 * store/pg_link.c - one asynchronous connection.
 *
 *   down --retry--> dialling --> preparing (settings, then each statement) --> up <--> in flight
 *    ^                 |             |                                         |          |
 *    +-----------------+-------------+------------- lost, or too slow ---------+----------+
 *
 * A connection whose answer is late is closed, not cancelled: a cancel may hit the next call, and the answer
 * that comes after all could be taken for the next one's. The server has a slightly shorter limit, and its
 * refusal is a sure answer.
 */
#include "store/pg_link.h"

#include "base/crypto.h"
#include "base/log.h"
#include "base/loop.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    BACKOFF_MIN_US = 50 * 1000,
    BACKOFF_MAX_US = 2000 * 1000,
    BACKOFF_DOUBLINGS = 6,
    SETTINGS_BYTES = 256
};

enum link_step { LINK_DOWN, LINK_DIALLING, LINK_PREPARING, LINK_UP };

struct pg_link {
    struct pg_link_spec spec;
    char *uri;
    PGconn *conn;
    struct loop_io *io;
    struct loop_timer *retry;    /* down: when to dial again */
    struct loop_timer *deadline; /* of dialling and preparing together; of the call in flight */
    enum link_step step;
    size_t prepared; /* how many answers of preparing came: the settings', then each statement's */
    unsigned failures;
    bool told; /* the loss was logged */
    bool in_flight;
    pg_link_done_fn done;
    void *arg;
    PGresult *result; /* of the call in flight, until libpq says that there is no more */
};

static void link_dial(void *arg);
static void link_io_ready(void *arg, bool readable, bool writable);
static void link_late(void *arg);
static void link_read(struct pg_link *link);
static void link_lost(struct pg_link *link, const char *why);

/* ---- life ---- */

struct pg_link *pg_link_new(const struct pg_link_spec *spec)
{
    struct pg_link *link = calloc(1, sizeof *link);

    if (link == NULL) {
        return NULL;
    }
    link->spec = *spec;
    link->uri = strdup(spec->uri);
    link->retry = loop_timer_new(spec->loop, link_dial, link);
    link->deadline = loop_timer_new(spec->loop, link_late, link);
    if (link->uri == NULL || link->retry == NULL || link->deadline == NULL) {
        pg_link_free(link);
        return NULL;
    }
    loop_timer_set(link->retry, 0);
    return link;
}

static void link_close(struct pg_link *link)
{
    if (link->io != NULL) {
        loop_io_free(link->io);
    }
    PQclear(link->result);
    PQfinish(link->conn); /* accepts NULL */
    link->io = NULL;
    link->result = NULL;
    link->conn = NULL;
    link->step = LINK_DOWN;
}

void pg_link_free(struct pg_link *link)
{
    if (link == NULL) {
        return;
    }
    link_close(link);
    if (link->retry != NULL) {
        loop_timer_free(link->retry);
    }
    if (link->deadline != NULL) {
        loop_timer_free(link->deadline);
    }
    free(link->uri);
    free(link);
}

bool pg_link_up(const struct pg_link *link)
{
    return link->step == LINK_UP;
}

bool pg_link_idle(const struct pg_link *link)
{
    return link->step == LINK_UP && !link->in_flight;
}

/* ---- connecting ---- */

static void notice_drop(void *arg, const PGresult *result)
{
    (void)arg;
    (void)result;
}

/* The socket may be another one after each step of dialling (the next address of a name). */
static bool link_watch(struct pg_link *link, bool read, bool write)
{
    if (link->io != NULL) {
        loop_io_free(link->io);
    }
    link->io = loop_io_new(link->spec.loop, PQsocket(link->conn), link_io_ready, link);
    if (link->io != NULL) {
        loop_io_want(link->io, read, write);
    }
    return link->io != NULL;
}

static void link_dial(void *arg)
{
    struct pg_link *link = arg;

    link->step = LINK_DIALLING;
    link->prepared = 0;
    link->conn = PQconnectStart(link->uri);
    loop_timer_set(link->deadline, link->spec.timeout_ms * 1000);
    if (link->conn == NULL || PQstatus(link->conn) == CONNECTION_BAD ||
        !link_watch(link, /* read= */ false, /* write= */ true)) {
        link_lost(link, link->conn == NULL ? "out of memory" : PQerrorMessage(link->conn));
    }
}

static int link_send_step(struct pg_link *link)
{
    char settings[SETTINGS_BYTES];

    if (link->prepared > 0) {
        const struct pg_statement *statement = &link->spec.statements[link->prepared - 1];

        return PQsendPrepare(link->conn, statement->name, statement->sql, 0, NULL);
    }
    snprintf(settings,
             sizeof settings,
             "SET statement_timeout = %lld; SET client_min_messages = error; SET "
             "default_transaction_isolation = 'read committed'",
             (long long)(link->spec.timeout_ms * 9 / 10)); /* before ours: then nothing is unsure */
    return PQsendQuery(link->conn, settings);
}

static void link_want(struct pg_link *link)
{
    int flushed = PQflush(link->conn);

    if (flushed < 0) {
        link_lost(link, PQerrorMessage(link->conn));
        return;
    }
    loop_io_want(link->io, /* read= */ true, /* write= */ flushed == 1);
}

static void link_prepare_next(struct pg_link *link)
{
    if (link->prepared > 0 && link->spec.statements[link->prepared - 1].name == NULL) {
        link->step = LINK_UP;
        link->failures = 0;
        loop_timer_stop(link->deadline);
        if (link->told) {
            log_info("ledger.connected", "connection=%s", link->spec.name);
            link->told = false;
        }
        link->spec.ready(link->spec.arg);
        return;
    }
    if (link_send_step(link) == 0) {
        link_lost(link, PQerrorMessage(link->conn));
        return;
    }
    link_want(link);
}

static void link_dialled(struct pg_link *link)
{
    link->step = LINK_PREPARING;
    PQsetNoticeReceiver(link->conn, notice_drop, NULL);
    if (PQsetnonblocking(link->conn, 1) != 0 || !link_watch(link, /* read= */ true, /* write= */ false)) {
        link_lost(link, PQerrorMessage(link->conn));
        return;
    }
    link_prepare_next(link);
}

static void link_dial_on(struct pg_link *link)
{
    PostgresPollingStatusType next = PQconnectPoll(link->conn);

    if (next == PGRES_POLLING_OK) {
        link_dialled(link);
    } else if (next == PGRES_POLLING_FAILED ||
               !link_watch(link, next == PGRES_POLLING_READING, next == PGRES_POLLING_WRITING)) {
        link_lost(link, PQerrorMessage(link->conn));
    }
}

/* ---- losing ---- */

static int64_t link_backoff_us(struct pg_link *link)
{
    uint16_t jitter = 0;
    int64_t delay_us = BACKOFF_MAX_US;

    if (link->failures < BACKOFF_DOUBLINGS) {
        delay_us = (int64_t)BACKOFF_MIN_US << link->failures;
        delay_us = delay_us < BACKOFF_MAX_US ? delay_us : BACKOFF_MAX_US;
    }
    link->failures++;
    crypto_random(&jitter, sizeof jitter);
    return delay_us / 2 + delay_us / 2 * jitter / UINT16_MAX;
}

static void link_done(struct pg_link *link, hb_err err, const PGresult *result)
{
    link->in_flight = false;
    link->done(link->arg, err, result);
}

static void link_lost(struct pg_link *link, const char *why)
{
    bool was_in_flight = link->in_flight;

    if (!link->told) {
        log_warn("ledger.lost", "connection=%s why=\"%.*s\"", link->spec.name, (int)strcspn(why, "\n"), why);
        link->told = true;
    }
    loop_timer_stop(link->deadline);
    link_close(link);
    loop_timer_set(link->retry, link_backoff_us(link));
    if (was_in_flight) {
        link_done(link, HB_E_UNSURE, NULL);
    }
}

static void link_late(void *arg)
{
    link_lost(arg, "no answer in time");
}

/* ---- calls ---- */

bool pg_link_call(struct pg_link *link,
                  const char *statement,
                  const struct pg_link_params *params,
                  pg_link_done_fn done,
                  void *arg)
{
    if (!pg_link_idle(link)) {
        return false;
    }
    if (PQsendQueryPrepared(
            link->conn, statement, params->count, params->values, params->lengths, params->formats, 0) == 0) {
        link_lost(link, PQerrorMessage(link->conn));
        return false;
    }
    link->done = done;
    link->arg = arg;
    link->in_flight = true;
    loop_timer_set(link->deadline, link->spec.timeout_ms * 1000);
    loop_io_want(link->io,
                 /* read= */ true,
                 /* write= */ true); /* flushed, and if that fails told, when the loop comes by */
    return true;
}

static bool state_starts(const char *state, const char *prefix)
{
    return strncmp(state, prefix, strlen(prefix)) == 0;
}

/* Passing reasons: serialization and deadlock (40), resources (53), cancelled or shutting down (57), lock not
 * available. */
static hb_err refusal_kind(const PGresult *result)
{
    const char *state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
    bool passing = state == NULL || state_starts(state, "40") || state_starts(state, "53") ||
                   state_starts(state, "57") || state_starts(state, "55P03") || state_starts(state, "25006");

    return passing ? HB_E_UNAVAILABLE : HB_E_CONFLICT;
}

/* libpq makes results of its own, without a SQLSTATE, for lost connections: those stay unsure. */
static hb_err result_kind(const PGresult *result)
{
    ExecStatusType status = PQresultStatus(result);

    if (status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK) {
        return HB_OK;
    }
    return PQresultErrorField(result, PG_DIAG_SQLSTATE) == NULL ? HB_E_UNSURE : refusal_kind(result);
}

static void link_answered(struct pg_link *link, PGresult *result)
{
    hb_err err = result_kind(result);

    if (link->step == LINK_PREPARING) {
        if (err != HB_OK) {
            link_lost(link, PQresultErrorMessage(result));
        } else {
            link->prepared++;
            link_prepare_next(link);
        }
    } else if (link->in_flight) {
        loop_timer_stop(link->deadline);
        link_done(link, err, result);
        if (pg_link_idle(link)) {
            link->spec.ready(link->spec.arg);
        }
    }
    PQclear(result);
}

/* Takes results until libpq would have to wait. The end of one call's results is the call's end. */
static void link_read(struct pg_link *link)
{
    while (link->step >= LINK_PREPARING && PQisBusy(link->conn) == 0) {
        PGresult *result = PQgetResult(link->conn);

        if (result == NULL) {
            result = link->result;
            link->result = NULL;
            if (result == NULL) {
                return; /* nothing was asked */
            }
            if (PQstatus(link->conn) != CONNECTION_OK) {
                PQclear(result);
                link_lost(link, PQerrorMessage(link->conn));
                return;
            }
            link_answered(link, result);
            continue;
        }
        if (link->result == NULL || result_kind(result) != HB_OK) {
            PQclear(link->result);
            link->result = result;
        } else {
            PQclear(result);
        }
    }
}

static void link_io_ready(void *arg, bool readable, bool writable)
{
    struct pg_link *link = arg;

    if (link->step == LINK_DIALLING) {
        link_dial_on(link);
        return;
    }
    if (readable && PQconsumeInput(link->conn) == 0) {
        link_lost(link, PQerrorMessage(link->conn));
        return;
    }
    if (writable) {
        link_want(link);
    }
    if (readable && link->step >= LINK_PREPARING) {
        link_read(link);
    }
}
