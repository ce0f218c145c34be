/*
 * base/crypto.h - everything the engine takes from OpenSSL, except TLS.
 *
 * Ownership  keys are opaque and freed by their owner; every free accepts NULL.
 * Errors     HB_E_INPUT for malformed keys or text; verification answers false, never an error.
 */
#pragma once

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { SHA256_BYTES = 32 };

void crypto_random(void *out, size_t len);                   /* aborts when the system has no randomness */
bool crypto_equal(const void *a, const void *b, size_t len); /* constant time */
void crypto_wipe(void *secret, size_t len);

void sha256(const void *data, size_t len, uint8_t out[static SHA256_BYTES]);

enum { SHA1_BYTES = 20 };
/* For checksums that others still make; proves nothing against an adversary. */
void sha1(const void *data, size_t len, uint8_t out[static SHA1_BYTES]);

/* Incremental; the struct is open so that it can live on the stack and be copied. */
struct sha256_stream {
    _Alignas(8) uint8_t opaque[128];
};
void sha256_start(struct sha256_stream *stream);
void sha256_add(struct sha256_stream *stream, const void *data, size_t len);
void sha256_end(struct sha256_stream *stream, uint8_t out[static SHA256_BYTES]);

/* HMAC-SHA256 with the key's two first blocks hashed beforehand: two compressions a short message. */
struct hmac_key {
    struct sha256_stream inner, outer;
};
void hmac_key_init(struct hmac_key *key, const void *secret, size_t len);
void hmac_sha256(const struct hmac_key *key, const void *data, size_t len, uint8_t out[static SHA256_BYTES]);

/* AES-256-GCM. The key is exactly 32 bytes, used as they are. */
enum { AEAD_KEY_BYTES = 32, AEAD_NONCE_BYTES = 12, AEAD_TAG_BYTES = 16 };
struct aead_key {
    uint8_t bytes[AEAD_KEY_BYTES];
};
bool aead_key_init(struct aead_key *key, const void *secret, size_t len); /* false unless 32 bytes */
struct aead_message {
    const uint8_t *nonce;
    size_t nonce_len; /* AEAD_NONCE_BYTES, or it is refused */
    const uint8_t *associated;
    size_t associated_len; /* 0: none */
    const uint8_t *text;   /* the plain text; when opening the ciphertext with its tag behind it */
    size_t text_len;
};
/* out holds text_len + AEAD_TAG_BYTES. A nonce must never seal twice under one key. */
bool aead_seal(const struct aead_key *key, const struct aead_message *message, uint8_t *out);
/* out holds text_len - AEAD_TAG_BYTES; after false it holds zeros. */
bool aead_open(const struct aead_key *key, const struct aead_message *message, uint8_t *out);

/* Text forms. The *_decode functions return false on any character outside the alphabet, on padding in
 * base64url and its absence in base64, and on non-canonical last bits; *out_len is at most max. */
void hex_encode(const void *data, size_t len, char *out /* 2 * len + 1 */);
bool hex_decode(const char *text, size_t len, void *out, size_t max, size_t *out_len);
size_t base64url_encode(const void *data, size_t len, char *out /* (len * 4 + 2) / 3 + 1 */);
bool base64url_decode(const char *text, size_t len, void *out, size_t max, size_t *out_len);
size_t base64_encode(const void *data, size_t len, char *out /* (len + 2) / 3 * 4 + 1 */);
bool base64_decode(const char *text, size_t len, void *out, size_t max, size_t *out_len);

/* Signing keys for JWTs (RFC 7518, RFC 8037), read from JWKs (RFC 7517). */
enum jwt_alg { JWT_HS256, JWT_ES256, JWT_RS256, JWT_EDDSA };
struct jwt_key;
/* jwk: one JSON object, "kty" oct | EC P-256 | RSA >= 2048 | OKP Ed25519; "alg" must be present and fit;
 * "use", when present, is "sig"; "k" has at least 32 bytes; a private part "d" must belong to the public one.
 */
HB_CHECKED hb_err jwt_key_parse(const char *jwk, size_t len, struct jwt_key **out);
void jwt_key_free(struct jwt_key *key);
enum jwt_alg jwt_key_alg(const struct jwt_key *key);
const char *jwt_key_id(const struct jwt_key *key); /* "kid", "" when absent */
bool jwt_key_verify(const struct jwt_key *key,
                    const void *signed_part,
                    size_t len,
                    const uint8_t *signature,
                    size_t signature_len);
/* For demo tokens and tests; HB_E_INPUT when the key has no private part. *out_len is 64 for ES256, 32 for
 * HS256. */
HB_CHECKED hb_err jwt_key_sign(const struct jwt_key *key,
                               const void *signed_part,
                               size_t len,
                               uint8_t *out,
                               size_t max,
                               size_t *out_len);
/* A fresh key as a JWK with private part, compact JSON, malloc'ed; HS256 and ES256 only. NULL on failure. */
char *jwt_key_generate(enum jwt_alg alg, const char *kid);
