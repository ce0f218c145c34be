/*
 * sandbox/wechat_wire.h - WeChat Pay's end of API v3: checks requests, signs answers and notices.
 */
#pragma once

#include "sandbox/exchange.h"

/* Whose request is it, and is it signed right? False: answered with SIGN_ERROR, the exchange is over. */
bool wechat_authenticate(struct exchange *exchange);

/* An error in the provider's form. */
void wechat_refuse(struct exchange *exchange, int status, const char *code, const char *message);
/* The status that goes with a code, as documented; 400 for one that is not listed. */
int wechat_status_of(const char *code);

void wechat_answer_error(struct exchange *exchange, const char *code, const char *message);
/* True when the exchange's rule refuses: answered. */
bool wechat_refuse_by_rule(struct exchange *exchange);

/* For exchange->seal and exchange->fail. */
void wechat_seal(struct exchange *exchange);
void wechat_fail(struct exchange *exchange);

/* The signature of an answer or notice: which key, and what its name is. public: the public key. */
struct wechat_stamped {
    char timestamp[24], nonce[40], serial[80];
    struct buf signature;
};
/* fault: BAD_SIGNATURE, PROBE, WRONG_SERIAL, STALE change it. The caller frees signature. */
void wechat_stamp_make(const struct sandbox *sandbox,
                       bool public,
                       enum fault fault,
                       const char *body,
                       size_t len,
                       struct wechat_stamped *out);
