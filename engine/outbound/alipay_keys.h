/*
 * outbound/alipay_keys.h - the certificates with which Alipay signs, by their alipay_cert_sn.
 *
 * They come from a file of the operator's. A name that is unknown has the file read again, at most every two
 * seconds: a renewed certificate works as soon as it is in its place; the ones before stay known. Thread
 * safe.
 */
#pragma once

#include "base/crypto_cert.h"
#include "outbound/span.h"

struct alipay_keys;

/* HB_E_IO, HB_E_INPUT: the file cannot be read, or holds no certificate first. */
HB_CHECKED hb_err alipay_keys_new(const char *file, struct alipay_keys **out);
void alipay_keys_free(struct alipay_keys *keys); /* accepts NULL */

/* Held for the caller; NULL when there is none of that name, also after the file was read again. */
struct rsa_key *alipay_keys_find(struct alipay_keys *keys, struct span sn);

/* Does any of the certificates verify it? For notices, which do not name one. */
bool alipay_keys_verify(struct alipay_keys *keys, struct span text, struct span signature);
