/*
 * outbound/alipay_internal.h - one merchant account at Alipay, shared by the files that speak with it.
 *
 * alipay.c the port; alipay_send.c signed requests; alipay_fetch.c bills.
 */
#pragma once

#include "outbound/alipay.h"
#include "outbound/alipay_answer.h"
#include "outbound/merchant.h"
#include "outbound/span.h"

struct alipay {
    struct loop *loop;
    const struct merchant *merchant;
    struct web_client *web;
    struct alipay_keys *keys;
};

/* Signs and sends. False: it could not be signed; then done is not called. */
bool alipay_send(
    struct alipay *alipay, const char *method, struct span biz_content, web_done_fn done, void *arg);

/* Cuts a whole answer and says whether it is believed; parts point into it. */
enum alipay_belief alipay_believe_answer(struct alipay *alipay,
                                         const char *method,
                                         const struct web_answer *answer,
                                         struct alipay_parts *parts);

void alipay_fetch_bill(struct alipay *alipay, const char *day, provider_billed_fn done, void *arg);
