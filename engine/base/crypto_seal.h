/*
 * base/crypto_seal.h - what names a person, sealed before it leaves the engine: AES-256-GCM under the home's
 * people.key, bound to what it is (purpose) and whose it is (name). Moved to another row or read as something
 * else it does not open.
 *
 *   01 | nonce 12 | ciphertext | tag 16
 *   associated: "hongbao/seal/1" 00 | purpose 00 | name
 *
 * Purposes   "payee"        {"kind":"openid","id":"..."}; name: the player's 16 bytes
 *            "name"         the real name, UTF-8; name: the player's 16 bytes
 *            "person"       {"sub":"..."}; name: the player's 16 bytes
 *            "payout_body"  a request's bytes; name: the order number
 *            "voucher"      a code; name: see who writes it
 *
 * Nonces are random: one key seals a few hundred million texts before two of them meet with any likelihood
 * worth naming (2^-33), so a key lasts longer than a campaign.
 */
#pragma once

#include "base/buf.h"
#include "base/crypto.h"

enum { SEAL_KEY_BYTES = 32, SEAL_OVERHEAD = 1 + AEAD_NONCE_BYTES + AEAD_TAG_BYTES };

struct seal_key {
    uint8_t bytes[SEAL_KEY_BYTES];
};

/* 64 hex digits, or 32 bytes as they are. HB_E_IO: cannot be read; HB_E_FORBIDDEN: others than its owner may
 * read or change the file; HB_E_INPUT: it holds something else. On any error *out is zeros. */
HB_CHECKED hb_err seal_key_read(const char *path, struct seal_key *out);

/* Adds the sealed text to out. False: out of memory, or out is full; out->len is as before. */
bool seal_write(const struct seal_key *key,
                const char *purpose,
                const void *name,
                size_t name_len,
                const void *plain,
                size_t len,
                struct buf *out);
/* Adds the plain text to out; the caller wipes it. False, and out->len as before: altered, cut, sealed under
 * another key, purpose or name, or of a version that we do not know. */
bool seal_open(const struct seal_key *key,
               const char *purpose,
               const void *name,
               size_t name_len,
               const void *sealed,
               size_t len,
               struct buf *out);

/* The same text under the same purpose has the same mark, and nobody without the key can compute it: for
 * finding equals among what is sealed. */
void seal_mark(const struct seal_key *key,
               const char *purpose,
               const void *text,
               size_t len,
               uint8_t out[static SHA256_BYTES]);
