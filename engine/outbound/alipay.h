/*
 * outbound/alipay.h - Alipay behind the port: transfers and cash red packets to a balance.
 *
 * alipay.fund.trans.uni.transfer with its query and notification, in certificate mode with RSA2, and the
 * account bill. The money arrives at once, so there is nothing to cancel.
 */
#pragma once

#include "flow/provider.h"
#include "outbound/web.h"

struct loop;
struct merchant;
struct alipay;

/* merchant: borrowed, outlives it. web: limits of its own clients; ca_file and allow_plain are not read. */
HB_CHECKED hb_err alipay_new(struct loop *loop,
                             const struct merchant *merchant,
                             const struct web_spec *web,
                             struct alipay **out);
/* Answers what is in flight; see web_client_free(). Accepts NULL. */
void alipay_free(struct alipay *alipay);
struct provider_port alipay_port(struct alipay *alipay);
