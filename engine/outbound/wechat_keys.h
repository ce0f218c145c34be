/*
 * outbound/wechat_keys.h - the keys with which WeChat Pay signs, by serial number or ID.
 *
 * Platform certificates and a public key (PUB_KEY_ID_...) may be there at the same time, as during the
 * provider's own migration. Any thread may ask; a key that was found is held until its finder frees it.
 */
#pragma once

#include "base/crypto_cert.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { WECHAT_CERTIFICATES_MAX = 16, WECHAT_SERIAL_MAX = 64 };

struct wechat_keys;

struct wechat_keys *wechat_keys_new(void); /* NULL when out of memory */
void wechat_keys_free(struct wechat_keys *keys);

/* The key is held, not taken over. HB_E_INPUT: the ID is empty or too long. */
HB_CHECKED hb_err wechat_keys_set_public(struct wechat_keys *keys, const char *id, const struct rsa_key *key);
/* Takes over `count` certificates; they replace those that were there. */
void wechat_keys_set_certificates(struct wechat_keys *keys, struct certificate **certificates, size_t count);

/* The key of that name; hex digits without regard to case. NULL when there is none. */
struct rsa_key *wechat_keys_find(struct wechat_keys *keys, const char *serial, size_t len);

/* What to encrypt with, and to have answers signed with: the public key, else the newest certificate that is
 * valid. NULL when there is none. */
struct rsa_key *
wechat_keys_current(struct wechat_keys *keys, int64_t now_ms, char serial[static WECHAT_SERIAL_MAX + 1]);
