/*
 * outbound/wechat_order.h - an order as the body of WeChat's transfer-bills call.
 *
 * A body with an encrypted name has a line in front that names the key: "SERIAL\n{...}". Every send must name
 * the same key in its Wechatpay-Serial header; the ciphertext is random, so it is made once.
 */
#pragma once

#include "outbound/merchant.h"
#include "outbound/span.h"
#include "outbound/wechat_keys.h"

enum {
    WECHAT_ORDER_NO_MAX = 32,
    WECHAT_NAME_FROM_FEN = 30,         /* below, no name may be sent */
    WECHAT_NAME_REQUIRED_FEN = 200000, /* from here on, one must */
};

/* HB_E_INPUT with *why; HB_E_UNAVAILABLE: a name is to be encrypted and no key is there yet. */
HB_CHECKED hb_err wechat_order_build(const struct merchant *merchant,
                                     struct wechat_keys *keys,
                                     int64_t now_ms,
                                     const struct provider_order *order,
                                     struct buf *request,
                                     const char **why);

/* The two parts of a request; serial is empty when no name is in it. */
void wechat_request_split(struct span request, struct span *serial, struct span *body);
