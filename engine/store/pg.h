/*
 * store/pg.h - blocking PostgreSQL for the duties thread and the command line: parameterised calls, typed
 * reads.
 *
 * Errors     HB_E_UNAVAILABLE  no connection: nothing was sent
 *            HB_E_UNSURE       the connection was lost while waiting
 *            HB_E_CONFLICT     the server refused (unique, check, our HBnnn codes: pg_sqlstate())
 *
 * Reconnects by itself at the next call outside a transaction.
 */
#pragma once

#include "base/config.h"
#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct pg;        /* one connection; not shared between threads */
struct pg_result; /* rows of the last call */

HB_CHECKED hb_err pg_open(const char *uri,
                          int64_t timeout_ms,
                          struct pg **out); /* connects lazily, at the first call */
void pg_close(struct pg *pg);
const char *pg_error(const struct pg *pg);    /* text of the last failure */
const char *pg_sqlstate(const struct pg *pg); /* "HB001", "23514", "" */
unsigned pg_sessions(const struct pg *pg);    /* connections made so far: the next may be to another server */

/* Text parameters; NULL is SQL NULL. *out may be NULL when no rows are wanted. */
HB_CHECKED hb_err
pg_call(struct pg *pg, const char *sql, int count, const char *const *params, struct pg_result **out);
/* printf-like convenience: %s text (NULL allowed), %d int, %ld int64_t (cast to long), %b (const void *,
 * size_t) bytea. Each becomes $1, $2... of sql. */
HB_CHECKED hb_err pg_callf(struct pg *pg, struct pg_result **out, const char *sql, const char *types, ...);
HB_CHECKED hb_err pg_begin(struct pg *pg, bool repeatable_read);
HB_CHECKED hb_err pg_commit(struct pg *pg); /* HB_E_UNSURE: may have committed */
void pg_rollback(struct pg *pg);

int pg_rows(const struct pg_result *result);
int64_t pg_i64(const struct pg_result *result, int row, int column);      /* 0 for NULL */
const char *pg_text(const struct pg_result *result, int row, int column); /* "" for NULL; valid until freed */
bool pg_null(const struct pg_result *result, int row, int column);
/* bytea column, decoded in place at the first look */
const uint8_t *pg_bytes(const struct pg_result *result, int row, int column, size_t *len);
void pg_result_free(struct pg_result *result);

/* Streams a big query in single-row mode: fn for each row (a one-row result); false from fn ends it early. */
HB_CHECKED hb_err pg_stream(struct pg *pg,
                            const char *sql,
                            int count,
                            const char *const *params,
                            bool (*fn)(void *arg, const struct pg_result *row),
                            void *arg);

/* A waiting NOTIFY on channels this connection listens to? Waits at most wait_ms. */
bool pg_notified(struct pg *pg, int64_t wait_ms);

/* Applies sql/NNN_*.sql from dir in order, each in a transaction, forward only, checksummed; says what it
 * did. */
HB_CHECKED hb_err pg_migrate(struct pg *pg, const char *dir, struct buf *said);
