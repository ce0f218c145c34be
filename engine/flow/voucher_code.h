/*
 * flow/voucher_code.h - a voucher's code, sealed under the home's people.key and bound to its campaign and
 * prize: `<campaign>/<prize>`.
 */
#pragma once

#include "base/crypto_seal.h"

enum { VOUCHER_CODE_MAX = 512 }; /* bytes of a code */

/* 1 to VOUCHER_CODE_MAX bytes of UTF-8 without control characters and without blanks at its ends. */
bool voucher_code_valid(const char *code, size_t len);

/* Adds the sealed code to out; false when out is full. */
bool voucher_code_seal(const struct seal_key *key,
                       const char *campaign,
                       const char *prize,
                       const char *code,
                       size_t len,
                       struct buf *out);
/* Adds the code to out, which the caller wipes; false when it does not open. */
bool voucher_code_open(const struct seal_key *key,
                       const char *campaign,
                       const char *prize,
                       const void *sealed,
                       size_t len,
                       struct buf *out);
/* The same code in the same campaign has the same mark. */
void voucher_code_mark(const struct seal_key *key,
                       const char *campaign,
                       const char *code,
                       size_t len,
                       uint8_t out[static SHA256_BYTES]);
