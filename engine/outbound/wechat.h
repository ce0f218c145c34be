/*
 * outbound/wechat.h - WeChat Pay behind the port: merchant transfers with the payee's confirmation.
 *
 * transfer-bills of API v3 (documents 4012716434, 4012716437, 4012716458, 4012712115 of the provider), the
 * platform's certificates (fetched at the start, every hour, and when an unknown serial number appears) and
 * the fund-flow bill.
 *
 * Until a key is here with which answers can be checked, creates and queries are NOT_SENT.
 */
#pragma once

#include "flow/provider.h"
#include "outbound/web.h"

struct loop;
struct merchant;
struct wechat;

/* merchant: borrowed, outlives it. web: limits of its own client; ca_file and allow_plain are not read. */
HB_CHECKED hb_err wechat_new(struct loop *loop,
                             const struct merchant *merchant,
                             const struct web_spec *web,
                             struct wechat **out);
/* Answers what is in flight; see web_client_free(). Accepts NULL. */
void wechat_free(struct wechat *wechat);
struct provider_port wechat_port(struct wechat *wechat);
