/*
 * base/crypto_hash.c - randomness, comparison, SHA-256 and HMAC.
 *
 * The SHA256_* functions are the low-level ones that OpenSSL 3 calls deprecated. Asking for the 1.1 API
 * keeps them: EVP fetches an algorithm and allocates for every message, which costs several times what
 * hashing a short one does, and the context here is plain data that may be copied.
 */
#define OPENSSL_API_COMPAT 0x10100000L

#include "base/crypto.h"

#include <assert.h>
#include <limits.h>
#include <openssl/crypto.h>
#include <openssl/rand.h>
#include <openssl/sha.h>
#include <stdlib.h>
#include <string.h>

enum { HMAC_BLOCK = 64 };

static_assert(sizeof(SHA256_CTX) <= sizeof(struct sha256_stream), "sha256_stream is too small");
static_assert(_Alignof(SHA256_CTX) <= 8, "sha256_stream is not aligned enough");

void crypto_random(void *out, size_t len)
{
    if (len > INT_MAX || RAND_bytes(out, (int)len) != 1) {
        abort(); /* going on with guessable secrets would be worse */
    }
}

bool crypto_equal(const void *a, const void *b, size_t len)
{
    return CRYPTO_memcmp(a, b, len) == 0;
}

void crypto_wipe(void *secret, size_t len)
{
    OPENSSL_cleanse(secret, len);
}

static SHA256_CTX *context_of(struct sha256_stream *stream)
{
    return (SHA256_CTX *)(void *)stream->opaque;
}

void sha256_start(struct sha256_stream *stream)
{
    (void)SHA256_Init(context_of(stream)); /* these three cannot fail: no allocation, no fetch */
}

void sha256_add(struct sha256_stream *stream, const void *data, size_t len)
{
    (void)SHA256_Update(context_of(stream), data, len);
}

void sha256_end(struct sha256_stream *stream, uint8_t out[static SHA256_BYTES])
{
    (void)SHA256_Final(out, context_of(stream));
}

void sha256(const void *data, size_t len, uint8_t out[static SHA256_BYTES])
{
    struct sha256_stream stream;

    sha256_start(&stream);
    sha256_add(&stream, data, len);
    sha256_end(&stream, out);
}

static void hash_pad(struct sha256_stream *stream, const uint8_t secret[static HMAC_BLOCK], uint8_t pad)
{
    uint8_t block[HMAC_BLOCK];

    for (size_t i = 0; i < HMAC_BLOCK; i++) {
        block[i] = secret[i] ^ pad;
    }
    sha256_start(stream);
    sha256_add(stream, block, sizeof block);
    crypto_wipe(block, sizeof block);
}

void hmac_key_init(struct hmac_key *key, const void *secret, size_t len)
{
    uint8_t block[HMAC_BLOCK] = {0};

    memset(key, 0, sizeof *key);
    if (len > sizeof block) {
        sha256(secret, len, block);
    } else if (len > 0) {
        memcpy(block, secret, len);
    }
    hash_pad(&key->inner, block, 0x36);
    hash_pad(&key->outer, block, 0x5C);
    crypto_wipe(block, sizeof block);
}

void hmac_sha256(const struct hmac_key *key, const void *data, size_t len, uint8_t out[static SHA256_BYTES])
{
    struct sha256_stream stream = key->inner; /* the key stays as it is, so threads may share it */
    uint8_t inner[SHA256_BYTES];

    sha256_add(&stream, data, len);
    sha256_end(&stream, inner);
    stream = key->outer;
    sha256_add(&stream, inner, sizeof inner);
    sha256_end(&stream, out);
}
