/*
 * base/crypto_rsa.h - RSA as the payment providers use it: signatures and fields of text, keys in PEM.
 *
 * Keys are only read, so threads may share one. Keys below 2048 or above 8192 bits are refused.
 *
 * Ownership  a key is freed by each of its holders; every free accepts NULL.
 * Errors     HB_E_INPUT for malformed or encrypted PEM and for other kinds of keys; verification answers
 *            false, never an error. A function that fails adds nothing to its buffer.
 */
#pragma once

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>

struct buf;
struct rsa_key;

/* PEM, the first key in the text: PKCS #8 or PKCS #1; public: SubjectPublicKeyInfo. */
HB_CHECKED hb_err rsa_private_parse(const char *pem, size_t len, struct rsa_key **out);
HB_CHECKED hb_err rsa_public_parse(const char *pem, size_t len, struct rsa_key **out);
struct rsa_key *rsa_key_hold(const struct rsa_key *key); /* one more holder of the same key */
void rsa_key_free(struct rsa_key *key);
bool rsa_key_is_private(const struct rsa_key *key);
bool rsa_keys_fit(const struct rsa_key *a, const struct rsa_key *b); /* the same public part */

/* RSASSA-PKCS1-v1_5 with SHA-256; the signature is base64. Signing needs a private key. */
HB_CHECKED hb_err rsa_sign(const struct rsa_key *key, const void *data, size_t len, struct buf *out);
bool rsa_verify(
    const struct rsa_key *key, const void *data, size_t len, const char *signature, size_t signature_len);

/* RSAES-OAEP with SHA-1 as hash and mask, no label; the ciphertext is base64. With 2048 bits at most 214
 * bytes fit: HB_E_INPUT for more. Decrypting needs a private key. */
HB_CHECKED hb_err rsa_encrypt(const struct rsa_key *key, const void *data, size_t len, struct buf *out);
HB_CHECKED hb_err rsa_decrypt(const struct rsa_key *key, const char *text, size_t len, struct buf *out);

/* A fresh key of 2048 bits, and keys as PEM. HB_E_INTERNAL when the system cannot. */
HB_CHECKED hb_err rsa_generate(struct rsa_key **out);
HB_CHECKED hb_err rsa_private_write(const struct rsa_key *key, struct buf *out); /* PKCS #8, not encrypted */
HB_CHECKED hb_err rsa_public_write(const struct rsa_key *key, struct buf *out);
