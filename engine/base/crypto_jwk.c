/*
 * base/crypto_jwk.c - JSON Web Keys (RFC 7517): reads one strictly, writes a fresh one.
 */
#include "base/crypto_internal.h"

#include "base/json.h"

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <stdlib.h>
#include <string.h>

enum { HS256_MIN_BYTES = 32, SECRET_MAX_BYTES = 512, RSA_MIN_BITS = 2048, RSA_MAX_BITS = 8192 };

/* A member that is text of base64url. False when absent, of another type, malformed or longer than max. */
static bool read_bytes(const json_t *jwk, const char *name, uint8_t *out, size_t max, size_t *out_len)
{
    const json_t *value = json_object_get(jwk, name);

    *out_len = 0;
    return json_is_string(value) &&
           base64url_decode(json_string_value(value), json_string_length(value), out, max, out_len);
}

static bool read_exact(const json_t *jwk, const char *name, uint8_t *out, size_t len)
{
    size_t got;

    return read_bytes(jwk, name, out, len, &got) && got == len;
}

static bool member_is(const json_t *jwk, const char *name, const char *text)
{
    const char *value = json_string_value(json_object_get(jwk, name));

    return value != NULL && strcmp(value, text) == 0;
}

static bool oct_read(struct jwt_key *key, const json_t *jwk)
{
    uint8_t secret[SECRET_MAX_BYTES];
    size_t len;
    bool good = read_bytes(jwk, "k", secret, sizeof secret, &len) && len >= HS256_MIN_BYTES;

    if (good) {
        hmac_key_init(&key->hmac, secret, len);
        key->has_private = true;
    }
    crypto_wipe(secret, sizeof secret);
    return good;
}

static EVP_PKEY *pkey_from(const char *type, OSSL_PARAM_BLD *builder, bool has_private)
{
    OSSL_PARAM *params = OSSL_PARAM_BLD_to_param(builder);
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, type, NULL);
    EVP_PKEY *pkey = NULL;

    if (params == NULL || context == NULL || EVP_PKEY_fromdata_init(context) != 1 ||
        EVP_PKEY_fromdata(context, &pkey, has_private ? EVP_PKEY_KEYPAIR : EVP_PKEY_PUBLIC_KEY, params) !=
            1) {
        pkey = NULL;
    }
    OSSL_PARAM_free(params);
    EVP_PKEY_CTX_free(context);
    return pkey;
}

/* Public and private part belong together; otherwise we would sign what nobody can verify. */
static bool pair_fits(EVP_PKEY *pkey)
{
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_pkey(NULL, pkey, NULL);
    bool good = context != NULL && EVP_PKEY_pairwise_check(context) == 1;

    EVP_PKEY_CTX_free(context);
    return good;
}

static EVP_PKEY *ec_build(const uint8_t *point, const BIGNUM *d)
{
    OSSL_PARAM_BLD *builder = OSSL_PARAM_BLD_new();
    EVP_PKEY *pkey = NULL;

    if (builder != NULL &&
        OSSL_PARAM_BLD_push_utf8_string(builder, OSSL_PKEY_PARAM_GROUP_NAME, "P-256", 0) == 1 &&
        OSSL_PARAM_BLD_push_octet_string(builder, OSSL_PKEY_PARAM_PUB_KEY, point, 1 + 2 * P256_BYTES) == 1 &&
        (d == NULL || OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_PRIV_KEY, d) == 1)) {
        pkey = pkey_from("EC", builder, d != NULL);
    }
    OSSL_PARAM_BLD_free(builder);
    return pkey;
}

static bool ec_read(struct jwt_key *key, const json_t *jwk)
{
    uint8_t point[1 + 2 * P256_BYTES] = {POINT_CONVERSION_UNCOMPRESSED};
    uint8_t secret[P256_BYTES];
    BIGNUM *d = NULL;

    key->has_private = json_object_get(jwk, "d") != NULL;
    if (!member_is(jwk, "crv", "P-256") || !read_exact(jwk, "x", point + 1, P256_BYTES) ||
        !read_exact(jwk, "y", point + 1 + P256_BYTES, P256_BYTES)) {
        return false;
    }
    if (key->has_private) {
        d = read_exact(jwk, "d", secret, sizeof secret) ? BN_bin2bn(secret, sizeof secret, NULL) : NULL;
        crypto_wipe(secret, sizeof secret);
        if (d == NULL) {
            return false;
        }
    }
    key->pkey = ec_build(point, d); /* refuses a point that is not on the curve */
    BN_clear_free(d);
    return key->pkey != NULL && (!key->has_private || pair_fits(key->pkey));
}

static BIGNUM *read_number(const json_t *jwk, const char *name)
{
    uint8_t bytes[RSA_MAX_BITS / 8];
    size_t len;
    BIGNUM *number = NULL;

    if (read_bytes(jwk, name, bytes, sizeof bytes, &len) && len > 0) {
        number = BN_bin2bn(bytes, (int)len, NULL);
    }
    crypto_wipe(bytes, sizeof bytes);
    return number;
}

/* Small exponents verify fast; an even or huge one is a mistake or a trap (it would cost milliseconds). */
static bool rsa_numbers_fit(const BIGNUM *n, const BIGNUM *e)
{
    return n != NULL && e != NULL && BN_num_bits(n) >= RSA_MIN_BITS && BN_is_odd(n) && BN_is_odd(e) &&
           !BN_is_one(e) && BN_num_bits(e) <= 64;
}

static EVP_PKEY *rsa_build(const BIGNUM *n, const BIGNUM *e, const BIGNUM *d)
{
    OSSL_PARAM_BLD *builder = OSSL_PARAM_BLD_new();
    EVP_PKEY *pkey = NULL;

    if (builder != NULL && OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_N, n) == 1 &&
        OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_E, e) == 1 &&
        (d == NULL || OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_D, d) == 1)) {
        pkey = pkey_from("RSA", builder, d != NULL);
    }
    OSSL_PARAM_BLD_free(builder);
    return pkey;
}

static bool rsa_read(struct jwt_key *key, const json_t *jwk)
{
    BIGNUM *n = read_number(jwk, "n");
    BIGNUM *e = read_number(jwk, "e");
    BIGNUM *d = NULL;

    key->has_private = json_object_get(jwk, "d") != NULL;
    if (key->has_private) {
        d = read_number(jwk, "d");
    }
    if (rsa_numbers_fit(n, e) && (!key->has_private || (d != NULL && BN_cmp(d, n) < 0))) {
        key->pkey = rsa_build(n, e, d);
    }
    BN_free(n);
    BN_free(e);
    BN_clear_free(d);
    return key->pkey != NULL;
}

static bool okp_read_private(struct jwt_key *key, const json_t *jwk, const uint8_t *public)
{
    uint8_t secret[ED25519_BYTES];
    uint8_t derived[ED25519_BYTES];
    size_t len = sizeof derived;

    if (read_exact(jwk, "d", secret, sizeof secret)) {
        key->pkey = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, secret, sizeof secret);
    }
    crypto_wipe(secret, sizeof secret);
    key->has_private = true;
    return key->pkey != NULL && EVP_PKEY_get_raw_public_key(key->pkey, derived, &len) == 1 &&
           crypto_equal(derived, public, sizeof derived);
}

static bool okp_read(struct jwt_key *key, const json_t *jwk)
{
    uint8_t public[ED25519_BYTES];

    if (!member_is(jwk, "crv", "Ed25519") || !read_exact(jwk, "x", public, sizeof public)) {
        return false;
    }
    if (json_object_get(jwk, "d") != NULL) {
        return okp_read_private(key, jwk, public);
    }
    key->pkey = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, public, sizeof public);
    return key->pkey != NULL;
}

struct jwk_kind {
    const char *alg, *kty;
    bool (*read)(struct jwt_key *key, const json_t *jwk);
};

static const struct jwk_kind KINDS[] = {
    [JWT_HS256] = {"HS256", "oct", oct_read},
    [JWT_ES256] = {"ES256", "EC", ec_read},
    [JWT_RS256] = {"RS256", "RSA", rsa_read},
    [JWT_EDDSA] = {"EdDSA", "OKP", okp_read},
};

static bool read_id(struct jwt_key *key, const json_t *jwk)
{
    const json_t *kid = json_object_get(jwk, "kid");

    if (kid == NULL) {
        return true;
    }
    if (!json_is_string(kid) || json_string_length(kid) > JWT_KID_MAX) {
        return false;
    }
    memcpy(key->id, json_string_value(kid), json_string_length(kid));
    return true;
}

static bool read_key(struct jwt_key *key, const json_t *jwk)
{
    if (!read_id(key, jwk) || (json_object_get(jwk, "use") != NULL && !member_is(jwk, "use", "sig"))) {
        return false;
    }
    for (size_t i = 0; i < sizeof KINDS / sizeof KINDS[0]; i++) {
        if (member_is(jwk, "alg", KINDS[i].alg)) {
            key->alg = (enum jwt_alg)i;
            return member_is(jwk, "kty", KINDS[i].kty) && KINDS[i].read(key, jwk);
        }
    }
    return false;
}

hb_err jwt_key_parse(const char *jwk, size_t len, struct jwt_key **out)
{
    struct jwt_key *key = calloc(1, sizeof *key);
    json_t *document = NULL;
    hb_err err = HB_E_NOMEM;

    *out = NULL;
    if (key == NULL) {
        goto done;
    }
    err = HB_E_INPUT;
    if (json_parse(jwk, len, &document, NULL, 0) != HB_OK || !read_key(key, document)) {
        ERR_clear_error();
        goto done;
    }
    err = HB_OK;
    *out = key;
    key = NULL; /* handed over */

done:
    jwt_key_free(key);
    json_decref(document);
    return err;
}

static bool set_text(json_t *jwk, const char *name, const char *text)
{
    return json_object_set_new(jwk, name, json_string(text)) == 0;
}

static bool set_bytes(json_t *jwk, const char *name, const uint8_t bytes[static 32])
{
    char text[(32 * 4 + 2) / 3 + 1];
    bool good;

    base64url_encode(bytes, 32, text);
    good = set_text(jwk, name, text);
    crypto_wipe(text, sizeof text);
    return good;
}

static bool set_number(json_t *jwk, const char *name, const EVP_PKEY *pkey, const char *param)
{
    uint8_t bytes[P256_BYTES];
    BIGNUM *number = NULL;
    bool good = EVP_PKEY_get_bn_param(pkey, param, &number) == 1 &&
                BN_bn2binpad(number, bytes, sizeof bytes) == (int)sizeof bytes && set_bytes(jwk, name, bytes);

    BN_clear_free(number);
    crypto_wipe(bytes, sizeof bytes);
    return good;
}

static bool ec_generate(json_t *jwk)
{
    EVP_PKEY *pkey = EVP_EC_gen("P-256");
    bool good = pkey != NULL && set_text(jwk, "crv", "P-256") &&
                set_number(jwk, "x", pkey, OSSL_PKEY_PARAM_EC_PUB_X) &&
                set_number(jwk, "y", pkey, OSSL_PKEY_PARAM_EC_PUB_Y) &&
                set_number(jwk, "d", pkey, OSSL_PKEY_PARAM_PRIV_KEY);

    EVP_PKEY_free(pkey);
    return good;
}

static bool oct_generate(json_t *jwk)
{
    uint8_t secret[HS256_MIN_BYTES];
    bool good;

    crypto_random(secret, sizeof secret);
    good = set_bytes(jwk, "k", secret);
    crypto_wipe(secret, sizeof secret);
    return good;
}

char *jwt_key_generate(enum jwt_alg alg, const char *kid)
{
    json_t *jwk = NULL;
    char *text = NULL;

    if ((alg != JWT_HS256 && alg != JWT_ES256) || strlen(kid) > JWT_KID_MAX) {
        return NULL;
    }
    jwk = json_object();
    if (jwk != NULL && set_text(jwk, "alg", KINDS[alg].alg) && set_text(jwk, "kty", KINDS[alg].kty) &&
        set_text(jwk, "kid", kid) && (alg == JWT_ES256 ? ec_generate(jwk) : oct_generate(jwk))) {
        text = json_canonical(jwk);
    }
    json_decref(jwk);
    return text;
}
