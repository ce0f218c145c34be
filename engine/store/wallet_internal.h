/*
 * store/wallet_internal.h - the parts of one worker's wallet store: sums and movements, payees, withdrawals.
 */
#pragma once

#include "store/pg_queue.h"
#include "store/store.h"

enum { WALLET_NUMBER_BYTES = 24 };

struct wallet_store {
    struct pg_queue *queue;
};

enum wallet_sandbox wallet_sandbox_cell(const PGresult *result, int row, int column);
/* Zeroed rows of `size` bytes for an answer, one more than it has, so that none is no special case. *err and
 * *count tell what came; the caller frees them. */
void *wallet_rows(hb_err *err, const PGresult *result, size_t size, int *count);
hb_err wallet_read_err(hb_err err); /* a read changes nothing: unsure is unavailable */
void wallet_push(struct wallet_store *store,
                 struct pg_queue_call call,
                 pg_queue_answer_fn answer,
                 pg_queue_done_fn done,
                 void *arg);

/* wallet_payee.c and wallet_withdrawals.c fill in their part of the port. */
void wallet_payee_port(struct wallet_port *port);
void wallet_withdrawals_port(struct wallet_port *port);
