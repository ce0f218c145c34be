/*
 * outbound/alipay_sign.h - Alipay's parameters: signing them, and their form (RSA2).
 *
 * Signed are the parameters without `sign`, without empty ones, in byte order of their names, joined as
 * name=value by '&', values as they are. Only what travels is percent-encoded.
 */
#pragma once

#include "base/crypto_rsa.h"
#include "outbound/span.h"

enum { ALIPAY_PARAMS_MAX = 32 };

struct alipay_param {
    struct span name, value;
};

struct alipay_params {
    struct alipay_param items[ALIPAY_PARAMS_MAX];
    size_t count;
};

void alipay_param_add(struct alipay_params *params, const char *name, struct span value); /* asserts room */
struct span alipay_param_of(const struct alipay_params *params, const char *name);        /* "" when absent */

/* Adds the text that is signed. Requests sign sign_type with the rest; notices leave it out. */
void alipay_sign_text(const struct alipay_params *params, bool with_sign_type, struct buf *out);

/* Adds parameters `from` to `to` - 1 percent-encoded, joined by '&'. */
void alipay_form_write(const struct alipay_params *params, size_t from, size_t to, struct buf *out);

/* A form (application/x-www-form-urlencoded), decoded into `memory`, which must hold form.len bytes. False
 * for a bad escape, a name that comes twice, or too many parameters. */
bool alipay_form_read(struct span form, char *memory, struct alipay_params *out);
