/*
 * outbound/wechat.c - WeChat Pay behind the port.
 *
 *   create, query, cancel --> signed, sent --> answer believed? --> read --> verdict
 */
#include "outbound/wechat_internal.h"

#include "base/buf.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/loop.h"
#include "base/metrics.h"
#include "outbound/op.h"
#include "outbound/order.h"
#include "outbound/wechat_notice.h"
#include "outbound/wechat_order.h"

#include <stdio.h>
#include <stdlib.h>

#define BILLS "/v3/fund-app/mch-transfer/transfer-bills"

static const char *const CALLS[] = {
    [WECHAT_CREATE] = "create", [WECHAT_QUERY] = "query", [WECHAT_CANCEL] = "cancel"};

/* ---- sending ---- */

static void op_answered(void *arg, const struct web_answer *answer)
{
    struct provider_op *op = arg;
    struct wechat *wechat = op->adapter;
    struct provider_verdict *verdict = &op->verdict;

    if (!verdict_of_transport(verdict, answer)) {
        enum wechat_belief belief = wechat_believe_answer(wechat, answer);

        verdict->verified = belief == WECHAT_GENUINE;
        verdict->retry_after_ms = verdict_retry_after_ms(answer);
        verdict_header(answer, "request-id", verdict->request_id, sizeof verdict->request_id);
        verdict_set(verdict, PROVIDER_UNKNOWN, wechat_belief_name(belief));
        wechat_answer_read((enum wechat_call)op->kind,
                           &wechat->account,
                           (struct span){answer->body, answer->body_len},
                           verdict);
    }
    if (answer->err != HB_OK) {
        log_warn("provider.unanswered",
                 "merchant=%s order_no=%s why=\"%s\"",
                 wechat->merchant->name,
                 op->order_no,
                 answer->why);
    }
    op_finish(op);
}

static void op_send(struct wechat *wechat,
                    enum wechat_call call,
                    const struct wechat_request *request,
                    const struct provider_payment *payment,
                    provider_done_fn done,
                    void *arg)
{
    struct provider_op *op = op_new(wechat->loop, wechat->merchant, payment, done, arg);

    op->adapter = wechat;
    op->kind = (int)call;
    op->call = CALLS[call];
    if (!order_number_fits(payment->order_no, wechat->merchant->limits.order_no_max)) {
        verdict_set(&op->verdict, PROVIDER_NOT_SENT, "bad_number"); /* it is part of addresses */
        op_finish_later(op);
    } else if (!wechat_has_key(wechat)) {
        verdict_set(&op->verdict, PROVIDER_NOT_SENT, "no_provider_key");
        op_finish_later(op);
    } else if (!wechat_send(wechat, request, op_answered, op)) {
        verdict_set(&op->verdict, PROVIDER_NOT_SENT, "not_signed");
        op_finish_later(op);
    }
}

static void port_create(void *self, const struct provider_payment *payment, provider_done_fn done, void *arg)
{
    char serial_text[WECHAT_SERIAL_MAX + 1];
    struct span serial, body;

    wechat_request_split((struct span){payment->request, payment->request_len}, &serial, &body);
    (void)snprintf(serial_text, sizeof serial_text, "%.*s", (int)serial.len, serial.at);
    op_send(self,
            WECHAT_CREATE,
            &(struct wechat_request){.method = "POST",
                                     .path = BILLS,
                                     .body = body,
                                     .serial = serial_text,
                                     .answer_max_bytes = WECHAT_ANSWER_MAX},
            payment,
            done,
            arg);
}

/* Query and cancel: about one number, without a body. Numbers are letters and digits. */
static void send_about(struct wechat *wechat,
                       enum wechat_call call,
                       const struct provider_payment *payment,
                       provider_done_fn done,
                       void *arg)
{
    char path[sizeof BILLS + PROVIDER_ORDER_MAX + 32];

    (void)snprintf(path,
                   sizeof path,
                   BILLS "/out-bill-no/%s%s",
                   payment->order_no,
                   call == WECHAT_CANCEL ? "/cancel" : "");
    op_send(wechat,
            call,
            &(struct wechat_request){.method = call == WECHAT_CANCEL ? "POST" : "GET",
                                     .path = path,
                                     .body = {"", 0},
                                     .serial = "",
                                     .answer_max_bytes = WECHAT_ANSWER_MAX},
            payment,
            done,
            arg);
}

static void port_query(void *self, const struct provider_payment *payment, provider_done_fn done, void *arg)
{
    send_about(self, WECHAT_QUERY, payment, done, arg);
}

static void port_cancel(void *self, const struct provider_payment *payment, provider_done_fn done, void *arg)
{
    send_about(self, WECHAT_CANCEL, payment, done, arg);
}

static void port_bill(void *self, const char *day, provider_billed_fn done, void *arg)
{
    wechat_fetch_bill(self, day, done, arg);
}

/* ---- what needs no sending ---- */

static hb_err
port_build(void *self, const struct provider_order *order, struct buf *request, const char **why)
{
    const struct wechat *wechat = self;

    return wechat_order_build(wechat->merchant, wechat->keys, clock_wall_ms(), order, request, why);
}

static void refresh_asked(void *arg)
{
    wechat_refresh_ask(arg);
}

static hb_err port_notice(void *self, const struct provider_notice *notice, struct provider_event *out)
{
    struct wechat *wechat = self;
    enum wechat_belief belief;
    hb_err err =
        wechat_notice_read(&wechat->account, wechat->keys, &wechat->merchant->api_key, notice, out, &belief);

    if (belief == WECHAT_UNKNOWN_SERIAL) {
        (void)loop_post(wechat->loop, refresh_asked, wechat);
    }
    if (err != HB_OK && err != HB_E_NOT_FOUND) {
        metrics_add(M_PROVIDER_FORGED, 1);
        log_warn("provider.notice_refused",
                 "merchant=%s err=%s why=%s",
                 wechat->merchant->name,
                 err_code(err),
                 wechat_belief_name(belief));
    }
    return err;
}

static struct provider_reply port_reply(void *self, bool taken)
{
    (void)self;
    return taken ? (struct provider_reply){.status = 204}
                 : (struct provider_reply){.status = 500,
                                           .content_type = "application/json",
                                           .body = "{\"code\":\"FAIL\",\"message\":\"not taken\"}"};
}

struct provider_port wechat_port(struct wechat *wechat)
{
    return (struct provider_port){
        .self = wechat,
        .kind = PROVIDER_WECHAT,
        .merchant = wechat->merchant->name,
        .sandbox = wechat->merchant->sandbox,
        .limits = wechat->merchant->limits,
        .build = port_build,
        .create = port_create,
        .query = port_query,
        .cancel = port_cancel,
        .bill = port_bill,
        .notice = port_notice,
        .reply = port_reply,
    };
}

/* ---- life ---- */

static hb_err wechat_fill(struct wechat *wechat, const struct web_spec *web)
{
    const struct merchant *merchant = wechat->merchant;
    struct web_spec spec = *web;

    spec.ca_file = merchant->ca_file;
    spec.allow_plain = false;
    wechat->account = (struct wechat_account){merchant->mch_id, merchant->app_id};
    wechat->keys = wechat_keys_new();
    if (wechat->keys == NULL) {
        return HB_E_NOMEM;
    }
    if (merchant->public_key != NULL &&
        wechat_keys_set_public(wechat->keys, merchant->public_key_id, merchant->public_key) != HB_OK) {
        return HB_E_INPUT;
    }
    return web_client_new(wechat->loop, &spec, &wechat->web);
}

hb_err wechat_new(struct loop *loop,
                  const struct merchant *merchant,
                  const struct web_spec *web,
                  struct wechat **out)
{
    struct wechat *wechat = calloc(1, sizeof *wechat);
    hb_err err = HB_E_NOMEM;

    *out = NULL;
    if (wechat == NULL) {
        return HB_E_NOMEM;
    }
    wechat->loop = loop;
    wechat->merchant = merchant;
    err = wechat_fill(wechat, web);
    if (err == HB_OK) {
        wechat_refresh_start(wechat);
        err = wechat->refresh == NULL ? HB_E_NOMEM : HB_OK;
    }
    if (err != HB_OK) {
        wechat_free(wechat);
        return err;
    }
    *out = wechat;
    return HB_OK;
}

void wechat_free(struct wechat *wechat)
{
    if (wechat == NULL) {
        return;
    }
    wechat->freed = true;
    web_client_free(wechat->web);
    wechat_fetch_resume(wechat);
    if (wechat->refresh != NULL) {
        loop_timer_free(wechat->refresh);
    }
    wechat_keys_free(wechat->keys);
    free(wechat);
}
