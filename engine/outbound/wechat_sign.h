/*
 * outbound/wechat_sign.h - WeChat Pay API v3: signing requests, believing answers and notices.
 *
 * WECHATPAY2-SHA256-RSA2048. What is signed, each line ended by LF, the body byte for byte:
 *   a request            method, path with query, seconds, nonce, body
 *   an answer or notice  seconds, nonce, body
 */
#pragma once

#include "outbound/span.h"
#include "outbound/wechat_keys.h"

enum { WECHAT_NONCE_TEXT = 32, WECHAT_CLOCK_S = 300 };

/* Who signs: the merchant. Borrowed. */
struct wechat_signer {
    const char *mch_id;
    const char *serial; /* of the merchant's certificate */
    const struct rsa_key *key;
};

struct wechat_stamp {
    int64_t seconds; /* since 1970 */
    char nonce[WECHAT_NONCE_TEXT + 1];
};

struct wechat_stamp wechat_stamp_now(int64_t wall_ms); /* with a fresh nonce */

/* Adds the value of the Authorization header. HB_E_INTERNAL or HB_E_NOMEM: no signature could be made. */
HB_CHECKED hb_err wechat_authorization(const struct wechat_signer *signer,
                                       const char *method,
                                       const char *path,
                                       const struct wechat_stamp *stamp,
                                       struct span body,
                                       struct buf *out);

/* The four Wechatpay-* headers of an answer or notice; empty where absent. */
struct wechat_seal {
    struct span timestamp, nonce, signature, serial;
};

struct wechat_seal
wechat_seal_of(bool (*header)(void *headers, const char *name, const char **value, size_t *len),
               void *headers);

enum wechat_belief {
    WECHAT_GENUINE,
    WECHAT_UNSEALED,       /* a header is missing or malformed */
    WECHAT_STALE,          /* 300 s or more away from our clock */
    WECHAT_UNKNOWN_SERIAL, /* fetch the certificates again */
    WECHAT_FORGED,         /* probes among them */
};

enum wechat_belief
wechat_believe(struct wechat_keys *keys, const struct wechat_seal *seal, int64_t now_ms, struct span body);
const char *wechat_belief_name(enum wechat_belief belief); /* "genuine", "stale"... for the log */
