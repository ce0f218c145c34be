/*
 * store/payout_internal.h - what payout_store.c, payout_ask.c and payout_read.c share: one call to the books,
 * from its making to its answer.
 */
#pragma once

#include "base/buf.h"
#include "flow/payout.h"
#include "store/pg_link.h"

enum { ASK_PARAMS = 13, ASK_BYTES_MAX = 128 * 1024, BOOKS_LINKS = 4, ASKS_MAX = 4096 };

struct books_ask {
    struct books_ask *next;
    struct payout_store *store;
    const char *statement;
    int count;
    struct buf bytes; /* the parameters, one after the other, each with a zero byte */
    size_t at[ASK_PARAMS];
    int lengths[ASK_PARAMS], formats[ASK_PARAMS];
    bool null[ASK_PARAMS];
    payout_jobs_fn jobs; /* one of the four */
    payout_told_fn told;
    merchants_fn merchants;
    payout_counted_fn counted;
    void *arg;
    int64_t deadline_us;
    size_t link; /* in flight on it */
};

/* ---- payout_ask.c: making one ---- */
struct books_ask *ask_new(struct payout_store *store, const char *statement, void *arg); /* never NULL */
void ask_free(struct books_ask *ask);
void ask_text(struct books_ask *ask, const char *text); /* NULL and "" are SQL NULL */
void ask_i64(struct books_ask *ask, int64_t value);
void ask_i64_or_null(struct books_ask *ask, int64_t value); /* 0 is SQL NULL */
void ask_bool(struct books_ask *ask, bool value);
void ask_bytes(struct books_ask *ask, const void *bytes, size_t len); /* NULL is SQL NULL */
struct books_ask *ask_telling(struct payout_store *store, const struct payout_telling *telling, void *arg);

/* ---- payout_read.c: its answer ---- */
extern const struct pg_statement PAYOUT_STATEMENTS[];
void ask_answer(const struct books_ask *ask, hb_err err, const PGresult *result);
