/*
 * outbound/wechat_certificates.h - the answer of GET /v3/certificates: the platform's certificates, each
 * sealed with the merchant's APIv3 key.
 */
#pragma once

#include "base/crypto.h"
#include "outbound/span.h"
#include "outbound/wechat_keys.h"

/* All of them, or HB_E_INPUT and none: an answer in which one cannot be opened is not the provider's.
 * The caller owns what is in out. */
HB_CHECKED hb_err wechat_certificates_read(const struct aead_key *key,
                                           struct span body,
                                           struct certificate *out[static WECHAT_CERTIFICATES_MAX],
                                           size_t *count);
