/*
 * outbound/alipay_cut.c - the pieces of Alipay's answer, as bytes, and whether its signature fits them.
 *
 * Never parsed and printed again: another printer's blanks would break every signature. The end of a value is
 * found by its brackets, with an eye on strings, since the order of the members behind it varies.
 */
#include "outbound/alipay_answer.h"

#include "base/buf.h"

enum { WRAPPER_MAX = 128 };

/* Reading goes from `at` to `end`; false stops it. */
struct cutter {
    const char *at, *end;
};

static void skip_blanks(struct cutter *cutter)
{
    while (cutter->at < cutter->end && strchr(" \t\r\n", *cutter->at) != NULL && *cutter->at != '\0') {
        cutter->at++;
    }
}

static bool take(struct cutter *cutter, char c)
{
    skip_blanks(cutter);
    if (cutter->at == cutter->end || *cutter->at != c) {
        return false;
    }
    cutter->at++;
    return true;
}

/* Behind the opening quote, to behind the closing one. */
static bool string_rest(struct cutter *cutter)
{
    for (; cutter->at < cutter->end; cutter->at++) {
        if (*cutter->at == '\\') {
            if (++cutter->at == cutter->end) {
                return false;
            }
        } else if (*cutter->at == '"') {
            cutter->at++;
            return true;
        }
    }
    return false;
}

static bool string_take(struct cutter *cutter, struct span *out)
{
    const char *start;

    if (!take(cutter, '"')) {
        return false;
    }
    start = cutter->at;
    if (!string_rest(cutter)) {
        return false;
    }
    *out = (struct span){start, (size_t)(cutter->at - start) - 1};
    return true;
}

/* An object or array, from its bracket to the one that matches. */
static bool brackets_take(struct cutter *cutter, struct span *out)
{
    const char *start = cutter->at;
    size_t depth = 0;

    do {
        char c = cutter->at < cutter->end ? *cutter->at++ : '\0';

        if (c == '\0') {
            return false;
        }
        if (c == '"' && !string_rest(cutter)) {
            return false;
        }
        depth += c == '{' || c == '[';
        depth -= c == '}' || c == ']';
    } while (depth > 0);
    *out = (struct span){start, (size_t)(cutter->at - start)};
    return true;
}

/* Any value; `out` is its text, of a string what stands between the quotes. */
static bool value_take(struct cutter *cutter, struct span *out, bool *quoted)
{
    const char *start;

    skip_blanks(cutter);
    if (cutter->at == cutter->end) {
        return false;
    }
    *quoted = *cutter->at == '"';
    if (*quoted) {
        return string_take(cutter, out);
    }
    if (*cutter->at == '{' || *cutter->at == '[') {
        return brackets_take(cutter, out);
    }
    for (start = cutter->at; cutter->at < cutter->end && strchr(",}] \t\r\n", *cutter->at) == NULL;) {
        cutter->at++;
    }
    *out = (struct span){start, (size_t)(cutter->at - start)};
    return out->len > 0;
}

/* alipay.fund.trans.uni.transfer -> alipay_fund_trans_uni_transfer_response */
static void wrapper_of(const char *method, char out[static WRAPPER_MAX])
{
    struct buf text;

    buf_over(&text, out, WRAPPER_MAX);
    buf_adds(&text, method);
    buf_adds(&text, "_response");
    (void)buf_cstr(&text);
    for (char *at = out; (at = strchr(at, '.')) != NULL;) {
        *at = '_';
    }
}

/* Each member once: two of a name would let the signed one and the read one differ. */
static bool keep(struct span *place, struct span value)
{
    bool is_new = place->at == NULL;

    *place = value;
    return is_new;
}

static bool member_take(struct cutter *cutter, const char *wrapper, struct alipay_parts *out)
{
    struct span name, value;
    bool quoted;

    if (!string_take(cutter, &name) || !take(cutter, ':') || !value_take(cutter, &value, &quoted)) {
        return false;
    }
    if (span_is(name, wrapper) || span_is(name, "error_response")) {
        return !quoted && value.at[0] == '{' && keep(&out->inner, value);
    }
    if (span_is(name, "alipay_cert_sn")) {
        return quoted && keep(&out->sn, value);
    }
    return !span_is(name, "sign") || (quoted && keep(&out->sign, value));
}

bool alipay_cut(struct span answer, const char *method, struct alipay_parts *out)
{
    struct cutter cutter = {answer.at, answer.at + answer.len};
    char wrapper[WRAPPER_MAX];

    *out = (struct alipay_parts){0};
    wrapper_of(method, wrapper);
    if (!take(&cutter, '{')) {
        return false;
    }
    do {
        if (!member_take(&cutter, wrapper, out)) {
            return false;
        }
    } while (take(&cutter, ','));
    if (!take(&cutter, '}')) {
        return false;
    }
    skip_blanks(&cutter);
    return cutter.at == cutter.end && out->inner.at != NULL;
}

/* Alipay's servers write a slash either way and sign it either way; their own code tries both. */
static bool fits_without_escapes(const struct rsa_key *key, const struct alipay_parts *parts)
{
    struct buf text;
    bool good;

    buf_init(&text, parts->inner.len + 1);
    for (size_t i = 0; i < parts->inner.len; i++) {
        bool escaped =
            parts->inner.at[i] == '\\' && i + 1 < parts->inner.len && parts->inner.at[i + 1] == '/';

        i += escaped;
        buf_addc(&text, parts->inner.at[i]);
    }
    good = !text.failed && text.len < parts->inner.len &&
           rsa_verify(key, text.data, text.len, parts->sign.at, parts->sign.len);
    buf_free(&text);
    return good;
}

enum alipay_belief alipay_believe(struct alipay_keys *keys, const struct alipay_parts *parts)
{
    struct rsa_key *key;
    bool fits;

    if (parts->sign.len == 0 || parts->sn.len == 0) {
        return ALIPAY_UNSIGNED;
    }
    key = alipay_keys_find(keys, parts->sn);
    if (key == NULL) {
        return ALIPAY_UNKNOWN_CERTIFICATE;
    }
    fits = rsa_verify(key, parts->inner.at, parts->inner.len, parts->sign.at, parts->sign.len) ||
           fits_without_escapes(key, parts);
    rsa_key_free(key);
    return fits ? ALIPAY_GENUINE : ALIPAY_FORGED;
}

const char *alipay_belief_name(enum alipay_belief belief)
{
    static const char *const NAMES[] = {
        [ALIPAY_GENUINE] = "genuine",
        [ALIPAY_UNSIGNED] = "no_signature",
        [ALIPAY_UNKNOWN_CERTIFICATE] = "unknown_certificate",
        [ALIPAY_FORGED] = "bad_signature",
    };

    return NAMES[belief];
}
