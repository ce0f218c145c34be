/*
 * outbound/wechat_notice.h - WeChat Pay's callback: believed, opened, read.
 */
#pragma once

#include "base/crypto.h"
#include "flow/provider.h"
#include "outbound/wechat_answer.h"
#include "outbound/wechat_sign.h"

/* See provider_port.notice; HB_E_FORBIDDEN also names the reason in *belief, so that the caller can fetch
 * certificates for an unknown serial number. */
HB_CHECKED hb_err wechat_notice_read(const struct wechat_account *account,
                                     struct wechat_keys *keys,
                                     const struct aead_key *api_key,
                                     const struct provider_notice *notice,
                                     struct provider_event *out,
                                     enum wechat_belief *belief);
