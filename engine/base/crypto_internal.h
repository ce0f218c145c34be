/*
 * base/crypto_internal.h - a signing key, as crypto_jwk.c reads it and crypto_jwt.c uses it.
 */
#pragma once

#include "base/crypto.h"

enum { JWT_KID_MAX = 128, P256_BYTES = 32, ED25519_BYTES = 32 };

struct evp_pkey_st; /* OpenSSL's EVP_PKEY */

struct jwt_key {
    enum jwt_alg alg;
    char id[JWT_KID_MAX + 1];
    bool has_private;         /* always true for HS256 */
    struct evp_pkey_st *pkey; /* NULL for HS256 */
    struct hmac_key hmac;
};
