/*
 * outbound/alipay_order.h - an order as the biz_content of alipay.fund.trans.uni.transfer.
 */
#pragma once

#include "outbound/merchant.h"
#include "outbound/span.h"

enum { ALIPAY_ORDER_NO_MAX = 64, ALIPAY_MEMO_FROM_FEN = 5000000 };

/* HB_E_INPUT with *why. */
HB_CHECKED hb_err alipay_order_build(const struct merchant *merchant,
                                     const struct provider_order *order,
                                     struct buf *request,
                                     const char **why);

/* The biz_content of the query about a request: product_code and biz_scene must be those of its creation, so
 * they are taken from the request, not from today's settings. HB_E_INPUT: it is no such request. */
HB_CHECKED hb_err alipay_query_build(const char *order_no, struct span request, struct buf *out);
