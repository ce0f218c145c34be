/*
 * base/crypto_jwt.c - signs and verifies with a JWT key. The key is only read: threads may share one.
 *
 * OpenSSL keeps a queue of errors per thread, and TLS on the same thread looks into it; so whatever
 * fails here leaves the queue empty.
 */
#include "base/crypto_internal.h"

#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <stdlib.h>

enum { P256_DER_MAX = 72, P256_SIGNATURE = 2 * P256_BYTES };

void jwt_key_free(struct jwt_key *key)
{
    if (key != NULL) {
        EVP_PKEY_free(key->pkey);
        crypto_wipe(key, sizeof *key);
        free(key);
    }
}

enum jwt_alg jwt_key_alg(const struct jwt_key *key)
{
    return key->alg;
}

const char *jwt_key_id(const struct jwt_key *key)
{
    return key->id;
}

/* EdDSA hashes by itself; the other two name their hash. */
static const EVP_MD *digest_of(const struct jwt_key *key)
{
    return key->alg == JWT_EDDSA ? NULL : EVP_sha256();
}

static bool
pkey_verify(const struct jwt_key *key, const void *data, size_t len, const uint8_t *sig, size_t sig_len)
{
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    bool good = context != NULL &&
                EVP_DigestVerifyInit(context, NULL, digest_of(key), NULL, key->pkey) == 1 &&
                EVP_DigestVerify(context, sig, sig_len, data, len) == 1;

    EVP_MD_CTX_free(context);
    if (!good) {
        ERR_clear_error();
    }
    return good;
}

/* JOSE writes r and s side by side; OpenSSL wants them in DER. */
static size_t es256_to_der(const uint8_t raw[static P256_SIGNATURE], uint8_t out[static P256_DER_MAX])
{
    ECDSA_SIG *signature = ECDSA_SIG_new();
    BIGNUM *r = BN_bin2bn(raw, P256_BYTES, NULL);
    BIGNUM *s = BN_bin2bn(raw + P256_BYTES, P256_BYTES, NULL);
    int len = 0;

    if (signature != NULL && r != NULL && s != NULL && ECDSA_SIG_set0(signature, r, s) == 1) {
        r = NULL; /* handed over */
        s = NULL;
        len = i2d_ECDSA_SIG(signature, &out);
    }
    BN_free(r);
    BN_free(s);
    ECDSA_SIG_free(signature);
    return len > 0 ? (size_t)len : 0;
}

static bool es256_from_der(const uint8_t *der, size_t len, uint8_t out[static P256_SIGNATURE])
{
    ECDSA_SIG *signature = d2i_ECDSA_SIG(NULL, &der, (long)len);
    bool good = signature != NULL &&
                BN_bn2binpad(ECDSA_SIG_get0_r(signature), out, P256_BYTES) == P256_BYTES &&
                BN_bn2binpad(ECDSA_SIG_get0_s(signature), out + P256_BYTES, P256_BYTES) == P256_BYTES;

    ECDSA_SIG_free(signature);
    return good;
}

static bool
es256_verify(const struct jwt_key *key, const void *data, size_t len, const uint8_t *sig, size_t sig_len)
{
    uint8_t der[P256_DER_MAX];
    size_t der_len = sig_len == P256_SIGNATURE ? es256_to_der(sig, der) : 0;

    return der_len > 0 && pkey_verify(key, data, len, der, der_len);
}

static bool
hs256_verify(const struct jwt_key *key, const void *data, size_t len, const uint8_t *sig, size_t sig_len)
{
    uint8_t mac[SHA256_BYTES];

    hmac_sha256(&key->hmac, data, len, mac);
    return sig_len == sizeof mac && crypto_equal(mac, sig, sizeof mac);
}

bool jwt_key_verify(const struct jwt_key *key,
                    const void *signed_part,
                    size_t len,
                    const uint8_t *signature,
                    size_t signature_len)
{
    switch (key->alg) {
    case JWT_HS256:
        return hs256_verify(key, signed_part, len, signature, signature_len);
    case JWT_ES256:
        return es256_verify(key, signed_part, len, signature, signature_len);
    case JWT_RS256:
    case JWT_EDDSA:
        return pkey_verify(key, signed_part, len, signature, signature_len);
    }
    return false;
}

static bool pkey_sign(const struct jwt_key *key, const void *data, size_t len, uint8_t *out, size_t *out_len)
{
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    bool good = context != NULL && EVP_DigestSignInit(context, NULL, digest_of(key), NULL, key->pkey) == 1 &&
                EVP_DigestSign(context, out, out_len, data, len) == 1;

    EVP_MD_CTX_free(context);
    if (!good) {
        ERR_clear_error();
    }
    return good;
}

static bool es256_sign(const struct jwt_key *key, const void *data, size_t len, uint8_t *out, size_t *out_len)
{
    uint8_t der[P256_DER_MAX];
    size_t der_len = sizeof der;

    *out_len = P256_SIGNATURE;
    return pkey_sign(key, data, len, der, &der_len) && es256_from_der(der, der_len, out);
}

static size_t signature_bytes(const struct jwt_key *key)
{
    switch (key->alg) {
    case JWT_HS256:
        return SHA256_BYTES;
    case JWT_ES256:
        return P256_SIGNATURE;
    case JWT_RS256:
    case JWT_EDDSA:
        return (size_t)EVP_PKEY_get_size(key->pkey);
    }
    return 0;
}

hb_err jwt_key_sign(
    const struct jwt_key *key, const void *signed_part, size_t len, uint8_t *out, size_t max, size_t *out_len)
{
    bool good;

    *out_len = 0;
    if (!key->has_private || max < signature_bytes(key)) {
        return HB_E_INPUT;
    }
    *out_len = max;
    if (key->alg == JWT_HS256) {
        hmac_sha256(&key->hmac, signed_part, len, out);
        *out_len = SHA256_BYTES;
        return HB_OK;
    }
    good = key->alg == JWT_ES256 ? es256_sign(key, signed_part, len, out, out_len)
                                 : pkey_sign(key, signed_part, len, out, out_len);
    return good ? HB_OK : HB_E_INTERNAL;
}
