/*
 * outbound/op.h - one call to a provider on its way: what was asked, who waits for the verdict.
 *
 *   op_new --> (sent, answered) --> op_finish: compared, counted, logged, told, freed
 */
#pragma once

#include "outbound/merchant.h"
#include "outbound/verdict.h"

struct loop;

struct provider_op {
    struct loop *loop;
    const struct merchant *merchant;
    const char *call; /* "create", for the log */
    void *adapter;
    int kind; /* the adapter's own number of the call */
    char order_no[PROVIDER_ORDER_MAX + 1], payee_id[PROVIDER_PAYEE_MAX + 1];
    int64_t amount_fen, started_us;
    struct provider_verdict verdict;
    provider_done_fn done;
    void *arg;
};

/* Aborts when out of memory: whoever asked would wait for ever. */
struct provider_op *op_new(struct loop *loop,
                           const struct merchant *merchant,
                           const struct provider_payment *payment,
                           provider_done_fn done,
                           void *arg);
void op_finish(struct provider_op *op);
/* At the end of the turn, since a port never answers before its call returns. */
void op_finish_later(struct provider_op *op);
