/*
 * base/crypto_hash.c - randomness, comparison, SHA-256 and HMAC.
 *
 * The SHA256_* functions are the low-level ones that OpenSSL 3 calls deprecated. Asking for the 1.1 API
 * keeps them: EVP fetches an algorithm and allocates for every message, which costs several times what
 * hashing a short one does, and the context here is plain data that may be copied.
 */
#define OPENSSL_API_COMPAT 0x10100000L

#include "base/crypto.h"

#include "base/buf.h"

#include <assert.h>
#include <limits.h>
#include <openssl/crypto.h>
#include <openssl/rand.h>
#include <openssl/sha.h>
#include <stdlib.h>
#include <string.h>

enum { HMAC_BLOCK = 64, SHORT_MAX = HMAC_BLOCK - 1 - 8 /* what fits one block with its padding */ };

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

/* Hashes the last block of a message whose first `before` bytes are in *context. Straight through the
 * compression: the library's bookkeeping costs more than hashing a short message does. */
static void
last_block(SHA256_CTX *context, size_t before, const void *data, size_t len, uint8_t out[static SHA256_BYTES])
{
    uint8_t block[HMAC_BLOCK] = {0};

    if (len > 0) {
        memcpy(block, data, len);
    }
    block[len] = 0x80;
    be_write(block + HMAC_BLOCK - 8, (before + len) * 8, 8);
    SHA256_Transform(context, block);
    for (size_t i = 0; i < 8; i++) {
        be_write(out + 4 * i, context->h[i], 4);
    }
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
    if (len <= SHORT_MAX) {
        last_block(context_of(&stream), 0, data, len, out);
        return;
    }
    sha256_add(&stream, data, len);
    sha256_end(&stream, out);
}

void sha1(const void *data, size_t len, uint8_t out[static SHA1_BYTES])
{
    (void)SHA1(data, len, out);
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

/* The key stays as it is, so threads may share it; of a whole block's context only the chain counts. */
static void chain_of(const struct sha256_stream *pad, SHA256_CTX *out)
{
    const SHA256_CTX *context = (const SHA256_CTX *)(const void *)pad->opaque;

    memcpy(out->h, context->h, sizeof out->h);
}

void hmac_sha256(const struct hmac_key *key, const void *data, size_t len, uint8_t out[static SHA256_BYTES])
{
    uint8_t inner[SHA256_BYTES];
    SHA256_CTX chain;

    if (len <= SHORT_MAX) {
        chain_of(&key->inner, &chain);
        last_block(&chain, HMAC_BLOCK, data, len, inner);
    } else {
        struct sha256_stream stream = key->inner;

        sha256_add(&stream, data, len);
        sha256_end(&stream, inner);
    }
    chain_of(&key->outer, &chain);
    last_block(&chain, HMAC_BLOCK, inner, sizeof inner, out);
}
