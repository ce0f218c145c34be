/*
 * outbound/wechat_resource.h - what WeChat Pay seals with the merchant's APIv3 key: certificates, notices.
 */
#pragma once

#include "base/crypto.h"
#include "base/json.h"

struct buf;

/* Members algorithm (AEAD_AES_256_GCM), nonce, associated_data and ciphertext. HB_E_FORBIDDEN: the tag does
 * not fit; HB_E_INPUT: not of this form. Then nothing is added. */
HB_CHECKED hb_err wechat_resource_open(const struct aead_key *key, const json_t *resource, struct buf *out);
