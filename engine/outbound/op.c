/*
 * outbound/op.c - one call to a provider on its way.
 */
#include "outbound/op.h"

#include "base/log.h"
#include "base/loop.h"
#include "base/metrics.h"

#include <stdio.h>
#include <stdlib.h>

struct provider_op *op_new(struct loop *loop,
                           const struct merchant *merchant,
                           const struct provider_payment *payment,
                           provider_done_fn done,
                           void *arg)
{
    struct provider_op *op = calloc(1, sizeof *op);

    if (op == NULL) {
        abort();
    }
    op->loop = loop;
    op->merchant = merchant;
    op->amount_fen = payment->amount_fen;
    op->started_us = loop_now_us(loop);
    op->done = done;
    op->arg = arg;
    (void)snprintf(op->order_no, sizeof op->order_no, "%s", payment->order_no);
    (void)snprintf(op->payee_id, sizeof op->payee_id, "%s", payment->payee_id);
    return op;
}

static enum log_level level_of(enum provider_outcome outcome)
{
    switch (outcome) {
    case PROVIDER_DIFFERS:
    case PROVIDER_MISCONFIGURED:
        return LOG_LEVEL_ERROR;
    case PROVIDER_UNKNOWN:
    case PROVIDER_NO_FUNDS:
    case PROVIDER_LIMITED:
    case PROVIDER_DECLINED:
    case PROVIDER_NOT_SENT:
        return LOG_LEVEL_WARN;
    case PROVIDER_PAID:
    case PROVIDER_REFUSED:
    case PROVIDER_RETURNED:
    case PROVIDER_WAITS:
    case PROVIDER_IN_PROGRESS:
    case PROVIDER_ABSENT:
    case PROVIDER_TOO_FAST:
    case PROVIDER_OUTCOME_COUNT:
        return LOG_LEVEL_DEBUG;
    }
    return LOG_LEVEL_DEBUG;
}

static void op_log(const struct provider_op *op)
{
    const struct provider_verdict *verdict = &op->verdict;

    log_event(
        level_of(verdict->outcome),
        "provider.answered",
        "merchant=%s call=%s order_no=%s outcome=%s code=%s verified=%d http=%d request_id=%s wait_ms=%lld",
        op->merchant->name,
        op->call,
        op->order_no,
        provider_outcome_name(verdict->outcome),
        verdict->code,
        verdict->verified,
        verdict->http_status,
        verdict->request_id,
        (long long)(loop_now_us(op->loop) - op->started_us) / 1000);
}

void op_finish(struct provider_op *op)
{
    const struct provider_payment payment = {
        .order_no = op->order_no, .amount_fen = op->amount_fen, .payee_id = op->payee_id};

    provider_verdict_check(&op->verdict, &payment);
    metrics_add(M_PROVIDER_CALLS, 1);
    metrics_observe_us(H_PROVIDER, loop_now_us(op->loop) - op->started_us);
    if (op->verdict.outcome == PROVIDER_UNKNOWN) {
        metrics_add(M_PROVIDER_UNKNOWN, 1);
    }
    op_log(op);
    op->done(op->arg, &op->verdict);
    free(op);
}

static void finish(void *arg)
{
    op_finish(arg);
}

void op_finish_later(struct provider_op *op)
{
    loop_defer(op->loop, finish, op);
}
