/*
 * tests/support/outbound_world.h - one merchant account at each provider, with the vectors' key on both
 * sides.
 */
#pragma once

#include "outbound/alipay_keys.h"
#include "outbound/merchant.h"
#include "outbound/wechat_keys.h"

#define WORLD_SERIAL "PUB_KEY_ID_0100000000000000000000000000000001"
#define WORLD_ORDER "RP0000000000000000000001"

struct outbound_world {
    struct rsa_key *key;
    struct merchant wechat, alipay;
    struct wechat_keys *wechat_keys; /* knows WORLD_SERIAL */
    struct alipay_keys *alipay_keys; /* knows alipay_sn */
    char alipay_sn[ALIPAY_SN_TEXT + 1];
    char folder[64], certificate_file[96];
};

void outbound_world_open(struct outbound_world *world);
void outbound_world_close(struct outbound_world *world);

/* An order that both take as it is, but for the payee. */
struct provider_order outbound_order(enum payee_kind kind, const char *payee_id);

/* A certificate of the key, PEM, in a static buffer. */
const char *outbound_certificate(const struct rsa_key *key, const char *serial);
void outbound_write(const char *path, const char *text);
