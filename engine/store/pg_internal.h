/*
 * store/pg_internal.h - what pg.c, pg_result.c and pg_migrate.c share.
 */
#pragma once

#include "store/pg.h"

#include <libpq-fe.h>

enum { LISTEN_BYTES = 80, PG_ERROR_BYTES = 512 };

struct pg {
    char *uri;
    int64_t timeout_ms; /* of one call; 0: none */
    PGconn *conn;       /* NULL: not connected */
    bool in_transaction;
    unsigned sessions;         /* connections that were made */
    char listen[LISTEN_BYTES]; /* the last LISTEN, said again after a reconnect */
    char error[PG_ERROR_BYTES];
    char sqlstate[6];
};

struct pg_result *pg_result_wrap(PGresult *rows); /* takes it over; NULL when out of memory */
void pg_drop(struct pg *pg);                      /* ends the connection */
/* Many statements in one text, without parameters: migrations only. */
HB_CHECKED hb_err pg_script(struct pg *pg, const char *sql);
