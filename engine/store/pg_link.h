/*
 * store/pg_link.h - one connection to PostgreSQL on a loop: never blocks, reconnects by itself, one call in
 * flight.
 *
 * The owner keeps the queue and sends when pg_link_idle(); `ready` says when that may be worth another look.
 * A call ends exactly once, on the loop, never before pg_link_call() returns:
 *   HB_OK             result has the rows
 *   HB_E_UNAVAILABLE  the server rolled it back for a passing reason: deadlock, resources, shutdown, time
 *   HB_E_CONFLICT     the server refused it: the same again will be refused again
 *   HB_E_UNSURE       the connection was lost, or the answer came too late: it may have happened
 */
#pragma once

#include "base/err.h"

#include <libpq-fe.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct loop;
struct pg_link;

struct pg_statement {
    const char *name, *sql;
};

typedef void (*pg_link_ready_fn)(void *arg);
typedef void (*pg_link_done_fn)(void *arg,
                                hb_err err,
                                const PGresult *result); /* result is borrowed, NULL when unsure */

struct pg_link_spec {
    struct loop *loop;
    const char *uri;
    const char *name;                      /* for the log */
    int64_t timeout_ms;                    /* of one call, and of connecting */
    const struct pg_statement *statements; /* prepared at each connect; ends with a NULL name */
    pg_link_ready_fn ready;
    void *arg;
};

struct pg_link *pg_link_new(const struct pg_link_spec *spec); /* starts connecting; NULL: out of memory */
void pg_link_free(struct pg_link *link); /* accepts NULL; a call in flight is forgotten */
bool pg_link_up(const struct pg_link *link);
bool pg_link_idle(const struct pg_link *link); /* up, and nothing in flight */

struct pg_link_params {
    int count;
    const char *const *values;
    const int *lengths, *formats;
};

/* False: nothing was sent and done will not be called; the link reconnects. */
bool pg_link_call(struct pg_link *link,
                  const char *statement,
                  const struct pg_link_params *params,
                  pg_link_done_fn done,
                  void *arg);
