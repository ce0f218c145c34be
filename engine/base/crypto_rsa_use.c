/*
 * base/crypto_rsa_use.c - signs, verifies, encrypts and decrypts with an RSA key (RFC 8017).
 */
#include "base/crypto_rsa_internal.h"

#include "base/buf.h"
#include "base/crypto.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>

enum { RSA_BYTES_MAX = 8192 / 8, RSA_TEXT_MAX = (RSA_BYTES_MAX + 2) / 3 * 4 + 1 };

static hb_err add_base64(const uint8_t *bytes, size_t len, struct buf *out)
{
    char text[RSA_TEXT_MAX];

    buf_add(out, text, base64_encode(bytes, len, text));
    return out->failed ? HB_E_NOMEM : HB_OK;
}

hb_err rsa_sign(const struct rsa_key *key, const void *data, size_t len, struct buf *out)
{
    uint8_t signature[RSA_BYTES_MAX];
    size_t signature_len = sizeof signature;
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    bool good = context != NULL && rsa_key_is_private(key) &&
                EVP_DigestSignInit(context, NULL, EVP_sha256(), NULL, rsa_key_pkey(key)) == 1 &&
                EVP_DigestSign(context, signature, &signature_len, data, len) == 1;

    EVP_MD_CTX_free(context);
    if (!good) {
        ERR_clear_error();
        return rsa_key_is_private(key) ? HB_E_INTERNAL : HB_E_INPUT;
    }
    return add_base64(signature, signature_len, out);
}

static bool verify_bytes(
    const struct rsa_key *key, const void *data, size_t len, const uint8_t *signature, size_t signature_len)
{
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    bool good = context != NULL &&
                EVP_DigestVerifyInit(context, NULL, EVP_sha256(), NULL, rsa_key_pkey(key)) == 1 &&
                EVP_DigestVerify(context, signature, signature_len, data, len) == 1;

    EVP_MD_CTX_free(context);
    if (!good) {
        ERR_clear_error();
    }
    return good;
}

bool rsa_verify(
    const struct rsa_key *key, const void *data, size_t len, const char *signature, size_t signature_len)
{
    uint8_t bytes[RSA_BYTES_MAX];
    size_t bytes_len;

    return base64_decode(signature, signature_len, bytes, sizeof bytes, &bytes_len) &&
           verify_bytes(key, data, len, bytes, bytes_len);
}

/* OAEP with OpenSSL's presets, which are SHA-1 for both; said all the same, so that no preset can move it. */
static EVP_PKEY_CTX *oaep_new(const struct rsa_key *key, int (*init)(EVP_PKEY_CTX *))
{
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_pkey(NULL, rsa_key_pkey(key), NULL);

    if (context != NULL && init(context) == 1 &&
        EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_OAEP_PADDING) == 1 &&
        EVP_PKEY_CTX_set_rsa_oaep_md(context, EVP_sha1()) == 1 &&
        EVP_PKEY_CTX_set_rsa_mgf1_md(context, EVP_sha1()) == 1) {
        return context;
    }
    EVP_PKEY_CTX_free(context);
    return NULL;
}

hb_err rsa_encrypt(const struct rsa_key *key, const void *data, size_t len, struct buf *out)
{
    uint8_t cipher[RSA_BYTES_MAX];
    size_t cipher_len = sizeof cipher;
    EVP_PKEY_CTX *context = oaep_new(key, EVP_PKEY_encrypt_init);
    bool good = context != NULL && EVP_PKEY_encrypt(context, cipher, &cipher_len, data, len) == 1;

    EVP_PKEY_CTX_free(context);
    if (!good) {
        ERR_clear_error();
        return HB_E_INPUT;
    }
    return add_base64(cipher, cipher_len, out);
}

hb_err rsa_decrypt(const struct rsa_key *key, const char *text, size_t len, struct buf *out)
{
    uint8_t cipher[RSA_BYTES_MAX], plain[RSA_BYTES_MAX];
    size_t cipher_len, plain_len = sizeof plain;
    EVP_PKEY_CTX *context;
    bool good;

    if (!rsa_key_is_private(key) || !base64_decode(text, len, cipher, sizeof cipher, &cipher_len)) {
        return HB_E_INPUT;
    }
    context = oaep_new(key, EVP_PKEY_decrypt_init);
    good = context != NULL && EVP_PKEY_decrypt(context, plain, &plain_len, cipher, cipher_len) == 1;
    EVP_PKEY_CTX_free(context);
    if (good) {
        buf_add(out, plain, plain_len);
    } else {
        ERR_clear_error();
    }
    crypto_wipe(plain, sizeof plain);
    return !good ? HB_E_INPUT : out->failed ? HB_E_NOMEM : HB_OK;
}
