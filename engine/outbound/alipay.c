/*
 * outbound/alipay.c - Alipay behind the port.
 *
 *   create, query --> signed, sent --> answer cut, believed? --> read --> verdict
 */
#include "outbound/alipay_internal.h"

#include "base/buf.h"
#include "base/log.h"
#include "base/metrics.h"
#include "outbound/alipay_notice.h"
#include "outbound/alipay_order.h"
#include "outbound/op.h"

#include <stdlib.h>

static const char *const CALLS[] = {[ALIPAY_CREATE] = "create", [ALIPAY_QUERY] = "query"};
static const char *const METHODS[] = {
    [ALIPAY_CREATE] = ALIPAY_TRANSFER, [ALIPAY_QUERY] = ALIPAY_COMMON_QUERY};

/* ---- sending ---- */

/* An unsigned word of the gateway's, so that the log tells a wrong setting from silence. It decides nothing.
 */
static void read_unsigned(struct provider_op *op, const struct alipay_parts *parts)
{
    struct provider_verdict said = {.verified = true};

    if (parts->inner.len > 0) {
        alipay_answer_read((enum alipay_call)op->kind, parts->inner, &said);
        log_warn("provider.unsigned",
                 "merchant=%s order_no=%s said=%s",
                 op->merchant->name,
                 op->order_no,
                 said.code);
    }
}

static void op_read(struct provider_op *op, const struct web_answer *answer)
{
    struct alipay *alipay = op->adapter;
    struct provider_verdict *verdict = &op->verdict;
    struct alipay_parts parts;
    enum alipay_belief belief = alipay_believe_answer(alipay, METHODS[op->kind], answer, &parts);

    verdict->verified = belief == ALIPAY_GENUINE;
    verdict_header(answer, "trace_id", verdict->request_id, sizeof verdict->request_id);
    verdict_set(verdict, PROVIDER_UNKNOWN, alipay_belief_name(belief));
    if (!verdict->verified) {
        read_unsigned(op, &parts);
    }
    alipay_answer_read((enum alipay_call)op->kind, parts.inner, verdict);
}

static void op_answered(void *arg, const struct web_answer *answer)
{
    struct provider_op *op = arg;

    if (verdict_of_transport(&op->verdict, answer)) {
        log_warn("provider.unanswered",
                 "merchant=%s order_no=%s why=\"%s\"",
                 op->merchant->name,
                 op->order_no,
                 answer->why);
    } else {
        op_read(op, answer);
    }
    op_finish(op);
}

static void op_send(struct alipay *alipay,
                    enum alipay_call call,
                    struct span biz_content,
                    const struct provider_payment *payment,
                    provider_done_fn done,
                    void *arg)
{
    struct provider_op *op = op_new(alipay->loop, alipay->merchant, payment, done, arg);

    op->adapter = alipay;
    op->kind = (int)call;
    op->call = CALLS[call];
    if (biz_content.len == 0 || !alipay_send(alipay, METHODS[call], biz_content, op_answered, op)) {
        verdict_set(&op->verdict, PROVIDER_NOT_SENT, "not_signed");
        op_finish_later(op);
    }
}

static void port_create(void *self, const struct provider_payment *payment, provider_done_fn done, void *arg)
{
    op_send(self, ALIPAY_CREATE, (struct span){payment->request, payment->request_len}, payment, done, arg);
}

static void port_query(void *self, const struct provider_payment *payment, provider_done_fn done, void *arg)
{
    struct buf content;

    buf_init(&content, PROVIDER_REQUEST_MAX);
    if (alipay_query_build(
            payment->order_no, (struct span){payment->request, payment->request_len}, &content) != HB_OK) {
        buf_clear(&content); /* nothing to send: NOT_SENT */
    }
    op_send(self, ALIPAY_QUERY, (struct span){content.data, content.len}, payment, done, arg);
    buf_free(&content);
}

static void port_bill(void *self, const char *day, provider_billed_fn done, void *arg)
{
    alipay_fetch_bill(self, day, done, arg);
}

/* ---- what needs no sending ---- */

static hb_err
port_build(void *self, const struct provider_order *order, struct buf *request, const char **why)
{
    const struct alipay *alipay = self;

    return alipay_order_build(alipay->merchant, order, request, why);
}

static hb_err port_notice(void *self, const struct provider_notice *notice, struct provider_event *out)
{
    struct alipay *alipay = self;
    hb_err err = alipay_notice_read(alipay->merchant->app_id, alipay->keys, notice, out);

    if (err != HB_OK && err != HB_E_NOT_FOUND) {
        metrics_add(M_PROVIDER_FORGED, 1);
        log_warn("provider.notice_refused", "merchant=%s err=%s", alipay->merchant->name, err_code(err));
    }
    return err;
}

static struct provider_reply port_reply(void *self, bool taken)
{
    (void)self;
    return (struct provider_reply){
        .status = 200, .content_type = "text/plain", .body = taken ? "success" : "fail"};
}

struct provider_port alipay_port(struct alipay *alipay)
{
    return (struct provider_port){
        .self = alipay,
        .kind = PROVIDER_ALIPAY,
        .merchant = alipay->merchant->name,
        .sandbox = alipay->merchant->sandbox,
        .limits = alipay->merchant->limits,
        .build = port_build,
        .create = port_create,
        .query = port_query,
        .cancel = NULL,
        .bill = port_bill,
        .notice = port_notice,
        .reply = port_reply,
    };
}

/* ---- life ---- */

hb_err alipay_new(struct loop *loop,
                  const struct merchant *merchant,
                  const struct web_spec *web,
                  struct alipay **out)
{
    struct alipay *alipay = calloc(1, sizeof *alipay);
    struct web_spec spec = *web;
    hb_err err = HB_E_NOMEM;

    *out = NULL;
    if (alipay == NULL) {
        return HB_E_NOMEM;
    }
    spec.ca_file = merchant->ca_file;
    spec.allow_plain = false;
    alipay->loop = loop;
    alipay->merchant = merchant;
    err = alipay_keys_new(merchant->certificate_file, &alipay->keys);
    if (err == HB_OK) {
        err = web_client_new(loop, &spec, &alipay->web);
    }
    if (err != HB_OK) {
        alipay_free(alipay);
        return err;
    }
    *out = alipay;
    return HB_OK;
}

void alipay_free(struct alipay *alipay)
{
    if (alipay != NULL) {
        web_client_free(alipay->web);
        alipay_keys_free(alipay->keys);
        free(alipay);
    }
}
