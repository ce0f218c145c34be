/*
 * books/close.h - the end of a campaign's books: stock home, lapsed wins expired, the rest back to the bank.
 *
 *   ended? --> stock home? --> vouchers bound --> lapsed wins expired --> campaign_close()
 *
 * Everything here may be said again: what is done is found done, and a closed campaign answers its statement.
 */
#pragma once

#include "ledger/statement.h"
#include "store/pg.h"

struct close_options {
    const char *slug, *person;
    int64_t wait_ms; /* at most, for the duties to bring the shards' stock home */
    /* What is being waited for or was done; may be NULL. */
    void (*progress)(void *arg, const char *what, int64_t count, int64_t fen);
    void *arg;
};

struct close_result {
    bool closed;
    struct statement
        lines; /* closed: the statement. Otherwise what is open, as campaign_open_items() names it */
};

/* pg: the operators' role, with time for a transaction over all wins. HB_E_NO_CAMPAIGN; else as pg_call(). */
HB_CHECKED hb_err close_run(struct pg *pg, const struct close_options *options, struct close_result *out);
