/*
 * sandbox/keys.h - every key on both sides of the wire, made at the first start, kept in the home's keys/.
 *
 * The merchants' halves are there for the engine to use: merchants.json, written anew at each start, names
 * them.
 */
#pragma once

#include "base/crypto.h"
#include "base/crypto_cert.h"
#include "sandbox/shop.h"

enum { KEYS_ROTATIONS_MAX = 16, KEYS_PATH_MAX = 1024, KEYS_FOLDER_MAX = 896 };

/* A key and its certificate. */
struct key_pair {
    struct rsa_key *key;
    struct certificate *certificate;
    char *pem; /* of the certificate */
};

struct shop_keys {
    struct key_pair pair; /* the merchant's: requests are signed with it */
    struct aead_key api_key;
};

struct keys {
    char folder[KEYS_FOLDER_MAX];
    struct shop_keys shops[BOOK_SHOPS];
    struct key_pair platform[KEYS_ROTATIONS_MAX]; /* WeChat's; the last one signs */
    size_t platform_count;
    struct rsa_key *public_key;                 /* WeChat's, under KEYS_PUBLIC_ID */
    struct key_pair root;                       /* Alipay's */
    struct key_pair alipay[KEYS_ROTATIONS_MAX]; /* the last one signs */
    size_t alipay_count;
};

#define KEYS_PUBLIC_ID "PUB_KEY_ID_0119000000022026021600000000000001"

/* HB_E_IO: the folder cannot be written or holds something else (said on stderr). */
HB_CHECKED hb_err keys_open(const char *home, struct keys **out);
void keys_free(struct keys *keys); /* accepts NULL */

/* Files in the folder, for TLS. */
void keys_path(const struct keys *keys, const char *name, char out[static KEYS_PATH_MAX]);

/* A new certificate signs from now on. Alipay's comes to the merchant by hand: keys_deliver() is that hand.
 */
HB_CHECKED hb_err keys_rotate_platform(struct keys *keys);
HB_CHECKED hb_err keys_rotate_alipay(struct keys *keys);
HB_CHECKED hb_err keys_deliver(const struct keys *keys);
