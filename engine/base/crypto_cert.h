/*
 * base/crypto_cert.h - X.509 certificates with RSA keys: read, named as the providers name them, made.
 *
 * Ownership  a certificate is freed by its owner; its key and its texts live as long as it does.
 * Errors     HB_E_INPUT for what is no certificate, or none with an RSA key that crypto_rsa.h takes.
 */
#pragma once

#include "base/crypto_rsa.h"

#include <stdint.h>

enum { ALIPAY_SN_TEXT = 32 };

struct certificate;

/* PEM, the first certificate in the text. */
HB_CHECKED hb_err certificate_parse(const char *pem, size_t len, struct certificate **out);
void certificate_free(struct certificate *certificate); /* accepts NULL */

const struct rsa_key *certificate_key(const struct certificate *certificate); /* public part */
const char *certificate_serial(const struct certificate *certificate);        /* upper-case hex */
/* Alipay's name of it: MD5, as 32 lower-case hex digits, of the issuer (RFC 2253) and the decimal serial. */
const char *certificate_alipay_sn(const struct certificate *certificate);
bool certificate_valid_at(const struct certificate *certificate, int64_t wall_ms);
int64_t certificate_starts_ms(const struct certificate *certificate);
/* Its signature is the issuer's, whose key is given. Says nothing of dates or names. */
bool certificate_signed_by(const struct certificate *certificate, const struct rsa_key *issuer);

/* Alipay's name of a bundle of roots: the names of those with an RSA signature, in order, joined by '_'.
 * HB_E_INPUT when the text holds none or one that cannot be read. */
HB_CHECKED hb_err certificate_alipay_root_sn(const char *pem, size_t len, struct buf *out);

/* What a fresh certificate says. Names: "C=CN,O=Sandbox,CN=root", in the order of the encoding; no commas,
 * '+' or '\' inside a value. */
struct certificate_spec {
    const char *subject, *issuer;
    const char *serial;               /* decimal; NULL: 159 random bits */
    const struct rsa_key *key;        /* whose public part it carries */
    const struct rsa_key *issuer_key; /* private: signs it */
    int64_t starts_ms, ends_ms;       /* UTC, since 1970 */
    bool is_authority;
    const char *hosts; /* of a server: "DNS:localhost,IP:127.0.0.1"; NULL: none */
};
/* PEM. HB_E_INPUT for a spec that cannot be one. */
HB_CHECKED hb_err certificate_make(const struct certificate_spec *spec, struct buf *out);
