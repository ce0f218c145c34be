/*
 * base/crypto_rsa.c - RSA keys: read, written, made, shared.
 *
 * OpenSSL keeps a queue of errors per thread, and TLS on the same thread looks into it; so whatever fails
 * here leaves the queue empty.
 */
#include "base/crypto_rsa_internal.h"

#include "base/buf.h"
#include "base/crypto.h"

#include <limits.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <stdlib.h>

enum { RSA_MIN_BITS = 2048, RSA_MAX_BITS = 8192, RSA_MADE_BITS = 2048 };

struct rsa_key {
    EVP_PKEY *pkey;
    bool is_private;
};

/* Without it OpenSSL would ask at the terminal. */
static int no_password(char *out, int size, int writing, void *arg)
{
    (void)out;
    (void)size;
    (void)writing;
    (void)arg;
    return -1;
}

static bool is_usable(const EVP_PKEY *pkey)
{
    int bits = pkey == NULL || EVP_PKEY_is_a(pkey, "RSA") != 1 ? 0 : EVP_PKEY_get_bits(pkey);

    return bits >= RSA_MIN_BITS && bits <= RSA_MAX_BITS;
}

hb_err rsa_key_adopt(EVP_PKEY *pkey, bool is_private, struct rsa_key **out)
{
    struct rsa_key *key = is_usable(pkey) ? calloc(1, sizeof *key) : NULL;

    *out = key;
    if (key == NULL) {
        ERR_clear_error();
        EVP_PKEY_free(pkey);
        return HB_E_INPUT;
    }
    *key = (struct rsa_key){pkey, is_private};
    return HB_OK;
}

EVP_PKEY *rsa_key_pkey(const struct rsa_key *key)
{
    return key->pkey;
}

hb_err rsa_private_parse(const char *pem, size_t len, struct rsa_key **out)
{
    BIO *bio = len <= INT_MAX ? BIO_new_mem_buf(pem, (int)len) : NULL;
    EVP_PKEY *pkey = bio == NULL ? NULL : PEM_read_bio_PrivateKey(bio, NULL, no_password, NULL);

    BIO_free(bio);
    return rsa_key_adopt(pkey, /* is_private= */ true, out);
}

hb_err rsa_public_parse(const char *pem, size_t len, struct rsa_key **out)
{
    BIO *bio = len <= INT_MAX ? BIO_new_mem_buf(pem, (int)len) : NULL;
    EVP_PKEY *pkey = bio == NULL ? NULL : PEM_read_bio_PUBKEY(bio, NULL, no_password, NULL);

    BIO_free(bio);
    return rsa_key_adopt(pkey, /* is_private= */ false, out);
}

struct rsa_key *rsa_key_hold(const struct rsa_key *key)
{
    struct rsa_key *held = malloc(sizeof *held);

    if (held == NULL || EVP_PKEY_up_ref(key->pkey) != 1) {
        abort(); /* a few bytes for a key that is there: nothing could be checked without */
    }
    *held = *key;
    return held;
}

void rsa_key_free(struct rsa_key *key)
{
    if (key != NULL) {
        EVP_PKEY_free(key->pkey);
        free(key);
    }
}

bool rsa_key_is_private(const struct rsa_key *key)
{
    return key->is_private;
}

bool rsa_keys_fit(const struct rsa_key *a, const struct rsa_key *b)
{
    return EVP_PKEY_eq(a->pkey, b->pkey) == 1;
}

hb_err rsa_generate(struct rsa_key **out)
{
    hb_err err = rsa_key_adopt(EVP_RSA_gen(RSA_MADE_BITS), /* is_private= */ true, out);

    return err == HB_OK ? HB_OK : HB_E_INTERNAL;
}

hb_err rsa_add_memory(BIO *memory, struct buf *out)
{
    char *text = NULL;
    long len = memory == NULL ? 0 : BIO_get_mem_data(memory, &text);

    if (len <= 0) {
        ERR_clear_error();
        return HB_E_INTERNAL;
    }
    buf_add(out, text, (size_t)len);
    crypto_wipe(text, (size_t)len);
    return out->failed ? HB_E_NOMEM : HB_OK;
}

hb_err rsa_private_write(const struct rsa_key *key, struct buf *out)
{
    BIO *memory = BIO_new(BIO_s_mem());
    hb_err err = HB_E_INTERNAL;

    if (memory != NULL && key->is_private &&
        PEM_write_bio_PKCS8PrivateKey(memory, key->pkey, NULL, NULL, 0, NULL, NULL) == 1) {
        err = rsa_add_memory(memory, out);
    }
    BIO_free(memory);
    return err;
}

hb_err rsa_public_write(const struct rsa_key *key, struct buf *out)
{
    BIO *memory = BIO_new(BIO_s_mem());
    hb_err err = HB_E_INTERNAL;

    if (memory != NULL && PEM_write_bio_PUBKEY(memory, key->pkey) == 1) {
        err = rsa_add_memory(memory, out);
    }
    BIO_free(memory);
    return err;
}
