/*
 * base/crypto_rsa_internal.h - what the files of RSA and of certificates share.
 */
#pragma once

#include "base/crypto_rsa.h"

struct bio_st;      /* OpenSSL's BIO */
struct evp_pkey_st; /* OpenSSL's EVP_PKEY, which counts its holders */

/* Takes over pkey (NULL: HB_E_INPUT), also when it is refused. */
HB_CHECKED hb_err rsa_key_adopt(struct evp_pkey_st *pkey, bool is_private, struct rsa_key **out);
struct evp_pkey_st *rsa_key_pkey(const struct rsa_key *key); /* borrowed */

/* What was written into memory goes to out, and the memory is wiped. */
HB_CHECKED hb_err rsa_add_memory(struct bio_st *memory, struct buf *out);
