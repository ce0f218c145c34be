/*
 * store/payout_internal.h - what payout_store.c, payout_ask.c and payout_read.c share: one call to the books,
 * from its making to its answer.
 */
#pragma once

#include "base/buf.h"
#include "base/crypto_seal.h"
#include "flow/payout.h"
#include "store/pg_queue.h"

enum { ASK_TEXT_MAX = 2 * (PROVIDER_REQUEST_MAX + SEAL_OVERHEAD) + 1024 };

/* A call while it is made, in place; what it points to is copied by pg_queue_push(). */
struct books_ask {
    struct pg_queue_call call;
    struct buf text; /* over memory: numbers and bytes as text, each with a zero byte */
    char memory[ASK_TEXT_MAX];
};

/* ---- payout_ask.c: making one ---- */
void ask_init(struct books_ask *ask, const char *statement);
void ask_text(struct books_ask *ask, const char *text); /* NULL and "" are SQL NULL; borrowed */
void ask_i64(struct books_ask *ask, int64_t value);
void ask_bytes(struct books_ask *ask, const void *bytes, size_t len); /* NULL is SQL NULL */
void ask_telling(struct books_ask *ask, const struct payout_telling *telling);

/* ---- payout_read.c: its answer ---- */
extern const struct pg_statement PAYOUT_STATEMENTS[];
void jobs_answer(pg_queue_done_fn done, void *arg, hb_err err, const PGresult *result);
void told_answer(pg_queue_done_fn done, void *arg, hb_err err, const PGresult *result);
void merchants_answer(pg_queue_done_fn done, void *arg, hb_err err, const PGresult *result);
void counts_answer(pg_queue_done_fn done, void *arg, hb_err err, const PGresult *result);
