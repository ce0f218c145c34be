/*
 * outbound/alipay_notice.h - Alipay's notification alipay.fund.trans.order.changed: believed and read.
 */
#pragma once

#include "flow/provider.h"
#include "outbound/alipay_keys.h"

/* See provider_port.notice. */
HB_CHECKED hb_err alipay_notice_read(const char *app_id,
                                     struct alipay_keys *keys,
                                     const struct provider_notice *notice,
                                     struct provider_event *out);
